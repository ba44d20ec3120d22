//! Logs in the shapes in which other tools export them: a must-gather, audit logs of several
//! platforms, and a console's CSV of container logs. No record is lost or lands in the wrong table.

use crate::ingest::samples::{folder, samples};
use crate::program::{json, number};
use model::time::Ts;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Ingests files; checks that the counts of each add up, and returns what was done.
#[track_caller]
fn ingest(lake: &Path, files: &[PathBuf]) -> Value {
    let mut args = vec!["ingest", "--json"];
    args.extend(files.iter().map(|file| file.to_str().expect("a readable path")));
    let done = json(lake, &args);
    let objects = done["objects"].as_array().expect("objects");
    assert_eq!(objects.len(), files.len());
    for object in objects {
        let count = |key: &str| object[key].as_u64().expect("a count");
        assert_eq!(count("records"), count("parsed") + count("unparsed") + count("dropped"), "{object}");
    }
    done
}

#[test]
fn a_must_gather_loses_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let done = ingest(&lake, &samples(&folder("kubectl/must-gather")));
    assert_eq!((&done["records"], &done["parsed"]), (&6.into(), &6.into()), "{done}");
    assert_eq!(number(&lake, "select count(*) as n from event"), 2);
    let logs = "select count(distinct source) as n from standard where source like '%/logs/%.log'";
    assert_eq!(number(&lake, logs), 3);
    let placed = "select count(*) as n from standard where namespace = 'shop' and container = 'app' \
                  and pod like (workload || '-%-_____')";
    assert_eq!(number(&lake, placed), 4);
}

#[test]
fn audit_events_of_every_shape_reach_audit() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let mut files = samples(&folder("k8s-audit"));
    let others = ["gcp/audit.yaml", "cloudwatch/subscription.json", "otlp/audit.json", "otlp/journal.json"];
    files.extend(others.map(folder));
    // auditd's records are audit records of a host, not of the API server
    let host = dir.path().join("host-audit.log");
    let record = "type=USER_LOGIN msg=audit(1795313523.000:911): pid=811 uid=0 res=success\n";
    std::fs::write(&host, record).expect("written");
    files.push(host);
    ingest(&lake, &files);
    let shapes = [
        ("k8s-audit/events.jsonl", 4),       // JSON lines, some with bodies
        ("k8s-audit/event-list.json", 2),    // an EventList over many lines
        ("k8s-audit/pretty.json", 1),        // one event over many lines
        ("k8s-audit/event.yaml", 1),         // one event as YAML
        ("k8s-audit/v1beta1.jsonl", 1),      // the API's version of 2017
        ("k8s-audit/openshift.json", 1),     // members of OpenShift's collector around the event's
        ("k8s-audit/partial.jsonl", 1),      // hardly any members left
        ("gcp/audit.yaml", 2),               // Cloud Logging, as YAML
        ("cloudwatch/subscription.json", 2), // EKS, two events a line
        ("otlp/audit.json", 3),              // OTLP, three records a document
        ("", 18),                            // nothing else
    ];
    for (file, events) in shapes {
        let query = format!("select count(*) as n from audit where source like '%{file}'");
        assert_eq!(number(&lake, &query), events, "{file}");
    }
    for (file, rows) in [("otlp/journal.json", 2), ("host-audit.log", 1)] {
        let text = |table: &str| {
            number(&lake, &format!("select count(*) as n from {table} where source like '%{file}'"))
        };
        assert_eq!(text("business") + text("standard"), rows, "{file}");
    }
    let levels = "select count(*) as n from audit where (attrs->>'audit_level') = 'Metadata' \
                  and source like '%/openshift.json'";
    assert_eq!(number(&lake, levels), 1);
}

#[test]
fn a_csv_export_keeps_place_trace_and_time() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let object = folder("csv/business/export.csv");
    let done = ingest(&lake, std::slice::from_ref(&object));
    let read = &done["objects"][0];
    assert_eq!(read["format"], "csv > docker > logback", "{read}");
    // dropped: the header row
    assert_eq!((&read["parsed"], &read["unparsed"], &read["dropped"]), (&4.into(), &0.into(), &1.into()));
    // the workload is the pod without its two suffixes; no column names a namespace
    let whole = "select count(*) as n from business where namespace is null \
                 and node is not null and container is not null and level is not null \
                 and trace_id is not null and span_id is not null and pod like (workload || '-%-_____')";
    assert_eq!(number(&lake, whole), 4);
    // the clock of the texts is eight hours ahead and names neither zone nor date
    let rows = json(&lake, &["sql", "select line, ts from business order by line", "--format", "json"]);
    let text = std::fs::read_to_string(&object).expect("readable");
    let point = |text: &str| Ts::parse(text, chrono_tz::UTC).expect("a time");
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), text.lines().skip(1).count());
    for (row, line) in rows.iter().zip(text.lines().skip(1)) {
        let exported = point(line.split(',').next().expect("a field"));
        let late_s = point(row["ts"].as_str().expect("a time")).since_s(exported);
        assert!((-0.001..0.001).contains(&late_s), "line {} is {late_s} s off", row["line"]);
    }
}

#[test]
fn objects_without_a_time_are_of_the_day_of_the_lines_beside_them() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let nodes = write(
        "kubectl_get_nodes.txt",
        "NAME     STATUS     ROLES    AGE   VERSION\nnode-1   NotReady   <none>   62d   v1.30.4\n\
         node-2   Ready      <none>   62d   v1.30.4\n",
    );
    let log = write(
        "till.log",
        "2026-03-04 09:00:01.120 ERROR [main] shop.Till - no connection to node-1\n\
         2026-03-04 09:00:07.300 ERROR [main] shop.Till - no connection to node-1\n",
    );
    ingest(&lake, &[nodes, log]);
    let seen = "select count(*) as n from state where ts = timestamp '2026-03-04T01:00:07.3Z'";
    assert_eq!(number(&lake, seen), 2, "the lines are of Shanghai's time");
    let report = json(&lake, &["analyze", "--json"]);
    assert_eq!(report["run"]["date"], "2026-03-04");
    let findings = report["findings"].as_array().expect("findings");
    assert!(findings.iter().any(|finding| finding["entity"]["node"] == "node-1"), "{report}");
}
