//! Bad input: each kind is reported, the other objects are read, and nothing is lost; wrong usage exits with
//! 2.

use crate::program::{json, number, run};
use std::io::Write;
use std::path::Path;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).expect("compressed");
    encoder.finish().expect("compressed")
}

#[test]
fn one_bad_object_never_stops_the_others() {
    let dir = tempfile::tempdir().expect("a folder");
    let logs = dir.path().join("business");
    std::fs::create_dir_all(logs.join("folder.log")).expect("a folder");
    let good = "2026-11-22 10:00:01,000 ERROR [main] a.B - refused\n";
    let many: String = (0..20_000)
        .map(|n| format!("2026-11-22 10:00:01,000 INFO [main] a.B - line {}\n", n * 7919))
        .collect();
    let packed = gzip(many.as_bytes());
    let long = format!("2026-11-22 10:00:02,000 WARN [main] a.B - {}\n{good}", "x".repeat(10 << 20));
    let deep = format!("{}{}\n{good}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let objects: [(&str, Vec<u8>); 8] = [
        ("good.log", good.into()),
        ("empty.log", Vec::new()),
        ("cut.log.gz", packed[..packed.len() / 2].to_vec()),
        ("binary.log", (0..50_000u32).map(|n| (n % 7) as u8).collect()),
        ("long.log", long.into()),
        ("utf8.log", b"2026-11-22 10:00:03,000 ERROR [main] a.B - bad \xff\xfe text\n".to_vec()),
        ("deep.log", deep.into()),
        ("..%2e%2fup.log", good.into()),
    ];
    for (name, bytes) in &objects {
        std::fs::write(logs.join(name), bytes).expect("written");
    }
    let lake = dir.path().join("lake");
    let output = run(&lake, &["ingest", logs.to_str().expect("path"), "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let done: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let state = |name: &str| {
        let objects = done["objects"].as_array().expect("objects");
        let object =
            objects.iter().find(|o| o["key"].as_str().is_some_and(|key| key.ends_with(name))).expect(name);
        for object in objects {
            let count = |key: &str| object[key].as_u64().expect("a count");
            assert_eq!(count("records"), count("parsed") + count("unparsed") + count("dropped"));
        }
        (object["state"].as_str().expect("state").to_owned(), object["records"].as_u64().expect("records"))
    };
    assert_eq!(state("good.log"), ("done".into(), 1));
    assert_eq!(state("empty.log"), ("done".into(), 0));
    assert_eq!(state("cut.log.gz").0, "damaged");
    assert!(state("cut.log.gz").1 > 1000, "what could be read is kept");
    assert_eq!(state("binary.log"), ("rejected".into(), 0));
    assert_eq!(state("long.log"), ("done".into(), 2));
    assert_eq!(state("utf8.log"), ("done".into(), 1));
    assert_eq!(state("deep.log"), ("done".into(), 2));
    assert_eq!(state("up.log"), ("done".into(), 1));
    assert_eq!(
        number(&lake, "select count(*) as n from business where (attrs->>'truncated_bytes') is not null"),
        1
    );
    assert_eq!(
        number(
            &lake,
            "select count(*) as n from business where source like '%deep.log' and (attrs->>'unparsed') is not null and line = 1"
        ),
        1
    );
    assert!(!dir.path().join("up.log").exists(), "a key is no path");
}

#[track_caller]
fn check_usage_error(dir: &Path, args: &[&str], place: &str) {
    let output = run(&dir.join("lake"), args);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
    assert!(text.contains(place) && text.contains("hint:"), "{args:?} names `{place}` and a hint:\n{text}");
}

#[test]
fn usage_errors_have_a_place_and_a_hint() {
    let dir = tempfile::tempdir().expect("a folder");
    let config = dir.path().join("bad.toml");
    std::fs::write(&config, "cluster = \"x\"\n[lake]\npaht = \"y\"\n").expect("written");
    let rules = dir.path().join("rules");
    std::fs::create_dir_all(rules.join("event")).expect("a folder");
    let header = "/*\ntitle = \"t\"\nseverity = \"low\"\nfinding = \"f\"\nwhy = \"w\"\nadvice = \"a\"\n*/\n";
    std::fs::write(
        rules.join("event/broken.sql"),
        format!("{header}select nothing_such, row_id, ts, pod\nfrom event\n"),
    )
    .expect("written");
    std::fs::write(rules.join("event/torn.sql"), "/*\ntitle = \n*/\nselect 1\n").expect("written");
    let log = dir.path().join("a.log");
    std::fs::write(&log, "2026-11-22 10:00:01,000 ERROR [main] a.B - refused\n").expect("written");
    json(&dir.path().join("lake"), &["ingest", log.to_str().expect("path"), "--json"]);
    let path = |p: &Path| p.to_str().expect("path").to_owned();
    check_usage_error(dir.path(), &["--config", &path(&config), "lake", "status"], "bad.toml:3:1");
    check_usage_error(dir.path(), &["--rules", "/no/such/folder", "rules", "list"], "/no/such/folder");
    check_usage_error(dir.path(), &["--rules", &path(&rules), "rules", "check"], "broken.sql:8:8");
    check_usage_error(dir.path(), &["--rules", &path(&rules), "rules", "check"], "torn.sql:2:");
    check_usage_error(dir.path(), &["analyze", "--date", "2026-13-45"], "2026-13-45");
    check_usage_error(dir.path(), &["sql", "drop table audit"], "hint:");
}
