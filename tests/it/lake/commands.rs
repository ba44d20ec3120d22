//! The commands of upkeep: `headwater lake …`.

use crate::lake::place::audit;
use crate::program::{json, number, run};
use std::fs;

#[test]
fn the_commands_of_upkeep() {
    let dir = tempfile::tempdir().expect("a folder");
    let lake = dir.path().join("lake");
    let logs = dir.path().join("audit");
    fs::create_dir(&logs).expect("a folder");
    for hour in [9, 10, 11] {
        fs::write(logs.join(format!("{hour}.jsonl")), audit(hour, 100)).expect("written");
        json(&lake, &["ingest", logs.to_str().expect("path"), "--json"]);
    }
    let ids = || number(&lake, "select count(distinct row_id) as n from audit where audit_id like '1%'");
    assert_eq!(ids(), 200);
    let done = json(&lake, &["lake", "compact", "--json"]);
    let days = done["days"].as_array().expect("days");
    let audit = days.iter().find(|day| day["table"] == "audit").expect("audit");
    assert_eq!(
        (&audit["files_before"], &audit["files_after"], &audit["rows"]),
        (&3.into(), &1.into(), &300.into())
    );
    assert_eq!(ids(), 200);
    let status = json(&lake, &["lake", "status", "--json"]);
    assert!(status["awaiting_removal"]["files"].as_u64() >= Some(3), "{status}");
    assert!(json(&lake, &["lake", "verify", "--deep", "--json"])["rows"].as_u64() >= Some(300));
    fs::remove_file(lake.join("catalog.db")).expect("removed");
    let refused = run(&lake, &["ingest", logs.to_str().expect("path")]);
    assert_eq!(refused.status.code(), Some(1));
    json(&lake, &["lake", "verify", "--repair", "--json"]);
    assert_eq!(ids(), 200);
    let day = lake.join("audit/date=2026-11-22");
    for file in fs::read_dir(&day).expect("files").flatten() {
        fs::write(file.path(), "no Parquet").expect("written");
    }
    assert_eq!(run(&lake, &["lake", "verify"]).status.code(), Some(1));
    json(&lake, &["lake", "verify", "--repair", "--json"]);
    json(&lake, &["lake", "verify", "--deep", "--json"]);
    json(&lake, &["ingest", logs.to_str().expect("path"), "--json"]);
    assert_eq!(ids(), 200);
    assert_eq!(run(&lake, &["lake", "expire"]).status.code(), Some(2), "a limit is required");
    let would = json(&lake, &["lake", "expire", "--before", "2026-11-23", "--dry-run", "--json"]);
    assert_eq!(would["days"].as_array().map(Vec::len), Some(2), "audit and change; the topology stays");
    assert_eq!(ids(), 200);
    json(&lake, &["lake", "expire", "--before", "2026-11-23", "--json"]);
    assert_eq!(ids(), 0);
}
