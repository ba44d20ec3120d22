//! `headwater stages`: the time of each stage, and nothing in the lake.

use crate::program::json;
use std::fs;

#[test]
fn each_stage_has_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("app.log");
    fs::write(&log, "2026-11-22 10:11:12.345 ERROR [main] com.shop.Pay - charge failed\n".repeat(2_000))
        .expect("a file");
    let lake = folder.path().join("lake");
    let measured = json(&lake, &["stages", &log.display().to_string()]);
    let stages = measured["stages"].as_array().expect("a list");
    let names: Vec<&str> = stages.iter().filter_map(|stage| stage["name"].as_str()).collect();
    assert_eq!(names, ["inflate", "frame", "parse", "redact", "template", "build", "write"]);
    assert!(stages.iter().all(|stage| stage["seconds"].is_f64()), "{stages:?}");
    assert!(!lake.exists(), "nothing is written into the lake");
}
