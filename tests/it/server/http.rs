//! HTTP: every route with valid and invalid requests, rows in three formats, roles, and origins.

use crate::program::run;
use crate::server::day::{DAY, Day};
use crate::server::serve::{Reply, Server};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use arrow::ipc::reader::StreamReader;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Sends requests, and records which routes of the OpenAPI document they cover.
struct Client<'a> {
    server: &'a Server,
    covered: BTreeSet<(String, String)>,
}

impl Client<'_> {
    #[track_caller]
    fn send(&mut self, method: &str, route: &str, path: &str, body: &str, status: u16) -> Reply {
        self.covered.insert((route.to_owned(), method.to_ascii_lowercase()));
        let json = if method == "POST" { "Content-Type: application/json\r\n" } else { "" };
        let reply = self.server.send(method, path, json, body.as_bytes());
        assert_eq!(reply.status, status, "{method} {path} {body}: {}", reply.body);
        if status >= 400 {
            reply.problem(status);
        }
        reply
    }
}

#[test]
fn every_route_handles_valid_and_invalid_requests() {
    let day = Day::small();
    let server = day.serve("");
    let document = server.get("/openapi.json").json();
    let mut client = Client { server: &server, covered: BTreeSet::new() };
    let mut send = |method: &str, route: &str, path: &str, body: &str, status: u16| {
        client.send(method, route, path, body, status)
    };
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/tables"] {
        send("GET", path, path, "", 200);
    }
    send("GET", "/", "/?date=2026-11-22&lang=zh", "", 200);
    send("GET", "/", "/?voice=true", "", 400);
    send("GET", "/", "/?date=2001-01-01", "", 404);
    send("GET", "/report", "/report?date=2026-11-22&lang=zh", "", 200);
    send("GET", "/report", "/report?date=2001-01-01", "", 404);
    send("GET", "/explore", "/explore?window=2026-11-22&table=audit&level=", "", 200);
    send("GET", "/explore", "/explore?row_id=0:1", "", 404);
    send("GET", "/explore", "/explore?same=planet&row_id=0:1", "", 400);
    send("GET", "/trace", "/trace", "", 200);
    send("GET", "/trace", "/trace?kind=workload&from=shop/cart", "", 400);
    send("GET", "/sql", "/sql?q=select+nothing+from+audit", "", 200);
    send("GET", "/sql", "/sql?chart=pie", "", 400);
    send("GET", "/sql/download", "/sql/download?q=select+1+as+n&format=parquet", "", 200);
    send("GET", "/sql/download", "/sql/download?q=drop+table+audit", "", 400);
    send("GET", "/rules", "/rules?id=event%2Foom_killed&run=backtest", "", 200);
    send("GET", "/rules", "/rules?id=none-such", "", 404);
    send("GET", "/runs", "/runs", "", 200);
    send("GET", "/runs", "/runs?cursor=x", "", 400);
    send("GET", "/runs/{id}", "/runs/none-such", "", 404);
    send("GET", "/v1/brief", "/v1/brief?date=2026-11-22", "", 200);
    send("GET", "/v1/brief", "/v1/brief?date=2026-11-22&date=2026-11-21", "", 400);
    let page = send("GET", "/v1/findings", "/v1/findings?severity=high&limit=1", "", 200).json();
    assert_eq!(page["truncated"], true, "{page}");
    // findings of the audit agent are not traced
    let symptoms = "/v1/findings?agent=business&severity=high";
    let symptoms = send("GET", "/v1/findings", symptoms, "", 200).json();
    let id = symptoms["findings"][0]["id"].as_str().expect("an id").to_owned();
    send("GET", "/v1/findings", "/v1/findings?severity=grave", "", 400);
    let incidents = send("GET", "/v1/incidents", "/v1/incidents?date=2026-11-22", "", 200).json();
    let incident = incidents["incidents"][0]["id"].as_str().expect("an id").to_owned();
    send("GET", "/v1/incidents", "/v1/incidents?limit=x", "", 400);
    send("GET", "/v1/incidents/{id}", &format!("/v1/incidents/{incident}"), "", 200);
    send("GET", "/v1/incidents/{id}", "/v1/incidents/none-such", "", 404);
    send("GET", "/incidents/{id}", &format!("/incidents/{incident}?lang=zh"), "", 200);
    send("GET", "/incidents/{id}", "/incidents/none-such", "", 404);
    send("GET", "/v1/changes", "/v1/changes?near=2026-11-22T02:00:00Z", "", 200);
    send("GET", "/v1/changes", "/v1/changes?near=soon", "", 400);
    send("GET", "/v1/lines", "/v1/lines?window=2026-11-22&user=zhang&limit=3", "", 200);
    send("GET", "/v1/lines", "/v1/lines?table=none", "", 400);
    send("GET", "/v1/patterns", "/v1/patterns?window=2026-11-22&table=event", "", 200);
    send("GET", "/v1/patterns", "/v1/patterns?table=none", "", 400);
    send("GET", "/v1/histogram", "/v1/histogram?table=audit", "", 200);
    send("GET", "/v1/histogram", "/v1/histogram", "", 400);
    send("POST", "/v1/neighbours", "/v1/neighbours", r#"{"at": "2026-11-22 10:00"}"#, 200);
    send("POST", "/v1/neighbours", "/v1/neighbours", r#"{"row_id": "0:1"}"#, 404);
    send("POST", "/v1/rules/test", "/v1/rules/test", r#"{"ids": ["event/oom_killed"]}"#, 200);
    send("POST", "/v1/rules/backtest", "/v1/rules/backtest", r#"{"rule": "event/oom_killed"}"#, 200);
    send(
        "POST",
        "/v1/rules/explain",
        "/v1/rules/explain",
        r#"{"rule": "event/oom_killed", "row_id": "0:1"}"#,
        404,
    );
    for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"] {
        send("GET", path, path, "", 404);
    }
    let context = send("GET", "/v1/xiaozhi/context", "/v1/xiaozhi/context?lang=zh", "", 200).json();
    assert_eq!(context["code"], 0, "{context}");
    send("GET", "/v1/xiaozhi/context", "/v1/xiaozhi/context?lang=fr", "", 400);
    send("GET", "/v1/findings", "/v1/findings?limit=-1", "", 400);
    let found = send("GET", "/v1/findings/{id}", &format!("/v1/findings/{id}"), "", 200).json();
    assert_eq!(found["finding"]["id"], id.as_str());
    send("GET", "/v1/findings/{id}", "/v1/findings/none-such", "", 404);
    send("GET", "/v1/findings/{id}", &format!("/v1/findings/{id}?id=other"), "", 400);
    send("GET", "/v1/findings/{id}", "/v1/findings/%ff", "", 400);
    let traced = send("GET", "/v1/findings/{id}/trace", &format!("/v1/findings/{id}/trace"), "", 200).json();
    assert!(traced["text"].as_str().is_some_and(|text| !text.is_empty()), "{traced}");
    send("GET", "/v1/findings/{id}/trace", "/v1/findings/none-such/trace", "", 404);
    let start = json!({ "finding": id, "date": DAY }).to_string();
    assert_eq!(send("POST", "/v1/trace", "/v1/trace", &start, 200).json()["traces"], traced["traces"]);
    send("POST", "/v1/trace", "/v1/trace", "{}", 400);
    send("POST", "/v1/trace", "/v1/trace", r#"{"pods": "a/b"}"#, 400);
    send("POST", "/v1/trace", "/v1/trace", "[", 400);
    send("POST", "/v1/sql", "/v1/sql", r#"{"sql": "select 1 as n"}"#, 200);
    send("POST", "/v1/sql", "/v1/sql", r#"{"sql": "select nothing from audit"}"#, 400);
    let response = send("POST", "/v1/sql", "/v1/sql", r#"{"sql": "drop table audit"}"#, 400);
    assert_eq!(response.problem(400)["type"], "/problems/statement-not-allowed");
    let rules = send("GET", "/v1/rules", "/v1/rules?agent=event", "", 200).json();
    let rule = rules["rules"][0]["id"].as_str().expect("an id").replace('/', "%2F");
    let rules = send("GET", "/v1/rules", &format!("/v1/rules?id={rule}"), "", 200).json();
    assert!(rules["rules"][0]["sql"].as_str().is_some_and(|sql| sql.contains("select")), "{rules}");
    send("GET", "/v1/rules", "/v1/rules?id=none-such", "", 404);
    let agents = send("GET", "/v1/agents", "/v1/agents", "", 200).json();
    assert_eq!(agents["agents"].as_array().map(Vec::len), Some(4), "{agents}");
    let agent = send("GET", "/v1/agents/{agent}", "/v1/agents/event", "", 200).json();
    assert!(agent["agents"][0]["decision_rules"][0]["severity"].is_string(), "{agent}");
    send("GET", "/v1/agents/{agent}", "/v1/agents/nobody", "", 404);
    send("GET", "/v1/agents/{agent}", "/v1/agents/event?rule=x", "", 400);
    let run = |agent: &str| format!("/v1/agents/{agent}/run");
    let result = send("POST", "/v1/agents/{agent}/run", &run("event"), "{}", 200).json();
    assert_eq!((&result["schema"], &result["outcome"]), (&json!("headwater.agent/1"), &json!("anomalies")));
    send("POST", "/v1/agents/{agent}/run", &run("nobody"), "{}", 404);
    send("POST", "/v1/agents/{agent}/run", &run("event"), "[]", 400);
    send("POST", "/v1/agents/{agent}/run", &run("event"), r#"{"agent": "event"}"#, 400);
    send("POST", "/v1/agents/{agent}/run", &run("%ff"), "{}", 400);
    send("GET", "/v1/runs", "/v1/runs?limit=3", "", 200);
    send("GET", "/v1/runs", "/v1/runs?date=today", "", 200);
    send("GET", "/v1/runs", "/v1/runs?date=someday", "", 400);
    send("GET", "/v1/runs/{id}", "/v1/runs/none-such", "", 404);
    send("POST", "/v1/runs", "/v1/runs", r#"{"date": "2026-11-22"}"#, 403);
    let analysed = send("POST", "/v1/analyze", "/v1/analyze", r#"{"date": "2026-11-22"}"#, 200).json();
    assert_eq!(analysed["report"]["findings"][0]["id"], page["findings"][0]["id"]);
    send("POST", "/v1/analyze", "/v1/analyze", r#"{"date": "2001-01-01"}"#, 404);
    send("POST", "/v1/analyze", "/v1/analyze", "{}", 400);
    send("GET", "/v1/audit-log", "/v1/audit-log", "", 403);
    let log = "2026-11-22T10:00:00Z ERROR cart: no such item\n";
    let logs = "/v1/logs?name=business/2026/11/22/cart.log";
    let uploaded = send("POST", "/v1/logs", logs, log, 200).json();
    assert_eq!((&uploaded["total"], &uploaded["records"]), (&json!(1), &json!(1)), "{uploaded}");
    send("POST", "/v1/logs", "/v1/logs", log, 400);
    send("POST", "/v1/logs", logs, "", 400);
    let upload = json!({ "upload": uploaded["upload"] }).to_string();
    send("POST", "/v1/analyze", "/v1/analyze", &upload, 200);

    every_documented_route_is_covered(&server, &document, &client.covered);
    for path in ["/v1", "/v1/", "/v1/sql/", "/v2/brief", "/problems/invalid", "/%00", "/v1/findings/a/b"] {
        server.get(path).problem(404);
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// Requires that each route of the document was requested, and that its path rejects other methods.
#[track_caller]
fn every_documented_route_is_covered(
    server: &Server,
    document: &Value,
    covered: &BTreeSet<(String, String)>,
) {
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let methods: Vec<&String> = operations.as_object().expect("methods").keys().collect();
        for method in &methods {
            assert!(covered.contains(&(path.clone(), (*method).clone())), "{method} {path} is not covered");
        }
        let wrong = server.send("DELETE", &path.replace("{id}", "x").replace("{agent}", "x"), "", b"");
        wrong.problem(405);
        for method in methods {
            let allowed = wrong.head.lines().find_map(|line| line.strip_prefix("allow: "));
            assert!(allowed.is_some_and(|list| list.split(',').any(|one| one == method)), "{}", wrong.head);
        }
    }
}

#[test]
fn rows_have_three_formats() {
    let day = Day::small();
    let server = day.serve("");
    let send = |accept: &str, sql: &str, limit: u32| {
        let headers = format!("Content-Type: application/json; charset=utf-8\r\n{accept}");
        let body = json!({ "sql": sql, "limit": limit }).to_string();
        server.send("POST", "/v1/sql", &headers, body.as_bytes())
    };
    let sql =
        "select line, cast(null as varchar) as nothing, 'a,\"b' as text from standard order by line, row_id";
    let rows = send("", sql, 2).json();
    assert_eq!(rows["truncated"], "rows");
    assert_eq!(rows["columns"][0], json!({ "name": "line", "type": "Int64" }));
    assert_eq!(rows["rows"][1], json!({ "line": 1, "nothing": null, "text": "a,\"b" }));
    let whole = send("Accept: */*\r\n", "select 1 as one", 5);
    assert_eq!(whole.json()["truncated"], Value::Null);
    assert!(!whole.head.contains("headwater-truncated"), "{}", whole.head);
    let none = send("", "select line from audit where 1 = 2", 5).json();
    assert_eq!((&none["rows"], &none["columns"][0]["name"]), (&json!([]), &json!("line")));
    let csv = send("Accept: text/csv, application/json;q=0.5\r\n", sql, 1);
    assert_eq!(csv.body, "line,nothing,text\n1,,\"a,\"\"b\"\n");
    assert!(csv.head.contains("headwater-truncated: rows"), "{}", csv.head);
    assert!(csv.head.contains("content-type: text/csv"), "{}", csv.head);
    let arrow = send("Accept: application/vnd.apache.arrow.stream\r\n", sql, 3);
    let reader = StreamReader::try_new(arrow.bytes.as_slice(), None).expect("a stream");
    let lines: Vec<i64> = reader
        .flat_map(|batch| batch.expect("a batch").column(0).as_primitive::<Int64Type>().values().to_vec())
        .collect();
    assert_eq!(lines, [1, 1, 1]);
    send("Accept: text/html\r\n", sql, 1).problem(406);
    send("Accept: application/json;q=0\r\n", sql, 1).problem(406);
    let list = send("Accept: text/csv\r\n", "select [1, 2] as list", 1);
    assert_eq!(list.body, "list\n\"[1,2]\"\n");
    server.send("POST", "/v1/sql", "Content-Type: text/plain\r\n", b"select 1").problem(415);
    server.send("POST", "/v1/sql", "", b"{}").problem(415);
    let brief = server.request("GET", "/v1/brief", "Host: localhost\r\nAccept: application/json\r\n").json();
    assert_eq!(brief["text"], server.get("/v1/brief").body);
}

#[test]
fn each_role_is_enforced_and_recorded() {
    let day = Day::small();
    let fresh = run(day.dir.path(), &["config", "token"]);
    let fresh = String::from_utf8(fresh.stdout).expect("text");
    let value = |name: &str| {
        let line = fresh.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")));
        line.expect("a line").trim_end_matches('"').to_owned()
    };
    let (reader, hash) = (value("token"), value("hash"));
    let admin = blake3::hash(b"token-of-admin").to_hex();
    let config = format!(
        "[serve]\nallow = []\n[[serve.tokens]]\nname = \"reader\"\nrole = \"read\"\nhash = \"{hash}\"\n\
         [[serve.tokens]]\nname = \"runner\"\nrole = \"run\"\nenv = \"TOKEN_OF_TEST\"\n\
         [[serve.tokens]]\nname = \"boss\"\nrole = \"admin\"\nhash = \"{admin}\"\n"
    );
    let server = day.serve(&config);
    let send = |token: &str, method: &str, path: &str, body: &str| {
        let headers = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
        server.send(method, path, &headers, body.as_bytes())
    };
    for (token, statuses) in [
        (reader.as_str(), [200, 403, 403, 403]),
        ("let-me-in", [200, 200, 403, 403]),
        ("token-of-admin", [200, 200, 403, 200]),
    ] {
        let got = [
            send(token, "POST", "/v1/sql", r#"{"sql": "select 1 as n"}"#),
            send(token, "POST", "/v1/logs?name=a.log", "one line\n"),
            send(token, "POST", "/v1/runs", "{}"), // not in `[serve] allow`
            send(token, "GET", "/v1/audit-log?limit=50", ""),
        ];
        assert_eq!(got.map(|reply| reply.status), statuses, "{token}");
    }
    for token in ["", "let-me-i", "let-me-in2", &hash, "LET-ME-IN"] {
        send(token, "GET", "/v1/tables", "").problem(401);
    }
    let log = send("token-of-admin", "GET", "/v1/audit-log?limit=50", "").json();
    let entries = log["entries"].as_array().expect("entries");
    for name in ["reader", "runner", "boss"] {
        assert!(
            entries.iter().any(|entry| entry["caller"] == name && entry["transport"] == "http"),
            "{name}: {log}"
        );
    }
    for secret in [reader.as_str(), "let-me-in", "token-of-admin", &hash] {
        assert!(!log.to_string().contains(secret) && !server.log().contains(secret));
    }
}

#[test]
fn an_invalid_token_config_fails_at_start() {
    let dir = tempfile::tempdir().expect("a folder");
    for (config, expected) in [
        ("name = \"a\"\nrole = \"owner\"\nhash = \"00\"", "expected one of `read`, `run`, `admin`"),
        ("name = \"a\"\nrole = \"read\"\nhash = \"00\"", "64 hexadecimal digits"),
        ("name = \"a\"\nrole = \"read\"", "either `env` or `hash`"),
        ("name = \"\"\nrole = \"read\"\nenv = \"X\"", "name is empty"),
        ("name = \"a\"\nrole = \"read\"\nenv = \"NOT_SET_ANYWHERE\"", "NOT_SET_ANYWHERE"),
    ] {
        let path = dir.path().join("bad.toml");
        std::fs::write(&path, format!("[[serve.tokens]]\n{config}\n")).expect("written");
        let output = run(
            dir.path(),
            &["--config", path.to_str().expect("a path"), "serve", "--listen", "127.0.0.1:0"],
        );
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && stderr.contains(expected), "{config}: {stderr}");
    }
}

#[test]
fn a_request_of_another_origin_is_rejected() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path(), "");
    let own = &server.address;
    let port = own.rsplit(':').next().expect("a port");
    for (origin, status) in [
        (format!("http://{own}"), 200),
        (format!("https://{own}"), 200),
        (format!("http://localhost:{port}"), 403),
        ("http://127.0.0.1:1".into(), 403),
        ("http://evil.example".into(), 403),
        (format!("http://{own}.evil.example"), 403),
        (format!("http://evil.example/{own}"), 403),
        ("null".into(), 403),
        (own.clone(), 403),
        (String::new(), 403),
    ] {
        let reply = server.request("GET", "/healthz", &format!("Host: {own}\r\nOrigin: {origin}\r\n"));
        assert_eq!(reply.status, status, "Origin: {origin}");
    }
    let headers = "Content-Type: application/json\r\nOrigin: http://evil.example\r\n";
    let problem = server.send("POST", "/v1/sql", headers, b"{}").problem(403);
    assert_eq!(problem["type"], "/problems/cross-origin");
}
