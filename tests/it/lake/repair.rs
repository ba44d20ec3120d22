//! Damage is found and repaired, and a lost catalog is rebuilt from the files.

use crate::lake::place::{Place, now, some_lake, text};
use headwater::lake::Lake;
use headwater::lake::commit;
use headwater::lake::commit::GRACE_S;
use headwater::lake::repair::{rebuild, repair};
use std::fs::{self, File};
use std::sync::Arc;

/// Damages a lake and checks that `verify` finds it, that repair removes the fault, and that the next
/// ingest restores all rows.
#[track_caller]
fn check_repaired(why: &str, damage: impl Fn(&Place)) {
    let place = some_lake();
    let rows = place.rows();
    place.check_sound(&rows);
    damage(&place);
    let faults: Vec<String> = place.verify().faults().map(|fault| fault.why.clone()).collect();
    assert!(faults.iter().any(|fault| fault.contains(why)), "`{why}` is found: {faults:?}");
    place.repair();
    assert_eq!(place.verify().faults().collect::<Vec<_>>(), Vec::<&_>::new(), "{why}");
    place.ingest().expect("read");
    place.check_sound(&rows);
    commit::sweep(&place.lake, &place.catalog(), now().plus_s(GRACE_S + 60)).expect("swept");
    place.check_sound(&rows);
}

#[test]
fn damage_is_found_and_repaired() {
    let path = |place: &Place, table: &str| place.lake.root.join(place.file(table));
    check_repaired("it is missing", |place| fs::remove_file(path(place, "audit")).expect("removed"));
    check_repaired("bytes, but", |place| {
        let file = File::options().write(true).open(path(place, "business")).expect("opened");
        file.set_len(1000).expect("cut");
    });
    check_repaired("it cannot be read", |place| {
        let path = path(place, "audit");
        let mut bytes = fs::read(&path).expect("read");
        let end = bytes.len() - 3;
        bytes[end] ^= 0xff; // the magic number at its end
        fs::write(path, bytes).expect("written");
    });
    check_repaired("rows, but", |place| {
        let file = place.file("audit");
        place.in_catalog(&format!("update files set rows = rows + 1 where path = '{file}'"));
    });
    check_repaired("first or last time", |place| {
        let file = place.file("topology");
        place.in_catalog(&format!("update files set max_ts = max_ts + 1 where path = '{file}'"));
    });
    check_repaired("written by another program", |place| {
        fs::write(place.lake.root.join("audit/date=2026-11-22/foreign.parquet"), foreign(None))
            .expect("written");
    });
    check_repaired("were read", |place| {
        place.in_catalog("update objects set parsed = parsed + 1 where key like '%/2.log'");
    });
    check_repaired("is not in the catalog", |place| {
        let file = place.file("business");
        place.in_catalog(&format!("delete from files where path = '{file}'"));
    });
}

/// A Parquet file without our footer, or with a footer of that format version.
fn foreign(version: Option<u32>) -> Vec<u8> {
    use parquet::file::metadata::KeyValue;
    let ts = arrow::array::TimestampMicrosecondArray::from(vec![1, 2]).with_timezone("UTC");
    let batch = arrow::array::RecordBatch::try_from_iter([("ts", Arc::new(ts) as arrow::array::ArrayRef)])
        .expect("a batch");
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    if let Some(version) = version {
        for (key, value) in [("headwater.version", version.to_string()), ("headwater.objects", "[]".into())] {
            writer.append_key_value_metadata(KeyValue::new(key.into(), value));
        }
    }
    writer.into_inner().expect("written")
}

#[test]
fn files_of_a_later_version_are_reported_and_never_removed() {
    let place = some_lake();
    let path = place.lake.root.join("audit/date=2026-11-22/later.parquet");
    fs::write(&path, foreign(Some(99))).expect("written");
    let verdict = place.verify();
    assert!(verdict.strays[0].why.contains("format 99"), "{verdict:?}");
    let error = repair(&place.lake, &mut place.catalog(), &verdict).expect_err("refused").to_string();
    assert!(error.contains("later.parquet") && error.contains("hint:"), "{error}");
    drop_catalog(&place);
    rebuild(&place.lake).expect_err("refused");
    assert!(path.exists() && place.lake.lacks_catalog(), "nothing was changed");
}

fn drop_catalog(place: &Place) {
    for name in ["catalog.db", "catalog.db-wal", "catalog.db-shm"] {
        let _ = fs::remove_file(place.lake.root.join(name));
    }
}

/// Deletes the catalog after `before`, and checks that the rebuilt lake is the same.
#[track_caller]
fn check_rebuilt(before: impl Fn(&Place)) {
    let place = some_lake();
    before(&place);
    let rows = place.rows();
    let objects = place.objects();
    drop_catalog(&place);
    for refused in [Lake::open(&place.lake.root), Lake::create(&place.lake.root)] {
        let error = refused.expect_err("a lake without catalog").to_string();
        assert!(error.contains("verify --repair"), "{error}");
    }
    let repaired = rebuild(&place.lake).expect("rebuilt");
    assert_eq!((repaired.lost, repaired.left), (Vec::new(), Vec::new()));
    place.check_rows_and_objects(&rows, &objects);
    let again = place.ingest().expect("read");
    assert_eq!((again.objects.len(), again.unchanged), (0, objects.len() as u64));
    place.check_sound(&rows);
}

#[test]
fn a_lost_catalog_is_rebuilt_from_the_files() {
    check_rebuilt(|_| ());
    // the files that were merged are still on disk
    check_rebuilt(|place| assert!(place.compact().expect("merged") > 0));
    check_rebuilt(|place| {
        place.compact().expect("merged");
        place.put("business/1.log", &text("2026-11-22", 7, 60, 10));
        place.ingest().expect("read");
    });
}

#[test]
fn an_object_that_lost_rows_with_the_catalog_is_read_again() {
    let place = some_lake();
    let rows = place.rows();
    // the object's rows of the next day are in another file
    place.put("business/both.log", &(text("2026-11-22", 86_300, 1, 50) + &text("2026-11-23", 0, 1, 50)));
    place.ingest().expect("read");
    let whole = place.rows();
    assert_eq!(whole.len(), rows.len() + 100);
    let both = place.catalog().files_of_day("business", "2026-11-23").expect("files");
    let file = both.iter().find(|file| {
        file.rows == 50 && file.min_ts % 1_000_000 == 0 && {
            place.rows_in(&file.path).iter().any(|row| row.contains("both.log"))
        }
    });
    fs::remove_file(place.lake.root.join(&file.expect("its file").path)).expect("removed");
    drop_catalog(&place);
    let repaired = rebuild(&place.lake).expect("rebuilt");
    assert_eq!(repaired.lost.len(), 1, "{repaired:?}");
    assert!(repaired.lost[0].name.ends_with("both.log"));
    place.ingest().expect("read");
    place.check_sound(&whole);
}
