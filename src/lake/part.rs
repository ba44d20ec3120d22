//! One file while it is written: under a temporary name, synced, then renamed with the others of its
//! commit. It becomes live in the catalog, not here.

use crate::lake::Lake;
use crate::lake::catalog::{FileEntry, ObjectEntry};
use crate::lake::disk::Target;
use crate::lake::parquet;
use crate::lake::parquet::{Merged, Origin};
use ::parquet::arrow::ArrowWriter;
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{SchemaRef, TimestampMicrosecondType};
use model::error::{Error, Result};
use model::table::Table;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Bytes of texts that are written at once: a page of large rows has this many and not a thousand times as many.
const PAGE_BYTES: u64 = 16 << 20;

/// A file that is being written.
pub struct Part {
    temporary: PathBuf,
    writer: ArrowWriter<Target>,
    entry: FileEntry,
    objects: BTreeSet<String>,
}

/// A written file: its temporary path, and its future entry in the catalog.
pub type Written = (PathBuf, FileEntry);

/// What goes into the footer of a file.
#[derive(Clone, Debug, Default)]
pub struct Ending {
    /// The objects whose entries are known, by id.
    pub known: BTreeMap<String, ObjectEntry>,
    /// The files that it replaces.
    pub merged: Option<Merged>,
}

fn failed(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::failed("cannot write a file of the lake")
        .at(path.display().to_string())
        .because(error)
        .hint("is the disk full? earlier commits are not affected; run the command again")
}

impl Part {
    /// Creates a file of a table's day with the first free name `<stem>-<n>`. A name is never reused
    /// while a file has it, since a query may still read that file.
    pub fn create(lake: &Lake, table: &str, date: &str, stem: &str, schema: SchemaRef) -> Result<Self> {
        let folder = lake.root.join(table).join(format!("date={date}"));
        lake.disk.create_folder(&folder).map_err(|error| failed(&folder, error))?;
        let hidden = |file: &str| folder.join(format!(".{file}.tmp"));
        let file = (0u32..)
            .map(|n| format!("{stem}-{n:04}.parquet"))
            .find(|file| !folder.join(file).exists() && !hidden(file).exists())
            .unwrap_or_else(|| format!("{stem}.parquet"));
        let temporary = hidden(&file);
        let target = lake.disk.create(&temporary).map_err(|error| failed(&temporary, error))?;
        let writer =
            parquet::writer(target, Table::of(table), schema).map_err(|error| failed(&temporary, error))?;
        let entry = FileEntry {
            path: format!("{table}/date={date}/{file}"),
            table: table.to_owned(),
            date: date.to_owned(),
            rows: 0,
            bytes: 0,
            min_ts: i64::MAX,
            max_ts: i64::MIN,
            hash: String::new(),
            objects: Vec::new(),
        };
        Ok(Self { temporary, writer, entry, objects: BTreeSet::new() })
    }

    /// Returns the rows written so far.
    pub fn rows(&self) -> u64 {
        self.entry.rows
    }

    /// Returns the bytes in the file so far, without those of the last row group.
    pub fn bytes_written(&self) -> u64 {
        self.writer.bytes_written() as u64
    }

    /// Adds rows. They are sorted by `ts` and not earlier than the rows before.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        // the writer ends a page only between two calls or after a thousand rows
        let rows = batch.num_rows();
        if rows > 1 && text_bytes(batch) > PAGE_BYTES {
            self.write(&batch.slice(0, rows / 2))?;
            return self.write(&batch.slice(rows / 2, rows - rows / 2));
        }
        self.writer.write(batch).map_err(|error| failed(&self.temporary, error))?;
        let ts = batch.column(0).as_primitive::<TimestampMicrosecondType>().values();
        self.entry.rows += batch.num_rows() as u64;
        self.entry.min_ts = self.entry.min_ts.min(ts.first().copied().unwrap_or(i64::MAX));
        self.entry.max_ts = self.entry.max_ts.max(ts.last().copied().unwrap_or(i64::MIN));
        let mut last = "";
        for id in object_ids(batch) {
            if id != last && !self.objects.contains(id) {
                self.objects.insert(id.to_owned());
            }
            last = id;
        }
        Ok(())
    }

    /// Writes the footer and syncs the file.
    pub fn finish(mut self, ending: &Ending) -> Result<Written> {
        let at = |error: Box<dyn std::error::Error + Send + Sync>| failed(&self.temporary, error);
        let origin = |id: &String| {
            ending.known.get(id).map_or_else(|| Origin::Id(id.clone()), |entry| Origin::Known(entry.clone()))
        };
        let origins: Vec<Origin> = self.objects.iter().map(origin).collect();
        let target = parquet::finish(self.writer, &origins, ending.merged.as_ref())
            .map_err(|error| at(error.into()))?;
        (self.entry.bytes, self.entry.hash) = target.sync().map_err(|error| at(error.into()))?;
        self.entry.objects = self.objects.into_iter().collect();
        Ok((self.temporary, self.entry))
    }
}

/// Returns the bytes of the texts of a batch; names that are stored once count nothing.
pub fn text_bytes(batch: &RecordBatch) -> u64 {
    let texts = batch.columns().iter().filter_map(|column| column.as_string_opt::<i32>());
    let bytes = texts.map(|texts| {
        let offsets = texts.value_offsets();
        offsets.last().zip(offsets.first()).map_or(0, |(last, first)| (last - first).unsigned_abs())
    });
    bytes.map(u64::from).sum()
}

/// Returns the object id of each row.
pub fn object_ids(batch: &RecordBatch) -> impl Iterator<Item = &str> {
    let ids = batch.column_by_name("row_id").and_then(|column| column.as_string_opt::<i32>());
    ids.into_iter().flatten().flatten().map(object_of)
}

/// Returns the object id in a row id.
pub fn object_of(row_id: &str) -> &str {
    row_id.split(':').next().unwrap_or(row_id)
}

/// Renames files to their final names and syncs their folders.
pub fn publish(lake: &Lake, parts: &[Written]) -> Result<()> {
    let mut folders = BTreeSet::new();
    for (temporary, entry) in parts {
        let path = lake.root.join(&entry.path);
        lake.disk.rename(temporary, &path).map_err(|error| {
            Error::failed("cannot rename a file of the lake").at(path.display().to_string()).because(error)
        })?;
        // the entry of a new day's folder must be synced as well
        for folder in path.ancestors().skip(1).take(3) {
            folders.insert(folder.to_owned());
        }
    }
    for folder in folders {
        lake.disk.sync_folder(&folder).map_err(|error| {
            Error::failed("cannot sync a folder of the lake").at(folder.display().to_string()).because(error)
        })?;
    }
    Ok(())
}
