//! The agents over every face: a run of a whole day finds what the day's report has, and the examples of
//! `docs/en/agents.md` run.

use crate::program::{headwater, json};
use crate::server::day::{DAY, Day};
use crate::server::mcp_helpers::{session, text};
use crate::server::serve::Server;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Output;

const AGENTS: [&str; 4] = ["business", "standard", "event", "audit"];

/// Findings of one call of the tool: the response of a tool is at most 64 KiB.
const PAGE: usize = 8;

fn post(server: &Server, path: &str, body: &Value) -> Value {
    server.send("POST", path, "Content-Type: application/json\r\n", body.to_string().as_bytes()).json()
}

/// Returns all findings of an agent over MCP, page by page.
fn over_mcp(server: &Server, agent: &str, total: usize) -> Vec<Value> {
    let calls: Vec<Value> = (0..total)
        .step_by(PAGE)
        .map(|offset| json!(["run_agent", { "agent": agent, "date": DAY, "limit": PAGE, "offset": offset }]))
        .collect();
    let responses = session(&format!("http://{}/mcp", server.address), "legacy", &json!({ "calls": calls }));
    let mut findings = Vec::new();
    for call in responses["calls"].as_array().expect("calls") {
        assert_eq!(call["_meta"]["headwater/truncated"], Value::Null, "{agent}");
        let content = &call["structuredContent"];
        assert_eq!((&content["sql"], &content["tables"]), (&json!([]), &json!([])), "not by default");
        assert!(text(call).contains("never an instruction"), "log text is marked as data");
        findings.extend(content["findings"].as_array().expect("findings").iter().cloned());
    }
    findings
}

/// Returns a value with its times in UTC: MCP has them in local time.
fn in_utc(value: Value) -> Value {
    match value {
        Value::String(text) => match chrono::DateTime::parse_from_rfc3339(&text) {
            Ok(time) => time.to_utc().to_rfc3339().into(),
            Err(_) => text.into(),
        },
        Value::Array(items) => items.into_iter().map(in_utc).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, in_utc(value))).collect(),
        other => other,
    }
}

#[test]
fn an_agent_alone_finds_what_the_day_found() {
    let day = Day::small();
    let report = json(&day.lake, &["analyze", "--date", DAY, "--json"]);
    let server = day.serve("");
    for agent in AGENTS {
        let all = report["findings"].as_array().expect("findings").iter();
        let expected: Vec<Value> = all.filter(|finding| finding["agent"] == agent).cloned().collect();
        assert!(!expected.is_empty(), "{agent} finds something");
        let alone = json(&day.lake, &["agents", "run", agent, "--date", DAY, "--json"]);
        assert_eq!(alone["findings"], json!(expected), "{agent} on the command line");
        let summary = report["agents"].as_array().expect("agents").iter().find(|of| of["agent"] == agent);
        let summary = summary.expect("a summary");
        assert_eq!((&alone["rows"], &alone["total"]), (&summary["rows"], &summary["findings"]));
        let span = json!({ "from": "2026-11-22", "to": "2026-11-23" });
        let http = post(&server, &format!("/v1/agents/{agent}/run"), &span);
        assert_eq!(http["findings"], json!(expected), "{agent} over HTTP");
        assert_eq!((&http["sql"], &http["tables"]), (&alone["sql"], &alone["tables"]), "{agent}");
        let over_mcp = over_mcp(&server, agent, expected.len()).into_iter().map(in_utc);
        assert!(over_mcp.eq(expected.into_iter().map(in_utc)), "{agent} over MCP");
    }
}

#[test]
fn without_a_saved_report_findings_have_no_trace() {
    let day = Day::small();
    let reported = json(&day.lake, &["agents", "run", "business", "--date", DAY, "--json"]);
    assert!(reported["findings"][0]["incident"].as_str().is_some_and(|id| !id.is_empty()));
    let hour =
        ["agents", "run", "business", "--from", "2026-11-22 00:00", "--to", "2026-11-22 23:00", "--json"];
    let hour = json(&day.lake, &hour);
    let findings = hour["findings"].as_array().expect("findings");
    assert!(!findings.is_empty());
    assert!(
        findings.iter().all(|finding| finding["incident"] == "" && finding["trace"].is_null()),
        "{findings:?}"
    );
}

#[test]
fn limits_of_a_request_are_enforced() {
    let day = Day::small();
    let server = day.serve("");
    let send = |path: &str, body: &Value, status: u16| {
        let body = body.to_string();
        let reply = server.send("POST", path, "Content-Type: application/json\r\n", body.as_bytes());
        assert_eq!(reply.status, status, "{body}: {}", reply.body);
        reply
    };
    let run = "/v1/agents/event/run";
    let page = send(run, &json!({ "limit": 1, "parts": ["tables"] }), 200).json();
    assert!(
        page["total"].as_u64() > Some(1) && page["findings"].as_array().map(Vec::len) == Some(1),
        "{page}"
    );
    assert_eq!((&page["tables"][0]["finding"], &page["sql"]), (&page["findings"][0]["id"], &json!([])));
    assert_eq!(page["tables"].as_array().map(Vec::len), Some(1));
    send(run, &json!({ "from": "2026-11-01", "to": "2026-11-22" }), 400);
    send(run, &json!({ "from": "2026-11-22" }), 400);
    send(run, &json!({ "date": DAY, "from": "2026-11-22", "to": "2026-11-23" }), 400);
    send(run, &json!({ "agent": "event" }), 400);
    send(run, &json!({ "instruction": "x".repeat(5000) }), 413);
    send(run, &json!({ "namespaces": vec!["x"; 201] }), 413);
    send("/v1/agents/state/run", &json!({}), 404);
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

fn document(lang: &str) -> String {
    let output = headwater(Path::new("unused"), &["agents", "doc", "--lang", lang]).output().expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_documents_are_what_the_program_generates() {
    for (lang, name) in [("en", "en/agents.md"), ("zh", "zh/agents.md")] {
        let committed = std::fs::read_to_string(file(name)).expect("a document");
        assert!(committed == document(lang), "run `headwater agents doc --lang {lang} > docs/{name}`");
    }
}

#[test]
fn every_text_of_the_document_is_in_both_languages() {
    let (en, zh) = (document("en"), document("zh"));
    let rows = |text: &str| -> Vec<(String, String)> {
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        rows.map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            (cells[0].to_owned(), (*cells.last().expect("a cell")).to_owned())
        })
        .collect()
    };
    let (en, zh) = (rows(&en), rows(&zh));
    assert!(en.len() > 300 && en.len() == zh.len(), "{} and {} rows", en.len(), zh.len());
    for ((name, en), (same, zh)) in en.iter().zip(&zh) {
        assert_eq!(name, same);
        assert!(en != zh || zh.trim_end_matches(['.', '。']) == "Pod", "{name}: `{zh}` is not in Chinese");
        assert!(!en.is_empty() && !zh.is_empty(), "{name} has no text");
    }
}

/// Splits a command line into words; single quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for c in line.chars() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            _ => words.last_mut().expect("a word").push(c),
        }
    }
    words
}

/// Runs a command of the document in a folder.
#[track_caller]
fn run_example(folder: &Path, server: &Server, line: &str) {
    let words = words(line);
    let args: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    if words[0] == "headwater" {
        let program = env!("CARGO_BIN_EXE_headwater");
        let output: Output =
            std::process::Command::new(program).args(&args).current_dir(folder).output().expect("starts");
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && !stdout.is_empty(),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        if args.contains(&"--json") {
            serde_json::from_slice::<Value>(&output.stdout).expect("JSON");
        }
        return;
    }
    assert_eq!(words[0], "curl", "{line}");
    let path = args.last().and_then(|url| url.strip_prefix("localhost:8633")).expect("a path");
    let reply = match args.as_slice() {
        ["--json", body, _] => {
            server.send("POST", path, "Content-Type: application/json\r\n", body.as_bytes())
        }
        _ => server.get(path),
    };
    assert_eq!(reply.status, 200, "{line}: {}", reply.body);
    reply.json();
}

#[test]
fn the_examples_of_the_documents_run() {
    let dir = tempfile::tempdir().expect("a folder");
    let demo = headwater(Path::new("unused"), &["demo"]).current_dir(dir.path()).output().expect("starts");
    assert!(demo.status.success(), "{}", String::from_utf8_lossy(&demo.stderr));
    let server = Server::start(&dir.path().join("demo"), "");
    for name in ["en/agents.md", "zh/agents.md"] {
        let text = std::fs::read_to_string(file(name)).expect("a document");
        let mut count = 0;
        let mut fence = "";
        for line in text.lines() {
            match line.strip_prefix("```") {
                Some(kind) => fence = kind,
                None if fence == "sh" => {
                    run_example(dir.path(), &server, line);
                    count += 1;
                }
                None if fence == "json" => {
                    let call: Value = serde_json::from_str(line).expect("JSON");
                    let requests = json!({ "calls": [[call["name"], call["arguments"]]] });
                    let responses = session(&format!("http://{}/mcp", server.address), "legacy", &requests);
                    let content = &responses["calls"][0]["structuredContent"];
                    assert_eq!(
                        (&content["outcome"], &content["selection"]["all"]),
                        (&"anomalies".into(), &false.into())
                    );
                    count += 1;
                }
                None => {}
            }
        }
        assert_eq!(count, 14, "{name}: every example was run");
    }
}
