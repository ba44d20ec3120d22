//! `headwater doctor`: a valid installation passes, each problem has its own text, no secret is shown.

use crate::api::runs::history;
use crate::program::headwater;
use headwater::lake::Lake;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

const SECRET: &str = "do-not-show-this";

/// Returns the command in a folder with that config, without credentials and proxies in the environment.
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

/// Runs the command, requires that its exit code matches the checks, and returns the checks.
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

/// Requires a check with that state, and with `expected` in its text or hint.
#[track_caller]
fn assert_check(checks: &[Value], name: &str, state: &str, expected: &str) {
    let check = checks.iter().find(|check| check["name"] == name);
    let check = check.unwrap_or_else(|| panic!("no check `{name}`: {checks:#?}"));
    assert_eq!(check["state"], state, "{check}");
    assert!(check.to_string().contains(expected), "`{expected}` is missing: {check}");
}

/// Starts a server that responds with 403 and a clock two hours slow; returns its endpoint.
fn forbidding() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
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
fn a_valid_installation_passes() {
    let dir = tempfile::tempdir().expect("a folder");
    history(&dir.path().join("lake"));
    std::fs::create_dir(dir.path().join("logs")).expect("a folder");
    std::fs::write(dir.path().join("logs/a.log"), "one line\n").expect("written");
    let config = "[source]\nurl = \"logs\"\n[serve]\nlisten = \"127.0.0.1:0\"\n";
    let checks = checks(doctor(dir.path(), config));
    assert_check(&checks, "config", "ok", "headwater.toml");
    assert_check(&checks, "time zone", "ok", "Asia/Shanghai");
    assert_check(&checks, "lake", "ok", "is writable");
    assert_check(&checks, "catalog", "ok", "format");
    assert_check(&checks, "write lock", "ok", "free");
    assert_check(&checks, "rules", "ok", "rules are valid");
    assert_check(&checks, "source", "ok", "is readable");
    assert_check(&checks, "listen", "ok", "loopback only");
    assert_check(&checks, "last run", "warn", "r20261123070000000 of 2026-11-22 is partial");
    assert!(checks.iter().any(|check| check["name"] == "disk"));
}

#[test]
fn an_empty_folder_passes_and_stays_empty() {
    let dir = tempfile::tempdir().expect("a folder");
    let checks = checks(doctor(dir.path(), "[serve]\nlisten = \"127.0.0.1:0\"\n"));
    assert_check(&checks, "lake", "warn", "headwater run");
    assert_check(&checks, "source", "warn", "[source]");
    assert!(!dir.path().join("lake").exists(), "doctor creates nothing");
}

#[test]
fn problems_are_reported() {
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
fn an_invalid_config_is_a_failed_check() {
    let dir = tempfile::tempdir().expect("a folder");
    let checks = checks(doctor(dir.path(), "[lake]\npth = \"x\"\n"));
    assert_eq!(checks.len(), 1);
    assert_check(&checks, "config", "fail", "headwater.toml:2:1");
}

#[test]
fn bucket_errors_have_distinct_texts() {
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
    let denied = checks(with_key(&bucket(&forbidding())));
    assert_check(&denied, "credentials", "ok", "AWS_SECRET_ACCESS_KEY");
    assert_check(&denied, "bucket", "fail", "403");
    assert_check(&denied, "bucket", "fail", "AccessDenied");
    assert_check(&denied, "clock", "fail", "ahead of the bucket's");
    let unknown = checks(with_key(&bucket("http://bucket.invalid")));
    assert_check(&unknown, "bucket", "fail", "unknown host");
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("an address");
    let closed = checks(with_key(&bucket(&format!("http://{closed}"))));
    assert_check(&closed, "bucket", "fail", "nothing listens there");
    let mut half = doctor(dir.path(), &bucket("http://bucket.invalid"));
    half.env("AWS_ACCESS_KEY_ID", "id");
    assert_check(&checks(half), "credentials", "fail", "`AWS_SECRET_ACCESS_KEY` is not set");
    let channel = "[[channel]]\nkind = \"webhook\"\nname = \"ops\"\nurl_env = \"HEADWATER_NO_SUCH\"\n";
    let mute = checks(doctor(dir.path(), channel));
    assert_check(&mute, "channel", "fail", "the environment variable `HEADWATER_NO_SUCH` is not set");
}
