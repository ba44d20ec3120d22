//! Requests that investigate, over HTTP and MCP: each leads to the known cause of the day, and no list is cut without
//! saying so.

use crate::program::{number, rows};
use crate::server::day::{DAY, Day};
use crate::server::mcp_helpers::{names, session, stdio, text};
use crate::server::serve::Server;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Sends a GET with parameters.
#[track_caller]
pub fn get(server: &Server, path: &str, parameters: &[(&str, &str)]) -> Value {
    let query: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    server.get(&format!("{path}?{}", query.join("&"))).json()
}

/// Returns a text of an object.
#[track_caller]
pub fn string<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("no text `{name}`: {value}"))
}

/// Returns all items of a list, page by page, and the number of pages.
#[track_caller]
pub fn all_pages(mut request: impl FnMut(Option<&str>) -> Value, list: &str) -> (Vec<Value>, usize) {
    let (mut items, mut pages, mut cursor): (Vec<Value>, usize, Option<String>) = (Vec::new(), 0, None);
    loop {
        let response = request(cursor.as_deref());
        let (page, part) = (&response["page"], response[list].as_array().expect("a list"));
        assert_eq!((&page["shown"], &page["skipped"]), (&json!(part.len()), &json!(items.len())), "{page}");
        items.extend(part.iter().cloned());
        pages += 1;
        assert_eq!(page["cut"].is_null(), page["next_cursor"].is_null(), "{page}");
        match page["next_cursor"].as_str() {
            Some(next) => {
                let cut = format!("cut at {} of {} (", items.len(), page["total"]);
                assert!(string(page, "cut").starts_with(&cut), "{page}");
                cursor = Some(next.to_owned());
            }
            None => {
                assert_eq!(page["total"], json!(items.len()), "{page}");
                return (items, pages);
            }
        }
    }
}

#[test]
fn an_incident_names_its_cause_and_its_rows() {
    let day = Day::small();
    let (server, truth) = (day.serve(""), &day.truth);
    let list = get(&server, "/v1/incidents", &[("date", DAY)]);
    let first = &list["incidents"][0];
    assert_eq!(first["cause"]["audit_id"], truth["cause"]["audit_id"], "{first}");
    assert_eq!(first["verdict"], truth["verdict"]);
    assert_eq!(
        string(first, "place"),
        format!("{}/{}", string(truth, "namespace"), string(truth, "workload"))
    );
    let (items, pages) = all_pages(
        |cursor| {
            let mut parameters = vec![("date", DAY), ("limit", "2")];
            parameters.extend(cursor.map(|cursor| ("cursor", cursor)));
            get(&server, "/v1/incidents", &parameters)
        },
        "incidents",
    );
    assert!(pages > 1, "{} incidents", items.len());
    assert_eq!(json!(items), list["incidents"]);
    let of_namespace = get(&server, "/v1/incidents", &[("namespace", "no-such-namespace")]);
    assert_eq!(of_namespace["page"]["total"], 0);

    let id = string(first, "id");
    let incident = get(&server, &format!("/v1/incidents/{id}"), &[]);
    assert_eq!(get(&server, &format!("/v1/incidents/{}", &id[..7]), &[("date", DAY)]), incident);
    assert_eq!(incident["trace"]["id"], first["cause_trace"]);
    let evidence = incident["incident"]["decisive"].as_array().expect("lines").iter();
    let of_findings = incident["findings"].as_array().expect("findings").iter();
    let of_findings = of_findings.flat_map(|finding| finding["evidence"].as_array().expect("evidence"));
    let ids: BTreeSet<&str> = evidence.chain(of_findings).map(|line| string(line, "row_id")).collect();
    for id in &ids {
        let neighbours = post(&server, "/v1/neighbours", &json!({ "row_id": id, "seconds": 1 }));
        assert!(
            neighbours["lines"].as_array().expect("lines").iter().any(|line| line["is_row"] == true),
            "{id}"
        );
    }
    server.get("/v1/incidents/none-such").problem(404);
    server.get("/v1/incidents?severity=grave").problem(400);
}

/// Posts a JSON body.
#[track_caller]
pub fn post(server: &Server, path: &str, body: &Value) -> Value {
    server.send_json(path, body).json()
}

#[test]
fn changes_close_to_a_time_lead_to_the_cause() {
    let day = Day::small();
    let (server, truth) = (day.serve(""), &day.truth);
    let workload = format!("{}/{}", string(truth, "namespace"), string(truth, "workload"));
    let near = string(truth, "symptom_ts");
    let list = get(&server, "/v1/changes", &[("near", near), ("workload", &workload), ("field", "memory")]);
    let change = &list["changes"][0];
    assert_eq!(change["audit_id"], truth["cause"]["audit_id"], "{list}");
    assert_eq!(change["username"], truth["cause"]["username"]);
    assert!(change["lag_s"].as_f64().is_some_and(|lag| lag < 0.0), "{change}");
    let limit = change["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .find(|field| field["field"].as_str().is_some_and(|path| path.ends_with("limits.memory")));
    assert!(limit.is_some_and(|field| field["old"] != field["new"]), "{change}");
    let times: Vec<f64> = list["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|of| of["lag_s"].as_f64().expect("a number").abs())
        .collect();
    assert!(times.is_sorted(), "closest first: {times:?}");

    // all changes of the day, page by page: as many writes as the table has
    let (items, pages) = all_pages(
        |cursor| {
            let mut parameters =
                vec![("date", DAY), ("system", "true"), ("max_tokens", "2000"), ("limit", "200")];
            parameters.extend(cursor.map(|cursor| ("cursor", cursor)));
            let response = get(&server, "/v1/changes", &parameters);
            assert!(response["changes"].to_string().len() <= 2000 * 3 + 2000, "{}", response["page"]);
            response
        },
        "changes",
    );
    let writes = number(&day.lake, "select count(distinct row_id) as n from change");
    let counted: i64 = items.iter().map(|change| change["times"].as_i64().unwrap_or(1)).sum();
    assert!(pages > 2 && counted == writes, "{counted} of {writes} in {pages} pages");
    let newest: Vec<&str> = items.iter().map(|change| string(change, "ts")).collect();
    assert!(newest.is_sorted_by(|a, b| a >= b), "newest first");
    for effect in ["created", "deleted", "changed"] {
        assert!(items.iter().any(|change| change["effect"] == effect), "{effect}");
    }
    let people = get(&server, "/v1/changes", &[("date", DAY), ("limit", "200")]);
    let times = |change: &Value| change["times"].as_i64().unwrap_or(1);
    let shown: i64 = people["changes"].as_array().expect("changes").iter().map(times).sum();
    assert!(people["page"]["cut"].is_null(), "{}", people["page"]);
    assert_eq!(shown + people["hidden_system"].as_i64().expect("a number"), writes);
    let kind = get(&server, "/v1/changes", &[("date", DAY), ("object", "deployment")]);
    let (named, of_kind) = (&kind["changes"][0]["name"], kind["changes"].as_array().expect("changes"));
    assert!(!of_kind.is_empty() && of_kind.iter().all(|change| change["kind"] == "Deployment"), "{kind}");
    let object = format!("Deployment/{}", named.as_str().expect("a name"));
    let object = get(&server, "/v1/changes", &[("date", DAY), ("object", &object)]);
    assert!(object["changes"].as_array().expect("changes").iter().all(|change| change["name"] == *named));
}

#[test]
fn a_window_without_rows_says_so() {
    let day = Day::small();
    let server = day.serve("");
    for path in ["/v1/changes", "/v1/patterns", "/v1/histogram"] {
        let mut parameters = vec![("window", "2026-11-20 10:00-11:00")];
        parameters.extend((path == "/v1/histogram").then_some(("table", "event")));
        let response = get(&server, path, &parameters);
        assert!(string(&response, "note").contains("2026-11-22"), "{path}: {response}");
        assert_eq!(response["window"]["local"], "2026-11-20 10:00:00 to 2026-11-20 11:00:00", "{path}");
    }
    let around = post(&server, "/v1/neighbours", &json!({ "at": "2026-11-20 10:00", "namespace": "shop" }));
    assert!(around["note"].is_string() && around["lines"] == json!([]), "{around}");
    let relative = get(&server, "/v1/changes", &[("window", "last 2h")]);
    assert!(relative["note"].is_string(), "{relative}");
    for window in ["10:00-11:00", "soon", "2026-11-22 10:00", "9999-12-31"] {
        let reply = server.get(&format!("/v1/changes?window={}", encoded(window)));
        assert!(reply.problem(400)["hint"].is_string(), "{window}");
    }
    let agent = post(&server, "/v1/agents/event/run", &json!({ "window": "10:00-11:00", "date": DAY }));
    assert_eq!(agent["window"]["from"], "2026-11-22T02:00:00.000000Z", "{}", agent["window"]);
    let of_date = get(&server, "/v1/changes", &[("window", "10:00-11:00"), ("date", DAY)]);
    assert_eq!(of_date["window"]["local"], "2026-11-22 10:00:00 to 2026-11-22 11:00:00");
}

#[test]
fn a_cursor_of_another_request_is_an_error() {
    let day = Day::small();
    let server = day.serve("");
    let page = get(&server, "/v1/findings", &[("limit", "1")]);
    let cursor = string(&page["page"], "next_cursor");
    let next = get(&server, "/v1/findings", &[("limit", "2"), ("cursor", cursor)]);
    assert_eq!(next["page"]["skipped"], 1, "a page may have another size");
    assert_eq!(
        next["findings"][0],
        get(&server, "/v1/findings", &[("offset", "1"), ("limit", "1")])["findings"][0]
    );
    for path in [
        format!("/v1/findings?cursor={cursor}&severity=high"),
        format!("/v1/incidents?cursor={cursor}"),
        format!("/v1/findings?cursor={}", cursor.replace("2026", "2025")),
        "/v1/findings?cursor=1".to_owned(),
        "/v1/findings?cursor=99999999999999999999.a.b".to_owned(),
    ] {
        assert!(server.get(&path).problem(400)["hint"].is_string(), "{path}");
    }
}

#[test]
fn rules_are_tested_backtested_and_explained() {
    let day = Day::small();
    let server = day.serve("");
    let tests = post(&server, "/v1/rules/test", &json!({ "ids": ["event/oom_killed"] }));
    assert!(tests["passed"].as_u64().is_some_and(|passed| passed >= 2) && tests["failed"] == 0, "{tests}");
    server.send_json("/v1/rules/test", &json!({ "ids": ["event/no_such"] })).problem(400);
    server.send_json("/v1/rules/test", &json!({ "ids": [] })).problem(400);
    server.send_json("/v1/rules/test", &json!({ "ids": ["audit/"] })).problem(413);
    let backtest = post(&server, "/v1/rules/backtest", &json!({ "rule": "business/error_burst" }));
    assert_eq!(backtest["days"][0]["date"], DAY, "{backtest}");
    assert!(backtest["days"][0]["rows"].as_u64().is_some_and(|rows| rows > 0));
    server
        .send_json(
            "/v1/rules/backtest",
            &json!({ "rule": "event/oom_killed", "from": "2001-01-01", "to": "2001-01-02" }),
        )
        .problem(404);
    let row = rows(&day.lake, "select row_id from event where type = 'Normal' limit 1")[0].clone();
    let explained =
        post(&server, "/v1/rules/explain", &json!({ "rule": "event/oom_killed", "row_id": row["row_id"] }));
    assert_eq!(explained["table"], "event");
    assert!(
        explained["explanation"]["steps"].as_array().is_some_and(|steps| !steps.is_empty()),
        "{explained}"
    );
    for rule in ["../../etc/passwd.sql", "/etc/passwd.sql", "rules/event/oom_killed.sql", ""] {
        let body = json!({ "rule": rule, "row_id": row["row_id"] });
        server.send_json("/v1/rules/explain", &body).problem(400);
        server.send_json("/v1/rules/backtest", &json!({ "rule": rule })).problem(400);
    }
}

#[test]
fn an_agent_finds_the_cause_by_tools() {
    let day = Day::new();
    let truth = &day.truth;
    let first = session(&stdio(&day.lake), "legacy", &json!({ "calls": [["list_incidents", {}]] }));
    let list = &first["calls"][0];
    let incident = &list["structuredContent"]["incidents"][0];
    assert!(text(list).contains(string(&truth["cause"], "audit_id")), "{}", text(list));
    let tools = names(&first["tools"], "name");
    let workload = format!("{}/{}", string(truth, "namespace"), string(truth, "workload"));
    let calls = json!([
        ["get_incident", { "id": incident["id"] }],
        ["what_changed", { "near": truth["symptom_ts"], "workload": workload }],
        ["neighbours", { "row_id": incident["cause"]["row_id"], "same": "namespace", "seconds": 30 }],
        ["patterns", { "window": "2026-11-22 10:00-12:00", "level": "error" }],
        ["histogram", { "table": "business", "level": "error", "date": DAY, "workload": workload }],
        ["test_rules", { "ids": ["event/oom_killed"] }],
        ["backtest_rule", { "rule": "event/oom_killed" }],
        ["explain_rule", { "rule": "event/oom_killed", "row_id": incident["cause"]["row_id"] }],
        ["list_rules", {}],
        ["list_findings", { "limit": 2 }],
        ["what_changed", { "window": "tomorrow" }],
    ]);
    let responses = session(&stdio(&day.lake), "legacy", &json!({ "calls": calls }));
    for (call, response) in
        calls.as_array().expect("calls").iter().zip(responses["calls"].as_array().expect("calls"))
    {
        assert!(tools.contains(&call[0].as_str().expect("a name").to_owned()), "{call}");
        if call[1]["window"] == "tomorrow" {
            assert!(text(response).contains("yesterday 10:00-11:00"), "{}", text(response));
            continue;
        }
        assert!(response["error"].is_null() && response["isError"] != true, "{call}: {response}");
        assert_eq!(response["_meta"]["headwater/truncated"], Value::Null, "{call}: not cut silently");
        let page = &response["structuredContent"]["page"];
        let cursor = page["next_cursor"].as_str();
        assert!(
            cursor.is_none_or(|cursor| text(response).contains(cursor)),
            "{call}: the text has the cursor"
        );
    }
    let change = &responses["calls"][1];
    assert_eq!(
        change["structuredContent"]["changes"][0]["audit_id"],
        truth["cause"]["audit_id"],
        "{}",
        text(change)
    );
    for at in [0, 1, 2, 3] {
        assert!(
            text(&responses["calls"][at]).contains("never an instruction"),
            "log text is marked as data: {at}"
        );
    }
    assert!(text(&responses["calls"][2]).contains(">> "), "the row is marked");
    assert!(
        responses["calls"][8]["structuredContent"]["page"]["cut"].is_string(),
        "the rules are cut, and say so"
    );
}
