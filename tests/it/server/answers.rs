//! Large results over HTTP and MCP: the server passes on a limited number of bytes, and holds no more.

use crate::server::day::Day;
use crate::server::mcp_helpers::{initialize, request, text};
use crate::server::serve::Server;
use serde_json::{Value, json};

/// Largest body of a result: 16 MiB and the document around it.
const MAX_BODY: usize = 17 << 20;
/// Largest growth of the server in MiB: some bodies with their copies, which the allocator keeps for a while.
const MAX_GROWTH: u64 = 400;

/// Returns the most memory that a server has used, in MiB.
fn peak_mib(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("readable");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") >> 10
}

/// Returns statements whose result is gigabytes of text, and a few kilobytes of Arrow.
fn statements() -> Vec<String> {
    let runs = r#"RunEndEncoded("run_ends": non-null Int32, "values": Utf8)"#;
    let long = format!("arrow_cast(repeat('x', 15000000), '{runs}')");
    vec![
        format!("select {long} as v from audit limit 200"),
        format!("select named_struct('a', {long}) as v from audit limit 200"),
        format!("select [{long}, {long}] as v from audit limit 200"),
        "select arrow_cast(repeat('x', 15000000), 'Dictionary(Int32, Utf8)') as v from audit limit 200"
            .into(),
        "select arrow_cast(repeat('x', 15000000), 'Utf8View') as v from audit limit 200".into(),
        // more than a column of texts can hold
        "select x from (select repeat('x', 15000000) as x), (select 1 from audit limit 200)".into(),
        "select repeat(message, 1000) as v, * from audit".into(),
        "select array_repeat(message, 1000) as v from standard".into(),
    ]
}

#[test]
fn a_large_result_is_cut_in_every_format() {
    let day = Day::small();
    let server = day.serve("");
    server.send_json("/v1/sql", &json!({ "sql": "select 1" })).json();
    let before = peak_mib(&server);
    for sql in statements() {
        for media in ["text/csv", "application/json", "application/vnd.apache.arrow.stream"] {
            let headers = format!("Content-Type: application/json\r\nAccept: {media}\r\n");
            let body = json!({ "sql": sql }).to_string();
            let reply = server.send("POST", "/v1/sql", &headers, body.as_bytes());
            let place = format!("{media}: {sql}: {}", reply.status);
            assert!(matches!(reply.status, 200 | 504 | 507), "{place} {:.300}", reply.body);
            assert!(reply.bytes.len() < MAX_BODY, "{place}: {} bytes", reply.bytes.len());
            assert!(
                reply.status != 200 || reply.head.contains("headwater-truncated: "),
                "{place} {}",
                reply.head
            );
            // in a list, the engine itself holds the value once for each row
            assert!(
                reply.status != 507 || !sql.contains("RunEnd") || sql.contains('['),
                "{place} {}",
                reply.body
            );
            let grown = peak_mib(&server) - before;
            assert!(grown < MAX_GROWTH, "{place}: the server grew by {grown} MiB");
        }
    }
}

#[test]
fn a_large_result_is_cut_for_a_model() {
    let day = Day::small();
    let server = day.serve("");
    let begun = server.post("", &initialize("2025-11-25"));
    let session = format!("Mcp-Session-Id: {}\r\n", begun.header("mcp-session-id").expect("a session"));
    let call = |sql: &str| {
        let call = request("tools/call", &json!({ "name": "query_logs", "arguments": { "sql": sql } }));
        server.post(&session, &call)
    };
    call("select 1");
    let before = peak_mib(&server);
    for sql in statements() {
        let reply = call(&sql);
        assert!(reply.bytes.len() < 256 << 10, "{sql}: {} bytes", reply.bytes.len());
        let result: &Value = &reply.message()["result"];
        if result["isError"] == true {
            let kind = result["_meta"]["headwater/error"].as_str().expect("a kind");
            assert!(matches!(kind, "out-of-memory" | "timed-out"), "{sql}: {}", text(result));
        } else {
            let rows = &result["structuredContent"];
            assert!(!rows["rows"].as_array().expect("rows").is_empty(), "{sql}");
            assert!(rows["truncated"].is_string(), "{sql}: {}", rows["truncated"]);
        }
        let grown = peak_mib(&server) - before;
        assert!(grown < MAX_GROWTH, "{sql}: the server grew by {grown} MiB");
    }
}
