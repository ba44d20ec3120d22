//! `headwater redact`, and the program's own log.

use crate::program::{headwater, json, run};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::process::Stdio;

#[test]
fn the_command_shows_the_masked_text() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let log = dir.path().join("a.log");
    fs::write(&log, "fine\nlogin 手 password=hunter2000 ok\n").expect("written");
    let path = log.to_str().expect("path");
    let output = run(&lake, &["redact", "--explain", path]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "fine\nlogin 手 password=<redacted:password> ok\n");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(stderr, format!("{path}:2:18: password (assigned) <redacted:password>\n"));
    let listed = json(&lake, &["redact", "--json", path]);
    assert_eq!(listed["secrets"][0]["line"], 2);
    assert_eq!(listed["secrets"][0]["kind"], "password");
    let mut child = headwater(&lake, &["redact", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("stdin").write_all(b"{\"phone\":13800138000}").expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "{\"phone\":\"<redacted:cn_mobile>\"}\n");
    let kinds = json(&lake, &["redact", "--kinds", "--json"]);
    assert!(kinds["kinds"].as_array().is_some_and(|kinds| kinds.len() >= 40), "{kinds}");
}

#[test]
fn the_programs_own_log_contains_no_secret() {
    let dir = tempfile::tempdir().expect("a folder");
    let secret = "hunter2000abc";
    let place = dir.path().join(format!("db?password={secret}"));
    for format in ["text", "json"] {
        let output = run(&place, &["--log-format", format, "lake", "status"]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && !stderr.contains(secret), "{stderr}");
        assert!(stderr.contains("password=<redacted:password>"), "{stderr}");
        if format == "json" {
            serde_json::from_str::<Value>(&stderr).expect("one JSON record");
        }
    }
}
