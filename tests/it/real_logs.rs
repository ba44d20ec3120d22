//! Logs of real clusters, where the folder with them is at hand; said plainly where it is not.

use crate::program::{number, run};
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
