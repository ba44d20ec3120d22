//! Shared by the tests of MCP: the official client, messages by hand, and the processes of statements.

use crate::program::python;
use crate::server::serve::{Reply, Server};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Runs one session of the official client, and returns the responses.
#[track_caller]
pub fn session(target: &str, era: &str, requests: &Value) -> Value {
    let mut client = python()
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/server/mcp_client.py"))
        .args([target, era])
        .env("TOKEN_OF_TEST", "let-me-in")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python starts");
    client.stdin.take().expect("piped").write_all(requests.to_string().as_bytes()).expect("sent");
    let output = client.wait_with_output().expect("exited");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

/// Returns the command of `headwater mcp` as a target.
pub fn stdio(lake: &Path) -> String {
    json!([env!("CARGO_BIN_EXE_headwater"), "--lake", lake, "mcp"]).to_string()
}

/// Returns the text of a tool's result.
#[track_caller]
pub fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result}"))
}

/// Returns a member of each item of a list.
#[track_caller]
pub fn names(list: &Value, key: &str) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("{list}"));
    list.iter().map(|item| item[key].as_str().expect("a name").to_owned()).collect()
}

/// Headers of a client that accepts JSON and events.
pub const BOTH: &str = "Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n";

impl Server {
    /// Posts a message to `/mcp`.
    pub fn post(&self, headers: &str, body: &str) -> Reply {
        self.post_as(&self.address, headers, body)
    }

    /// Posts a message to `/mcp` with that `Host`.
    pub fn post_as(&self, host: &str, headers: &str, body: &str) -> Reply {
        let mut stream = self.connect();
        let length = body.len();
        write!(stream, "POST /mcp HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{BOTH}{headers}Content-Length: {length}\r\n\r\n")
            .expect("sent");
        let _ = stream.write_all(body.as_bytes()); // an early error response leaves the body unread
        Reply::read(&mut stream)
    }
}

impl Reply {
    /// Returns the value of a header; `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Returns the only message of a body, which is JSON or an event stream.
    #[track_caller]
    pub fn message(&self) -> Value {
        let event = self
            .body
            .lines()
            .find_map(|line| line.strip_prefix("data: ").filter(|data| data.starts_with('{')));
        let text = event.unwrap_or_else(|| self.body.trim());
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.head, self.body))
    }
}

pub fn initialize(version: &str) -> String {
    request(
        "initialize",
        &json!({
            "protocolVersion": version, "capabilities": {}, "clientInfo": { "name": "by hand", "version": "1" },
        }),
    )
}

pub fn request(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params }).to_string()
}

/// A statement that runs longer than any test.
pub const ENDLESS: &str =
    "select count(*) from standard a, standard b, standard c where a.message <> b.message || c.message";

/// Waits until one of the processes has exited; an idle one stays.
#[track_caller]
pub fn wait_for_exit(parent: u32, before: &BTreeSet<String>) {
    let begun = Instant::now();
    while before.is_subset(&workers(parent)) {
        assert!(begun.elapsed() < Duration::from_secs(10), "the process exits");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Returns the sandbox processes of a program.
pub fn workers(parent: u32) -> BTreeSet<String> {
    let of = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // pid (name) state ppid …
        let mut rest = stat.rsplit(") ").next()?.split(' ');
        let (state, ppid) = (rest.next()?, rest.next()?);
        (ppid == parent.to_string() && state != "Z").then(|| entry.file_name().to_string_lossy().into_owned())
    };
    std::fs::read_dir("/proc").expect("readable").filter_map(of).collect()
}
