//! A worker thread: takes objects, collects their rows in a draft, and commits the draft when it is full.
//! A draft never contains part of an object: if the source fails midway, the draft is discarded and its
//! objects are read again.

use crate::ingest::original::Original;
use crate::ingest::{
    Ingested, Options, Progress, first_fault, main_format, object_id, read_frames, reader_for,
};
use crate::lake::Lake;
use crate::lake::catalog::{Catalog, ObjectEntry, ObjectState};
use crate::lake::commit::Draft;
use crate::lake::rows::SourceObject;
use crate::source::{Feed, ListedObject, OpenedObject, Source};
use format::reader;
use model::error::{Error, Problem, Result};
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

/// Size of a draft at which its rows are written out. Two workers with the copies that sorting makes stay
/// well below 512 MiB.
pub(super) const SPILL_BYTES: usize = 48 << 20;
/// Number of objects after which a draft is committed even if it is small.
const COMMIT_OBJECTS: usize = 512;

/// Maximum attempts of an object whose stream fails midway.
const ATTEMPTS: u32 = 3;

/// State shared by the workers.
pub(super) struct Shared<'s> {
    pub(super) lake: &'s Lake,
    pub(super) source: &'s Source,
    pub(super) options: &'s Options,
    pub(super) progress: &'s Progress,
    pub(super) feed: Feed,
    /// The objects to read.
    pub(super) new: Arc<[ListedObject]>,
    /// The entries of their earlier versions, by position.
    pub(super) before: BTreeMap<usize, ObjectEntry>,
    pub(super) taken: AtomicUsize,
    pub(super) catalog: Mutex<&'s mut Catalog>,
    pub(super) done: Mutex<Ingested>,
}

/// An object whose rows are in the draft.
struct Drafted {
    attempt: Attempt,
    tables: BTreeMap<&'static str, u64>,
    masked: u64,
    original: Option<Original>,
}

/// An object by its position in the list, and how often its stream failed.
#[derive(Clone, Copy)]
struct Attempt {
    at: usize,
    failures: u32,
}

pub(super) struct Worker<'s, 'w> {
    shared: &'w Shared<'s>,
    draft: Option<Draft>,
    /// The objects of the draft, in the order of its `done`.
    drafted: Vec<Drafted>,
    retry: VecDeque<Attempt>,
}

impl<'s, 'w> Worker<'s, 'w> {
    pub(super) fn new(shared: &'w Shared<'s>) -> Self {
        Self { shared, draft: None, drafted: Vec::new(), retry: VecDeque::new() }
    }

    /// Takes objects until none is left or the ingest is cancelled. Objects that were read completely are
    /// committed in both cases.
    pub(super) fn work(mut self) -> Result<()> {
        while self.shared.options.cancel.check().is_ok() {
            let (attempt, opened) = match self.retry.pop_front() {
                Some(attempt) => (attempt, self.open(attempt.at)),
                None => match self.shared.feed.next() {
                    Some((at, opened)) => {
                        self.shared.taken.fetch_add(1, Ordering::Relaxed);
                        (Attempt { at, failures: 0 }, opened)
                    }
                    None => break,
                },
            };
            if attempt.failures > 0 {
                self.commit()?; // if it fails again, no other object has to be read again
            }
            self.take(attempt, opened)?;
            let is_full = |draft: &Draft| {
                draft.bytes >= SPILL_BYTES / 2 || draft.has_parts() || draft.done.len() >= COMMIT_OBJECTS
            };
            if self.draft.as_ref().is_some_and(is_full) {
                self.commit()?;
            }
        }
        self.commit()
    }

    fn open(&self, at: usize) -> io::Result<OpenedObject> {
        match self.shared.new.get(at) {
            Some(object) => self.shared.source.read(object, &self.shared.options.cancel),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Reads an opened object into the draft; on a failure of the source plans a retry or gives up.
    fn take(&mut self, attempt: Attempt, opened: io::Result<OpenedObject>) -> Result<()> {
        let failed = match opened {
            Ok(opened) => self.read(attempt, opened)?,
            Err(error) => {
                self.give_up(attempt, &error)?;
                None
            }
        };
        if let Some(error) = failed {
            // the draft contains part of the object
            self.draft = None;
            self.retry.extend(self.drafted.drain(..).map(|drafted| drafted.attempt));
            let attempt = Attempt { failures: attempt.failures + 1, ..attempt };
            if attempt.failures < ATTEMPTS {
                self.retry.push_back(attempt);
            } else {
                self.give_up(attempt, &error)?;
            }
            return Ok(());
        }
        self.shared.progress.objects.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Reads one object into the draft. Returns the error of the source if it did not return the whole
    /// object.
    fn read(&mut self, attempt: Attempt, opened: OpenedObject) -> Result<Option<io::Error>> {
        let (options, object) = (self.shared.options, opened.object);
        let draft = self.draft.get_or_insert_with(|| {
            let name = object_id(&format!("{}\n{}", object.key, object.etag));
            Draft::new(self.shared.lake, options.zone, name)
        });
        let copy_error = OnceLock::new();
        let original = options.keep.as_deref().map(|keep| Original::create(keep, &object.key)).transpose()?;
        let source_error = OnceLock::new();
        let bytes = &self.shared.progress.bytes;
        let input = MonitoredInput {
            input: opened.input,
            bytes,
            original: original.as_ref(),
            options,
            source_error: &source_error,
            copy_error: &copy_error,
        };
        let mut reader = reader_for(&object, options);
        let described = SourceObject {
            id: object_id(&object.key),
            key: object.key.clone(),
            cluster: options.cluster.clone(),
        };
        let mut spilled = Ok(());
        let mut take = |row: reader::Row<'_>| {
            draft.push(row, &described);
            if draft.bytes >= SPILL_BYTES && spilled.is_ok() {
                spilled = draft.spill();
            }
        };
        let outcome = read_frames(input, &mut reader, &options.limits, &mut take);
        spilled?;
        if let Some(error) = copy_error.into_inner() {
            return Err(Error::failed("cannot keep a copy of an object").at(object.key).because(error));
        }
        if let Some(error) = source_error.into_inner() {
            return Ok(Some(error));
        }
        let counts = &reader.counts;
        let (state, reason) = match outcome {
            Ok(()) => (ObjectState::Done, first_fault(counts)),
            Err(error) if counts.frames == 0 => (ObjectState::Rejected, Some(error.to_string())),
            Err(error) => (ObjectState::Damaged, Some(format!("{error} after {} records", counts.records()))),
        };
        draft.done.push(ObjectEntry {
            key: object.key,
            id: described.id,
            etag: object.etag,
            size: object.size,
            format: main_format(counts),
            frames: counts.frames,
            parsed: counts.parsed,
            unparsed: counts.unparsed,
            dropped: counts.dropped.values().sum(),
            state,
            reason,
        });
        let (tables, masked) = (counts.tables.clone(), counts.masked);
        self.drafted.push(Drafted { attempt, tables, masked, original });
        Ok(None)
    }

    /// Reports an object as unread. It has no entry in the catalog, so the next run tries it again.
    fn give_up(&self, attempt: Attempt, error: &io::Error) -> Result<()> {
        let key = self.shared.new.get(attempt.at).map_or("", |object| object.key.as_str());
        lock(&self.shared.done)?.problems.push(unread_problem(key, &error.to_string()));
        Ok(())
    }

    /// Commits the draft: readers see its rows from then on.
    fn commit(&mut self) -> Result<()> {
        let Some(mut draft) = self.draft.take() else { return Ok(()) };
        let drafted = std::mem::take(&mut self.drafted);
        let before = |drafted: &Drafted| self.shared.before.get(&drafted.attempt.at).cloned();
        let replaced: Vec<ObjectEntry> = drafted.iter().filter_map(before).collect();
        let objects = draft.done.clone();
        draft.spill()?; // before the catalog is locked: this takes most of the time
        let mut tables = Vec::new();
        for drafted in drafted {
            if let Some(original) = drafted.original {
                // before the object counts as read: after a kill in between, the copy is made again
                original.finish(main_table(&drafted.tables))?;
            }
            tables.push((drafted.tables, drafted.masked));
        }
        let mut catalog = lock(&self.shared.catalog)?;
        draft.commit(&mut catalog, &replaced)?;
        drop(catalog);
        for (entry, (tables, masked)) in objects.iter().zip(&tables) {
            let mut done = lock(&self.shared.done)?;
            add_to_result(&mut done, entry, tables);
            done.masked += masked;
        }
        lock(&self.shared.done)?.objects.extend(objects);
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> Result<MutexGuard<'_, T>> {
    mutex.lock().map_err(|_| Error::bug("a worker of `ingest` panicked"))
}

/// Returns the table of most of an object's rows; `unknown` if it has none.
fn main_table(tables: &BTreeMap<&'static str, u64>) -> &'static str {
    tables.iter().max_by_key(|(_, rows)| **rows).map_or("unknown", |(table, _)| table)
}

/// Returns the problem of an object that could not be read from the source.
pub(super) fn unread_problem(key: &str, why: &str) -> Problem {
    Problem {
        step: "collect".into(),
        what: format!("cannot read the object: {why}"),
        place: Some(key.to_owned()),
        hint: Some("the next run tries it again".into()),
    }
}

/// Adds the rows of an object to the totals, and its fault to the problems.
fn add_to_result(done: &mut Ingested, entry: &ObjectEntry, tables: &BTreeMap<&'static str, u64>) {
    for (table, rows) in tables {
        *done.rows.entry(table).or_default() += rows;
    }
    if let Some(reason) = &entry.reason {
        let what = match entry.state {
            ObjectState::Rejected => format!("the object was rejected: {reason}"),
            ObjectState::Damaged => format!("the object was read in part: {reason}"),
            _ => format!(
                "{} of {} records could not be parsed: {reason}",
                entry.unparsed,
                entry.parsed + entry.unparsed + entry.dropped
            ),
        };
        done.problems.push(Problem {
            step: "ingest".into(),
            what,
            place: Some(entry.key.clone()),
            hint: Some("`headwater inspect` shows how the object was read".into()),
        });
    }
}

/// An input stream that counts the bytes, writes the copy, and fails when the ingest is cancelled. It records
/// read errors: those are failures of the source, while all other errors are damage of the object.
struct MonitoredInput<'p> {
    input: Box<dyn Read + Send>,
    bytes: &'p AtomicU64,
    original: Option<&'p Original>,
    options: &'p Options,
    /// First read error.
    source_error: &'p OnceLock<io::Error>,
    /// First error of writing the copy.
    copy_error: &'p OnceLock<io::Error>,
}

impl MonitoredInput<'_> {
    fn read_and_copy(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.options.cancel.check().map_err(io::Error::other)?;
        let count = self.input.read(buffer)?;
        if let Some(original) = self.original {
            original.write(buffer.get(..count).unwrap_or_default()).map_err(|error| {
                let returned = io::Error::new(error.kind(), error.to_string());
                let _ = self.copy_error.set(error); // keeps the first error
                returned
            })?;
        }
        Ok(count)
    }
}

impl Read for MonitoredInput<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.read_and_copy(buffer).map_err(|error| {
            let returned = io::Error::new(error.kind(), error.to_string());
            let _ = self.source_error.set(error); // keeps the first error
            returned
        })?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
