//! The step from objects to rows: each object is read, its records gathered into drafts, each
//! draft committed whole. One bad object never stops the rest; what it was is in its entry.

use crate::catalog::{Catalog, ObjectEntry};
use crate::error::{Error, Problem, Result};
use crate::format::reader::{self, Reader};
use crate::format::{Clock, frame};
use crate::lake::Lake;
use crate::lake::commit::Draft;
use crate::lake::rows::SourceObject;
use crate::source::{Listed, Source};
use crate::table::Table;
use crate::window::Ts;
use chrono::NaiveDate;
use chrono_tz::Tz;
use globset::GlobSet;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Gathered bytes at which a worker writes them out; two workers and the sort's copies stay
/// well below 512 MiB with it.
const SPILL_BYTES: usize = 48 << 20;
/// Objects after which a worker commits even little.
const COMMIT_OBJECTS: usize = 512;

/// How to read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where text belongs, whatever its path says.
    pub text_table: Option<Table>,
    /// Keys that tell their log type, as configured.
    pub path_types: Vec<(Table, GlobSet)>,
    /// Cluster of records that name none.
    pub cluster: String,
    /// Zone of times that name none, and of days.
    pub zone: Tz,
    /// Day of objects that tell none.
    pub today: NaiveDate,
    /// Workers.
    pub threads: usize,
}

/// How far it is; read by whoever shows it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes read, as stored.
    pub bytes: AtomicU64,
    /// Objects done.
    pub objects: AtomicU64,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Ingested {
    /// Objects read now, by key.
    pub objects: Vec<ObjectEntry>,
    /// Objects that the lake had already.
    pub unchanged: u64,
    /// Rows added, by table.
    pub rows: BTreeMap<&'static str, u64>,
    /// What failed.
    pub problems: Vec<Problem>,
}

/// Returns the id of an object: the first half of its row ids.
pub fn object_id(key: &str) -> String {
    blake3::hash(key.as_bytes()).to_hex().get(..12).unwrap_or_default().to_owned()
}

/// Reads objects into the lake. Objects whose content the lake has already are passed over.
pub fn ingest(
    lake: &Lake,
    catalog: &mut Catalog,
    source: &Source,
    listed: &[Listed],
    options: &Options,
    progress: &Progress,
) -> Result<Ingested> {
    let mut done = Ingested::default();
    let mut fresh = Vec::new();
    for object in listed {
        match catalog.object(&object.key)? {
            Some(entry) if entry.etag == object.etag => {
                done.unchanged += 1;
                progress.bytes.fetch_add(object.size, Ordering::Relaxed);
            }
            before => fresh.push((object, before)),
        }
    }
    let shared = Shared {
        lake,
        source,
        options,
        progress,
        fresh: &fresh,
        next: AtomicUsize::new(0),
        catalog: Mutex::new(catalog),
        done: Mutex::new(done),
    };
    let workers = options.threads.clamp(1, 64).min(fresh.len().max(1));
    let outcomes: Vec<Result<()>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(|| work(&shared))).collect();
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(|_| Err(Error::bug("a worker of `ingest` stopped"))))
            .collect()
    });
    let mut done = shared.done.into_inner().map_err(|_| Error::bug("a worker of `ingest` stopped"))?;
    for outcome in outcomes {
        outcome?;
    }
    done.objects.sort_by(|a, b| a.key.cmp(&b.key));
    done.problems.sort();
    Ok(done)
}

struct Shared<'s> {
    lake: &'s Lake,
    source: &'s Source,
    options: &'s Options,
    progress: &'s Progress,
    fresh: &'s [(&'s Listed, Option<ObjectEntry>)],
    next: AtomicUsize,
    catalog: Mutex<&'s mut Catalog>,
    done: Mutex<Ingested>,
}

/// Takes objects off the list until none is left.
fn work(shared: &Shared<'_>) -> Result<()> {
    let mut draft: Option<Draft> = None;
    let mut replaced = Vec::new();
    while let Some((object, before)) = shared.fresh.get(shared.next.fetch_add(1, Ordering::Relaxed)) {
        let gathering = draft.get_or_insert_with(|| {
            Draft::new(
                shared.lake,
                shared.options.zone,
                object_id(&format!("{}\n{}", object.key, object.etag)),
            )
        });
        match read_object(shared, object, gathering)? {
            Ok((entry, tables)) => {
                replaced.extend(before.clone());
                note(shared, &entry, &tables);
                gathering.done.push(entry);
            }
            Err(problem) => lock(&shared.done)?.problems.push(problem),
        }
        shared.progress.objects.fetch_add(1, Ordering::Relaxed);
        if (gathering.bytes >= SPILL_BYTES / 2
            || gathering.has_parts()
            || gathering.done.len() >= COMMIT_OBJECTS)
            && let Some(full) = draft.take()
        {
            commit(shared, full, &mut replaced)?;
        }
    }
    match draft {
        Some(rest) => commit(shared, rest, &mut replaced),
        None => Ok(()),
    }
}

fn commit(shared: &Shared<'_>, mut draft: Draft, replaced: &mut Vec<ObjectEntry>) -> Result<()> {
    let objects = draft.done.clone();
    draft.spill()?; // outside the catalog's lock: this is where the time goes
    let mut catalog = lock(&shared.catalog)?;
    draft.commit(&mut catalog, replaced)?;
    drop(catalog);
    replaced.clear();
    lock(&shared.done)?.objects.extend(objects);
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> Result<std::sync::MutexGuard<'_, T>> {
    mutex.lock().map_err(|_| Error::bug("a worker of `ingest` stopped"))
}

/// Adds an object's rows to the totals, and what was wrong with it to the problems.
fn note(shared: &Shared<'_>, entry: &ObjectEntry, tables: &BTreeMap<&'static str, u64>) {
    let Ok(mut done) = lock(&shared.done) else { return };
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

type Read1 = std::result::Result<(ObjectEntry, BTreeMap<&'static str, u64>), Problem>;

/// Reads one object into the draft. An object that cannot be opened is a problem and stays
/// unknown, so that the next run tries it again.
fn read_object(shared: &Shared<'_>, object: &Listed, draft: &mut Draft) -> Result<Read1> {
    let options = shared.options;
    let input = match shared.source.read(object) {
        Ok(input) => Counted { input, bytes: &shared.progress.bytes },
        Err(error) => {
            return Ok(Err(Problem {
                step: "ingest".into(),
                what: format!("the object cannot be opened: {error}"),
                place: Some(object.key.clone()),
                hint: Some("it is tried again on the next run".into()),
            }));
        }
    };
    let mut reader = reader_for(object, options);
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
    let counts = &reader.counts;
    let (state, reason) = match outcome {
        Ok(()) => ("done", fault_of(counts)),
        Err(error) if counts.frames == 0 => ("rejected", Some(error.to_string())),
        Err(error) => ("damaged", Some(format!("{error} after {} records", counts.records()))),
    };
    let entry = ObjectEntry {
        key: object.key.clone(),
        id: described.id,
        etag: object.etag.clone(),
        size: object.size,
        format: main_format(counts),
        frames: counts.frames,
        parsed: counts.parsed,
        unparsed: counts.unparsed,
        dropped: counts.dropped.values().sum(),
        state: state.into(),
        reason,
    };
    Ok(Ok((entry, counts.tables.clone())))
}

/// Returns a reader of that object as ingest, inspect and rule tests use it.
pub fn reader_for(object: &Listed, options: &Options) -> Reader {
    let mut origin = reader::origin_of(&object.key);
    let configured = options.path_types.iter().find(|(_, globs)| globs.is_match(&object.key));
    if let Some((table, _)) = configured {
        origin.text_table = matches!(table, Table::Business | Table::Standard).then_some(*table);
    }
    origin.text_table = options.text_table.or(origin.text_table);
    let modified = object.modified.map(|ts| Ts(ts).date(options.zone));
    let day = origin.day.or(modified).unwrap_or(options.today);
    let noon = day.and_time(chrono::NaiveTime::MIN) + chrono::TimeDelta::hours(12);
    let fallback = crate::window::local_ts(noon, options.zone);
    Reader::new(Clock { zone: options.zone, day }, origin, fallback.0)
}

/// Reads every frame of a stream, compressed or not.
pub fn read_frames(input: impl Read + Send, reader: &mut Reader, take: reader::Take<'_>) -> io::Result<()> {
    let (_, mut text) = frame::decompress(input)?;
    let outcome = frame::frames(&mut *text, &mut |frame| reader.frame(&frame, take));
    reader.finish(take);
    outcome.map(|_| ())
}

/// Returns the format chain that most records were of.
pub fn main_format(counts: &reader::Counts) -> String {
    let most =
        counts.formats.iter().max_by_key(|(chain, count)| (**count, std::cmp::Reverse(chain.as_str())));
    most.map_or_else(|| "empty".into(), |(chain, _)| chain.clone())
}

fn fault_of(counts: &reader::Counts) -> Option<String> {
    let (line, why) = counts.faults.first()?;
    let more = counts.unparsed.saturating_sub(1);
    let rest = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    Some(format!("line {line}: {why}{rest}"))
}

/// A stream that counts what goes through it.
struct Counted<'p, R> {
    input: R,
    bytes: &'p AtomicU64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
