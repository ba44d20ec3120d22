//! One worker: takes objects, gathers their rows into a draft, commits it when it is full. A draft
//! never holds part of an object: where the source breaks off, all of it is read again.

use crate::ingest::original::Original;
use crate::ingest::{Ingested, Options, Progress, fault_of, main_format, object_id, read_frames, reader_for};
use crate::lake::Lake;
use crate::lake::catalog::{Catalog, ObjectEntry};
use crate::lake::commit::Draft;
use crate::lake::rows::SourceObject;
use crate::source::{Feed, Listed, Opened, Source};
use format::reader;
use model::error::{Error, Problem, Result};
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};

/// Gathered bytes at which a worker writes them out; two workers and the sort's copies stay
/// well below 512 MiB with it.
const SPILL_BYTES: usize = 48 << 20;
/// Objects after which a worker commits even little.
const COMMIT_OBJECTS: usize = 512;

/// How often an object that breaks off midway is begun.
const TRIES: u32 = 3;

/// An object to read, and what the lake holds of it.
pub(super) struct Fresh {
    pub(super) object: Listed,
    pub(super) before: Option<ObjectEntry>,
}

/// What the workers share.
pub(super) struct Shared<'s> {
    pub(super) lake: &'s Lake,
    pub(super) source: &'s Source,
    pub(super) options: &'s Options,
    pub(super) progress: &'s Progress,
    pub(super) feed: Feed,
    pub(super) fresh: Vec<Fresh>,
    pub(super) taken: AtomicUsize,
    pub(super) catalog: Mutex<&'s mut Catalog>,
    pub(super) done: Mutex<Ingested>,
}

/// One object in a draft.
struct Gathered {
    turn: Turn,
    tables: BTreeMap<&'static str, u64>,
    masked: u64,
    original: Option<Original>,
}

/// The place of an object in the list, and how often it broke off.
#[derive(Clone, Copy)]
struct Turn {
    at: usize,
    broke: u32,
}

pub(super) struct Worker<'s, 'w> {
    shared: &'w Shared<'s>,
    draft: Option<Draft>,
    /// The objects whose rows are in the draft, as in its `done`.
    gathered: Vec<Gathered>,
    again: VecDeque<Turn>,
}

impl<'s, 'w> Worker<'s, 'w> {
    pub(super) fn new(shared: &'w Shared<'s>) -> Self {
        Self { shared, draft: None, gathered: Vec::new(), again: VecDeque::new() }
    }

    /// Takes objects until none is left, or until it is time to stop; what was read whole is kept.
    pub(super) fn work(mut self) -> Result<()> {
        while self.shared.options.stop.check().is_ok() {
            let (turn, opened) = match self.again.pop_front() {
                Some(turn) => (turn, self.open(turn.at)),
                None => match self.shared.feed.next() {
                    Some((at, opened)) => {
                        self.shared.taken.fetch_add(1, Ordering::Relaxed);
                        (Turn { at, broke: 0 }, opened)
                    }
                    None => break,
                },
            };
            if turn.broke > 0 {
                self.commit()?; // so that it breaks nothing but itself
            }
            self.take(turn, opened)?;
            let is_full = |draft: &Draft| {
                draft.bytes >= SPILL_BYTES / 2 || draft.has_parts() || draft.done.len() >= COMMIT_OBJECTS
            };
            if self.draft.as_ref().is_some_and(is_full) {
                self.commit()?;
            }
        }
        self.commit()
    }

    fn open(&self, at: usize) -> io::Result<Opened> {
        match self.shared.fresh.get(at) {
            Some(fresh) => self.shared.source.read(&fresh.object),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn take(&mut self, turn: Turn, opened: io::Result<Opened>) -> Result<()> {
        let broken = match opened {
            Ok(opened) => self.read(turn, opened)?,
            Err(error) => {
                self.give_up(turn, &error)?;
                None
            }
        };
        if let Some(error) = broken {
            // the draft holds part of it
            self.draft = None;
            self.again.extend(self.gathered.drain(..).map(|gathered| gathered.turn));
            let turn = Turn { broke: turn.broke + 1, ..turn };
            if turn.broke < TRIES {
                self.again.push_back(turn);
            } else {
                self.give_up(turn, &error)?;
            }
            return Ok(());
        }
        self.shared.progress.objects.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Reads one object into the draft. Returns the source's fault where it did not give all of it.
    fn read(&mut self, turn: Turn, opened: Opened) -> Result<Option<io::Error>> {
        let (options, object) = (self.shared.options, opened.object);
        let draft = self.draft.get_or_insert_with(|| {
            let name = object_id(&format!("{}\n{}", object.key, object.etag));
            Draft::new(self.shared.lake, options.zone, name)
        });
        let unkept = OnceLock::new();
        let original = options.keep.as_deref().map(|keep| Original::create(keep, &object.key)).transpose()?;
        let broken = OnceLock::new();
        let bytes = &self.shared.progress.bytes;
        let input = Watched {
            input: opened.input,
            bytes,
            original: original.as_ref(),
            options,
            broken: &broken,
            unkept: &unkept,
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
        let outcome = read_frames(input, &mut reader, &mut take);
        spilled?;
        if let Some(error) = unkept.into_inner() {
            return Err(Error::failed("an original cannot be kept").at(object.key).because(error));
        }
        if let Some(error) = broken.into_inner() {
            return Ok(Some(error));
        }
        let counts = &reader.counts;
        let (state, reason) = match outcome {
            Ok(()) => ("done", fault_of(counts)),
            Err(error) if counts.frames == 0 => ("rejected", Some(error.to_string())),
            Err(error) => ("damaged", Some(format!("{error} after {} records", counts.records()))),
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
            state: state.into(),
            reason,
        });
        let (tables, masked) = (counts.tables.clone(), counts.masked);
        self.gathered.push(Gathered { turn, tables, masked, original });
        Ok(None)
    }

    /// Leaves an object unknown to the lake, so that the next run tries it again.
    fn give_up(&self, turn: Turn, error: &io::Error) -> Result<()> {
        let key = self.shared.fresh.get(turn.at).map_or("", |fresh| fresh.object.key.as_str());
        lock(&self.shared.done)?.problems.push(unread(key, &error.to_string()));
        Ok(())
    }

    /// Makes the draft live.
    fn commit(&mut self) -> Result<()> {
        let Some(mut draft) = self.draft.take() else { return Ok(()) };
        let gathered = std::mem::take(&mut self.gathered);
        let before = |gathered: &Gathered| self.shared.fresh.get(gathered.turn.at)?.before.clone();
        let replaced: Vec<ObjectEntry> = gathered.iter().filter_map(before).collect();
        let objects = draft.done.clone();
        draft.spill()?; // outside the catalog's lock: this is where the time goes
        let mut tables = Vec::new();
        for gathered in gathered {
            if let Some(original) = gathered.original {
                // before its object counts as read: a kill between makes it once more
                original.keep_as(main_table(&gathered.tables))?;
            }
            tables.push((gathered.tables, gathered.masked));
        }
        let mut catalog = lock(&self.shared.catalog)?;
        draft.commit(&mut catalog, &replaced)?;
        drop(catalog);
        for (entry, (tables, masked)) in objects.iter().zip(&tables) {
            let mut done = lock(&self.shared.done)?;
            note(&mut done, entry, tables);
            done.masked += masked;
        }
        lock(&self.shared.done)?.objects.extend(objects);
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> Result<MutexGuard<'_, T>> {
    mutex.lock().map_err(|_| Error::bug("a worker of `ingest` stopped"))
}

/// Returns the table that most of an object's rows went to.
fn main_table(tables: &BTreeMap<&'static str, u64>) -> &'static str {
    tables.iter().max_by_key(|(_, rows)| **rows).map_or("unknown", |(table, _)| table)
}

/// Returns the problem of an object that the source did not give.
pub(super) fn unread(key: &str, why: &str) -> Problem {
    Problem {
        step: "collect".into(),
        what: format!("the object cannot be read: {why}"),
        place: Some(key.to_owned()),
        hint: Some("it is tried again on the next run".into()),
    }
}

/// Adds an object's rows to the totals, and what was wrong with it to the problems.
fn note(done: &mut Ingested, entry: &ObjectEntry, tables: &BTreeMap<&'static str, u64>) {
    for (table, rows) in tables {
        *done.rows.entry(table).or_default() += rows;
    }
    if let Some(reason) = &entry.reason {
        let what = match entry.state.as_str() {
            "rejected" => format!("the object is not read: {reason}"),
            "damaged" => format!("the object is read in part: {reason}"),
            _ => format!(
                "{} of {} records were not understood: {reason}",
                entry.unparsed,
                entry.parsed + entry.unparsed + entry.dropped
            ),
        };
        done.problems.push(Problem {
            step: "ingest".into(),
            what,
            place: Some(entry.key.clone()),
            hint: Some("`headwater inspect` on it shows what was read".into()),
        });
    }
}

/// A stream that counts and keeps what goes through it, tells the source's faults from the
/// object's, and ends when it is time to stop.
struct Watched<'p> {
    input: Box<dyn Read + Send>,
    bytes: &'p AtomicU64,
    original: Option<&'p Original>,
    options: &'p Options,
    broken: &'p OnceLock<io::Error>,
    /// What went wrong with the copy.
    unkept: &'p OnceLock<io::Error>,
}

impl Watched<'_> {
    fn pass(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.options.stop.check().map_err(io::Error::other)?;
        let count = self.input.read(buffer)?;
        if let Some(original) = self.original {
            original.write(buffer.get(..count).unwrap_or_default()).map_err(|error| {
                let told = io::Error::new(error.kind(), error.to_string());
                let _ = self.unkept.set(error); // the first one is what went wrong
                told
            })?;
        }
        Ok(count)
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.pass(buffer).map_err(|error| {
            let told = io::Error::new(error.kind(), error.to_string());
            let _ = self.broken.set(error); // the first one is what went wrong
            told
        })?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
