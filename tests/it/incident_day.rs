//! Committed incident days, from raw logs to report and brief, compared whole with what was
//! reviewed. A case is a folder of `fixtures/days/`: `bucket/` and `truth.json`.
//! After a wanted change: `INSTA_UPDATE=always cargo test --release incident_day`, then read the diff.

use crate::program::headwater;
use std::path::{Path, PathBuf};

fn days() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/days");
    let mut days: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("fixtures/days").map(|day| day.expect("an entry").path()).collect();
    days.sort();
    days
}

/// Returns what the program prints on a lake, from within the day's bucket.
#[track_caller]
fn print(lake: &Path, day: &Path, args: &[&str]) -> String {
    let output = headwater(lake, args).current_dir(day.join("bucket")).output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(0), "{args:?}: {stderr}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn every_day_is_reported_as_reviewed() {
    let days = days();
    assert!(!days.is_empty());
    for day in days {
        let name = day.file_name().expect("a name").to_string_lossy().into_owned();
        let dir = tempfile::tempdir().expect("a folder");
        let lake = dir.path().join("lake");
        print(&lake, &day, &["ingest", "."]);
        let report = print(&lake, &day, &["analyze", "--date", "2026-11-22", "--json"]);
        let truth = std::fs::read_to_string(day.join("truth.json")).expect("truth.json");
        let truth: serde_json::Value = serde_json::from_str(&truth).expect("JSON");
        let cause = truth["incidents"][0]["cause"]["audit_id"].as_str().expect("a cause");
        assert!(report.contains(cause), "{name}: the report names the operation behind the incident");
        let filters = vec![
            (r#""id": "r[0-9]{17}""#, r#""id": "<run>""#), // other ids are hashes of what they name
            // Where the day lies on this machine, and the ids of objects, which are hashes of that.
            (r#""source": "/[^"]*/bucket/"#, r#""source": "<bucket>/"#),
            (r#""row_id": "[0-9a-f]{32}:"#, r#""row_id": "<object>:"#),
        ];
        insta::with_settings!({ filters => filters, omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("{name}.report"), report);
            for (lang, kind) in [("zh", ""), ("en", ""), ("zh", "--voice"), ("en", "--voice")] {
                let mut args = vec!["brief", "--date", "2026-11-22", "--template", "--lang", lang];
                args.extend(Some(kind).filter(|kind| !kind.is_empty()));
                let brief = print(&lake, &day, &args);
                insta::assert_snapshot!(format!("{name}.brief{}.{lang}", kind.replace("--", "_")), brief);
            }
        });
    }
}
