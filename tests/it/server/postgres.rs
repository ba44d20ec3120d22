//! The lake over the Postgres protocol, with the clients that people have: psql and psycopg.

use crate::program::python;
use crate::server::day::Day;
use crate::server::postgres_raw::{Raw, address};
use crate::server::serve::Server;
use serde_json::{Value, json};
use std::process::{Command, Output};

const CONFIG: &str = "[serve]\npostgres = \"127.0.0.1:0\"\ntoken_env = \"TOKEN_OF_TEST\"\ntoken_role = \"read\"\nquery_rows = 500\nqueries = 2\n";

/// Runs psql with a password.
fn psql_as(server: &Server, password: &str, commands: &[&str]) -> Output {
    let address = address(server);
    let (_, port) = address.rsplit_once(':').expect("a port");
    let mut psql = Command::new("psql");
    psql.env("PGPASSWORD", password).env("PGCONNECT_TIMEOUT", "30").args([
        "-X",
        "-w",
        "-h",
        "127.0.0.1",
        "-p",
        port,
        "-U",
        "me",
        "-d",
        "headwater",
    ]);
    for command in commands {
        psql.args(["-c", command]);
    }
    psql.output().expect("psql starts; ./test.sh installs it")
}

/// Runs psql, requires that it succeeds, and returns what it prints.
#[track_caller]
fn psql(server: &Server, commands: &[&str]) -> String {
    let output = psql_as(server, "let-me-in", commands);
    let (text, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && !error.contains("ERROR"), "{commands:?}\n{text}\n{error}");
    text.into_owned()
}

#[test]
fn psql_lists_and_describes() {
    let day = Day::small();
    let server = day.serve(CONFIG);
    for (command, expected) in [
        ("\\dt", &["public | audit ", "public | topology ", "report | incident ", "| table | headwater"][..]),
        ("\\d", &["public | business"]),
        ("\\dt aud*", &["public | audit"]),
        ("\\d audit", &["Table \"public.audit\"", "ts ", "timestamp with time zone", "verb ", "text"]),
        ("\\d+ audit", &["Table \"public.audit\"", "Description"]),
        ("\\d public.*", &["Table \"public.audit\"", "Table \"public.event\""]),
        ("\\dt+", &["public | audit"]),
        ("\\l", &["headwater", "UTF8"]),
        ("\\dn", &["public", "report"]),
        ("\\du", &["headwater"]),
        ("\\dv", &[]),
        ("\\dT", &[]),
        ("\\di", &[]),
        ("\\df nothing", &[]),
        ("\\conninfo", &["You are connected to database \"headwater\""]),
        ("select version()", &["PostgreSQL 14.0 (Headwater"]),
        ("select current_database(), current_schema(), current_user", &["headwater", "public"]),
        ("show server_version", &["14.0"]),
        ("show tables", &["audit"]),
        ("begin; select 1 as one; commit", &["one"]),
        ("select count(*) > 0 as any from audit", &[" t"]),
        ("", &[]),
    ] {
        let text = psql(&server, &[command]);
        for part in expected {
            assert!(text.contains(part), "{command}: {part}\n{text}");
        }
    }
    let missing = psql_as(&server, "let-me-in", &["\\d other"]);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("Did not find any relation named \"other\""));
}

#[test]
fn errors_say_where() {
    let day = Day::small();
    let server = day.serve(CONFIG);
    let output = psql_as(&server, "let-me-in", &["select verb,\n    verbb from audit"]);
    let error = String::from_utf8_lossy(&output.stderr);
    for part in [
        "column `verbb` does not exist",
        "LINE 2:     verbb from audit",
        "            ^",
        "HINT:  did you mean `verb`?",
    ] {
        assert!(error.contains(part), "{part}\n{error}");
    }
}

#[test]
fn the_password_is_an_access_token() {
    let day = Day::small();
    let server = day.serve(CONFIG);
    for password in ["let-me-in-", "let-me", " "] {
        let output = psql_as(&server, password, &["select 1"]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains("the token is missing or wrong"), "{error}");
        assert!(!error.contains("let-me"), "{error}");
    }
    psql(&server, &["select 1"]);
    drop(server);
    // without a token, this machine may query, and no other machine reaches the port
    let server = day.serve("[serve]\npostgres = \"127.0.0.1:0\"\n");
    let output = psql_as(&server, "", &["select 1"]);
    assert!(output.status.success());
    drop(server);
    std::fs::write(day.dir.path().join("headwater.toml"), "[serve]\npostgres = \"0.0.0.0:0\"\n")
        .expect("written");
    let output = crate::program::headwater(&day.lake, &["serve", "--listen", "127.0.0.1:0"])
        .current_dir(day.dir.path())
        .output();
    let output = output.expect("starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("listening beyond loopback requires a token"));
}

#[test]
fn psycopg_works() {
    let day = Day::small();
    let server = day.serve(CONFIG);
    let address = address(&server);
    let (_, port) = address.rsplit_once(':').expect("a port");
    let output = python().args(["tests/it/server/postgres_client.py", port]).output().expect("python starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}\n{}", server.log());
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        found["types"],
        json!([
            "True",
            "1",
            "2",
            "3",
            "1.5",
            "2.5",
            "'text'",
            "datetime.date(2026, 11, 22)",
            "2026-11-22T10:00:00",
            "2026-11-22T10:00:00.500000+00:00",
            ["1", "None", "3"],
            ["'a'", "'b \"c\"'", "'null'", "''"],
            "Decimal('12.340')",
            "Decimal('-0.050')",
            "None",
            "{'a': 1, 'b': ['x']}",
            "b'\\x00\\xff'",
            "Decimal('7')",
            "nan",
            ["2026-11-22T10:00:00+00:00"],
        ])
    );
    let patched = &found["parameters"][1];
    assert!(patched.as_i64().is_some_and(|count| count > 0), "{found}");
    assert_eq!(found["parameters"][0], json!([patched, patched]));
    assert_eq!(found["parameters"][2], json!(["3", "it's; -- $1", "True", "True", "5", "1.5"]));
    assert_eq!(found["transactions"], json!([[1], ["UTC"], "14.0"]));
    assert_eq!(found["cursors"], 20);
    let states: Vec<_> = found["errors"].as_array().expect("a list").iter().map(|error| &error[0]).collect();
    assert_eq!(
        json!(states),
        json!(["42703", "42P01", "42501", "42501", "22012", "22P02", "42704", 1]),
        "{found}"
    );
    assert_eq!(found["describe"], json!([["ts", 1184], ["verb", 25], ["code", 20]]));
    assert_eq!(found["cut"][0], 500);
    assert_eq!(found["cut"][1][0][1], "01004");
    assert_eq!(found["cancel"][0][0], "57014");
    assert_eq!(found["cancel"][1], json!([1]));
}

/// Statements without end, of clients that leave: each must make room for the next.
#[test]
fn a_client_that_leaves_ends_its_statement() {
    let day = Day::small();
    let server = day.serve(&format!("{CONFIG}query_seconds = 3600\n"));
    let endless = "select count(*) from audit a, audit b, audit c where a.row_id < b.row_id || c.row_id\0";
    for _ in 0..4 {
        let mut raw = Raw::session(&server);
        raw.send(&crate::server::postgres_raw::message(b'Q', endless.as_bytes()));
    }
    let mut raw = Raw::session(&server);
    while let Some(state) = raw.query("select 1") {
        assert_eq!(state, "53000");
    }
}

#[test]
fn statements_are_in_the_audit_log() {
    let day = Day::small();
    let server = day.serve(&CONFIG.replace("read", "admin"));
    psql(&server, &["select 'over the port' as found"]);
    let log = server.send("GET", "/v1/audit-log", "Authorization: Bearer let-me-in\r\n", b"");
    assert!(log.body.contains("over the port") && log.body.contains("\"postgres\""), "{}", log.body);
}
