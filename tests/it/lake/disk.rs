//! A full or failing disk leaves earlier commits intact.

use crate::lake::place::{Place, audit, now, text};
use headwater::lake::commit;
use headwater::lake::disk::Disk;
use model::error::Result;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Lets each disk operation of `work` fail in turn, by a full and by a broken disk. Each time the error
/// names the file, earlier commits are intact, and running `work` again succeeds.
#[track_caller]
fn check_failing_disk(place: &Place, work: impl Fn(&Place) -> Result<()>) {
    let rows = place.rows();
    let expected = {
        let copy = place.copy();
        work(&copy).expect("done");
        copy.rows()
    };
    for code in [28, 5] {
        let mut seen = BTreeSet::new();
        for failing in 0.. {
            let mut copy = place.copy();
            let hit = Arc::new(Mutex::new(None));
            copy.lake.disk = failing_disk(failing, code, &hit);
            let outcome = work(&copy);
            let Some((operation, path)) = hit.lock().expect("free").take() else {
                outcome.expect("nothing failed");
                break;
            };
            let error = outcome.expect_err("an operation failed").to_string();
            let cause = std::io::Error::from_raw_os_error(code).to_string();
            assert!(error.contains(&path) && error.contains(&cause), "{operation} {path}: {error}");
            copy.lake.disk = Disk::default();
            copy.check_live(&rows);
            work(&copy).expect("done");
            copy.check_sound(&expected);
            seen.insert(operation);
        }
        let all = ["create", "create folder", "rename", "sync", "sync folder", "write"];
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), all);
    }
}

type Hit = Arc<Mutex<Option<(&'static str, String)>>>;

/// Returns a disk whose operation number `failing` fails and is written to `hit`.
fn failing_disk(failing: usize, code: i32, hit: &Hit) -> Disk {
    let (count, hit) = (AtomicUsize::new(0), hit.clone());
    Disk::with_hook(move |operation, path| {
        if count.fetch_add(1, Ordering::Relaxed) != failing {
            return Ok(());
        }
        *hit.lock().expect("free") = Some((operation, path.display().to_string()));
        Err(std::io::Error::from_raw_os_error(code))
    })
}

#[test]
fn a_commit_on_a_failing_disk() {
    let place = Place::new();
    place.put("audit/0.jsonl", &audit(1, 100));
    place.put("business/0.log", &text("2026-11-22", 0, 60, 100));
    place.put("business/1.log", &text("2026-11-22", 30, 60, 100));
    place.ingest().expect("read");
    // one object is new, one has changed
    place.put("business/1.log", &text("2026-11-22", 30, 60, 150));
    place.put("audit/2.jsonl", &audit(3, 50));
    check_failing_disk(&place, |place| place.ingest().map(|_| ()));
}

#[test]
fn a_compaction_on_a_failing_disk() {
    let place = Place::new();
    for part in 0..3 {
        place.put(&format!("audit/{part}.jsonl"), &audit(part, 50));
        place.ingest().expect("read");
    }
    check_failing_disk(&place, |place| {
        commit::sweep(&place.lake, &place.catalog(), now())?;
        place.compact().map(|_| ())
    });
}

#[test]
fn a_commit_into_a_full_catalog() {
    let place = Place::new();
    place.put("business/0.log", &text("2026-11-22", 0, 60, 100));
    place.put("business/1.log", &text("2026-11-22", 30, 60, 100));
    place.ingest().expect("read");
    let rows = place.rows();
    place.put("business/1.log", &text("2026-11-22", 30, 60, 150));
    for table in ["files", "file_objects", "objects", "removed"] {
        // a full disk ends the transaction at any statement, and rolls it back
        place.in_catalog(&format!(
            "create trigger full before insert on {table}
             begin select raise(rollback, 'database or disk is full'); end"
        ));
        let error = place.ingest().expect_err("the catalog is full").to_string();
        assert!(error.contains("catalog") && error.contains("full"), "{error}");
        place.in_catalog("drop trigger full");
        place.check_live(&rows);
        let copy = place.copy();
        copy.ingest().expect("read");
        let rows = copy.rows();
        assert_eq!(rows.len(), 250);
        copy.check_sound(&rows);
    }
}
