//! A bucket and a lake in a temporary folder, and lines to fill them with.

use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::util::display::array_value_to_string;
use headwater::cancel::Cancel;
use headwater::config::Config;
use headwater::ingest::{Batch, Ingested, Options, Progress};
use headwater::lake::Lake;
use headwater::lake::catalog::{Catalog, ObjectEntry};
use headwater::lake::commit;
use headwater::lake::compact::{compact, due};
use headwater::lake::repair::{Repaired, repair};
use headwater::lake::verify::{Verification, VerifyOptions, unknown, verify};
use headwater::source::{Source, Wanted};
use model::error::Result;
use model::time::Ts;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A time after the commits of a test, before their replaced files are due for removal.
pub fn now() -> Ts {
    Ts(chrono::Utc::now().timestamp_micros())
}

/// A bucket and a lake in a temporary folder.
pub struct Place {
    dir: tempfile::TempDir,
    /// The lake.
    pub lake: Lake,
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let lake = Lake::create(&dir.path().join("lake")).expect("a lake");
        Self { dir, lake }
    }

    pub fn bucket(&self) -> PathBuf {
        self.dir.path().join("bucket")
    }

    pub fn put(&self, key: &str, text: &str) {
        let path = self.bucket().join(key);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }

    pub fn catalog(&self) -> Catalog {
        Catalog::open(&self.lake.catalog_path()).expect("a catalog")
    }

    /// Ingests the new objects of the bucket in one commit.
    pub fn ingest(&self) -> Result<Ingested> {
        let mut catalog = Catalog::open(&self.lake.catalog_path())?;
        commit::sweep(&self.lake, &catalog, now())?;
        let source = Source::folder(&self.bucket());
        let (listed, _) = source.list(&Wanted::default())?;
        let config = Config { cluster: "c1".into(), ..Config::default() };
        let options = Options { threads: 1, ..Options::of(&config, Ts(0), &Cancel::default())? };
        headwater::ingest::ingest(
            &self.lake,
            &mut catalog,
            Batch { source: &source, objects: &listed },
            &options,
            &Progress::default(),
        )
    }

    pub fn compact(&self) -> Result<usize> {
        let mut catalog = self.catalog();
        let due = due(&catalog, None)?;
        for (table, date) in &due {
            compact(&self.lake, &mut catalog, table, date, &Cancel::default())?;
        }
        Ok(due.len())
    }

    pub fn verify(&self) -> Verification {
        let catalog = self.catalog();
        let unknown = unknown(&self.lake, &catalog).expect("listed");
        verify(&self.lake, &catalog, VerifyOptions { unknown, deep: true }, &|_| ()).expect("verified")
    }

    pub fn repair(&self) -> Repaired {
        let repaired = repair(&self.lake, &mut self.catalog(), &self.verify()).expect("repaired");
        commit::sweep(&self.lake, &self.catalog(), now()).expect("swept");
        repaired
    }

    /// Returns every object, sorted by key.
    pub fn objects(&self) -> Vec<ObjectEntry> {
        let mut objects = Vec::new();
        let mut add = |object, _| {
            objects.push(object);
            Ok(true)
        };
        self.catalog().each_object("", &mut add).expect("objects");
        objects
    }

    /// Returns every live row as text, sorted; those of the topology change when files are put together.
    pub fn rows(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for file in self.catalog().live_files().expect("files") {
            if file.table == "topology" {
                continue;
            }
            rows.extend(
                rows_of(&self.lake.root.join(&file.path)).into_iter().map(|row| file.table.clone() + &row),
            );
        }
        rows.sort();
        rows
    }

    /// Runs a statement in the catalog without the program.
    pub fn in_catalog(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.lake.catalog_path()).expect("opened");
        connection.execute_batch(&format!("pragma foreign_keys = on; {sql}")).expect("done");
    }

    /// Returns the first live file of a table.
    pub fn file(&self, table: &str) -> String {
        let files = self.catalog().live_files().expect("files");
        files.into_iter().find(|file| file.table == table).expect("a file").path
    }

    /// Checks that exactly these rows are live and nothing is wrong.
    #[track_caller]
    pub fn check_sound(&self, expected: &[String]) {
        self.check_rows(expected);
        let verdict = self.verify();
        assert_eq!(verdict.faults().collect::<Vec<_>>(), Vec::<&_>::new());
    }

    #[track_caller]
    pub fn check_rows(&self, expected: &[String]) {
        let rows = self.rows();
        let difference = rows.iter().zip(expected).find(|(a, b)| a != b);
        assert_eq!((rows.len(), difference), (expected.len(), None));
    }

    #[track_caller]
    pub fn check_rows_and_objects(&self, rows: &[String], objects: &[ObjectEntry]) {
        self.check_rows(rows);
        assert_eq!(self.objects(), objects);
    }

    pub fn rows_in(&self, path: &str) -> Vec<String> {
        rows_of(&self.lake.root.join(path))
    }

    /// Copies bucket and lake with file times, since etags contain them.
    pub fn copy(&self) -> Self {
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

    /// Checks that exactly these rows are live; there may be leftover files.
    #[track_caller]
    pub fn check_live(&self, rows: &[String]) {
        self.check_rows(rows);
        assert_eq!(self.verify().damaged, Vec::new());
    }
}

pub fn rows_of(path: &Path) -> Vec<String> {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("exists")).expect("Parquet");
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
pub fn text(date: &str, from: usize, step: usize, count: usize) -> String {
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
pub fn audit(hour: usize, count: usize) -> String {
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

/// A lake with audit and business rows of one day and some of the next: six commits that overlap in time.
pub fn some_lake() -> Place {
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
    assert!(!place.rows_in(&place.file("topology")).is_empty(), "the lake has edges");
    place
}
