//! An ingest killed with -9 at 50 moments and run again: no row lost, none repeated.

use crate::program::{headwater, json, number, simulate};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const TABLES: [&str; 4] = ["business", "standard", "event", "audit"];

fn counts(lake: &Path) -> Vec<(i64, i64)> {
    let count = |what: &str, table: &str| number(lake, &format!("select count({what}) as n from {table}"));
    TABLES.iter().map(|table| (count("*", table), count("distinct row_id", table))).collect()
}

#[test]
fn killed_at_fifty_moments() {
    let dir = tempfile::tempdir().expect("a folder");
    let bucket = dir.path().join("bucket");
    simulate(&bucket, "memory_limit_lowered", 5, 2_000_000);
    let path = bucket.to_str().expect("path");
    let whole = dir.path().join("whole");
    let begun = Instant::now();
    json(&whole, &["ingest", path, "--json"]);
    let time = begun.elapsed();
    let expected = counts(&whole);
    assert!(expected.iter().all(|(rows, ids)| rows > &0 && rows == ids), "{expected:?}");
    let mut interrupted = 0;
    for moment in 0..50 {
        let lake = dir.path().join(format!("lake-{moment}"));
        let mut child = headwater(&lake, &["ingest", path])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(
            time.mul_f64(f64::from(moment) / 50.0) + Duration::from_micros(137 * moment as u64),
        );
        interrupted += u32::from(child.try_wait().expect("its state").is_none());
        child.kill().expect("killed");
        child.wait().expect("gone");
        json(&lake, &["ingest", path, "--json"]);
        assert_eq!(counts(&lake), expected, "moment {moment}");
        std::fs::remove_dir_all(&lake).expect("removed");
    }
    assert!(interrupted >= 25, "most kills must hit a running ingest, {interrupted} did");
}
