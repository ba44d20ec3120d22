//! Compaction, replacement and expiry: no row is lost, none comes back.

use crate::lake::place::{Place, now, some_lake, text};
use headwater::lake::catalog::{FileEntry, ObjectState};
use headwater::lake::commit;
use headwater::lake::commit::GRACE_S;
use headwater::lake::compact::groups;
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
    assert_eq!(place.rows(), fresh.rows());
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
    let next: Vec<String> = place.rows().into_iter().filter(|row| row.contains("next.log")).collect();
    assert_eq!(next.len(), 50);
    place.catalog().expire("2026-11-23").expect("expired");
    place.check_sound(&next);
    let again = place.ingest().expect("read");
    assert_eq!((again.objects.len(), again.unchanged), (0, 13));
    place.check_sound(&next);
    commit::sweep(&place.lake, &place.catalog(), now().plus_s(GRACE_S + 60)).expect("swept");
    let left = place.lake.files_on_disk();
    assert_eq!(left.iter().filter(|path| !path.starts_with("topology/")).count(), 1, "{left:?}");
    place.check_sound(&next);
    let expired = place.objects().into_iter().filter(|object| object.state == ObjectState::Expired);
    assert_eq!(expired.count(), 12);
}

/// Returns the entry of a file of a day with times in seconds.
fn file(number: usize, times: (usize, usize), rows: u64, bytes: u64) -> FileEntry {
    FileEntry {
        path: format!("business/date=2026-11-22/part-{number:06}-0000.parquet"),
        table: "business".into(),
        date: "2026-11-22".into(),
        rows,
        bytes,
        min_ts: times.0 as i64 * 1_000_000,
        max_ts: times.1 as i64 * 1_000_000,
        hash: String::new(),
        objects: Vec::new(),
    }
}

/// Merges the groups of files as a merge would, until none is left; returns the number of passes and the files.
#[track_caller]
fn passes(mut files: Vec<FileEntry>) -> (usize, Vec<FileEntry>) {
    for pass in 0.. {
        files.sort_by_key(|file| (file.min_ts, file.max_ts));
        let groups = groups(&files);
        if groups.is_empty() {
            return (pass, files);
        }
        assert!(pass < 10, "it ends");
        for group in groups {
            let merged = FileEntry {
                rows: group.iter().map(|file| file.rows).sum(),
                bytes: group.iter().map(|file| file.bytes).sum(),
                max_ts: group.iter().map(|file| file.max_ts).max().expect("a file"),
                ..group[0].clone()
            };
            files.retain(|file| group.iter().all(|other| other.path != file.path));
            files.push(merged);
        }
    }
    unreachable!("the passes end")
}

#[test]
fn many_files_are_chosen_in_few_passes() {
    // every file of a chunk overlaps with the others, as those of many pods
    let overlapping: Vec<FileEntry> = (0..4000).map(|n| file(n, (n % 60, 3000 + n), 10, 1000)).collect();
    let groups_of_first = groups(&{
        let mut sorted = overlapping.clone();
        sorted.sort_by_key(|file| (file.min_ts, file.max_ts));
        sorted
    });
    assert!(groups_of_first.iter().all(|group| group.len() <= 16), "files that are open at once");
    let (count, left) = passes(overlapping);
    assert_eq!((count, left.len()), (3, 1));
    // files that follow each other are read one after the other
    let (count, left) = passes((0..4000).map(|n| file(n, (n * 2, n * 2 + 1), 10, 1000)).collect());
    assert_eq!((count, left.len()), (1, 1));
    // large files stay: two do not fit into one
    let large = (0..10).map(|n| file(n, (n * 10, n * 10 + 5), 1000, 200 << 20));
    assert_eq!(passes(large.collect()).1.len(), 10);
    let choice = groups(&(0..40_000).map(|n| file(n, (n, 50_000), 10, 1000)).collect::<Vec<_>>());
    assert_eq!(choice.len(), 2500);
}

#[test]
fn rows_of_many_megabytes_are_merged_by_bytes() {
    let place = Place::new();
    // 2.4 GiB of responses to list requests in three commits: more than the offsets of an Arrow array reach
    let item = r#"{"metadata":{"name":"cm","namespace":"shop"},"data":{"k":"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"}},"#;
    let items = item.repeat((15 << 20) / item.len());
    for part in 0..3 {
        for n in 0..54 {
            let at = format!("2026-11-22T04:{n:02}:0{part}.000000Z");
            let line = format!(
                r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"{part}-{n}","stage":"ResponseComplete","requestURI":"/api/v1/pods","verb":"list","user":{{"username":"dev@example.com"}},"objectRef":{{"resource":"pods","apiVersion":"v1"}},"responseStatus":{{"metadata":{{}},"code":200}},"responseObject":{{"kind":"PodList","items":[{}{{}}]}},"requestReceivedTimestamp":"{at}","stageTimestamp":"{at}"}}"#,
                items
            );
            place.put(&format!("audit/{part}-{n}.jsonl"), &(line + "\n"));
        }
        place.ingest().expect("read");
        fs::remove_dir_all(place.bucket().join("audit")).expect("removed");
    }
    let before = place.catalog().totals().expect("totals");
    place.compact().expect("merged");
    let files = place.catalog().files_of_day("audit", "2026-11-22").expect("files");
    assert_eq!((files.len(), files[0].rows), (1, 162), "{before:?}");
    assert_eq!(place.verify().faults().count(), 0);
}
