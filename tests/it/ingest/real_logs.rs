//! Logs of real clusters, where the folder with them is at hand; said plainly where it is not.

use crate::program::{json, number, run};
use model::time::Ts;
use std::path::{Path, PathBuf};

fn shared(below: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(below);
    if !path.exists() {
        eprintln!("SKIPPED: {} is not at hand", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn a_must_gather_loses_nothing() {
    let Some(path) = shared("mixed/must-gather-clean/aws") else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let output = run(&lake, &["ingest", path.to_str().expect("path"), "--json"]);
    let done: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(number(&lake, "select count(*) as n from event"), 5373);
    assert_eq!(
        number(&lake, "select count(distinct source) as n from standard where source like '%/logs/%.log'"),
        391
    );
    for object in done["objects"].as_array().expect("objects") {
        let count = |key: &str| object[key].as_u64().expect("a count");
        assert_eq!(count("records"), count("parsed") + count("unparsed") + count("dropped"), "{object}");
    }
}

#[test]
fn labelled_audit_events_all_reach_audit() {
    for (file, least) in [("labelled/panther_audit.dev.jsonl", 95), ("labelled/falco_audit.dev.jsonl", 33)] {
        let Some(path) = shared(file) else { return };
        let text = std::fs::read_to_string(path).expect("readable");
        let dir = tempfile::tempdir().expect("a folder");
        let mut lines = String::new();
        let mut events = 0;
        for line in text.lines() {
            let case: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let logs = match &case["log"] {
                serde_json::Value::Array(logs) => logs.clone(),
                log => vec![log.clone()],
            };
            // one sample is `{"kind": 0}`: a broken webhook body, no event
            for log in logs.iter().filter(|log| log.as_object().is_some_and(|event| event.len() > 1)) {
                lines.push_str(&log.to_string());
                lines.push('\n');
                events += 1;
            }
        }
        assert!(events >= least);
        std::fs::create_dir(dir.path().join("audit")).expect("a folder");
        let object = dir.path().join("audit/events.jsonl");
        std::fs::write(&object, lines).expect("written");
        let lake = dir.path().join("lake");
        run(&lake, &["ingest", object.to_str().expect("path"), "--json"]);
        assert_eq!(number(&lake, "select count(*) as n from audit"), events, "{file}");
    }
}

#[test]
fn audit_events_of_every_shape_reach_audit() {
    let Some(path) = shared("audit") else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let output = run(&lake, &["ingest", path.to_str().expect("path"), "--json"]);
    let done: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let shapes = [
        ("audit2rbac/%", 37),                 // JSON lines of 2017
        ("khi/test/logs/gke_audit/%", 9),     // Cloud Logging, as YAML
        ("khi/test/logs/oss/%", 1),           // one event as YAML
        ("%/logsamples/raw_%", 3),            // one event over many lines
        ("%/logsamples/viaq_audit_%", 2),     // OpenShift's own
        ("%/logsamples/otlp_audit_%", 6),     // OTLP, three records a document
        ("%/filters/apiaudit/testdata/%", 9), // JSON lines with bodies
        ("%/filters/apiaudit/vrl/%.json", 1), // one event over many lines
        ("", 68),                             // nothing else
    ];
    for (below, events) in shapes {
        let query = format!("select count(*) as n from audit where source like '%{below}'");
        assert_eq!(number(&lake, &query), events, "{below}");
    }
    // auditd, OVN and journal records stay text, none is lost
    let text = |below: &str| {
        let rows = |table: &str| {
            number(
                &lake,
                &format!("select count(*) as n from {table} where source like '%/logsamples/{below}'"),
            )
        };
        rows("business") + rows("standard")
    };
    for (below, rows) in [
        ("raw_auditd.log", 1),
        ("viaq_audit_host.json", 1),
        ("viaq_audit_ovn.json", 1),
        ("otlp_audit_host.json", 6),
        ("otlp_audit_ovn.json", 1),
        ("otlp_container.json", 3),
        ("otlp_journal.json", 3),
    ] {
        assert_eq!(text(below), rows, "{below}");
    }
    let levels = "select count(*) as n from audit where (attrs->>'audit_level') = 'Metadata' and source like '%/viaq_audit_%'";
    assert_eq!(number(&lake, levels), 2);
    for object in done["objects"].as_array().expect("objects") {
        let count = |key: &str| object[key].as_u64().expect("a count");
        assert_eq!(count("records"), count("parsed") + count("unparsed") + count("dropped"), "{object}");
    }
}

#[test]
fn a_csv_export_keeps_place_trace_and_time() {
    let Some(path) = shared("business/nezha") else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    for (file, records) in [
        ("construct_data/2023-01-29/log/08_50_log.csv", 2489),
        ("rca_data/2023-01-29/log/09_34_log.csv", 314),
        ("rca_data/2023-01-29/log/09_35_log.csv", 450), // Docker cut six of its lines at 16 KiB
        ("rca_data/2023-01-29/log/09_36_log.csv", 1623), // and eighteen of these
    ] {
        let object = path.join(file);
        let done = json(&lake, &["ingest", object.to_str().expect("path"), "--json"]);
        let read = &done["objects"][0];
        assert_eq!(read["format"], "csv > docker > logback", "{read}");
        assert_eq!(
            (&read["parsed"], &read["unparsed"], &read["dropped"]),
            (&records.into(), &0.into(), &1.into())
        );
        // a workload less its pod's two suffixes; no column names a namespace
        let whole = format!(
            "select count(*) as n from business where source like '%/{file}' and namespace is null \
             and node is not null and container is not null and level is not null \
             and trace_id is not null and span_id is not null and pod like (workload || '-%-_____')"
        );
        assert_eq!(number(&lake, &whole), records, "{file}");
        // the texts' own clock is eight hours ahead and tells neither zone nor date
        let query = format!("select line, ts from business where source like '%/{file}' order by line");
        let rows = json(&lake, &["sql", &query, "--format", "json"]);
        let text = std::fs::read_to_string(&object).expect("readable");
        let point = |text: &str| Ts::parse(text, chrono_tz::UTC).expect("a time");
        for (row, line) in rows.as_array().expect("rows").iter().zip(text.lines().skip(1)) {
            let exported = point(line.split(',').next().expect("a field"));
            let late = point(row["ts"].as_str().expect("a time")).since_s(exported);
            // some exported times are those of the text, a little before the runtime's
            assert!((-0.001..0.1).contains(&late), "{file}:{} is {late} s off", row["line"]);
        }
    }
}
