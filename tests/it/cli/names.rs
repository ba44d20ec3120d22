//! Names that people type: of objects, of what a brief cites, of rules in the config, and those that a layout
//! of theirs must not take.

use crate::program::{headwater, json, run, simulate};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

const DAY: &str = "2026-11-22";

fn path(of: &Path) -> &str {
    of.to_str().expect("a readable path")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A lake of one simulated day, and what happened on it.
fn day() -> (TempDir, PathBuf, Value) {
    let dir = tempfile::tempdir().expect("a folder");
    let (bucket, lake) = (dir.path().join("bucket"), dir.path().join("lake"));
    let truth = simulate(&bucket, "memory_limit_lowered", 3, 1_000_000);
    std::fs::remove_file(bucket.join("truth.json")).expect("truth.json is beside the logs");
    json(&lake, &["ingest", path(&bucket), "--json"]);
    (dir, lake, truth)
}

#[test]
fn a_trace_says_whether_the_name_or_the_time_is_wrong() {
    let (_dir, lake, truth) = day();
    let text = |key: &str| truth[key].as_str().expect("a text").to_owned();
    let (namespace, workload, at) = (text("namespace"), text("workload"), text("symptom_ts"));
    let name = format!("{namespace}/{workload}");
    let traced = json(&lake, &["trace", "--workload", &name, "--at", &at, "--json"]);
    let codes = |trace: &Value| -> Vec<String> {
        let reasons = trace["reasons"].as_array().expect("reasons");
        reasons.iter().filter_map(|reason| reason["code"].as_str().map(str::to_owned)).collect()
    };
    assert!(!codes(&traced).iter().any(|code| code.contains("error")), "{traced}");

    let output = run(&lake, &["trace", "--workload", &format!("{name}x"), "--at", &at]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains(&format!("did you mean `{name}`?")), "{}", stderr(&output));

    let output = run(&lake, &["trace", "--workload", &name, "--at", "2025-03-01 10:00"]);
    assert!(stderr(&output).contains("no rows of that time"), "{}", stderr(&output));

    let early = json(&lake, &["trace", "--workload", &name, "--at", "2026-11-22 00:40", "--json"]);
    assert!(matches!(codes(&early)[0].as_str(), "errors_elsewhere" | "no_errors"), "{early}");
    assert_eq!(early["verdict"], "inconclusive", "{early}");
    assert!(codes(&early).contains(&"calm".to_owned()), "{early}");
    assert_eq!(early["hypotheses"], Value::Array(Vec::new()), "nothing fails, so nothing is a cause");
}

#[test]
fn a_trace_begins_where_the_errors_do_whatever_minute_of_them_is_asked_for() {
    let (_dir, lake, truth) = day();
    let text = |key: &str| truth[key].as_str().expect("a text");
    let name = format!("{}/{}", text("namespace"), text("workload"));
    let onset = chrono::DateTime::parse_from_rfc3339(text("symptom_ts")).expect("a time");
    let of = |seconds: i64| {
        let at = (onset + chrono::TimeDelta::seconds(seconds)).to_rfc3339();
        let trace = json(&lake, &["trace", "--workload", &name, "--at", &at, "--json"]);
        (trace["ts"].clone(), trace["hypotheses"][0]["cause"]["audit_id"].clone())
    };
    let first = of(0);
    assert_eq!(first.1, truth["cause"]["audit_id"], "{truth}");
    assert_eq!(of(45), first);
    assert_eq!(of(120), first);
}

#[test]
fn ids_are_taken_as_a_brief_cites_them() {
    let (_dir, lake, _) = day();
    let report = json(&lake, &["analyze", "--date", DAY, "--json"]);
    let traces = report["traces"].as_array().expect("traces");
    let with_cause = |trace: &&Value| trace["hypotheses"][0]["cause"].is_object();
    let trace = traces.iter().find(with_cause).expect("a trace with a cause");
    let cited = |id: &Value, length: usize| id.as_str().map(|id| id[..length].to_owned()).expect("an id");
    for id in [
        format!("[T:{}]", cited(&trace["id"], 12)),
        format!("T:{}", cited(&trace["id"], 12)),
        format!("F:{}", cited(&trace["finding"], 12)),
        format!("{}…", cited(&trace["finding"], 10)),
    ] {
        let found = json(&lake, &["trace", "--finding", &id, "--json"]);
        assert_eq!(found["id"], trace["id"], "{id}");
    }
    let operation = format!("A:{}", cited(&trace["hypotheses"][0]["cause"]["audit_id"], 8));
    let broken = json(&lake, &["trace", "--operation", &operation, "--json"]);
    assert!(broken.as_array().is_some_and(|traces| !traces.is_empty()), "{operation}: {broken}");
    let output = run(&lake, &["trace", "--finding", "T:tffffffffff"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[test]
fn a_config_that_names_an_unknown_rule_is_a_problem() {
    let dir = tempfile::tempdir().expect("a folder");
    let config = dir.path().join("headwater.toml");
    let text = "[rules.params.\"event/crash_lop\"]\nbackoffs = 2\n";
    std::fs::write(&config, text).expect("written");
    let output = headwater(&dir.path().join("lake"), &["--config", path(&config), "rules", "check"])
        .output()
        .expect("the program starts");
    let stderr = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("event/crash_lop") && stderr.contains("did you mean `event/crash_loop`?"),
        "{stderr}"
    );
}

#[test]
fn a_layout_that_fits_every_line_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("all.toml");
    let text = "about = \"everything\"\npatterns = ['^(?P<message>.*)$']\n\n[[sample]]\ntext = \"hello\"\nexpect = { message = \"hello\" }\n";
    std::fs::write(&file, text).expect("written");
    let output = run(&dir.path().join("lake"), &["formats", "check", path(&file)]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("it would take every line"), "{}", stderr(&output));
}

#[test]
fn a_rule_over_a_layout_of_ones_own_can_be_tested() {
    let dir = tempfile::tempdir().expect("a folder");
    let (layouts, rules) = (dir.path().join("layouts"), dir.path().join("rules/business"));
    std::fs::create_dir_all(&layouts).expect("a folder");
    std::fs::create_dir_all(&rules).expect("a folder");
    let layout = "about = \"till\"\npatterns = ['^till (?P<time>\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d) <(?P<level>\\w+)> (?P<message>.*)$']\n[levels]\nbroken = \"error\"\n\n[[sample]]\ntext = \"till 2026-11-22 10:00:00 <broken> drawer stuck\"\nexpect = { message = \"drawer stuck\", level = \"error\" }\n";
    std::fs::write(layouts.join("till.toml"), layout).expect("written");
    let config = dir.path().join("headwater.toml");
    std::fs::write(&config, format!("[formats]\npath = \"{}\"\n", path(&layouts))).expect("written");
    let rule = "/*\ntitle = \"Till\"\nseverity = \"low\"\nfinding = \"{count} tills\"\nwhy = \"w\"\nadvice = \"a\"\nquiet_when = \"q\"\n*/\nselect cluster, min(ts) as first_ts, max(ts) as last_ts, count(*) as count,\n    (array_agg(row_id order by ts, row_id))[1:5] as row_ids\nfrom business where level = 'error' and message = 'drawer stuck' group by cluster\n";
    std::fs::write(rules.join("till.sql"), rule).expect("written");
    let test = "[[case]]\nname = \"one\"\nexpect = [{ count = 1 }]\nbusiness = '''\ntill 2026-11-22 10:00:00 <broken> drawer stuck\n'''\n[[case]]\nname = \"none\"\nexpect = 0\nbusiness = '''\ntill 2026-11-22 10:00:00 <fine> open\n'''\n";
    std::fs::write(rules.join("till.test.toml"), test).expect("written");
    let all = dir.path().join("rules");
    let args = ["--config", path(&config), "--rules", path(&all), "rules", "test", "business/till"];
    let output = headwater(&dir.path().join("lake"), &args).output().expect("the program starts");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && stdout.contains("2 cases passed"), "{stdout}{}", stderr(&output));
}
