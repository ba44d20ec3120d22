//! The same logs from a folder, from moto, and from the in-process bucket with and without faults: the lake
//! contains the same lines and the day has the same findings.

use crate::program::{headwater, rows, simulate};
use crate::source::moto::{BUCKET, Moto, upload};
use crate::source::s3::{Behaviour, S3, Style};
use crate::source::s3_faults::{Fault, Faults};
use flate2::read::MultiGzDecoder;
use headwater::lake::catalog::{Catalog, ObjectState};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// Returns the objects of a simulated day, split at line breaks into about that many pieces. The key of a
/// piece has the folders of the key of its object.
#[track_caller]
pub fn split_day(seed: u64, size: u64, pieces: usize) -> BTreeMap<String, Vec<u8>> {
    let dir = tempfile::tempdir().expect("a folder");
    simulate(dir.path(), "memory_limit_lowered", seed, size);
    let mut files = BTreeMap::new();
    gather(dir.path(), dir.path(), &mut files);
    let bytes: usize = files.values().map(Vec::len).sum();
    let mut objects = BTreeMap::new();
    for (name, text) in files {
        let mut number = 0;
        let mut piece = Vec::new();
        let mut lines = text.split_inclusive(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            piece.extend_from_slice(line);
            if piece.len() * pieces >= bytes || lines.peek().is_none() {
                number += 1;
                objects.insert(format!("{name}/part-{number:04}.log"), std::mem::take(&mut piece));
            }
        }
    }
    objects
}

/// Adds the decompressed text of every log below a folder, by its path without `.gz`.
fn gather(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            gather(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "gz") {
            let mut text = Vec::new();
            let file = std::fs::File::open(&path).expect("readable");
            MultiGzDecoder::new(file).read_to_end(&mut text).expect("gzip");
            let name = path.with_extension("");
            let name = name.strip_prefix(root).expect("below the root").to_str().expect("a name");
            files.insert(name.to_owned(), text);
        }
    }
}

/// Returns the output of `ingest s3://bucket`.
#[track_caller]
fn ingest(lake: &Path, endpoint: &str) -> Value {
    with_source(lake, &in_bucket(endpoint), &["ingest", &format!("s3://{BUCKET}"), "--json"])
}

/// Returns the keys of `[source]` for the bucket at an endpoint.
fn in_bucket(endpoint: &str) -> String {
    format!("url = \"s3://{BUCKET}\"\nregion = \"us-east-1\"\nendpoint = \"{endpoint}\"\n")
}

/// Returns the report of `headwater run` for the day.
#[track_caller]
fn run(lake: &Path, source: &str) -> Value {
    let mut days = with_source(lake, source, &["run", "--date", "2026-11-22", "--json"]);
    days["days"][0]["report"].take()
}

#[track_caller]
fn with_source(lake: &Path, source: &str, args: &[&str]) -> Value {
    let config = lake.with_extension("toml");
    std::fs::write(&config, format!("[source]\n{source}")).expect("written");
    let mut all = vec!["--config", config.to_str().expect("path")];
    all.extend(args);
    let output = headwater(lake, &all)
        .env("AWS_ACCESS_KEY_ID", "id")
        .env("AWS_SECRET_ACCESS_KEY", "key")
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Returns everything that must not depend on the source: of each row its key below the bucket or folder,
/// line, time and message; of the day its findings and verdicts. Row ids depend on the whole key, and which
/// of several equal lines becomes the evidence depends on row ids: neither is compared.
#[track_caller]
fn comparable(lake: &Path, report: &Value) -> Value {
    let mut all = serde_json::Map::new();
    for table in ["business", "standard", "event", "audit"] {
        let key = format!("regexp_replace(source, '^(s3://{BUCKET}/|.*/folder/)', '')");
        let sql =
            format!("select {key} as key, line, ts, message from {table} order by key, line, ts, message");
        all.insert(table.to_owned(), rows(lake, &sql));
    }
    let part = |list: &str, fields: &[&str]| {
        let list = report[list].as_array().expect("a list");
        let part = |of: &Value| fields.iter().map(|field| of[*field].clone()).collect();
        let mut parts: Vec<Value> = list.iter().map(part).collect();
        parts.sort_by_key(Value::to_string);
        Value::from(parts)
    };
    let of_finding = ["id", "rule", "severity", "entity", "first_ts", "last_ts", "count", "trace"];
    all.insert("findings".into(), part("findings", &of_finding));
    all.insert("traces".into(), part("traces", &["id", "finding", "entity", "ts", "verdict"]));
    let causes = report["traces"].as_array().expect("traces").iter();
    let causes = causes.map(|trace| trace["hypotheses"][0]["cause"]["audit_id"].clone());
    all.insert("causes".into(), causes.collect());
    Value::Object(all)
}

/// Returns the comparable values of a folder with these objects; none of them is empty.
#[track_caller]
fn comparable_from_folder(dir: &Path, objects: &BTreeMap<String, Vec<u8>>) -> Value {
    let folder = dir.join("folder");
    for (key, bytes) in objects {
        let path = folder.join(key);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("written");
    }
    let lake = dir.join("lake-of-folder");
    let report = run(&lake, &format!("url = \"file://{}\"\n", folder.display()));
    let expected = comparable(&lake, &report);
    for (what, list) in expected.as_object().expect("an object") {
        assert!(list.as_array().is_some_and(|list| !list.is_empty()), "there are {what}");
    }
    expected
}

#[track_caller]
fn assert_same(found: &Value, expected: &Value) {
    for (what, expected) in expected.as_object().expect("an object") {
        let count = |value: &Value| value.as_array().map_or(0, Vec::len);
        assert!(
            &found[what] == expected,
            "{what}: {} found, {} expected",
            count(&found[what]),
            count(expected)
        );
    }
}

/// Runs a day of more than 2,000 objects, several pages of a listing, from a bucket and compares it.
#[track_caller]
fn check(endpoint: &str) {
    let dir = tempfile::tempdir().expect("a folder");
    let objects = split_day(5, 3_000_000, 2300);
    assert!(objects.len() >= 2000, "{} objects", objects.len());
    upload(endpoint, &objects);
    let lake = dir.path().join("lake");
    let report = run(&lake, &in_bucket(endpoint));
    let catalog = Catalog::open(&lake.join("catalog.db")).expect("a catalog");
    let counts = catalog.object_counts().expect("counts");
    let done = counts.iter().find(|count| count.state == ObjectState::Done).map(|count| count.objects);
    assert_eq!(done, Some(objects.len() as u64));
    assert_same(&comparable(&lake, &report), &comparable_from_folder(dir.path(), &objects));
}

fn behaviour(style: Style, page_size: usize, faults: Faults) -> Behaviour {
    Behaviour { bucket: BUCKET, style, page_size, faults }
}

#[test]
fn moto_and_a_folder_have_the_same_result() {
    check(&Moto::start().endpoint);
}

#[test]
fn the_in_process_bucket_and_a_folder_have_the_same_result() {
    let s3 = S3::start(BTreeMap::new(), behaviour(Style::Path, 500, Faults::default()));
    check(&s3.endpoint());
    let lists = s3.requests().iter().filter(|seen| seen.query.contains("list-type=2")).count();
    assert!(lists >= 5, "500 keys a page: {lists} pages");
}

#[test]
fn a_faulty_bucket_has_the_same_result_after_retries() {
    let dir = tempfile::tempdir().expect("a folder");
    let objects = split_day(6, 1_000_000, 100);
    let faults = Faults { seed: 11, shares: Fault::ALL.map(|fault| (fault, 0.02)).into() };
    let s3 = S3::start(objects.clone(), behaviour(Style::Path, 10, faults));
    let lake = dir.path().join("lake");
    ingest(&lake, &s3.endpoint());
    let requests = s3.requests().len();
    assert!(requests > objects.len() + objects.len().div_ceil(10) + 20, "{requests}: faults were met");
    ingest(&lake, &s3.endpoint()); // what the first listing did not show
    let report = run(&lake, &in_bucket(&s3.endpoint()));
    assert_same(&comparable(&lake, &report), &comparable_from_folder(dir.path(), &objects));
    let again = ingest(&lake, &s3.endpoint());
    assert_eq!(again["rows"], json!({}), "all is there once");
}

#[test]
fn only_changed_objects_are_requested_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let line = |n: usize| format!("2026-11-22 10:00:0{n},000 ERROR [main] a.B - number {n}\n");
    let key = |n: usize| format!("business/2026/11/22/{n}.log");
    let objects = (0..5).map(|n| (key(n), line(n).into_bytes())).collect();
    let s3 = S3::start(objects, behaviour(Style::Any, 1000, Faults::default()));
    s3.put("business/2026/", ""); // as consoles make folders
    let lake = dir.path().join("lake");
    let asked = |before: usize| {
        let seen = s3.requests().split_off(before);
        seen.into_iter().filter(|seen| seen.query.is_empty()).map(|seen| seen.path).collect::<Vec<_>>()
    };
    assert_eq!(ingest(&lake, &s3.endpoint())["rows"], json!({"business": 5}));
    let before = s3.requests().len();
    assert_eq!(ingest(&lake, &s3.endpoint())["rows"], json!({}));
    assert_eq!(asked(before), Vec::<String>::new());
    let before = s3.requests().len();
    s3.put(&key(3), line(3) + &line(6));
    s3.remove(&key(4));
    assert_eq!(ingest(&lake, &s3.endpoint())["rows"], json!({"business": 2}));
    assert_eq!(asked(before), [format!("/{BUCKET}/{}", key(3))]);
    assert_eq!(rows(&lake, "select line from business").as_array().map(Vec::len), Some(6));
}

/// Runs `ingest s3://bucket` and returns its output and what it printed to stderr.
fn ingest_in_part(lake: &Path, endpoint: &str) -> (Value, String) {
    let config = lake.with_extension("toml");
    std::fs::write(&config, format!("[source]\n{}", in_bucket(endpoint))).expect("written");
    let address = format!("s3://{BUCKET}");
    let output = headwater(lake, &["--config", config.to_str().expect("path"), "ingest", &address, "--json"])
        .env("AWS_ACCESS_KEY_ID", "id")
        .env("AWS_SECRET_ACCESS_KEY", "key")
        .output()
        .expect("the program starts");
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    (serde_json::from_slice(&output.stdout).expect("JSON"), printed)
}

#[test]
fn a_key_that_cannot_be_read_does_not_end_the_listing() {
    let dir = tempfile::tempdir().expect("a folder");
    let line = |n: usize| format!("2026-11-22 10:00:0{n},000 ERROR [main] a.B - number {n}\n");
    let objects = (0..6).map(|n| (format!("business/2026/11/22/{n}.log"), line(n).into_bytes())).collect();
    let s3 = S3::start(objects, behaviour(Style::Any, 3, Faults::default()));
    for key in ["business/2026/11/22//a&b.log", "business/2026/11/22/2/../c.log", "/leading.log"] {
        s3.put(key, line(7));
    }
    let lake = dir.path().join("lake");
    let (done, printed) = ingest_in_part(&lake, &s3.endpoint());
    assert_eq!(done["rows"], json!({"business": 6}), "{printed}");
    assert!(printed.contains("3 objects") || printed.contains("and 2 more"), "{printed}");
    assert!(printed.contains("`/leading.log`"), "{printed}");
}
