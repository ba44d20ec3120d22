//! A simulated day from raw logs to the brief: the trace names the known cause, the report matches its
//! schema, a second run changes nothing, and DuckDB reads the same rows.

use crate::program::{headwater, json, number, python, run, simulate};
use serde_json::Value;
use std::path::Path;

const SIZE: u64 = 8_000_000;

/// Ingests a simulated day without its truth, and returns that.
#[track_caller]
fn day(dir: &Path, scenario: &str, seed: u64) -> Value {
    let bucket = dir.join("bucket");
    let truth = simulate(&bucket, scenario, seed, SIZE);
    std::fs::remove_file(bucket.join("truth.json")).expect("truth.json next to the logs");
    let done = json(&dir.join("lake"), &["ingest", bucket.to_str().expect("path"), "--json"]);
    let count = |key: &str| done[key].as_u64().expect("a count");
    assert_eq!(count("records"), count("parsed") + count("unparsed") + count("dropped"));
    assert_eq!(count("unparsed"), 0, "{}", done["problems"]);
    truth
}

/// Checks that the trace of the symptom leads to the known cause, or to none if there is none.
#[track_caller]
fn check(scenario: &str, seed: u64) {
    let dir = tempfile::tempdir().expect("a folder");
    let truth = day(dir.path(), scenario, seed);
    let symptom = &truth;
    let pod =
        format!("{}/{}", symptom["namespace"].as_str().expect("ns"), symptom["pod"].as_str().expect("pod"));
    let at = symptom["symptom_ts"].as_str().expect("ts");
    let trace = json(&dir.path().join("lake"), &["trace", "--pod", &pod, "--at", at, "--json"]);
    if truth["cause"].is_null() {
        assert_eq!(trace["verdict"], "inconclusive");
        assert!(
            !trace["reasons"].as_array().expect("reasons").is_empty(),
            "an inconclusive trace has reasons"
        );
    } else {
        assert_eq!(
            trace["hypotheses"][0]["cause"]["audit_id"], truth["cause"]["audit_id"],
            "{scenario} {seed}"
        );
        assert_eq!(trace["verdict"], truth["verdict"], "{scenario} {seed}");
        let steps = trace["hypotheses"][0]["steps"].as_array().expect("steps");
        assert!(
            steps.iter().all(|step| step["evidence"][0]["row_id"].is_string()),
            "every step has a log line as evidence"
        );
    }
}

#[test]
fn memory_limit_lowered() {
    check("memory_limit_lowered", 3);
}

#[test]
fn bad_image() {
    check("bad_image", 3);
}

#[test]
fn configmap_edited() {
    check("configmap_edited", 3);
}

#[test]
fn dependency_scaled_down() {
    check("dependency_scaled_down", 3);
}

#[test]
fn probe_tightened() {
    check("probe_tightened", 3);
}

#[test]
fn a_traffic_surge_without_an_operation_has_no_cause() {
    check("traffic_surge_no_cause", 3);
}

#[test]
fn the_demo_names_the_operation_and_its_report_matches_the_schema() {
    let dir = tempfile::tempdir().expect("a folder");
    let out = dir.path().join("demo");
    let output = run(dir.path(), &["demo", "--dir", out.to_str().expect("path")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let brief = String::from_utf8_lossy(&output.stdout).into_owned();
    let truth: Value =
        serde_json::from_slice(&std::fs::read(out.join("truth.json")).expect("truth")).expect("JSON");
    for part in [&truth["incidents"][0]["cause"]["username"], &truth["incidents"][0]["cause"]["name"]] {
        assert!(brief.contains(part.as_str().expect("text")), "the brief names {part}:\n{brief}");
    }
    assert!(brief.contains("Confirmed"), "{brief}");
    let schema = dir.path().join("schema.json");
    std::fs::write(&schema, json(dir.path(), &["schema", "report"]).to_string()).expect("written");
    let script = format!(
        "import json, jsonschema; jsonschema.Draft202012Validator(json.load(open({:?}))).validate(json.load(open({:?})))",
        schema,
        out.join("report.json")
    );
    let output = python().arg("-c").arg(script).output().expect("python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(std::fs::read_to_string(out.join("report.html")).expect("page").contains("<svg"));
}

#[test]
fn a_second_run_changes_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    day(dir.path(), "bad_image", 1);
    let lake = dir.path().join("lake");
    let before = number(&lake, "select count(*) as n from audit");
    let again = json(&lake, &["ingest", dir.path().join("bucket").to_str().expect("path"), "--json"]);
    assert_eq!(again["rows"], serde_json::json!({}));
    assert_eq!(number(&lake, "select count(*) as n from audit"), before);
    let report = || {
        let mut report = json(&lake, &["analyze", "--date", "2026-11-22", "--json"]);
        report["run"]["id"] = Value::Null;
        report.to_string()
    };
    assert_eq!(report(), report());
}

#[test]
fn duckdb_reads_the_same_rows() {
    let dir = tempfile::tempdir().expect("a folder");
    day(dir.path(), "configmap_edited", 1);
    let lake = dir.path().join("lake");
    for table in ["business", "standard", "event", "audit"] {
        let script = format!(
            "import duckdb; print(duckdb.connect().execute(\"select count(*) from read_parquet('{}/{table}/**/*.parquet')\").fetchone()[0])",
            lake.display()
        );
        let output = python().arg("-c").arg(script).output().expect("python starts");
        let duckdb: i64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or_else(|_| {
            panic!("duckdb: {}", String::from_utf8_lossy(&output.stderr));
        });
        assert_eq!(number(&lake, &format!("select count(*) as n from {table}")), duckdb, "{table}");
    }
}

#[test]
fn a_changed_object_replaces_its_own_rows() {
    let dir = tempfile::tempdir().expect("a folder");
    let logs = dir.path().join("business");
    std::fs::create_dir(&logs).expect("a folder");
    let line = |n: usize| format!("2026-11-22 10:00:0{n},000 ERROR [main] a.B - number {n}\n");
    std::fs::write(logs.join("one.log"), line(1) + &line(2)).expect("written");
    std::fs::write(logs.join("two.log"), line(3)).expect("written");
    let lake = dir.path().join("lake");
    let path = logs.to_str().expect("path");
    json(&lake, &["ingest", path, "--json"]);
    assert_eq!(number(&lake, "select count(*) as n from business"), 3);
    std::fs::write(logs.join("one.log"), line(1) + &line(4) + &line(5)).expect("written");
    json(&lake, &["ingest", path, "--json"]);
    assert_eq!(number(&lake, "select count(*) as n from business"), 4);
    assert_eq!(number(&lake, "select count(distinct row_id) as n from business"), 4);
}

#[test]
fn every_built_in_rule_is_valid_and_passes_its_tests() {
    let dir = tempfile::tempdir().expect("a folder");
    for task in ["check", "test"] {
        let output = headwater(dir.path(), &["rules", task]).output().expect("starts");
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
