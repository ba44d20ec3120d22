//! Runs of the daily job in the terminal, JSON, metrics and the log.

use crate::brief::days::incident_day;
use crate::program::{headwater, json, run};
use headwater::lake::catalog::{Catalog, DeliveryState, OutboxEntry, Run, RunState, StepEntry, StepState};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// 2026-11-23 07:00:00 in Shanghai.
const MORNING: i64 = 1_795_388_400_000_000;

/// Creates a lake with three runs, the last of them partial, a report and two deliveries.
pub fn history(lake: &Path) {
    std::fs::create_dir_all(lake).expect("a folder");
    let mut catalog = Catalog::open(&lake.join("catalog.db")).expect("a catalog");
    let day = 86_400_000_000;
    let runs = [
        ("r20261121070000000", "2026-11-20", RunState::Done, -2, None),
        ("r20261122070000000", "2026-11-21", RunState::Failed, -1, Some("the bucket cannot be listed")),
        ("r20261123070000000", "2026-11-22", RunState::Partial, 0, Some("audit: 2 hours without data")),
    ];
    for (id, date, state, days, note) in runs {
        let run = Run {
            id: id.into(),
            date: date.into(),
            state,
            started_ts: MORNING + days * day,
            ended_ts: Some(MORNING + days * day + 192_000_000),
            note: note.map(str::to_owned),
        };
        catalog.save_run(&run).expect("saved");
    }
    for (step, attempts, from_s, to_s) in [("ingest", 2, 0, 180), ("analyse", 1, 180, 192)] {
        let step = StepEntry {
            step: step.into(),
            state: StepState::Done,
            attempts,
            started_ts: MORNING + from_s * 1_000_000,
            ended_ts: Some(MORNING + to_s * 1_000_000),
            input: "1".into(),
            output: Some("{\"rows\":7}".into()),
            note: None,
        };
        catalog.save_step("r20261123070000000", &step).expect("saved");
    }
    for (finding, state) in [("f1", DeliveryState::Sent), ("f2", DeliveryState::Failed)] {
        let entry = OutboxEntry {
            channel: "wecom".into(),
            id: format!("m-{finding}"),
            date: "2026-11-22".into(),
            state,
            made_ts: MORNING,
            due_ts: 0,
            unconfirmed: 0,
            ts: MORNING,
            note: None,
            message: "{}".into(),
            findings: vec![finding.into()],
            parts: BTreeMap::new(),
        };
        catalog.save_outbox_entry(&entry).expect("saved");
    }
    let report = serde_json::to_string(&incident_day()).expect("JSON");
    catalog.save_report("2026-11-22", MORNING - day, MORNING, "r20261123070000000", &report).expect("saved");
}

fn stdout(lake: &Path, args: &[&str]) -> String {
    let output = run(lake, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn runs_are_listed_latest_first() {
    let dir = tempfile::tempdir().expect("a folder");
    history(dir.path());
    let list = stdout(dir.path(), &["runs", "list", "--limit", "2"]);
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(
        lines,
        [
            "RUN                 DATE        STATE    STARTED              TOOK        NOTE",
            "r20261123070000000  2026-11-22  partial  2026-11-23 07:00:00  3 min 12 s  audit: 2 hours without data",
            "r20261122070000000  2026-11-21  failed   2026-11-22 07:00:00  3 min 12 s  the bucket cannot be listed",
        ]
    );
    let of_day = json(dir.path(), &["runs", "list", "--date", "2026-11-21", "--json"]);
    assert_eq!(of_day["schema"], "headwater.runs/1");
    assert_eq!(of_day["runs"].as_array().map(Vec::len), Some(1));
    assert_eq!(of_day["runs"][0]["took_s"], 192.0);
}

#[test]
fn a_run_is_shown_by_id_prefix_or_last() {
    let dir = tempfile::tempdir().expect("a folder");
    history(dir.path());
    let shown = stdout(dir.path(), &["runs", "show", "last"]);
    assert!(shown.starts_with("r20261123070000000 of 2026-11-22 is partial: started"), "{shown}");
    assert!(shown.contains("ingest   done   2      3 min"), "{shown}");
    let shown = json(dir.path(), &["runs", "show", "r20261123", "--json"]);
    assert_eq!(shown["steps"][1]["step"], "analyse");
    assert_eq!(shown["steps"][0]["output"]["rows"], 7);
    for (id, expected) in [("r2026", "3 runs begin with"), ("x", "run `x` does not exist")] {
        let output = run(dir.path(), &["runs", "show", id]);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains(expected));
    }
}

#[test]
fn metrics_cover_runs_lake_findings_and_deliveries() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    history(&lake);
    let file = dir.path().join("headwater.prom");
    stdout(&lake, &["metrics", "--textfile", file.to_str().expect("path")]);
    let text = std::fs::read_to_string(&file).expect("written");
    assert_eq!(text, {
        // the free disk space changes while the test runs
        let again = stdout(&lake, &["metrics"]);
        let free = |text: &str| {
            text.lines().find(|line| line.starts_with("headwater_lake_disk_free_bytes ")).map(str::to_owned)
        };
        let (old, new) = (free(&text).expect("a line"), free(&again).expect("a line"));
        again.replace(&new, &old)
    });
    for line in [
        "# TYPE headwater_last_run_state gauge",
        "headwater_last_run_state{state=\"partial\"} 1.0",
        "headwater_last_run_state{state=\"done\"} 0.0",
        "headwater_last_run_end_timestamp_seconds 1795388592.0",
        "headwater_last_good_day_end_timestamp_seconds 1795363200.0",
        "headwater_last_run_step_duration_seconds{step=\"ingest\"} 180.0",
        "headwater_last_run_step_attempts{step=\"ingest\"} 2.0",
        "headwater_objects{state=\"damaged\"} 0.0",
        "headwater_deliveries{channel=\"wecom\",state=\"sent\"} 1.0",
        "headwater_unparsed_records 0.0",
        "# EOF",
    ] {
        assert!(text.lines().any(|l| l == line), "`{line}` is missing:\n{text}");
    }
    let findings = text.lines().filter(|line| line.starts_with("headwater_findings{")).count();
    assert_eq!(findings, 5, "one for each severity");
    assert!(!text.contains(" counter"), "all metrics are gauges");
    let left = std::fs::read_dir(dir.path()).expect("readable").count();
    assert_eq!(left, 2, "no temporary file is left");
}

#[test]
fn the_log_can_be_json_records() {
    let dir = tempfile::tempdir().expect("a folder");
    history(dir.path());
    let output = headwater(dir.path(), &["runs", "show", "nope", "--log-format", "json"])
        .env("HEADWATER_LOG", "trace")
        .output()
        .expect("starts");
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).expect("text");
    let records: Vec<Value> =
        stderr.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let last = records.last().expect("a record");
    assert_eq!(last["severity_text"], "ERROR");
    assert_eq!(last["severity_number"], 17);
    assert_eq!(last["body"], "run `nope` does not exist");
    assert!(last["attributes"]["hint"].as_str().is_some_and(|hint| hint.contains("runs list")));
}
