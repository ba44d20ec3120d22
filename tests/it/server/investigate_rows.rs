//! Requests that read rows: the lines around a row, patterns of messages, and counts by time.

use crate::program::{number, rows};
use crate::server::day::{DAY, Day};
use crate::server::investigate::{all_pages, get, post, string};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn neighbours_are_the_lines_around_a_row() {
    let day = Day::small();
    let server = day.serve("");
    let sql = "select row_id, ts, namespace, pod, workload from business where level = 'error' and pod is not null order by ts limit 1";
    let row = rows(&day.lake, sql)[0].clone();
    let id = string(&row, "row_id");
    let (items, pages) = all_pages(
        |cursor| {
            let body = json!({ "row_id": id, "seconds": 120, "limit": 7, "cursor": cursor });
            let response = post(&server, "/v1/neighbours", &body);
            let times: Vec<&str> =
                response["lines"].as_array().expect("lines").iter().map(|line| string(line, "ts")).collect();
            assert!(times.is_sorted(), "in the order of time");
            response
        },
        "lines",
    );
    assert!(pages > 1, "{} lines", items.len());
    let ids: BTreeSet<&str> = items.iter().map(|line| string(line, "row_id")).collect();
    assert_eq!(ids.len(), items.len(), "each line once");
    let marked: Vec<usize> = (0..items.len()).filter(|at| items[*at]["is_row"] == true).collect();
    assert!(marked.len() == 1 && marked[0] < 7, "the row is on the first page: {marked:?}");
    assert!(items.iter().map(|line| string(line, "table")).collect::<BTreeSet<_>>().len() > 1);

    let held = post(&server, "/v1/neighbours", &json!({ "row_id": id, "seconds": 600, "same": "pod" }));
    let lines = held["lines"].as_array().expect("lines");
    assert!(
        lines.iter().all(|line| (&line["pod"], &line["namespace"]) == (&row["pod"], &row["namespace"])),
        "{held}"
    );
    assert_eq!(
        held["held_to"],
        json!([
            format!("namespace = {}", string(&row, "namespace")),
            format!("pod = {}", string(&row, "pod")),
        ])
    );
    let pod = format!("{}/{}", string(&row, "namespace"), string(&row, "pod"));
    let at = json!({ "at": row["ts"], "seconds": 600, "pod": pod });
    assert_eq!(post(&server, "/v1/neighbours", &at)["page"]["total"], held["page"]["total"]);
    let errors = json!({ "row_id": id, "seconds": 600, "tables": ["business"], "level": "error" });
    let errors = post(&server, "/v1/neighbours", &errors);
    assert!(errors["lines"].as_array().expect("lines").iter().all(|line| {
        line["table"] == "business"
            && (line["level"].is_null() || line["level"] == "error" || line["level"] == "fatal")
    }));
    for (body, status) in [
        (json!({}), 400),
        (json!({ "row_id": id, "at": "now" }), 400),
        (json!({ "at": "2026-11-22 10:00", "same": "pod" }), 400),
        (json!({ "at": "10:00" }), 400),
        (json!({ "row_id": id, "tables": ["change"] }), 400),
        (json!({ "row_id": id, "level": "grave" }), 400),
        (json!({ "row_id": "ffffffffffffffffffffffffffffffff:1" }), 404),
        (json!({ "row_id": "' or 1=1 --" }), 404),
    ] {
        let reply = server.send_json("/v1/neighbours", &body);
        assert_eq!(reply.status, status, "{body}: {}", reply.body);
    }
}

#[test]
fn patterns_that_the_time_before_did_not_have_come_first() {
    let day = Day::small();
    let (server, truth) = (day.serve(""), &day.truth);
    // the hours before the symptom are its history
    let window = format!("{} to {DAY} 23:59", string(truth, "symptom_ts"));
    let list = get(&server, "/v1/patterns", &[("window", &window), ("level", "error"), ("limit", "200")]);
    let patterns = list["patterns"].as_array().expect("patterns");
    let new: Vec<bool> = patterns.iter().map(|pattern| pattern["is_new"] == true).collect();
    assert!(new[0] && new.is_sorted_by(|a, b| a >= b), "new ones first: {new:?}");
    assert_eq!(list["new"], json!(new.iter().filter(|is_new| **is_new).count()));
    let memory = patterns.iter().find(|pattern| string(pattern, "template").contains("OutOfMemoryError"));
    let memory = memory.unwrap_or_else(|| panic!("{list}"));
    assert_eq!((&memory["workload"], &memory["is_new"]), (&truth["workload"], &json!(true)));
    let sql = format!("select message as n from business where row_id = '{}'", string(memory, "row_id"));
    assert_eq!(rows(&day.lake, &sql)[0]["n"], memory["sample"]);
    for pattern in patterns {
        let sql = format!(
            "select count(*) as n from {} where {} = '{}' and workload = '{}' and namespace = '{}' and level in ('error', 'fatal') \
             and ts >= '{}' and ts < '2026-11-22 23:59'",
            string(pattern, "table"),
            if pattern["table"] == "event" { "reason" } else { "template" },
            string(pattern, "template").replace('\'', "''"),
            pattern["workload"].as_str().unwrap_or_default(),
            pattern["namespace"].as_str().unwrap_or_default(),
            string(truth, "symptom_ts"),
        );
        assert!(
            pattern["workload"].is_null() || json!(number(&day.lake, &sql)) == pattern["count"],
            "{pattern}"
        );
    }
    let only = get(&server, "/v1/patterns", &[("window", &window), ("level", "error"), ("only_new", "true")]);
    assert_eq!(only["page"]["total"], list["new"]);
    let whole = get(&server, "/v1/patterns", &[("date", DAY), ("table", "business"), ("limit", "1")]);
    assert!(string(&whole, "note").contains("new is not known"), "{whole}");
    assert_eq!(whole["patterns"][0]["is_new"], Value::Null);
    server.get("/v1/patterns?table=audit").problem(400);
}

#[test]
fn a_histogram_counts_every_row_once() {
    let day = Day::small();
    let server = day.serve("");
    for table in ["business", "standard", "event", "audit"] {
        let counts = get(&server, "/v1/histogram", &[("table", table), ("date", DAY)]);
        let total = number(&day.lake, &format!("select count(*) as n from {table}"));
        assert_eq!(counts["total"], json!(total), "{table}");
        assert_eq!(
            (&counts["bucket_s"], counts["buckets"].as_array().map(Vec::len)),
            (&json!(1800), Some(48))
        );
    }
    let failures = get(&server, "/v1/histogram", &[("table", "event"), ("date", DAY)])["failures"].clone();
    assert_eq!(failures, json!(number(&day.lake, "select count(*) as n from event where type = 'Warning'")));
    for (window, bucket) in [
        ("2026-11-22 10:00-10:01", 1),
        ("2026-11-22 10:00:30-10:02", 5),
        ("2026-11-22 10:07:30-11:07:30", 120),
        ("2026-11-22 10:00-11:00", 60),
        ("2026-11-22 to 2026-11-24", 3600),
        ("2026-11-01 to 2026-12-01", 43_200),
        ("2026-01-01 to 2026-12-31", 7 * 86_400),
    ] {
        let counts = get(&server, "/v1/histogram", &[("table", "audit"), ("window", window)]);
        let buckets = counts["buckets"].as_array().expect("buckets");
        assert!(buckets.len() <= 60, "{window}: {} buckets", buckets.len());
        assert_eq!(counts["bucket_s"], bucket, "{window}");
    }
    let none =
        get(&server, "/v1/histogram", &[("table", "business"), ("date", DAY), ("contains", "it's \\ \" --")]);
    assert_eq!((&none["total"], &none["note"]), (&json!(0), &Value::Null));
    let some =
        get(&server, "/v1/histogram", &[("table", "business"), ("date", DAY), ("contains", "OUTOFMEMORY")]);
    let expected = "select count(*) as n from business where message ilike '%outofmemory%'";
    assert_eq!(some["total"], json!(number(&day.lake, expected)));
    server.get("/v1/histogram").problem(400);
    server.get("/v1/histogram?table=change").problem(400);
    server.get(&format!("/v1/histogram?table=audit&contains={}", "x".repeat(600))).problem(413);
}
