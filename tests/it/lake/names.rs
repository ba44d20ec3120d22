//! A column of names is a dictionary while names repeat, and plain texts if most differ; its values are the same.

use crate::program::{json, number};
use std::fs;

const ROWS: u32 = 40_000;

/// Returns a word of four letters, a different one for each number.
fn word_of(number: u32) -> String {
    let letter = |at: u32| char::from_u32(u32::from(b'g') + number / 17u32.pow(at) % 17).unwrap_or('g');
    (0..4).map(letter).collect()
}

#[test]
fn names_that_differ_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("app.log");
    let line = |number: u32| {
        let word = word_of(number);
        format!("2026-11-22 10:11:12.345 ERROR [main] com.shop.{word} - {word} ended\n")
    };
    fs::write(&log, (0..ROWS).map(line).collect::<String>()).expect("a file");
    let lake = folder.path().join("lake");
    json(&lake, &["ingest", &log.display().to_string(), "--json"]);
    let n = |what: &str| number(&lake, &format!("select {what} as n from business"));
    assert_eq!(n("count(distinct logger)"), i64::from(ROWS));
    assert_eq!(n("count(case when logger || ' ended' = 'com.shop.' || message then 1 end)"), i64::from(ROWS));
    assert_eq!(n("count(distinct thread)"), 1);
}
