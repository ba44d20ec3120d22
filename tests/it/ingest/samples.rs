//! Every sample below `fixtures/formats/` is ingested; its counts and rows must be those of the
//! `.rows.json` beside it. `fixtures/README.md` says how to add one.

use crate::program::{json, rows};
use format::{Format, Registry};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What the name of an expected file ends with, after the name of its sample.
const EXPECTED: &str = ".rows.json";

/// Returns the folder of the samples, or a folder of it.
pub fn folder(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats").join(below)
}

/// Returns the samples below a folder, sorted.
pub fn samples(folder: &Path) -> Vec<PathBuf> {
    let mut files = files(folder);
    files.retain(|path| !is_expected(path));
    files
}

fn is_expected(path: &Path) -> bool {
    path.to_string_lossy().ends_with(EXPECTED)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// Returns the path of a sample's expected file.
fn expected_of(sample: &Path) -> PathBuf {
    let mut path = sample.as_os_str().to_owned();
    path.push(EXPECTED);
    path.into()
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a readable file");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Ingests files; returns the format, counts and rows of each.
fn ingested(samples: &[PathBuf]) -> BTreeMap<PathBuf, Value> {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let mut args = vec!["ingest", "--json"];
    args.extend(samples.iter().map(|path| path.to_str().expect("a readable path")));
    let done = json(&lake, &args);
    let mut by_source: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    // states that statuses in `audit` show have no object of their own
    for table in ["business", "standard", "event", "audit", "state where object is not null"] {
        let found = rows(&lake, &format!("select * from {table} order by length(row_id), row_id"));
        for row in found.as_array().expect("rows") {
            let mut fields = row.as_object().expect("a row").clone();
            // ids depend on the path of the checkout; a template is derived from its message
            for derived in ["row_id", "template", "template_id"] {
                fields.remove(derived);
            }
            fields.retain(|_, value| !value.is_null());
            for column in ["attrs", "request", "response", "object"] {
                if let Some(text) = fields.get(column).and_then(Value::as_str) {
                    let value = serde_json::from_str(text).expect("a JSON column");
                    fields.insert(column.into(), value);
                }
            }
            let name = table.split(" where").next().unwrap_or(table);
            fields.insert("table".into(), name.into());
            let source = fields.remove("source").expect("a source");
            by_source.entry(source.as_str().expect("a path").into()).or_default().push(fields.into());
        }
    }
    let mut read = BTreeMap::new();
    for object in done["objects"].as_array().expect("objects") {
        let key = object["key"].as_str().expect("a key");
        let mut rows = by_source.remove(key).unwrap_or_default();
        rows.sort_by_key(|row| (row["line"].as_i64(), row["ts"].as_str().map(str::to_owned)));
        for row in rows.iter_mut().filter(|row| row["attrs"]["ts_source"] == "object") {
            row["ts"] = "of the object".into(); // when the file was written, if no path has a date
            let has_age = row["attrs"]["shown_by"].is_string();
            if let Some(created) = row.pointer_mut("/object/metadata/creationTimestamp").filter(|_| has_age) {
                *created = "before that".into(); // the age in a table
            }
        }
        let mut result: serde_json::Map<String, Value> =
            ["format", "records", "parsed", "unparsed", "dropped"]
                .into_iter()
                .map(|name| (name.to_owned(), object[name].clone()))
                .collect();
        result.insert("rows".into(), rows.into());
        read.insert(PathBuf::from(key), result.into());
    }
    assert!(by_source.is_empty(), "rows of objects that were not read: {:?}", by_source.keys());
    read
}

#[test]
fn every_sample_becomes_the_rows_beside_it() {
    let root = folder("");
    let samples = samples(&root);
    let read_as = ingested(&samples);
    if std::env::var("INSTA_UPDATE").is_ok_and(|mode| mode == "always") {
        for (sample, result) in &read_as {
            let text = serde_json::to_string_pretty(result).expect("JSON") + "\n";
            std::fs::write(expected_of(sample), text).expect("written");
        }
    }
    let expected: BTreeSet<PathBuf> = samples.iter().map(|sample| expected_of(sample)).collect();
    let present: BTreeSet<PathBuf> = files(&root).into_iter().filter(|path| is_expected(path)).collect();
    assert_eq!(present, expected, "a sample without expected rows, or expected rows without a sample");
    let mut wrong = Vec::new();
    for sample in &samples {
        let Some(result) = read_as.get(sample) else {
            wrong.push(format!("{} was not read", sample.display()));
            continue;
        };
        let count = |name: &str| result[name].as_u64().expect("a count");
        let rows = result["rows"].as_array().expect("rows").len() as u64;
        assert_eq!(count("records"), count("parsed") + count("unparsed") + count("dropped"), "{sample:?}");
        assert_eq!(rows, count("parsed") + count("unparsed"), "{sample:?}");
        if *result != read(&expected_of(sample)) {
            wrong.push(format!("{} became {result:#}", sample.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_format_has_a_sample_that_it_reads() {
    // a layout keeps its samples in its own file
    let layouts: BTreeSet<&str> = Registry::shipped().layouts().iter().map(|layout| layout.name()).collect();
    let formats = Registry::shipped().formats().iter().map(|format| format.name());
    let formats: BTreeSet<String> =
        formats.filter(|name| !layouts.contains(name)).map(str::to_owned).collect();
    let entries = std::fs::read_dir(folder("")).expect("a readable folder");
    let folders: BTreeSet<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(folders, formats, "one folder a format");
    for name in &formats {
        let is_read = samples(&folder(name)).iter().any(|sample| {
            let result = read(&expected_of(sample));
            result["format"].as_str().is_some_and(|chain| chain.split(" > ").any(|part| part == name))
        });
        assert!(is_read, "no sample in fixtures/formats/{name} is read as `{name}`");
    }
}
