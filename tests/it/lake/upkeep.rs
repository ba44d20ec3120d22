//! The upkeep of a lake: what compaction, expiry and repair must keep, what `verify` must see, and
//! what a full or failing disk leaves behind.

use crate::program::{json, number, run};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::util::display::array_value_to_string;
use headwater::cancel::Cancel;
use headwater::config::Config;
use headwater::ingest::{Ingested, Options, Progress};
use headwater::lake::Lake;
use headwater::lake::catalog::{Catalog, ObjectEntry};
use headwater::lake::commit;
use headwater::lake::commit::GRACE_S;
use headwater::lake::compact::{compact, due};
use headwater::lake::disk::Disk;
use headwater::lake::repair::{Repaired, rebuild, repair};
use headwater::lake::verify::{Look, Verdict, unknown, verify};
use headwater::source::Source;
use model::error::Result;
use model::time::Ts;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Some time after the commits of a test; the graces of what they took out have not passed.
fn now() -> Ts {
    Ts(chrono::Utc::now().timestamp_micros())
}

/// A bucket and a lake in a folder of their own.
struct Place {
    dir: tempfile::TempDir,
    lake: Lake,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let lake = Lake::create(&dir.path().join("lake")).expect("a lake");
        Self { dir, lake }
    }

    fn bucket(&self) -> PathBuf {
        self.dir.path().join("bucket")
    }

    fn put(&self, key: &str, text: &str) {
        let path = self.bucket().join(key);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }

    fn catalog(&self) -> Catalog {
        Catalog::open(&self.lake.catalog_path()).expect("a catalog")
    }

    /// Reads what is new in the bucket, one commit for all of it.
    fn ingest(&self) -> Result<Ingested> {
        let mut catalog = Catalog::open(&self.lake.catalog_path())?;
        commit::sweep(&self.lake, &catalog, now())?;
        let source = Source::folder(&self.bucket());
        let (listed, _) = source.list(&[])?;
        let config = Config { cluster: "c1".into(), ..Config::default() };
        let options = Options { threads: 1, ..Options::of(&config, Ts(0), &Cancel::default())? };
        headwater::ingest::ingest(&self.lake, &mut catalog, &source, &listed, &options, &Progress::default())
    }

    fn compact(&self) -> Result<usize> {
        let mut catalog = self.catalog();
        let due = due(&catalog, None)?;
        for (table, date) in &due {
            compact(&self.lake, &mut catalog, table, date)?;
        }
        Ok(due.len())
    }

    fn verify(&self) -> Verdict {
        let catalog = self.catalog();
        let unknown = unknown(&self.lake, &catalog).expect("listed");
        verify(&self.lake, &catalog, Look { unknown, deep: true }, &|_| ()).expect("looked at")
    }

    fn repair(&self) -> Repaired {
        let repaired = repair(&self.lake, &mut self.catalog(), &self.verify()).expect("mended");
        commit::sweep(&self.lake, &self.catalog(), now()).expect("swept");
        repaired
    }

    /// Returns every live row as text, sorted.
    fn rows(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for file in self.catalog().live_files().expect("files") {
            rows.extend(
                rows_of(&self.lake.root.join(&file.path)).into_iter().map(|row| file.table.clone() + &row),
            );
        }
        rows.sort();
        rows
    }

    /// Runs a statement in the catalog behind the program's back.
    fn in_catalog(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.lake.catalog_path()).expect("opened");
        connection.execute_batch(&format!("pragma foreign_keys = on; {sql}")).expect("done");
    }

    /// Returns the first live file of a table.
    fn file(&self, table: &str) -> String {
        let files = self.catalog().live_files().expect("files");
        files.into_iter().find(|file| file.table == table).expect("a file").path
    }

    /// Wants these live rows and nothing wrong.
    #[track_caller]
    fn check_sound(&self, expected: &[String]) {
        self.check_rows(expected);
        let verdict = self.verify();
        assert_eq!(verdict.faults().collect::<Vec<_>>(), Vec::<&_>::new());
    }

    #[track_caller]
    fn check_rows(&self, expected: &[String]) {
        let rows = self.rows();
        let unlike = rows.iter().zip(expected).find(|(a, b)| a != b);
        assert_eq!((rows.len(), unlike), (expected.len(), None));
    }
}

fn rows_of(path: &Path) -> Vec<String> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("there")).expect("Parquet");
    let mut rows = Vec::new();
    for batch in reader.build().expect("readable") {
        let batch = batch.expect("readable");
        for row in 0..batch.num_rows() {
            let mut text = String::new();
            for column in batch.columns() {
                let value = match column.data_type() {
                    DataType::Timestamp(..) => cast(column, &DataType::Int64).expect("a number"),
                    _ => column.clone(),
                };
                let value = array_value_to_string(&value, row).expect("text");
                write!(text, "|{value}").expect("written");
            }
            rows.push(text);
        }
    }
    rows
}

/// Log lines of a local day, one every `step` seconds from `from` seconds after midnight.
fn text(date: &str, from: usize, step: usize, count: usize) -> String {
    let mut lines = String::new();
    for n in 0..count {
        let s = from + n * step;
        let (hour, minute, second) = (s / 3600, s / 60 % 60, s % 60);
        writeln!(
            lines,
            "{date} {hour:02}:{minute:02}:{second:02},{:03} ERROR [main] a.B - number {n}",
            n % 1000
        )
        .expect("written");
    }
    lines
}

/// Audit lines of a local hour of 2026-11-22; each patches a Deployment that mounts a ConfigMap.
fn audit(hour: usize, count: usize) -> String {
    let utc = (hour + 16) % 24; // Shanghai is eight hours ahead
    let day = if hour < 8 { 21 } else { 22 };
    let mut lines = String::new();
    for n in 0..count {
        let at = format!("2026-11-{day}T{utc:02}:{:02}:{:02}.{:06}Z", n / 60 % 60, n % 60, n);
        let app = format!("app-{}", n % 7);
        let spec = format!(
            r#"{{"template":{{"spec":{{"containers":[{{"name":"c","envFrom":[{{"configMapRef":{{"name":"{app}-config"}}}}]}}]}}}}}}"#
        );
        writeln!(lines, r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"{hour:02}-{n:05}","stage":"ResponseComplete","requestURI":"/apis/apps/v1/namespaces/shop/deployments/{app}","verb":"patch","user":{{"username":"dev@example.com","groups":["dev","system:authenticated"]}},"sourceIPs":["10.8.0.4"],"userAgent":"kubectl/v1.30.4","objectRef":{{"resource":"deployments","namespace":"shop","name":"{app}","apiGroup":"apps","apiVersion":"v1"}},"responseStatus":{{"metadata":{{}},"code":200}},"requestObject":{{"spec":{spec}}},"responseObject":{{"kind":"Deployment","metadata":{{"name":"{app}","namespace":"shop"}},"spec":{spec}}},"requestReceivedTimestamp":"{at}","stageTimestamp":"{at}"}}"#)
            .expect("written");
    }
    lines
}

/// A lake of one day and a bit: audit and business, six commits that overlap in time.
fn some_lake() -> Place {
    let place = Place::new();
    for part in 0..6 {
        place.put(&format!("audit/{part}.jsonl"), &audit(part * 2, 300));
        place.put(&format!("business/{part}.log"), &text("2026-11-22", part * 600, 60, 200));
        if part == 5 {
            place.put("business/next.log", &text("2026-11-23", 0, 10, 50));
        }
        place.ingest().expect("read");
    }
    assert_eq!(place.rows().iter().filter(|row| row.starts_with("audit")).count(), 1800);
    assert!(place.rows().iter().any(|row| row.starts_with("topology")), "the lake has edges");
    place
}

#[test]
fn compaction_keeps_every_row_and_what_is_read_meanwhile() {
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
    // a reader that opened the list before goes on
    commit::sweep(&place.lake, &place.catalog(), now()).expect("swept");
    let there = |path: &str| place.lake.root.join(path).exists();
    assert!(before.iter().all(|file| there(&file.path)), "an hour has not passed");
    let removed = commit::sweep(&place.lake, &place.catalog(), now().plus_s(GRACE_S + 60)).expect("swept");
    assert_eq!(removed as usize, before.len() - 1, "the file of the next day was not merged");
    assert!(files.iter().all(|file| there(&file.path)));
    assert_eq!(place.catalog().removed(i64::MAX).expect("read"), Vec::<String>::new());
    place.check_sound(&rows);
    let again = place.ingest().expect("read");
    assert_eq!((again.objects.len(), again.unchanged), (0, 13));
}

/// Returns a file's columns as another engine sees them, each with whether a bloom filter helps.
fn layout(place: &Place, path: &str) -> Vec<(String, bool)> {
    let file = File::open(place.lake.root.join(path)).expect("there");
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    let columns = builder.metadata().row_group(0).columns().iter();
    columns.map(|c| (format!("{:?}", c.column_descr()), c.bloom_filter_offset().is_some())).collect()
}

#[test]
fn compaction_of_more_files_than_may_be_open() {
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
fn compaction_splits_what_is_too_large() {
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
    // edges are told once a commit, so a lake read in one holds fewer
    let logged = |place: &Place| -> Vec<String> {
        place.rows().into_iter().filter(|row| !row.starts_with("topology")).collect()
    };
    assert_eq!(logged(&place), logged(&fresh));
    place.check_sound(&place.rows());
}

#[test]
fn what_a_killed_writer_left_is_swept() {
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
fn expired_days_go_and_do_not_come_back() {
    let place = some_lake();
    // what hangs together is told once, and holds for later days
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
    assert_eq!(place.catalog().objects(Some("expired")).expect("objects").len(), 12);
}

/// Damages a lake and wants it seen; then mended, with all rows back after the next ingest.
#[track_caller]
fn check_mended(why: &str, damage: impl Fn(&Place)) {
    let place = some_lake();
    let rows = place.rows();
    place.check_sound(&rows);
    damage(&place);
    let faults: Vec<String> = place.verify().faults().map(|fault| fault.why.clone()).collect();
    assert!(faults.iter().any(|fault| fault.contains(why)), "`{why}` is seen: {faults:?}");
    place.repair();
    assert_eq!(place.verify().faults().collect::<Vec<_>>(), Vec::<&_>::new(), "{why}");
    place.ingest().expect("read");
    place.check_sound(&rows);
    commit::sweep(&place.lake, &place.catalog(), now().plus_s(GRACE_S + 60)).expect("swept");
    place.check_sound(&rows);
}

#[test]
fn damage_is_seen_and_mended() {
    let path = |place: &Place, table: &str| place.lake.root.join(place.file(table));
    check_mended("it is missing", |place| fs::remove_file(path(place, "audit")).expect("removed"));
    check_mended("bytes, and", |place| {
        let file = File::options().write(true).open(path(place, "business")).expect("opened");
        file.set_len(1000).expect("cut");
    });
    check_mended("it cannot be read", |place| {
        let path = path(place, "audit");
        let mut bytes = fs::read(&path).expect("read");
        let end = bytes.len() - 3;
        bytes[end] ^= 0xff; // the magic number at its end
        fs::write(path, bytes).expect("written");
    });
    check_mended("rows, and", |place| {
        let file = place.file("audit");
        place.in_catalog(&format!("update files set rows = rows + 1 where path = '{file}'"));
    });
    check_mended("first or last time", |place| {
        let file = place.file("topology");
        place.in_catalog(&format!("update files set max_ts = max_ts + 1 where path = '{file}'"));
    });
    check_mended("another program wrote it", |place| {
        fs::write(place.lake.root.join("audit/date=2026-11-22/foreign.parquet"), foreign(None))
            .expect("written");
    });
    check_mended("were read", |place| {
        place.in_catalog("update objects set parsed = parsed + 1 where key like '%/2.log'");
    });
    check_mended("is not in the catalog", |place| {
        let file = place.file("business");
        place.in_catalog(&format!("delete from files where path = '{file}'"));
    });
}

/// A Parquet file without a footer of ours, or one that calls itself of that format.
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
fn files_of_a_later_version_are_named_and_never_taken_for_leftovers() {
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

/// Loses the catalog after `before` was done, and wants the same lake back from its files.
#[track_caller]
fn check_rebuilt(before: impl Fn(&Place)) {
    let place = some_lake();
    before(&place);
    let rows = place.rows();
    let objects = place.catalog().objects(None).expect("objects");
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

impl Place {
    #[track_caller]
    fn check_rows_and_objects(&self, rows: &[String], objects: &[ObjectEntry]) {
        self.check_rows(rows);
        assert_eq!(self.catalog().objects(None).expect("objects"), objects);
    }
}

#[test]
fn a_lost_catalog_is_rebuilt_from_the_files() {
    check_rebuilt(|_| ());
    // what the merged files stand in for still lies on disk
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

impl Place {
    fn rows_in(&self, path: &str) -> Vec<String> {
        rows_of(&self.lake.root.join(path))
    }

    /// Copies bucket and lake, their times included: an etag tells a file's.
    fn copy(&self) -> Self {
        let copy = Self::new();
        let status = std::process::Command::new("cp")
            .arg("-a")
            .args([self.bucket(), self.lake.root.clone()])
            .arg(copy.dir.path())
            .status()
            .expect("cp starts");
        assert!(status.success());
        copy
    }
}

/// Lets each disk operation of `work` fail in turn, full and broken: each time the error names the
/// file, what was committed before is whole, and the same again does what it should.
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

/// Returns a disk whose operation number `failing` fails; `hit` learns which one that was.
fn failing_disk(failing: usize, code: i32, hit: &Hit) -> Disk {
    let (count, hit) = (AtomicUsize::new(0), hit.clone());
    Disk::gated(move |operation, path| {
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

impl Place {
    /// Wants these live rows; files that never went live may lie beside them.
    #[track_caller]
    fn check_live(&self, rows: &[String]) {
        self.check_rows(rows);
        assert_eq!(self.verify().damaged, Vec::new());
    }
}

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
    assert_eq!(run(&lake, &["lake", "expire"]).status.code(), Some(2), "it must be told what to keep");
    let would = json(&lake, &["lake", "expire", "--before", "2026-11-23", "--dry-run", "--json"]);
    assert_eq!(would["days"].as_array().map(Vec::len), Some(1), "audit; the topology stays");
    assert_eq!(ids(), 200);
    json(&lake, &["lake", "expire", "--before", "2026-11-23", "--json"]);
    assert_eq!(ids(), 0);
}
