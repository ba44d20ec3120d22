//! MCP over stdio: lines by hand, cancellation, and forbidden statements.

use crate::program::headwater;
use crate::query::forbidden::{FORBIDDEN, TARGET};
use crate::server::day::Day;
use crate::server::mcp_helpers::{ENDLESS, initialize, request, text, wait_for_exit, workers};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A client on stdio that sends and receives lines.
struct Line {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Line {
    fn start(lake: &Path) -> Self {
        let mut child = headwater(lake, &["mcp"])
            .env("HEADWATER_LOG", "debug")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, out }
    }

    fn send(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().expect("piped"), "{line}").expect("sent");
    }

    #[track_caller]
    fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("not JSON-RPC: {error}: {line}"))
    }
}

#[test]
fn a_robot_on_stdio() {
    let day = Day::new();
    let mut line = Line::start(&day.lake);
    line.send(r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2024-11-05","capabilities":{"roots":{"listChanged":true},"sampling":{}},"clientInfo":{"name":"xz-mcp-broker","version":"1.0.0"}}}"#);
    let begun = line.receive();
    assert_eq!((&begun["id"], &begun["result"]["protocolVersion"]), (&0.into(), &"2024-11-05".into()));
    line.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    line.send(r#"{"jsonrpc":"2.0","id":"a_n_2","method":"ping"}"#);
    assert_eq!(line.receive()["id"], "a_n_2", "ids are returned unchanged");
    line.send("not json at all");
    line.send(r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"daily_brief","arguments":{"voice":true}}}"#);
    let response = std::iter::repeat_with(|| line.receive()).take(2).find(|message| message["id"] == 3);
    assert!(!text(&response.expect("the brief")["result"]).is_empty());
    drop(line.child.stdin.take());
    assert_eq!(line.child.wait().expect("ended").code(), Some(0), "it exits when the client disconnects");
}

#[test]
fn on_sigterm_it_exits_without_waiting_for_the_client() {
    let dir = tempfile::tempdir().expect("a folder");
    // clients on Node use sockets, not pipes
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    let mut child = headwater(dir.path(), &["mcp"])
        .stdin(OwnedFd::from(theirs.try_clone().expect("cloned")))
        .stdout(OwnedFd::from(theirs))
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let mut out = BufReader::new(ours.try_clone().expect("cloned"));
    writeln!(&ours, "{}", initialize("2025-11-25")).expect("sent");
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    assert!(line.contains("headwater"), "{line}");
    let killed = Command::new("kill").arg(child.id().to_string()).status().expect("kill starts");
    assert!(killed.success());
    let begun = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().expect("its state") {
            break status.code();
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "it exits");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(code, Some(0));
}

#[test]
fn a_cancelled_statement_ends() {
    let day = Day::new();
    let mut line = Line::start(&day.lake);
    line.send(&initialize("2025-11-25"));
    line.receive();
    line.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    line.send(&json!({
        "jsonrpc": "2.0", "id": 8, "method": "tools/call",
        "params": { "name": "query_logs", "arguments": { "sql": ENDLESS }, "_meta": { "progressToken": "t" } },
    }).to_string());
    let progress = line.receive();
    assert_eq!(
        (&progress["method"], &progress["params"]["progressToken"]),
        (&"notifications/progress".into(), &"t".into())
    );
    let before = workers(line.child.id());
    assert!(!before.is_empty(), "the statement runs");
    line.send(
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":8,"reason":"enough"}}"#,
    );
    wait_for_exit(line.child.id(), &before);
    line.send(r#"{"jsonrpc":"2.0","id":9,"method":"ping"}"#);
    let responses = std::iter::repeat_with(|| line.receive());
    let response = responses.take(20).find(|message| message.get("id").is_some()).expect("a response");
    assert_eq!(response["id"], 9, "a cancelled call gets no response");
}

#[test]
fn forbidden_statements_fail_with_the_same_error() {
    let day = Day::new();
    let mut line = Line::start(&day.lake);
    line.send(&initialize("2025-11-25"));
    line.receive();
    line.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    for sql in FORBIDDEN {
        line.send(&request("tools/call", &json!({ "name": "query_logs", "arguments": { "sql": sql } })));
        let response = line.receive();
        let result = &response["result"];
        assert_eq!(result["_meta"]["headwater/error"], "statement-not-allowed", "{sql}: {response}");
        assert!(result["isError"] == true && result.get("structuredContent").is_none(), "{sql}: {response}");
    }
    assert!(!Path::new(TARGET).exists(), "nothing was written");
}
