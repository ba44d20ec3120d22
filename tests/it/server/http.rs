//! HTTP as scripts use it: every route good and bad, rows in three forms, who may do what.

use crate::program::{json, run, simulate};
use crate::server::serve::{Reply, Server};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use arrow::ipc::reader::StreamReader;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// The day that is simulated.
pub const DAY: &str = "2026-11-22";

/// Makes a lake of a small day, with its report.
pub fn day(dir: &Path) {
    let bucket = dir.join("bucket");
    simulate(&bucket, "memory_limit_lowered", 3, 1_000_000);
    std::fs::remove_file(bucket.join("truth.json")).expect("the truth is beside the logs");
    let lake = dir.join("lake");
    json(&lake, &["ingest", bucket.to_str().expect("a path"), "--json"]);
    json(&lake, &["analyze", "--date", DAY, "--json"]);
}

/// Asks by a name in the document: `{id}` and other parts of `path` are what stands in it.
struct Asker<'a> {
    server: &'a Server,
    asked: BTreeSet<(String, String)>,
}

impl Asker<'_> {
    #[track_caller]
    fn ask(&mut self, method: &str, route: &str, path: &str, body: &str, status: u16) -> Reply {
        self.asked.insert((route.to_owned(), method.to_ascii_lowercase()));
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
fn every_route_answers_good_and_bad() {
    let dir = tempfile::tempdir().expect("a folder");
    day(dir.path());
    let server = Server::start(dir.path(), "");
    let document = server.get("/openapi.json").json();
    let mut asker = Asker { server: &server, asked: BTreeSet::new() };
    let mut ask = |method: &str, route: &str, path: &str, body: &str, status: u16| {
        asker.ask(method, route, path, body, status)
    };
    for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/tables"] {
        ask("GET", path, path, "", 200);
    }
    ask("GET", "/", "/?date=2026-11-22&lang=zh", "", 200);
    ask("GET", "/", "/?voice=true", "", 400);
    ask("GET", "/", "/?date=2001-01-01", "", 404);
    ask("GET", "/v1/brief", "/v1/brief?date=2026-11-22", "", 200);
    ask("GET", "/v1/brief", "/v1/brief?date=2026-11-22&date=2026-11-21", "", 400);
    let page = ask("GET", "/v1/findings", "/v1/findings?severity=high&limit=1", "", 200).json();
    assert_eq!(page["truncated"], true, "{page}");
    let id = page["findings"][0]["id"].as_str().expect("an id").to_owned();
    ask("GET", "/v1/findings", "/v1/findings?severity=grave", "", 400);
    let known = ask("GET", "/v1/xiaozhi/context", "/v1/xiaozhi/context?lang=zh", "", 200).json();
    assert_eq!(known["code"], 0, "{known}");
    ask("GET", "/v1/xiaozhi/context", "/v1/xiaozhi/context?lang=fr", "", 400);
    ask("GET", "/v1/findings", "/v1/findings?limit=-1", "", 400);
    let found = ask("GET", "/v1/findings/{id}", &format!("/v1/findings/{id}"), "", 200).json();
    assert_eq!(found["finding"]["id"], id.as_str());
    ask("GET", "/v1/findings/{id}", "/v1/findings/none-such", "", 404);
    ask("GET", "/v1/findings/{id}", &format!("/v1/findings/{id}?id=other"), "", 400);
    ask("GET", "/v1/findings/{id}", "/v1/findings/%ff", "", 400);
    let traced = ask("GET", "/v1/findings/{id}/trace", &format!("/v1/findings/{id}/trace"), "", 200).json();
    assert!(traced["text"].as_str().is_some_and(|text| !text.is_empty()), "{traced}");
    ask("GET", "/v1/findings/{id}/trace", "/v1/findings/none-such/trace", "", 404);
    let start = json!({ "finding": id, "date": DAY }).to_string();
    assert_eq!(ask("POST", "/v1/trace", "/v1/trace", &start, 200).json()["traces"], traced["traces"]);
    ask("POST", "/v1/trace", "/v1/trace", "{}", 400);
    ask("POST", "/v1/trace", "/v1/trace", r#"{"pods": "a/b"}"#, 400);
    ask("POST", "/v1/trace", "/v1/trace", "[", 400);
    ask("POST", "/v1/sql", "/v1/sql", r#"{"sql": "select 1 as n"}"#, 200);
    ask("POST", "/v1/sql", "/v1/sql", r#"{"sql": "select nothing from audit"}"#, 400);
    let refused = ask("POST", "/v1/sql", "/v1/sql", r#"{"sql": "drop table audit"}"#, 400);
    assert_eq!(refused.problem(400)["type"], "/problems/statement-refused");
    let rules = ask("GET", "/v1/rules", "/v1/rules?agent=event", "", 200).json();
    let rule = rules["rules"][0]["id"].as_str().expect("an id").replace('/', "%2F");
    let rules = ask("GET", "/v1/rules", &format!("/v1/rules?id={rule}"), "", 200).json();
    assert!(rules["rules"][0]["sql"].as_str().is_some_and(|sql| sql.contains("select")), "{rules}");
    ask("GET", "/v1/rules", "/v1/rules?id=none-such", "", 404);
    ask("GET", "/v1/runs", "/v1/runs?limit=3", "", 200);
    ask("GET", "/v1/runs", "/v1/runs?date=today", "", 400);
    ask("GET", "/v1/runs/{id}", "/v1/runs/none-such", "", 404);
    ask("POST", "/v1/runs", "/v1/runs", r#"{"date": "2026-11-22"}"#, 403);
    let analysed = ask("POST", "/v1/analyze", "/v1/analyze", r#"{"date": "2026-11-22"}"#, 200).json();
    assert_eq!(analysed["report"]["findings"][0]["id"], page["findings"][0]["id"]);
    ask("POST", "/v1/analyze", "/v1/analyze", r#"{"date": "2001-01-01"}"#, 404);
    ask("POST", "/v1/analyze", "/v1/analyze", "{}", 400);
    ask("GET", "/v1/asked", "/v1/asked", "", 403);
    let log = "2026-11-22T10:00:00Z ERROR cart: no such item\n";
    let logs = "/v1/logs?name=business/2026/11/22/cart.log";
    let kept = ask("POST", "/v1/logs", logs, log, 200).json();
    assert_eq!((&kept["total"], &kept["records"]), (&json!(1), &json!(1)), "{kept}");
    ask("POST", "/v1/logs", "/v1/logs", log, 400);
    ask("POST", "/v1/logs", logs, "", 400);
    let upload = json!({ "upload": kept["upload"] }).to_string();
    ask("POST", "/v1/analyze", "/v1/analyze", &upload, 200);

    let asked = asker.asked;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let methods: Vec<&String> = operations.as_object().expect("methods").keys().collect();
        for method in &methods {
            assert!(asked.contains(&(path.clone(), (*method).clone())), "{method} {path} was not asked");
        }
        let wrong = server.send("DELETE", &path.replace("{id}", "x"), "", b"");
        wrong.problem(405);
        for method in methods {
            let allowed = wrong.head.lines().find_map(|line| line.strip_prefix("allow: "));
            assert!(allowed.is_some_and(|list| list.split(',').any(|one| one == method)), "{}", wrong.head);
        }
    }
    for path in ["/v1", "/v1/", "/v1/sql/", "/v2/brief", "/problems/invalid", "/%00", "/v1/findings/a/b"] {
        server.get(path).problem(404);
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[test]
fn rows_come_in_three_forms() {
    let dir = tempfile::tempdir().expect("a folder");
    day(dir.path());
    let server = Server::start(dir.path(), "");
    let ask = |accept: &str, sql: &str, limit: u32| {
        let headers = format!("Content-Type: application/json; charset=utf-8\r\n{accept}");
        let body = json!({ "sql": sql, "limit": limit }).to_string();
        server.send("POST", "/v1/sql", &headers, body.as_bytes())
    };
    let sql =
        "select line, cast(null as varchar) as nothing, 'a,\"b' as text from standard order by line, row_id";
    let rows = ask("", sql, 2).json();
    assert_eq!(rows["truncated"], "rows");
    assert_eq!(rows["columns"][0], json!({ "name": "line", "type": "Int64" }));
    assert_eq!(rows["rows"][1], json!({ "line": 1, "nothing": null, "text": "a,\"b" }));
    let whole = ask("Accept: */*\r\n", "select 1 as one", 5);
    assert_eq!(whole.json()["truncated"], Value::Null);
    assert!(!whole.head.contains("headwater-truncated"), "{}", whole.head);
    let none = ask("", "select line from audit where 1 = 2", 5).json();
    assert_eq!((&none["rows"], &none["columns"][0]["name"]), (&json!([]), &json!("line")));
    let csv = ask("Accept: text/csv, application/json;q=0.5\r\n", sql, 1);
    assert_eq!(csv.body, "line,nothing,text\n1,,\"a,\"\"b\"\n");
    assert!(csv.head.contains("headwater-truncated: rows"), "{}", csv.head);
    assert!(csv.head.contains("content-type: text/csv"), "{}", csv.head);
    let arrow = ask("Accept: application/vnd.apache.arrow.stream\r\n", sql, 3);
    let reader = StreamReader::try_new(arrow.bytes.as_slice(), None).expect("a stream");
    let lines: Vec<i64> = reader
        .flat_map(|batch| batch.expect("a batch").column(0).as_primitive::<Int64Type>().values().to_vec())
        .collect();
    assert_eq!(lines, [1, 1, 1]);
    ask("Accept: text/html\r\n", sql, 1).problem(406);
    ask("Accept: application/json;q=0\r\n", sql, 1).problem(406);
    ask("Accept: text/csv\r\n", "select [1, 2] as list", 1).problem(400);
    server.send("POST", "/v1/sql", "Content-Type: text/plain\r\n", b"select 1").problem(415);
    server.send("POST", "/v1/sql", "", b"{}").problem(415);
    let brief = server.ask("GET", "/v1/brief", "Host: localhost\r\nAccept: application/json\r\n").json();
    assert_eq!(brief["text"], server.get("/v1/brief").body);
}

#[test]
fn each_role_may_what_it_may_and_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    day(dir.path());
    let fresh = run(dir.path(), &["config", "token"]);
    let fresh = String::from_utf8(fresh.stdout).expect("text");
    let value = |name: &str| {
        let line = fresh.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")));
        line.expect("a line").trim_end_matches('"').to_owned()
    };
    let (reader, hash) = (value("token"), value("hash"));
    let admin = blake3::hash(b"the-admins-own").to_hex();
    let config = format!(
        "[serve]\nallow = []\n[[serve.tokens]]\nname = \"reader\"\nrole = \"read\"\nhash = \"{hash}\"\n\
         [[serve.tokens]]\nname = \"runner\"\nrole = \"run\"\nenv = \"TOKEN_OF_TEST\"\n\
         [[serve.tokens]]\nname = \"boss\"\nrole = \"admin\"\nhash = \"{admin}\"\n"
    );
    let server = Server::start(dir.path(), &config);
    let ask = |token: &str, method: &str, path: &str, body: &str| {
        let headers = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
        server.send(method, path, &headers, body.as_bytes())
    };
    for (token, statuses) in [
        (reader.as_str(), [200, 403, 403, 403]),
        ("let-me-in", [200, 200, 403, 403]),
        ("the-admins-own", [200, 200, 403, 200]),
    ] {
        let got = [
            ask(token, "POST", "/v1/sql", r#"{"sql": "select 1 as n"}"#),
            ask(token, "POST", "/v1/logs?name=a.log", "one line\n"),
            ask(token, "POST", "/v1/runs", "{}"), // the config does not allow it
            ask(token, "GET", "/v1/asked?limit=50", ""),
        ];
        assert_eq!(got.map(|reply| reply.status), statuses, "{token}");
    }
    for token in ["", "let-me-i", "let-me-in2", &hash, "LET-ME-IN"] {
        ask(token, "GET", "/v1/tables", "").problem(401);
    }
    let asked = ask("the-admins-own", "GET", "/v1/asked?limit=50", "").json();
    let lines = asked["asked"].as_array().expect("questions");
    for name in ["reader", "runner", "boss"] {
        assert!(lines.iter().any(|line| line["caller"] == name && line["way"] == "http"), "{name}: {asked}");
    }
    for secret in [reader.as_str(), "let-me-in", "the-admins-own", &hash] {
        assert!(!asked.to_string().contains(secret) && !server.log().contains(secret));
    }
}

#[test]
fn a_token_that_is_none_is_told_at_the_start() {
    let dir = tempfile::tempdir().expect("a folder");
    for (config, said) in [
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
        assert!(output.status.code() == Some(2) && stderr.contains(said), "{config}: {stderr}");
    }
}

#[test]
fn no_page_of_another_site_is_answered() {
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
        let reply = server.ask("GET", "/healthz", &format!("Host: {own}\r\nOrigin: {origin}\r\n"));
        assert_eq!(reply.status, status, "Origin: {origin}");
    }
    let headers = "Content-Type: application/json\r\nOrigin: http://evil.example\r\n";
    let refused = server.send("POST", "/v1/sql", headers, b"{}").problem(403);
    assert_eq!(refused["type"], "/problems/foreign-origin");
}
