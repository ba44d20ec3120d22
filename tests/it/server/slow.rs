//! Clients that are slow, open too much, or leave: each costs the server little, and no other client waits.

use crate::server::day::Day;
use crate::server::http_hostile::while_healthy;
use crate::server::mcp_helpers::{BOTH, ENDLESS, initialize, request, wait_for_exit, workers};
use crate::server::serve::{Reply, Server};
use serde_json::json;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::time::{Duration, Instant, SystemTime};

const JSON: &str = "Content-Type: application/json\r\n";

/// Sends the head and the first bytes of a request, then a byte each second; returns the response.
#[track_caller]
fn drip(server: &Server, head: &str, first: &str) -> Reply {
    let mut stream = server.connect();
    write!(
        stream,
        "POST {head}Host: localhost\r\nConnection: close\r\nContent-Length: 900000\r\n\r\n{first}"
    )
    .expect("sent");
    stream.set_read_timeout(Some(Duration::from_secs(1))).expect("set");
    let begun = Instant::now();
    loop {
        let _ = stream.write_all(b" "); // fails once the server has answered
        match stream.peek(&mut [0]) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            _ => break,
        }
        assert!(begun.elapsed() < Duration::from_secs(50), "{head}: the body has no time limit");
    }
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("set");
    Reply::read(&mut stream)
}

#[test]
fn a_body_that_drips_or_stalls_is_a_timeout() {
    let day = Day::small();
    let server = day.serve("");
    let form = "Content-Type: multipart/form-data; boundary=edge\r\n";
    let part = "--edge\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.log\"\r\n\r\nline\n";
    let requests = [
        (format!("/v1/sql HTTP/1.1\r\n{JSON}"), "{"),
        (format!("/v1/agents/event/run HTTP/1.1\r\n{JSON}"), "{"),
        ("/v1/logs?name=a.log HTTP/1.1\r\n".to_owned(), "a line\n"),
        (format!("/v1/logs HTTP/1.1\r\n{form}"), part),
        (format!("/mcp HTTP/1.1\r\n{BOTH}"), "{"),
    ];
    while_healthy(&server, || {
        let server = &server;
        std::thread::scope(|scope| {
            for (head, first) in &requests {
                scope.spawn(move || {
                    let problem = drip(server, head, first).problem(408);
                    assert_eq!(problem["type"], "/problems/request-timeout", "{head}: {problem}");
                });
                scope.spawn(move || {
                    let mut stream = server.connect();
                    write!(stream, "POST {head}Host: localhost\r\nConnection: close\r\nContent-Length: 900000\r\n\r\n{first}")
                        .expect("sent");
                    Reply::read(&mut stream).problem(408);
                });
            }
        });
    });
    let spool = day.lake.join("spool");
    let left = std::fs::read_dir(&spool).expect("readable").flatten().filter(|entry| entry.path().is_dir());
    assert_eq!(left.count(), 0, "no file of an upload is left");
}

#[test]
fn sessions_are_limited_for_each_caller_and_for_all() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut config = "[serve]\ntoken_env = \"TOKEN_OF_TEST\"\n".to_owned();
    for n in 0..9 {
        let hash = blake3::hash(format!("token-{n}").as_bytes());
        config += &format!("[[serve.tokens]]\nname = \"caller-{n}\"\nrole = \"read\"\nhash = \"{hash}\"\n");
    }
    let server = Server::start(dir.path(), &config);
    let bearer = |n: usize| format!("Authorization: Bearer token-{n}\r\n");
    let hello = initialize("2025-11-25");
    let begun = |n: usize| server.post(&bearer(n), &hello);
    let mut first = None;
    for n in 0..8 {
        for _ in 0..64 {
            let reply = begun(n);
            assert_eq!(reply.status, 200, "caller {n}: {}", reply.body);
            first.get_or_insert(reply);
        }
        let full = begun(n);
        let problem = full.problem(503);
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains("64") && detail.contains(&format!("`caller-{n}`")), "{detail}");
        assert!(full.head.contains("retry-after"), "{}", full.head);
    }
    let detail = begun(8).problem(503)["detail"].to_string();
    assert!(detail.contains("512") && detail.contains("all callers"), "{detail}");
    // requests without a session go on
    assert_eq!(
        server.request("GET", "/openapi.json", &format!("Host: localhost\r\n{}", bearer(8))).status,
        200
    );
    let id = first.expect("a session").header("mcp-session-id").expect("a session").to_owned();
    let headers = format!("Host: localhost\r\n{}Mcp-Session-Id: {id}\r\n", bearer(0));
    assert!((200..300).contains(&server.request("DELETE", "/mcp", &headers).status));
    let since = Instant::now();
    while begun(8).status != 200 {
        assert!(since.elapsed() < Duration::from_secs(10), "a closed session frees a slot");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_client_of_a_session_that_leaves_ends_its_call() {
    let day = Day::new();
    let server = day.serve("");
    let begun = server.post("", &initialize("2025-11-25"));
    let session = format!("Mcp-Session-Id: {}\r\n", begun.header("mcp-session-id").expect("a session"));
    let message = request("tools/call", &json!({ "name": "query_logs", "arguments": { "sql": ENDLESS } }));
    let call = server.begin("POST", "/mcp", &format!("{BOTH}{session}"), message.as_bytes());
    let since = Instant::now();
    while workers(server.pid()).is_empty() {
        assert!(since.elapsed() < Duration::from_secs(10), "the statement runs");
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_secs(1)); // until an idle one is started
    let before = workers(server.pid());
    drop(call);
    wait_for_exit(server.pid(), &before);
    let tools = server.post(&session, &request("tools/list", &json!({})));
    assert_eq!(tools.status, 200, "the session goes on: {}", tools.body);
}

#[test]
fn folders_that_a_killed_program_left_are_removed() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = |name: &str, age_s: u64| {
        let path = dir.path().join("temp").join(name);
        std::fs::create_dir_all(path.join("spill")).expect("a folder");
        std::fs::write(path.join("spill/0"), vec![0; 1000]).expect("written");
        let handle = File::open(&path).expect("opened");
        handle.set_modified(SystemTime::now() - Duration::from_secs(age_s)).expect("set");
        (path, handle)
    };
    let (left, _) = folder("headwater-query-left", 3600);
    let (used, handle) = folder("headwater-query-used", 3600);
    let (young, _) = folder("headwater-query-young", 0);
    let (other, _) = folder("of-another-program", 3600);
    handle.lock().expect("locked");
    let server = Server::start(dir.path(), "");
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!([&left, &used, &young, &other].map(|path| path.exists()), [false, true, true, true]);
}
