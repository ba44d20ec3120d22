//! From collected rows to live files. The order guarantees atomicity: files are written under
//! temporary names and synced, renamed, their folders synced; then ONE catalog transaction adds them
//! with the objects they came from. A kill before the transaction leaves files that the next writer
//! removes; after it, all rows are live.

use crate::cancel::Cancel;
use crate::lake::catalog::{Catalog, FileEntry, ObjectEntry};
use crate::lake::merge::Inputs;
use crate::lake::part::{Ending, Part, Written, publish};
use crate::lake::rows::{Rows, SourceObject};
use crate::lake::{Lake, merge, topology, verify};
use arrow::array::RecordBatch;
use chrono_tz::Tz;
use format::reader::Row;
use model::error::{Error, Result};
use model::table::Table;
use model::time::Ts;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;

/// Seconds that a replaced file stays on disk: longer than any query that started before runs.
pub const GRACE_S: i64 = 3600;

/// Estimated bytes that the rows of a day take before there are any: a log with a date on each line of its
/// own has one collection a line.
const BUILDER_BYTES: usize = 512 << 10;

/// Estimated bytes of rows from which their collection is used again: smaller ones occur once for each date of a log.
const SPARE_BYTES: usize = 16 << 20;

/// The rows and objects of one commit before it.
pub struct Draft {
    lake: Lake,
    zone: Tz,
    /// Stem of the file names: a hash of the first object.
    name: String,
    /// The rows by table and begin of their local day, µs.
    rows: BTreeMap<(Table, i64), Rows>,
    edges: topology::Edges,
    parts: Vec<Written>,
    /// Objects with rows in this draft, by id; in state `open` until they are read to their end.
    started: BTreeMap<String, ObjectEntry>,
    /// Id of the object of the last record.
    last_object: String,
    /// Objects that were read to their end.
    pub done: Vec<ObjectEntry>,
    /// Estimated bytes of the collected rows.
    pub bytes: usize,
    /// The last local day: from, to, µs.
    day: (i64, i64),
}

impl Draft {
    /// Returns an empty draft. Its files are named after `name`, which must be unique.
    pub fn new(lake: &Lake, zone: Tz, name: String) -> Self {
        Self {
            lake: lake.clone(),
            zone,
            name,
            rows: BTreeMap::new(),
            edges: topology::Edges::new(),
            parts: Vec::new(),
            started: BTreeMap::new(),
            last_object: String::new(),
            done: Vec::new(),
            bytes: 0,
            day: (0, 0),
        }
    }

    /// Adds a record of `object`.
    pub fn push(&mut self, row: Row<'_>, object: &SourceObject) {
        topology::observe(&row, &object.id, &object.cluster, &mut self.edges);
        if self.last_object != object.id {
            self.last_object.clone_from(&object.id);
            self.started
                .entry(object.id.clone())
                .or_insert_with(|| ObjectEntry::open(&object.id, &object.key));
        }
        let day = self.day_of(row.ts);
        let count = self.rows.len();
        let rows = self.rows.entry((row.table, day)).or_insert_with_key(|(table, _)| Rows::new(*table));
        let before = rows.bytes;
        rows.push(row, object);
        self.bytes += rows.bytes - before;
        self.bytes += (self.rows.len() - count) * BUILDER_BYTES;
    }

    /// Returns the begin of the local day of `ts`; computed only when it differs from that of the last call.
    fn day_of(&mut self, ts: i64) -> i64 {
        let (from, to) = self.day;
        if ts < from || ts >= to {
            let date = Ts(ts).date(self.zone);
            let window = model::time::Window::day(date, self.zone);
            self.day = (window.from.0, window.to.0);
        }
        self.day.0
    }

    /// Returns the date of the local day that begins at `day`.
    fn date_of(&self, day: i64) -> String {
        Ts(day).date(self.zone).to_string()
    }

    /// Returns true if some of its rows are written to files already.
    pub fn has_parts(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Writes the collected rows to files under temporary names.
    pub fn spill(&mut self) -> Result<()> {
        for object in &self.done {
            self.started.entry(object.id.clone()).and_modify(|known| known.clone_from(object));
        }
        let ending = Ending { known: self.started.clone(), merged: None };
        for ((table, day), mut rows) in std::mem::take(&mut self.rows) {
            let is_large = rows.bytes > SPARE_BYTES;
            let batch = rows
                .take()
                .map_err(|error| Error::bug("rows do not fit the table contract").because(error))?;
            self.write(table.name(), &self.date_of(day), &batch, &ending)?;
            if is_large {
                self.rows.insert((table, day), rows);
            }
        }
        let edges = std::mem::take(&mut self.edges);
        let mut by_day: BTreeMap<i64, topology::Edges> = BTreeMap::new();
        for (edge, seen) in edges {
            let day = self.day_of(seen.first);
            by_day.entry(day).or_default().insert(edge, seen);
        }
        for (day, edges) in by_day {
            let batch = topology::batch(&edges)
                .map_err(|error| Error::bug("edges do not fit the schema of the topology").because(error))?;
            self.write("topology", &self.date_of(day), &batch, &ending)?;
        }
        self.bytes = 0;
        Ok(())
    }

    fn write(&mut self, table: &str, date: &str, batch: &RecordBatch, ending: &Ending) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let mut part = Part::create(&self.lake, table, date, &format!("part-{}", self.name), batch.schema())?;
        part.write(batch)?;
        self.parts.push(part.finish(ending)?);
        Ok(())
    }

    /// Makes all rows live and removes the rows of the earlier content of `replaced` objects.
    pub fn commit(mut self, catalog: &mut Catalog, replaced: &[ObjectEntry]) -> Result<()> {
        self.spill()?;
        let replaced: BTreeSet<String> = replaced.iter().map(|object| object.id.clone()).collect();
        let mut replaced_files = Vec::new();
        for file in catalog.files_with(&replaced)? {
            let stem = stem_of([file.path.as_str(), &self.name]);
            let file = [file];
            // a commit is not cancelled halfway: it takes moments
            let inputs = Inputs { files: &file, without: &replaced, cancel: &Cancel::default() };
            self.parts.extend(merge::rewrite(&self.lake, catalog, inputs, &stem)?);
            replaced_files.extend(file.map(|file| file.path));
        }
        publish(&self.lake, &self.parts)?;
        let files: Vec<FileEntry> = self.parts.into_iter().map(|(_, entry)| entry).collect();
        catalog.commit(&self.done, &files, &replaced_files)
    }
}

/// Returns the stem of the names of files made from `names`: a hash of them.
pub fn stem_of<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut hasher = blake3::Hasher::new();
    for name in names {
        hasher.update(name.as_bytes()).update(b"\n");
    }
    format!("part-{}", hasher.finalize().to_hex().get(..32).unwrap_or_default())
}

/// Removes the files that were replaced [`GRACE_S`] or longer before `now`, and the leftovers of an
/// interrupted writer: temporary files, and files that never became live. Returns their number. The
/// caller must hold the write lock.
pub fn sweep(lake: &Lake, catalog: &Catalog, now: Ts) -> Result<u64> {
    let due = catalog.removed(now.plus_s(-GRACE_S).0)?;
    let mut removed = 0;
    // if live files are missing, the catalog may be an old copy, and unknown files may be live
    let is_whole = catalog.file_paths()?.iter().all(|path| lake.root.join(path).exists());
    if !is_whole {
        tracing::warn!("live files are missing; run `headwater lake verify --repair`");
    }
    for path in verify::unknown(lake, catalog)?.iter().filter(|path| is_whole || path.ends_with(".tmp")) {
        removed += u64::from(fs::remove_file(lake.root.join(path)).is_ok());
    }
    for path in due {
        let outcome = fs::remove_file(lake.root.join(&path));
        removed += u64::from(outcome.is_ok());
        if outcome.map_or_else(|error| error.kind() == ErrorKind::NotFound, |()| true) {
            catalog.forget_removed(&path)?;
        }
    }
    Ok(removed)
}
