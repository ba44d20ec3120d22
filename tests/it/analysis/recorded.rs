//! Recordings of a real cluster on which incidents were provoked, as recorded and as a collector shipped them
//! (`fixtures/recorded`): the trace, the report and the changes against what really happened.

use crate::program;
use serde_json::Value;
use std::path::Path;

/// Unpacks a recording, keeping the times of its files, and returns its folder.
fn unpacked(name: &str, into: &Path) -> String {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/recorded").join(name);
    let script = "import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2], filter='data')";
    let status =
        program::python().args(["-c", script]).arg(&archive).arg(into).status().expect("python starts");
    assert!(status.success(), "{name} is unpacked");
    into.to_str().expect("a path in UTF-8").to_owned()
}

/// Returns the scores of a recording.
fn evaluated(name: &str) -> Value {
    let dir = tempfile::tempdir().expect("a folder");
    let config = dir.path().join("headwater.toml");
    std::fs::write(&config, "timezone = \"UTC\"\n").expect("a config");
    let day = unpacked(name, &dir.path().join("day"));
    let config = config.to_str().expect("a path in UTF-8").to_owned();
    program::json(&dir.path().join("lake"), &["--config", &config, "evaluate", "--json", &day])
}

#[test]
fn recorded_incidents_are_traced_and_never_confirmed_wrongly() {
    for name in ["day1.tar.xz", "day1-shipped.tar.xz"] {
        let scores = evaluated(name);
        let (totals, report) = (&scores["totals"], &scores["reports"][0]);
        let count = |of: &Value, key: &str| of[key].as_u64().unwrap_or_else(|| panic!("{key} of {of}"));
        assert_eq!(count(totals, "days"), 38, "{name}");
        assert!(count(totals, "top1") >= 29, "{name}: {totals}");
        assert!(count(totals, "verdict_right") >= 33, "{name}: {totals}");
        assert_eq!(count(totals, "wrongly_confirmed"), 0, "{name}: {totals}");
        assert_eq!(count(totals, "honest"), 6, "{name}: {totals}");
        assert!(count(report, "operations_named") >= 25, "{name}: {report}");
        assert_eq!(count(report, "wrongly_confirmed"), 0, "{name}: {report}");
        assert!((28..=45).contains(&count(report, "incidents")), "{name}: {report}");
        assert_eq!(count(report, "findings"), count(report, "findings_in_one"), "{name}: {report}");
    }
}

#[test]
fn recorded_operations_leave_the_fields_that_they_changed() {
    let dir = tempfile::tempdir().expect("a folder");
    let day = unpacked("day1.tar.xz", &dir.path().join("day"));
    let lake = dir.path().join("lake");
    program::run(&lake, &["ingest", &format!("{day}/audit")]);
    let truth = std::fs::read_to_string(format!("{day}/truth.json")).expect("a truth");
    let truth: Value = serde_json::from_str(&truth).expect("JSON");
    let mut missing = Vec::new();
    for incident in truth["incidents"].as_array().expect("incidents") {
        let Some(id) = incident["cause"]["audit_id"].as_str() else { continue };
        let sql = format!(
            "select count(*) as n from change where audit_id = '{id}'
             and (effect in ('created', 'deleted') or kind = 'Secret' or field is not null and (old is not null or new is not null))"
        );
        let rows = program::json(&lake, &["sql", "--format", "json", &sql]);
        if rows[0]["n"].as_i64().unwrap_or(0) == 0 {
            missing.push(incident["id"].clone());
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
    let field =
        "select field, old, new from change where name = 'price-engine' and field like '%memory' order by ts";
    let rows = program::json(&lake, &["sql", "--format", "json", field]);
    assert_eq!(rows[0]["field"], ".spec.template.spec.containers[app].resources.limits.memory");
    assert_eq!((&rows[0]["old"], &rows[0]["new"]), (&"128Mi".into(), &"48Mi".into()));
    // a GitOps controller applies all of it again and again
    let again = "select count(distinct audit_id) as n from change
                 where username like '%argocd%' and effect <> 'created'";
    let writes =
        "select count(distinct audit_id) as n from audit where username like '%argocd%' and code = 200
                  and verb = 'patch'";
    let n =
        |sql: &str| program::json(&lake, &["sql", "--format", "json", sql])[0]["n"].as_i64().unwrap_or(-1);
    assert!(n(again) < n(writes), "{} of {}", n(again), n(writes));
}
