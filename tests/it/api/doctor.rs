//! Doctor: a sound installation passes, each fault is told from the others, no secret is shown.

use crate::api::runs::history;
use crate::program::headwater;
use headwater::lake::Lake;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

const SECRET: &str = "do-not-show-this";

/// Returns the command in a folder with that config, without credentials or proxies around it.
fn doctor(dir: &Path, config: &str) -> Command {
    std::fs::write(dir.join("headwater.toml"), config).expect("written");
    let mut command = headwater(&dir.join("lake"), &["doctor", "--json"]);
    for (name, _) in std::env::vars() {
        if ["AWS_", "TENCENTCLOUD_"].iter().any(|begin| name.starts_with(begin))
            || name.to_ascii_lowercase().ends_with("_proxy")
        {
            command.env_remove(name);
        }
    }
    command.current_dir(dir);
    command
}

/// Runs it, wants its exit code to fit its checks, and returns them.
#[track_caller]
fn checks(mut command: Command) -> Vec<Value> {
    let output = command.output().expect("starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.contains(SECRET), "{text}");
    let document: Value = serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(document["schema"], "headwater.doctor/1");
    let checks = document["checks"].as_array().expect("checks").clone();
    let fails = checks.iter().any(|check| check["state"] == "fail");
    assert_eq!(output.status.code(), Some(i32::from(fails)), "{text}");
    checks
}

/// Wants a check in a state, whose text and hint say something.
#[track_caller]
fn assert_check(checks: &[Value], name: &str, state: &str, says: &str) {
    let check = checks.iter().find(|check| check["name"] == name);
    let check = check.unwrap_or_else(|| panic!("no check `{name}`: {checks:#?}"));
    assert_eq!(check["state"], state, "{check}");
    assert!(check.to_string().contains(says), "`{says}` is not said: {check}");
}

/// Answers every request with 403 and a clock two hours slow; returns the endpoint.
fn forbidding() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a caller");
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                head.push(byte[0]);
            }
            let date = (chrono::Utc::now() - chrono::TimeDelta::hours(2)).format("%a, %d %b %Y %H:%M:%S GMT");
            let body =
                if head.starts_with(b"HEAD") { "" } else { "<Error><Code>AccessDenied</Code></Error>" };
            let _ = write!(
                stream,
                "HTTP/1.1 403 Forbidden\r\nDate: {date}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    format!("http://{address}")
}

#[test]
fn a_sound_installation_passes() {
    let dir = tempfile::tempdir().expect("a folder");
    history(&dir.path().join("lake"));
    std::fs::create_dir(dir.path().join("logs")).expect("a folder");
    std::fs::write(dir.path().join("logs/a.log"), "one line\n").expect("written");
    let config = "[source]\nurl = \"logs\"\n[serve]\nlisten = \"127.0.0.1:0\"\n";
    let checks = checks(doctor(dir.path(), config));
    assert_check(&checks, "config", "ok", "headwater.toml");
    assert_check(&checks, "time zone", "ok", "Asia/Shanghai");
    assert_check(&checks, "lake", "ok", "can be written");
    assert_check(&checks, "catalog", "ok", "format");
    assert_check(&checks, "write lock", "ok", "free");
    assert_check(&checks, "rules", "ok", "are sound");
    assert_check(&checks, "source", "ok", "can be read");
    assert_check(&checks, "listen", "ok", "this machine alone");
    assert_check(&checks, "last run", "warn", "r20261123070000000 of 2026-11-22 is partial");
    assert!(checks.iter().any(|check| check["name"] == "disk"));
}

#[test]
fn a_fresh_folder_is_no_fault_and_stays_as_it_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let checks = checks(doctor(dir.path(), "[serve]\nlisten = \"127.0.0.1:0\"\n"));
    assert_check(&checks, "lake", "warn", "headwater run");
    assert_check(&checks, "source", "warn", "[source]");
    assert!(!dir.path().join("lake").exists(), "doctor makes nothing");
}

#[test]
fn what_is_wrong_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = Lake::create(&dir.path().join("lake")).expect("a lake");
    history(&lake.root);
    let _held = lake.lock("test").expect("free");
    std::fs::create_dir_all(dir.path().join("rules/event")).expect("a folder");
    std::fs::write(dir.path().join("rules/event/bad.sql"), "/* title = */ select").expect("written");
    let config = "[source]\nurl = \"nowhere\"\n[rules]\npath = \"rules\"\n[serve]\nlisten = \"0.0.0.0:0\"\n";
    let checks = checks(doctor(dir.path(), config));
    assert_check(&checks, "write lock", "ok", &format!("process {}", std::process::id()));
    assert_check(&checks, "rules", "fail", "headwater rules check");
    assert_check(&checks, "source", "fail", "nowhere");
    assert_check(&checks, "listen", "fail", "token_env");
}

#[test]
fn a_config_that_cannot_be_read_is_a_failed_check() {
    let dir = tempfile::tempdir().expect("a folder");
    let checks = checks(doctor(dir.path(), "[lake]\npth = \"x\"\n"));
    assert_eq!(checks.len(), 1);
    assert_check(&checks, "config", "fail", "headwater.toml:2:1");
}

#[test]
fn a_bucket_that_refuses_is_told_from_one_that_is_not_there() {
    let dir = tempfile::tempdir().expect("a folder");
    let bucket = |endpoint: &str| {
        format!(
            "[source]\nurl = \"s3://logs/k8s\"\nregion = \"eu-west-1\"\nendpoint = \"{endpoint}\"\n\
             [serve]\nlisten = \"127.0.0.1:0\"\n"
        )
    };
    let with_key = |config: &str| {
        let mut command = doctor(dir.path(), config);
        command.env("AWS_ACCESS_KEY_ID", "id").env("AWS_SECRET_ACCESS_KEY", SECRET);
        command
    };
    let refused = checks(with_key(&bucket(&forbidding())));
    assert_check(&refused, "credentials", "ok", "AWS_SECRET_ACCESS_KEY");
    assert_check(&refused, "bucket", "fail", "403");
    assert_check(&refused, "bucket", "fail", "AccessDenied");
    assert_check(&refused, "clock", "fail", "ahead of the bucket's");
    let unknown = checks(with_key(&bucket("http://bucket.invalid")));
    assert_check(&unknown, "bucket", "fail", "unknown host");
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("an address");
    let closed = checks(with_key(&bucket(&format!("http://{closed}"))));
    assert_check(&closed, "bucket", "fail", "nothing listens there");
    let mut half = doctor(dir.path(), &bucket("http://bucket.invalid"));
    half.env("AWS_ACCESS_KEY_ID", "id");
    assert_check(&checks(half), "credentials", "fail", "`AWS_SECRET_ACCESS_KEY` is not set");
    let channel = "[[broadcast]]\nkind = \"webhook\"\nname = \"ops\"\nurl_env = \"HEADWATER_NO_SUCH\"\n";
    let mute = checks(doctor(dir.path(), channel));
    assert_check(&mute, "channel", "fail", "the environment variable `HEADWATER_NO_SUCH` is not set");
}
