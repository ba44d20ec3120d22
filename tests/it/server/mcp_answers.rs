//! What a model reads: answers that are small, whole, in local time and without repetition, and errors that name tools.

use crate::program::rows;
use crate::server::mcp_helpers::{session, stdio, text};
use crate::server::small_lake::{DAY, SmallLake};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Largest list of tools, in bytes: a model reads it in every session.
const MAX_TOOLS: usize = 40_000;

/// Calls tools in one session.
#[track_caller]
fn calls(lake: &Path, calls: &Value) -> Vec<Value> {
    let responses = session(&stdio(lake), "legacy", &json!({ "calls": calls }));
    responses["calls"].as_array().expect("calls").clone()
}

/// Returns the lines of an answer that are items of its list.
fn items(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with("- ") || line.starts_with(">> ")).count()
}

/// Returns all parts of a list, each requested by the cursor of the one before.
#[track_caller]
fn parts(lake: &Path, tool: &str, arguments: &Value) -> Vec<Value> {
    let mut parts = Vec::new();
    let mut arguments = arguments.clone();
    loop {
        let part = calls(lake, &json!([[tool, arguments]])).remove(0);
        let content = &part["structuredContent"];
        let cursor =
            [&content["page"]["next_cursor"], &content["next_cursor"]].into_iter().find_map(Value::as_str);
        let cursor = cursor.map(str::to_owned);
        parts.push(part.clone());
        match cursor {
            Some(cursor) => {
                assert!(text(&part).contains(&cursor), "the text has the cursor: {}", text(&part));
                arguments["cursor"] = cursor.into();
            }
            None => return parts,
        }
        assert!(parts.len() < 50, "the list ends: {}", text(&part));
    }
}

#[test]
fn the_list_of_tools_is_small_and_names_a_day_that_has_rows() {
    let SmallLake { lake, .. } = &SmallLake::new();
    let tools = session(&stdio(lake), "legacy", &json!({}))["tools"].to_string();
    assert!(tools.len() < MAX_TOOLS, "{} bytes", tools.len());
    assert!(!tools.contains("outputSchema") && !tools.contains("$defs"));
    assert!(tools.contains(DAY) && !tools.contains("2026-11-22"), "{tools}");
}

#[test]
fn times_are_local_and_have_an_offset() {
    let SmallLake { lake, .. } = &SmallLake::new();
    let sql = "select ts, '2026-11-26T02:00:00.000000Z' as quoted from business order by ts limit 1";
    let list = calls(lake, &json!([["list_incidents", {}]])).remove(0);
    let id = list["structuredContent"]["incidents"][0]["id"].clone();
    let answers = calls(
        lake,
        &json!([
            ["list_incidents", {}],
            ["get_incident", { "id": id }],
            ["what_changed", { "near": "2026-11-26 10:00" }],
            ["neighbours", { "at": "2026-11-26 10:00", "workload": "trade/cart-api" }],
            ["patterns", { "window": "2026-11-26 09:50-10:10" }],
            ["histogram", { "table": "business", "window": "2026-11-26 09:50-10:10" }],
            ["query_logs", { "sql": sql }],
            ["describe_tables", {}],
        ]),
    );
    for answer in &answers[..6] {
        let said = text(answer);
        assert!(said.contains("2026-11-26T09:5") || said.contains("2026-11-26T10:0"), "{said}");
        assert!(said.contains("+08:00") && !said.contains("00Z"), "{said}");
        let content = answer["structuredContent"].to_string();
        assert!(content.contains("+08:00") && !content.contains("00Z\""), "{content}");
    }
    let row = &answers[6]["structuredContent"]["rows"][0];
    assert_eq!(row["ts"], "2026-11-26T09:57:00+08:00");
    assert_eq!(row["quoted"], "2026-11-26T02:00:00.000000Z", "a text is no time");
    assert!(text(&answers[6]).contains("| 2026-11-26T09:57:00+08:00 | 2026-11-26T02:00:00.000000Z |"));
    assert!(text(&answers[7]).contains("local times in Asia/Shanghai"), "{}", text(&answers[7]));
    assert!(text(&answers[7]).contains("## state (computed from audit"), "{}", text(&answers[7]));
}

#[test]
fn a_list_is_cut_by_its_text_and_both_forms_have_the_same_items() {
    let SmallLake { lake, .. } = &SmallLake::new();
    for (tool, list, arguments) in [
        ("patterns", "patterns", json!({ "window": "2026-11-26 09:50-10:10", "max_tokens": 200 })),
        ("list_rules", "rules", json!({ "max_tokens": 1500 })),
        (
            "neighbours",
            "lines",
            json!({ "at": "2026-11-26 10:00", "workload": "trade/cart-api", "max_tokens": 700 }),
        ),
    ] {
        let budget = arguments["max_tokens"].as_u64().expect("a number") as usize * 3;
        let parts = parts(lake, tool, &arguments);
        assert!(parts.len() > 1, "{tool}: {}", text(&parts[0]));
        let mut seen = 0;
        for part in &parts {
            let (said, content) = (text(part), &part["structuredContent"]);
            let count = content[list].as_array().expect("a list").len();
            assert!(count == 1 || said.len() <= budget, "{tool}: {} bytes of {budget}", said.len());
            assert_eq!(
                (items(said), content["page"]["shown"].as_u64()),
                (count, Some(count as u64)),
                "{tool}: {said}"
            );
            assert_eq!(content["page"]["skipped"].as_u64(), Some(seen), "{tool}");
            seen += count as u64;
        }
        assert_eq!(parts[0]["structuredContent"]["page"]["total"].as_u64(), Some(seen), "{tool}: all items");
    }
}

#[test]
fn rows_follow_by_cursor_and_long_cells_keep_both_ends() {
    let SmallLake { lake, .. } = &SmallLake::new();
    let sql = "select row_id from business order by ts, row_id";
    let parts = parts(lake, "query_logs", &json!({ "sql": sql, "limit": 40 }));
    let found: Vec<Value> = parts
        .iter()
        .flat_map(|part| part["structuredContent"]["rows"].as_array().expect("rows").clone())
        .collect();
    assert_eq!((json!(found), parts.len()), (rows(lake, sql), 3));
    let long = "select repeat('a', 3000) || repeat('z', 3000) as long from business limit";
    let cursor = &parts[0]["structuredContent"]["next_cursor"];
    let answers = calls(
        lake,
        &json!([
            ["query_logs", { "sql": format!("{long} 4") }],
            ["query_logs", { "sql": format!("{long} 4"), "max_cell": 7000 }],
            ["query_logs", { "sql": format!("{long} 1") }],
            ["query_logs", { "sql": format!("{long} 1"), "max_cell": 9000 }],
            ["query_logs", { "sql": format!("{long} 1"), "cursor": cursor }],
            ["query_logs", { "sql": "select repeat('a', 9000) || repeat('z', 9000) as long" }],
        ]),
    );
    let ends = |count: usize, left_out: usize| {
        format!("| {}…({left_out} more)…{} |", "a".repeat(count), "z".repeat(count))
    };
    assert!(text(&answers[0]).contains(&ends(100, 5800)), "{}", text(&answers[0]));
    let whole = format!("{}{}", "a".repeat(3000), "z".repeat(3000));
    assert!(text(&answers[1]).contains(&format!("| {whole} |")) && !text(&answers[1]).contains("more)"));
    assert_eq!(answers[1]["structuredContent"]["rows"].as_array().map(Vec::len), Some(3), "as many as fit");
    assert!(text(&answers[2]).contains(&ends(1000, 4000)), "one row has room: {}", text(&answers[2]));
    assert!(text(&answers[3]).contains("20 to 8000"), "{}", text(&answers[3]));
    assert!(text(&answers[4]).contains("other arguments"), "{}", text(&answers[4]));
    let cell = answers[5]["structuredContent"]["rows"][0]["long"].as_str().expect("a text");
    assert!(cell.starts_with("aaa") && cell.ends_with("zzz") && cell.len() < 10_000, "{} bytes", cell.len());
}

#[test]
fn routine_is_left_out_and_equal_lines_are_one() {
    let SmallLake { lake, .. } = &SmallLake::new();
    let around = |system: bool| json!({ "at": "2026-11-26 10:00", "tables": ["audit"], "seconds": 300, "system": system });
    let answers = calls(
        lake,
        &json!([
            ["neighbours", around(false)],
            ["neighbours", around(true)],
            ["neighbours", { "at": "2026-11-26 09:58", "workload": "trade/cart-api", "level": "warn", "seconds": 100 }],
            ["neighbours", { "at": "2026-11-26 10:00", "workload": "cart-api", "seconds": 5000 }],
            ["what_changed", { "near": "2026-11-26 10:00" }],
        ]),
    );
    let lines = |at: usize| answers[at]["structuredContent"]["lines"].as_array().expect("lines").clone();
    assert_eq!(answers[0]["structuredContent"]["hidden_system"], 12, "{}", text(&answers[0]));
    assert!(text(&answers[0]).contains("system = true"), "{}", text(&answers[0]));
    let said = text(&answers[0]);
    assert!(said.contains("403") && !said.contains("node-1 patch"), "what fails is kept: {said}");
    assert_eq!(answers[1]["structuredContent"]["hidden_system"], 0);
    assert!(lines(1).len() > lines(0).len(), "{}", text(&answers[1]));
    let warning = lines(2).into_iter().find(|line| line["level"] == "warn").expect("the warning");
    assert_eq!((&warning["times"], lines(2).len()), (&json!(8), 1), "of both tables: {}", text(&answers[2]));
    assert!(text(&answers[2]).contains("×8, every 15 s until 09:58:45"), "{}", text(&answers[2]));
    assert!(
        text(&answers[3]).contains("5000") && text(&answers[3]).contains("1 to 3600"),
        "{}",
        text(&answers[3])
    );
    let series = &answers[4]["structuredContent"]["changes"];
    assert_eq!((&series[0]["times"], series.as_array().map(Vec::len)), (&json!(10), Some(1)), "{series}");
    assert!(text(&answers[4]).contains("backfill-000 … backfill-009"), "{}", text(&answers[4]));
}

#[test]
fn an_incident_has_no_doubles_and_the_warnings_before_it() {
    let SmallLake { lake, .. } = &SmallLake::new();
    let list = calls(lake, &json!([["list_incidents", {}]])).remove(0);
    let incidents = list["structuredContent"]["incidents"].as_array().expect("incidents");
    let is_of_cart = |place: &Value| place.as_str().is_some_and(|place| place.starts_with("trade/cart-api"));
    let incident = incidents.iter().find(|incident| is_of_cart(&incident["place"]));
    let id = incident.unwrap_or_else(|| panic!("{}", text(&list)))["id"].clone();
    let incident = calls(lake, &json!([["get_incident", { "id": id }]])).remove(0);
    let content = &incident["structuredContent"];
    let findings = content["findings"].as_array().expect("findings");
    let said: Vec<String> =
        findings.iter().map(|finding| format!("{} {}", finding["entity"], finding["summary"])).collect();
    assert_eq!(said.iter().collect::<BTreeSet<_>>().len(), said.len(), "{}", text(&incident));
    assert!(content["doubles"].as_u64() > Some(0), "the tables have the same lines: {}", text(&incident));
    assert!(text(&incident).contains("session cache keeps growing"), "{}", text(&incident));
    assert_eq!(
        content["warnings"][0]["is_new"],
        Value::Null,
        "the lake has no day before: {}",
        content["warnings"]
    );
}

#[test]
fn errors_name_tools_and_what_may_be_meant() {
    let SmallLake { lake, .. } = &SmallLake::new();
    let answers = calls(
        lake,
        &json!([
            ["get_incident", { "id": "zzz" }],
            ["run_status", { "id": "none" }],
            ["trace", { "workload": "qqq/xyzzy", "at": "2026-11-26 10:00" }],
            ["explain_rule", { "rule": "event/none", "row_id": "x" }],
            ["trace", { "pod": "trade/cart-api", "at": "2026-11-26 10:00" }],
            ["patterns", { "workload": "cart-apj" }],
            ["histogram", { "table": "business", "workload": "trade/cart-apj" }],
            ["what_changed", { "namespace": "batsh" }],
            ["neighbours", { "at": "06:48", "workload": "cart-api" }],
            ["patterns", { "window": "06:50-06:51" }],
        ]),
    );
    for answer in &answers[..5] {
        assert_eq!(answer["isError"], true, "{answer}");
        assert!(!text(answer).contains("`headwater"), "a client has no shell: {}", text(answer));
    }
    assert!(text(&answers[0]).contains("`analyze_logs`"), "{}", text(&answers[0]));
    assert!(text(&answers[4]).contains("set `workload` = trade/cart-api"), "{}", text(&answers[4]));
    for (at, meant) in [(5, "`cart-api`"), (6, "`trade/cart-api`"), (7, "`batch`")] {
        assert!(text(&answers[at]).contains(&format!("did you mean {meant}?")), "{}", text(&answers[at]));
    }
    for answer in &answers[8..] {
        assert!(text(answer).contains(DAY) && !text(answer).contains("2026-11-22"), "{}", text(answer));
    }
}

#[test]
fn missing_data_is_said_once() {
    let SmallLake { lake, .. } = &SmallLake::new();
    let parts = parts(lake, "list_findings", &json!({ "limit": 1 }));
    assert!(parts.len() > 1, "{}", text(&parts[0]));
    let first = text(&parts[0]);
    assert_eq!(first.matches("no data in").count(), 2, "tables with the same gaps are one: {first}");
    assert!(parts[1..].iter().all(|part| !text(part).contains("no data in")), "{}", text(&parts[1]));
}
