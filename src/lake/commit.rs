//! From gathered rows to live files. The order is the promise: files under temporary names,
//! synced; renamed; folders synced; then ONE catalog transaction with the objects they came from.
//! A kill before it leaves orphans that the next writer removes; after it, everything counts.

use super::rows::{Rows, SourceObject};
use super::{Lake, parquet, topology};
use crate::catalog::{Catalog, FileEntry, ObjectEntry};
use crate::error::{Error, Result};
use crate::format::reader::Row;
use crate::table::Table;
use crate::window::Ts;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::TimestampMicrosecondType;
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Rows and objects on their way to one commit.
pub struct Draft {
    lake: Lake,
    zone: Tz,
    /// Names this draft's files: a hash of its first object.
    name: String,
    rows: BTreeMap<(Table, String), Rows>,
    edges: topology::Edges,
    parts: Vec<(PathBuf, FileEntry)>,
    /// Objects with rows in this draft.
    started: BTreeSet<String>,
    /// Objects read to their end.
    pub done: Vec<ObjectEntry>,
    /// About how many bytes are gathered.
    pub bytes: usize,
    day: (i64, i64, String),
}

impl Draft {
    /// Returns an empty draft. Its files are called after `name`, which no other draft may have.
    pub fn new(lake: &Lake, zone: Tz, name: String) -> Self {
        Self {
            lake: lake.clone(),
            zone,
            name,
            rows: BTreeMap::new(),
            edges: topology::Edges::new(),
            parts: Vec::new(),
            started: BTreeSet::new(),
            done: Vec::new(),
            bytes: 0,
            day: (0, 0, String::new()),
        }
    }

    /// Adds a record of `object`.
    pub fn push(&mut self, row: Row<'_>, object: &SourceObject) {
        topology::observe(&row, &object.id, &object.cluster, &mut self.edges);
        if !self.started.contains(&object.id) {
            self.started.insert(object.id.clone());
        }
        let date = self.date_of(row.ts);
        let rows = self.rows.entry((row.table, date)).or_insert_with_key(|(table, _)| Rows::new(*table));
        let before = rows.bytes;
        rows.push(row, object);
        self.bytes += rows.bytes - before;
    }

    /// Returns the local day of `ts`; neighbours in time share the answer of the last one.
    fn date_of(&mut self, ts: i64) -> String {
        let (from, to, _) = self.day;
        if ts < from || ts >= to {
            let date = Ts(ts).date(self.zone);
            let window = crate::window::Window::day(date, self.zone);
            self.day = (window.from.0, window.to.0, date.to_string());
        }
        self.day.2.clone()
    }

    /// Tells whether some of it was written already.
    pub fn has_parts(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Writes what is gathered to files under temporary names.
    pub fn spill(&mut self) -> Result<()> {
        for ((table, date), mut rows) in std::mem::take(&mut self.rows) {
            let batch = rows
                .take()
                .map_err(|error| Error::bug("rows of the table contract do not fit it").because(error))?;
            self.write(table.name(), Some(table), &date, &batch)?;
        }
        let edges = std::mem::take(&mut self.edges);
        let mut by_day: BTreeMap<String, topology::Edges> = BTreeMap::new();
        for (edge, seen) in edges {
            let date = self.date_of(seen.0);
            by_day.entry(date).or_default().insert(edge, seen);
        }
        for (date, edges) in by_day {
            let batch = topology::batch(&edges)
                .map_err(|error| Error::bug("edges do not fit the topology").because(error))?;
            self.write("topology", None, &date, &batch)?;
        }
        self.bytes = 0;
        Ok(())
    }

    fn write(&mut self, name: &str, table: Option<Table>, date: &str, batch: &RecordBatch) -> Result<()> {
        let file = format!("part-{}-{:04}.parquet", self.name, self.parts.len());
        let objects: Vec<String> = self.started.iter().cloned().collect();
        let part = write_part(&self.lake, name, table, date, &file, batch, objects)?;
        self.parts.extend(part);
        Ok(())
    }

    /// Makes everything live; `replaced` objects lose the rows of their earlier content.
    pub fn commit(mut self, catalog: &mut Catalog, replaced: &[ObjectEntry]) -> Result<()> {
        self.spill()?;
        let mut gone = Vec::new();
        for object in replaced {
            self.rewrite_without(catalog, object, &mut gone)?;
        }
        publish(&self.lake, &self.parts)?;
        let files: Vec<FileEntry> = self.parts.into_iter().map(|(_, entry)| entry).collect();
        catalog.commit(&self.done, &files, &gone)?;
        for path in gone {
            // the catalog forgot it: whether it still lies there changes nothing
            let _ = fs::remove_file(self.lake.root.join(path));
        }
        Ok(())
    }

    /// Writes the files that hold rows of `object` anew without them.
    fn rewrite_without(
        &mut self,
        catalog: &Catalog,
        object: &ObjectEntry,
        gone: &mut Vec<String>,
    ) -> Result<()> {
        for file in catalog.files_of_object(&object.id)? {
            if gone.contains(&file.path) {
                continue;
            }
            let table = Table::of(&file.table);
            let batch = read_without(&self.lake.root.join(&file.path), &object.id).map_err(|error| {
                Error::failed("a file of the lake cannot be read").at(file.path.clone()).because(error)
            })?;
            if batch.num_rows() > 0 {
                let stem = file.path.rsplit('/').next().unwrap_or(&file.path).trim_end_matches(".parquet");
                let name = format!("{stem}-{}.parquet", self.name);
                let objects = file.objects.iter().filter(|id| **id != object.id).cloned().collect();
                let part = write_part(&self.lake, &file.table, table, &file.date, &name, &batch, objects)?;
                self.parts.extend(part);
            }
            gone.push(file.path);
        }
        Ok(())
    }
}

/// Reads a file's rows but for those of one object.
fn read_without(
    path: &Path,
    object: &str,
) -> std::result::Result<RecordBatch, Box<dyn std::error::Error + Send + Sync>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?;
    let schema = reader.schema().clone();
    let prefix = format!("{object}:");
    let mut kept = Vec::new();
    for batch in reader.build()? {
        let batch = batch?;
        let ids = batch.column_by_name("row_id").ok_or("it has no row_id")?.as_string::<i32>();
        let mask: BooleanArray = (0..ids.len()).map(|i| Some(!ids.value(i).starts_with(&prefix))).collect();
        kept.push(filter_record_batch(&batch, &mask)?);
    }
    Ok(concat_batches(&schema, &kept)?)
}

fn write_part(
    lake: &Lake,
    name: &str,
    table: Option<Table>,
    date: &str,
    file: &str,
    batch: &RecordBatch,
    objects: Vec<String>,
) -> Result<Option<(PathBuf, FileEntry)>> {
    if batch.num_rows() == 0 {
        return Ok(None);
    }
    let folder = lake.root.join(name).join(format!("date={date}"));
    let temporary = folder.join(format!(".{file}.tmp"));
    let at = |error: Box<dyn std::error::Error + Send + Sync>| {
        Error::failed("a file of the lake cannot be written")
            .at(temporary.display().to_string())
            .because(error)
            .hint("is the disk full? what was committed before is untouched; run the same again")
    };
    fs::create_dir_all(&folder).map_err(|error| at(error.into()))?;
    let target = File::create(&temporary).map_err(|error| at(error.into()))?;
    let footer = serde_json::to_string(&objects).unwrap_or_default();
    let target = parquet::write(target, table, batch, footer).map_err(|error| at(error.into()))?;
    target.sync_all().map_err(|error| at(error.into()))?;
    let bytes = target.metadata().map_err(|error| at(error.into()))?.len();
    let ts = batch.column(0).as_primitive::<TimestampMicrosecondType>();
    let last = ts.len() - 1;
    let entry = FileEntry {
        path: format!("{name}/date={date}/{file}"),
        table: name.to_owned(),
        date: date.to_owned(),
        rows: batch.num_rows() as u64,
        bytes,
        min_ts: ts.value(0),
        max_ts: ts.value(last),
        objects,
    };
    Ok(Some((temporary, entry)))
}

/// Gives files their final names and makes that durable.
fn publish(lake: &Lake, parts: &[(PathBuf, FileEntry)]) -> Result<()> {
    let mut folders = BTreeSet::new();
    for (temporary, entry) in parts {
        let path = lake.root.join(&entry.path);
        fs::rename(temporary, &path).map_err(|error| {
            Error::failed("a file of the lake cannot be renamed").at(entry.path.clone()).because(error)
        })?;
        // a new day means a new folder: its own entry must last as well
        for folder in path.ancestors().skip(1).take(3) {
            folders.insert(folder.to_owned());
        }
    }
    for folder in folders {
        File::open(&folder).and_then(|folder| folder.sync_all()).map_err(|error| {
            Error::failed("a folder of the lake cannot be synced")
                .at(folder.display().to_string())
                .because(error)
        })?;
    }
    Ok(())
}

/// Removes what an interrupted writer left: temporary files, and files that never became live.
/// Returns how many. Only the holder of the write lock may call it.
pub fn sweep(lake: &Lake, catalog: &Catalog) -> Result<u64> {
    let live: BTreeSet<PathBuf> =
        catalog.file_paths()?.into_iter().map(|path| lake.root.join(path)).collect();
    let mut removed = 0;
    for name in Table::ALL.map(Table::name).into_iter().chain(["topology"]) {
        let Ok(days) = fs::read_dir(lake.root.join(name)) else { continue };
        for day in days.flatten() {
            let Ok(files) = fs::read_dir(day.path()) else { continue };
            for file in files.flatten() {
                let path = file.path();
                let ours = path.extension().is_some_and(|e| e == "parquet" || e == "tmp");
                if ours && !live.contains(&path) && fs::remove_file(&path).is_ok() {
                    removed += 1;
                }
            }
        }
    }
    Ok(removed)
}
