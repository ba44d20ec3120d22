//! MCP over HTTP, with messages by hand: every protocol revision, invalid requests, limits, shutdown.

use crate::server::day::Day;
use crate::server::mcp_helpers::{BOTH, ENDLESS, initialize, names, request, text, wait_for_exit, workers};
use crate::server::serve::{Reply, Server};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::time::{Duration, Instant};

#[test]
fn protocol_revisions_with_initialize() {
    let day = Day::new();
    let server = day.serve("");
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let begun = server.post("", &initialize(version));
        assert_eq!((begun.status, &begun.message()["result"]["protocolVersion"]), (200, &version.into()));
        let id = begun.header("mcp-session-id").expect("a session").to_owned();
        // the header came with 2025-06-18
        let named = if version < "2025-06-18" {
            String::new()
        } else {
            format!("MCP-Protocol-Version: {version}\r\n")
        };
        let headers = format!("Mcp-Session-Id: {id}\r\n{named}");
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(server.post(&headers, &ready.to_string()).status, 202);
        let tools = server.post(&headers, &request("tools/list", &json!({}))).message();
        assert!(names(&tools["result"]["tools"], "name").contains(&"daily_brief".into()), "{tools}");
        let call = request("tools/call", &json!({ "name": "daily_brief", "arguments": {} }));
        let brief = server.post(&headers, &call).message();
        assert!(!text(&brief["result"]).is_empty() && brief["result"].get("resultType").is_none(), "{brief}");
        assert_eq!(server.post(&headers, &request("ping", &json!({}))).message()["result"], json!({}));
        let unknown =
            server.post(&headers, &request("logging/setLevel", &json!({ "level": "info" }))).message();
        assert_eq!(unknown["error"]["code"], -32601, "not supported: {unknown}");
        let ended = server.request("DELETE", "/mcp", &format!("Host: {}\r\n{headers}", server.address));
        assert!((200..300).contains(&ended.status), "{}", ended.status);
        assert_eq!(server.post(&headers, &call).status, 404, "the session is closed");
    }
    let future = server.post("", &initialize("2099-01-01")).message();
    assert_eq!(future["result"]["protocolVersion"], "2025-11-25", "{future}");
    let strange = server.post("Mcp-Session-Id: unknown\r\n", &request("tools/list", &json!({})));
    assert_eq!(strange.status, 404, "{}", strange.body);
}

#[test]
fn a_session_is_its_callers() {
    let day = Day::new();
    let hash = blake3::hash(b"token-of-eve").to_hex();
    let config = format!(
        "[[serve.tokens]]\nname = \"ops\"\nrole = \"read\"\nenv = \"TOKEN_OF_TEST\"\n\
         [[serve.tokens]]\nname = \"eve\"\nrole = \"read\"\nhash = \"{hash}\"\n"
    );
    let server = day.serve(&config);
    let ops = "Authorization: Bearer let-me-in\r\n";
    let eve = "Authorization: Bearer token-of-eve\r\n";
    let begun = server.post(ops, &initialize("2025-11-25"));
    let session = format!("Mcp-Session-Id: {}\r\n", begun.header("mcp-session-id").expect("a session"));
    let list = request("tools/list", &json!({}));
    for (caller, status) in [(eve, 404), (ops, 200)] {
        assert_eq!(server.post(&format!("{caller}{session}"), &list).status, status, "{caller}");
    }
    let end = |caller: &str| {
        server.request("DELETE", "/mcp", &format!("Host: {}\r\n{caller}{session}", server.address))
    };
    assert_eq!(end(eve).status, 404);
    assert_eq!(server.post(&format!("{ops}{session}"), &list).status, 200, "the session goes on");
    assert!((200..300).contains(&end(ops).status));
}

#[test]
fn the_protocol_revision_without_initialize() {
    let day = Day::new();
    let server = day.serve("");
    let send = |version: &str, method: &str, headers: &str, mut params: Value| {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientInfo": { "name": "by hand", "version": "1" },
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let headers = format!("MCP-Protocol-Version: {version}\r\nMcp-Method: {method}\r\n{headers}");
        server.post(&headers, &request(method, &params))
    };
    let now = "2026-07-28";
    let found = send(now, "server/discover", "", json!({})).message();
    assert!(
        found["result"]["supportedVersions"].as_array().is_some_and(|all| all.contains(&now.into())),
        "{found}"
    );
    let tools = send(now, "tools/list", "", json!({}));
    assert!(tools.header("mcp-session-id").is_none(), "no session");
    let tools = tools.message();
    assert_eq!(
        (&tools["result"]["resultType"], &tools["result"]["cacheScope"]),
        (&"complete".into(), &"private".into())
    );
    let brief = json!({ "name": "daily_brief", "arguments": {} });
    let response = send(now, "tools/call", "Mcp-Name: daily_brief\r\n", brief.clone());
    assert_eq!(response.header("content-type"), Some("application/json"), "{}", response.head);
    assert!(!text(&response.message()["result"]).is_empty());
    let other = send(now, "tools/call", "Mcp-Name: run_day\r\n", brief);
    assert_eq!((other.status, &other.message()["error"]["code"]), (400, &(-32020).into()));
    let old = send("2098-01-01", "tools/list", "", json!({}));
    assert_eq!((old.status, &old.message()["error"]["code"]), (400, &(-32022).into()));
    assert_eq!(send(now, "no/such", "", json!({})).status, 404);
    assert_eq!(send(now, "ping", "", json!({})).status, 404, "removed in this revision");
    let analysed = send(
        now,
        "tools/call",
        "Mcp-Name: analyze_logs\r\n",
        json!({ "name": "analyze_logs", "arguments": {} }),
    );
    assert_eq!(analysed.message()["result"]["isError"], true, "no target is set");
}

#[test]
fn invalid_requests_are_rejected() {
    let dir = tempfile::tempdir().expect("a folder");
    let config = "[serve]\ntoken_env = \"TOKEN_OF_TEST\"\nhosts = [\"headwater.ops.svc\"]\n";
    let named = Server::start(dir.path(), config);
    let hello = initialize("2025-11-25");
    let bearer = "Authorization: Bearer let-me-in\r\n";
    assert_eq!(named.post_as("headwater.ops.svc", bearer, &hello).status, 200);
    drop(named);
    let server = Server::start(dir.path(), "");
    let own = format!("Origin: http://{}\r\n", server.address);
    assert_eq!(server.post(&own, &hello).status, 200);
    for origin in ["http://evil.example", "null", "http://localhost.evil.example", "file://", "nonsense"] {
        let response = server.post(&format!("Origin: {origin}\r\n"), &hello);
        assert_eq!(response.status, 403, "Origin: {origin}: {}", response.body);
    }
    for host in ["evil.example", "127.0.0.1.evil.example", "10.0.0.1"] {
        assert_eq!(server.post_as(host, "", &hello).status, 421, "Host: {host}");
    }
    let large =
        request("tools/call", &json!({ "name": "query_logs", "arguments": { "sql": "x".repeat(5 << 20) } }));
    assert_eq!(server.post("", &large).status, 413);
    let without_accept =
        server.request("POST", "/mcp", &format!("Host: {}\r\nContent-Length: 0\r\n", server.address));
    assert_eq!(without_accept.status, 406, "no `Accept` header");
    let garbage = server.post("", "{not json");
    assert!((400..500).contains(&garbage.status), "{}", garbage.status);
}

#[test]
fn an_open_stream_does_not_delay_the_shutdown_and_a_call_completes() {
    let day = Day::new();
    let mut server = day.serve("");
    let begun = server.post("", &initialize("2025-11-25"));
    let session = format!("Mcp-Session-Id: {}\r\n", begun.header("mcp-session-id").expect("a session"));
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(server.post(&session, &ready.to_string()).status, 202);
    let mut stream = server.connect();
    write!(stream, "GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n{session}\r\n")
        .expect("sent");
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).expect("a line");
    assert!(line.contains("200"), "{line}");
    let sql = "select count(*) from standard a, standard b where a.message > b.message";
    let message = request("tools/call", &json!({ "name": "query_logs", "arguments": { "sql": sql } }));
    let mut call = server.begin("POST", "/mcp", &format!("{BOTH}{session}"), message.as_bytes());
    std::thread::sleep(Duration::from_millis(500)); // until the server has read it
    server.terminate();
    let response = Reply::read(&mut call).message();
    assert!(response["result"]["structuredContent"]["rows"].is_array(), "{response}");
    let completed = Instant::now();
    assert_eq!(server.exit_code(), Some(0));
    assert!(completed.elapsed() < Duration::from_secs(17), "the shutdown does not wait for the stream");
}

#[test]
fn a_client_that_disconnects_ends_its_statement() {
    let day = Day::new();
    let server = day.serve("");
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "by hand", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "name": "query_logs", "arguments": { "sql": ENDLESS }, "_meta": meta });
    let headers = format!(
        "{BOTH}MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: query_logs\r\n"
    );
    let call = server.begin("POST", "/mcp", &headers, request("tools/call", &params).as_bytes());
    let begun = Instant::now();
    while workers(server.pid()).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the statement runs");
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_secs(1)); // until an idle one is started
    let before = workers(server.pid());
    drop(call);
    wait_for_exit(server.pid(), &before);
}
