//! Compaction, replacement and expiry: no row is lost, none comes back.

use crate::lake::place::{Place, now, some_lake, text};
use headwater::lake::catalog::ObjectState;
use headwater::lake::commit;
use headwater::lake::commit::GRACE_S;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fmt::Write;
use std::fs::{self, File};

#[test]
fn compaction_keeps_every_row_and_the_files_of_running_queries() {
    let place = some_lake();
    let rows = place.rows();
    let before = place.catalog().live_files().expect("files");
    assert_eq!(place.compact().expect("merged"), 3, "audit, business and topology of one day");
    place.check_sound(&rows);
    let files = place.catalog().live_files().expect("files");
    assert_eq!(files.len(), 4);
    for file in &files {
        let like = before.iter().find(|old| old.table == file.table).expect("a file of the table");
        assert_eq!(layout(&place, &file.path), layout(&place, &like.path), "{}", file.table);
    }
    assert_eq!(place.compact().expect("nothing to merge"), 0);
    // a query that listed the files before can still read them
    commit::sweep(&place.lake, &place.catalog(), now()).expect("swept");
    let exists = |path: &str| place.lake.root.join(path).exists();
    assert!(before.iter().all(|file| exists(&file.path)), "an hour has not passed");
    let removed = commit::sweep(&place.lake, &place.catalog(), now().plus_s(GRACE_S + 60)).expect("swept");
    assert_eq!(removed as usize, before.len() - 1, "the file of the next day was not merged");
    assert!(files.iter().all(|file| exists(&file.path)));
    assert_eq!(place.catalog().removed(i64::MAX).expect("read"), Vec::<String>::new());
    place.check_sound(&rows);
    let again = place.ingest().expect("read");
    assert_eq!((again.objects.len(), again.unchanged), (0, 13));
}

/// Returns the columns of a file as another engine sees them, each with true if it has a bloom filter.
fn layout(place: &Place, path: &str) -> Vec<(String, bool)> {
    let file = File::open(place.lake.root.join(path)).expect("exists");
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    let columns = builder.metadata().row_group(0).columns().iter();
    columns.map(|c| (format!("{:?}", c.column_descr()), c.bloom_filter_offset().is_some())).collect()
}

#[test]
fn compaction_of_more_files_than_can_be_open() {
    let place = Place::new();
    for part in 0..40 {
        place.put(&format!("business/{part:02}.log"), &text("2026-11-22", part, 80, 1000));
        place.ingest().expect("read");
    }
    let rows = place.rows();
    place.compact().expect("merged");
    place.check_sound(&rows);
    assert_eq!(place.catalog().live_files().expect("files").len(), 1);
}

#[test]
fn compaction_splits_a_large_day() {
    let place = Place::new();
    for part in 0..2 {
        let mut lines = String::new();
        for n in 0..600_000 {
            let s = n / 8;
            writeln!(
                lines,
                "2026-11-22 {:02}:{:02}:{:02},00{part} INFO [main] a.B - ok",
                s / 3600,
                s / 60 % 60,
                s % 60
            )
            .expect("written");
        }
        place.put(&format!("business/{part}.log"), &lines);
    }
    place.ingest().expect("read");
    place.compact().expect("merged");
    let files = place.catalog().files_of_day("business", "2026-11-22").expect("files");
    assert_eq!(files.iter().map(|file| file.rows).collect::<Vec<_>>(), [1 << 20, 1_200_000 - (1 << 20)]);
    assert_eq!(place.verify().faults().count(), 0);
    assert_eq!(place.compact().expect("nothing to merge"), 0);
}

#[test]
fn changed_objects_of_one_file_are_all_replaced() {
    let place = some_lake();
    place.compact().expect("merged");
    // two objects of one file, in one commit
    place.put("business/1.log", &text("2026-11-22", 7, 60, 10));
    place.put("business/4.log", &text("2026-11-22", 9, 60, 20));
    place.ingest().expect("read");
    let fresh = Place::new();
    fs::rename(place.bucket(), fresh.bucket()).expect("moved");
    fresh.ingest().expect("read");
    // a relation is stored once per commit, so a lake read in one commit has fewer
    let logged = |place: &Place| -> Vec<String> {
        place.rows().into_iter().filter(|row| !row.starts_with("topology")).collect()
    };
    assert_eq!(logged(&place), logged(&fresh));
    place.check_sound(&place.rows());
}

#[test]
fn leftovers_of_a_killed_writer_are_removed() {
    let place = some_lake();
    let rows = place.rows();
    let day = place.lake.root.join("audit/date=2026-11-22");
    fs::write(day.join(".part-x-0000.parquet.tmp"), "half").expect("written");
    fs::copy(place.lake.root.join(place.file("audit")), day.join("part-x-0001.parquet")).expect("copied");
    assert_eq!(place.verify().strays.len(), 2);
    assert_eq!(commit::sweep(&place.lake, &place.catalog(), now()).expect("swept"), 2);
    place.check_sound(&rows);
}

#[test]
fn expired_days_are_removed_and_not_read_again() {
    let place = some_lake();
    // relations are stored once and are valid on later days
    let is_kept = |row: &String| row.contains("next.log") || row.starts_with("topology");
    let next: Vec<String> = place.rows().into_iter().filter(is_kept).collect();
    assert!(next.len() > 50 && next.iter().filter(|row| row.contains("next.log")).count() == 50);
    place.catalog().expire("2026-11-23").expect("expired");
    place.check_sound(&next);
    let again = place.ingest().expect("read");
    assert_eq!((again.objects.len(), again.unchanged), (0, 13));
    place.check_sound(&next);
    commit::sweep(&place.lake, &place.catalog(), now().plus_s(GRACE_S + 60)).expect("swept");
    let left = place.lake.files_on_disk();
    assert_eq!(left.iter().filter(|path| !path.starts_with("topology/")).count(), 1, "{left:?}");
    place.check_sound(&next);
    assert_eq!(place.catalog().objects(Some(ObjectState::Expired)).expect("objects").len(), 12);
}
