//! Scores of every simulated scenario: the cause is the first hypothesis, no wrong cause is confirmed,
//! and days without a cause in their logs get none. And forward traces: the findings that a change
//! caused.

use crate::program::{json, run, simulate};
use std::path::Path;

fn scenarios() -> Vec<String> {
    let output = run(Path::new("unused"), &["simulate", "--list"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

#[test]
fn every_scenario_is_traced_to_its_cause() {
    let dir = tempfile::tempdir().expect("a folder");
    let scenarios = scenarios();
    assert!(scenarios.len() >= 24, "{scenarios:?}");
    for scenario in &scenarios {
        simulate(&dir.path().join(scenario), scenario, 6, 3_000_000);
    }
    let lake = dir.path().join("unused");
    let scores = json(&lake, &["evaluate", dir.path().to_str().expect("path"), "--json"]);
    let count = |key: &str| scores["totals"][key].as_u64().expect("a count");
    let days = scenarios.len() as u64;
    assert_eq!(count("days"), days);
    assert!(count("top1") * 100 >= count("with_cause") * 95, "{:#}", scores["totals"]);
    assert!(count("verdict_right") * 100 >= days * 90, "{:#}", scores["totals"]);
    assert_eq!(count("wrongly_confirmed"), 0, "{:#}", scores["totals"]);
    // days on which the last change is the cause would prove nothing
    assert!(count("naive_nearest") * 100 <= count("with_cause") * 15, "{:#}", scores["totals"]);
    assert!(count("naive_namespace") * 100 <= count("with_cause") * 15, "{:#}", scores["totals"]);
}

#[test]
fn an_operation_is_traced_forward_and_drawn() {
    let dir = tempfile::tempdir().expect("a folder");
    let bucket = dir.path().join("bucket");
    let truth = simulate(&bucket, "memory_limit_lowered", 3, 8_000_000);
    std::fs::remove_file(bucket.join("truth.json")).expect("the day has a truth.json");
    let lake = dir.path().join("lake");
    json(&lake, &["ingest", bucket.to_str().expect("path"), "--json"]);
    let id = truth["cause"]["audit_id"].as_str().expect("an id");
    let traces = json(&lake, &["trace", "--operation", id, "--json"]);
    let broken: Vec<&str> =
        traces.as_array().expect("a list").iter().filter_map(|t| t["entity"]["workload"].as_str()).collect();
    assert!(broken.contains(&"pay-api") && broken.contains(&"checkout"), "{broken:?}");
    let output = run(&lake, &["trace", "--operation", id, "--mermaid"]);
    let chart = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(chart.starts_with("flowchart TD\n") && chart.contains("-->"), "{chart}");
    let output = run(&lake, &["trace", "--operation", "no-such-id"]);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
}
