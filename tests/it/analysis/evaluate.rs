//! Every kind of incident that can be simulated, answered: the cause stands first, nothing is
//! confirmed wrongly, and days without a cause in their logs stay without one. And forwards: what
//! a change broke.

use crate::program::{json, run, simulate};
use std::path::Path;

fn scenarios() -> Vec<String> {
    let output = run(Path::new("unused"), &["simulate", "--list"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

#[test]
fn every_scenario_is_answered() {
    let dir = tempfile::tempdir().expect("a folder");
    let scenarios = scenarios();
    assert!(scenarios.len() >= 24, "{scenarios:?}");
    for scenario in &scenarios {
        simulate(&dir.path().join(scenario), scenario, 6, 3_000_000);
    }
    let lake = dir.path().join("unused");
    let answered = json(&lake, &["evaluate", dir.path().to_str().expect("path"), "--json"]);
    let count = |key: &str| answered["totals"][key].as_u64().expect("a count");
    let days = scenarios.len() as u64;
    assert_eq!(count("days"), days);
    assert!(count("top1") * 100 >= count("with_cause") * 95, "{:#}", answered["totals"]);
    assert!(count("verdict_right") * 100 >= days * 90, "{:#}", answered["totals"]);
    assert_eq!(count("wrongly_confirmed"), 0, "{:#}", answered["totals"]);
    // days on which the nearest change wins would prove nothing
    assert!(count("naive_nearest") * 100 <= count("with_cause") * 15, "{:#}", answered["totals"]);
    assert!(count("naive_namespace") * 100 <= count("with_cause") * 15, "{:#}", answered["totals"]);
}

#[test]
fn a_change_is_followed_forwards_and_drawn() {
    let dir = tempfile::tempdir().expect("a folder");
    let bucket = dir.path().join("bucket");
    let truth = simulate(&bucket, "memory_limit_lowered", 3, 8_000_000);
    std::fs::remove_file(bucket.join("truth.json")).expect("the truth is beside the logs");
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
