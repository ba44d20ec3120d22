//! Step: reads objects and stores their records as rows of the lake. Records are collected in drafts, and
//! each draft is committed as a whole. One bad object never stops the others; its entry in the catalog
//! says what is wrong with it. Knows nothing of buckets (source) or of formats (crates/format).

pub mod formats; // the built-in formats and the user's own layouts
mod original; // unchanged copies of objects
pub mod stages; // how long each stage takes
mod taken; // when a snapshot was taken
mod worker; // a thread that reads and commits

use crate::cancel::Cancel;
use crate::config::Config;
use crate::ingest::formats::{Formats, formats};
use crate::ingest::taken::taken;
use crate::ingest::worker::{Shared, Worker, unread_problem};
use crate::lake::Lake;
use crate::lake::catalog::{Catalog, ObjectEntry};
use crate::source::{ListedObject, Source};
use chrono::NaiveDate;
use chrono_tz::Tz;
use format::Clock;
use format::framing::{self, Limits};
use format::reader;
use format::reader::{Reader, ReaderOptions};
use globset::{GlobMatcher, GlobSet};
use model::error::{Error, Problem, Result};
use model::record::Place;
use model::table::Table;
use model::time::Ts;
use redact::Redactor;
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// An hour and a day, µs.
const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;
/// Start of the year 2000, µs UTC.
const YEAR_2000_US: i64 = 946_684_800_000_000;

/// Options of an ingest.
#[derive(Clone)]
pub struct Options {
    /// Table of unstructured text; `None` derives it from the path.
    pub text_table: Option<Table>,
    /// Log types by globs of keys, from `[source.paths]`.
    pub path_types: Vec<(Table, GlobSet)>,
    /// Places by paths, from `[source.paths]`: the groups of each expression are columns.
    pub path_places: Vec<Regex>,
    /// Cluster for records that do not contain one.
    pub cluster: String,
    /// Time zone that defines days and applies to times without a zone.
    pub zone: Tz,
    /// Day for objects without a date in their key or a time of change.
    pub today: NaiveDate,
    /// When a snapshot among the objects was taken, µs UTC; `None` if the times of its files say it.
    pub taken: Option<i64>,
    /// Number of workers.
    pub threads: usize,
    /// Folder for unchanged copies; `None` keeps none.
    pub keep: Option<PathBuf>,
    /// The formats, and the problems of custom ones.
    pub formats: Formats,
    /// What one object may cost.
    pub limits: Limits,
    /// Zone of times that name none.
    pub time_zone: Tz,
    /// The same by globs of keys.
    pub path_zones: Vec<(GlobMatcher, Tz)>,
    /// Difference, in µs, up to which a line's own time is believed against its collector's.
    pub max_skew: i64,
    /// Masks secrets.
    pub redactor: Redactor,
    /// Cancels the ingest.
    pub cancel: Cancel,
}

impl Options {
    /// Returns the options of a config.
    ///
    /// # Errors
    /// Usage: an invalid time zone, glob or pattern.
    pub fn of(config: &Config, now: Ts, cancel: &Cancel) -> Result<Self> {
        let zone = config.zone()?;
        Ok(Self {
            text_table: None,
            path_types: config.source.path_types()?,
            path_places: config.source.path_places()?,
            cluster: config.cluster.clone(),
            zone,
            today: now.date(zone),
            taken: None,
            threads: config.threads(),
            keep: config.source.keep.clone(),
            formats: formats(&config.formats)?,
            limits: config.formats.limits,
            time_zone: config.formats.zone(zone)?,
            path_zones: config.formats.path_zones()?,
            max_skew: i64::from(config.formats.max_skew).saturating_mul(HOUR_US),
            redactor: Redactor::of(&config.redact)?,
            cancel: cancel.clone(),
        })
    }
}

/// Objects to read, and where from.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    /// Bucket, folder or uploads.
    pub source: &'a Source,
    /// What to read of it.
    pub objects: &'a [ListedObject],
}

/// Progress of an ingest, updated by its workers.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes read, compressed as in the source.
    pub bytes: AtomicU64,
    /// Objects finished.
    pub objects: AtomicU64,
}

/// Result of an ingest.
#[derive(Debug, Default)]
pub struct Ingested {
    /// Objects that were read, sorted by key.
    pub objects: Vec<ObjectEntry>,
    /// Number of objects that were already in the lake.
    pub unchanged: u64,
    /// Rows added, by table.
    pub rows: BTreeMap<&'static str, u64>,
    /// Number of rows in which a secret was masked.
    pub masked: u64,
    /// Objects that could not be read, or only in part.
    pub problems: Vec<Problem>,
}

/// Returns the id of an object, 128 bits of the hash of its key: the first half of the ids of its rows. A commit
/// fails if two keys have the same.
pub fn object_id(key: &str) -> String {
    blake3::hash(key.as_bytes()).to_hex().get(..32).unwrap_or_default().to_owned()
}

/// Reads objects into the lake, in several threads. Objects that are in the lake with the same etag are
/// skipped.
///
/// # Errors
/// Cancellation, or a failure of the lake itself. Objects that cannot be read are problems of the result.
pub fn ingest(
    lake: &Lake,
    catalog: &mut Catalog,
    batch: Batch<'_>,
    options: &Options,
    progress: &Progress,
) -> Result<Ingested> {
    let source = batch.source;
    let redactor = options.redactor.with_key(lake.redact_key()?);
    let options = &Options { redactor, ..options.clone() };
    let mut done = Ingested { problems: options.formats.problems.clone(), ..Ingested::default() };
    let (mut new, mut before) = (Vec::new(), BTreeMap::new());
    for object in batch.objects {
        match catalog.object(&object.key)? {
            Some(entry) if entry.etag == object.etag => {
                done.unchanged += 1;
                progress.bytes.fetch_add(object.size, Ordering::Relaxed);
            }
            entry => {
                before.extend(entry.map(|entry| (new.len(), entry)));
                new.push(object.clone());
            }
        }
    }
    let options = &Options { taken: taken(source, &new, options), ..options.clone() };
    let workers = options.threads.clamp(1, 64).min(new.len().max(1));
    let new: Arc<[ListedObject]> = new.into();
    let feed = source.feed(new.clone(), &options.cancel);
    let shared = Shared {
        lake,
        source,
        options,
        progress,
        feed,
        new,
        before,
        taken: AtomicUsize::new(0),
        catalog: Mutex::new(catalog),
        done: Mutex::new(done),
    };
    let span = tracing::Span::current();
    let outcomes: Vec<Result<()>> = std::thread::scope(|scope| {
        let work = || span.in_scope(|| Worker::new(&shared).work());
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(|_| Err(Error::bug("a worker of `ingest` panicked"))))
            .collect()
    });
    let mut done = shared.done.into_inner().map_err(|_| Error::bug("a worker of `ingest` panicked"))?;
    for outcome in outcomes {
        outcome?;
    }
    options.cancel.check()?;
    let not_tried = shared.new.get(shared.taken.into_inner()..).unwrap_or_default();
    if let Some(first) = not_tried.first() {
        let why =
            format!("the source stopped responding before this object and {} others", not_tried.len() - 1);
        done.problems.push(unread_problem(&first.key, &why));
    }
    done.objects.sort_by(|a, b| a.key.cmp(&b.key));
    done.problems.sort();
    Ok(done)
}

/// Returns a reader for an object. Ingest, `headwater inspect` and rule tests all use it.
pub fn reader_for(object: &ListedObject, options: &Options) -> Reader {
    let mut origin = format::origin_of(&object.key);
    let configured = options.path_types.iter().find(|(_, globs)| globs.is_match(&object.key));
    if let Some((table, _)) = configured {
        origin.text_table = matches!(table, Table::Business | Table::Standard).then_some(*table);
    }
    origin.text_table = options.text_table.or(origin.text_table);
    if let Some(place) = options.path_places.iter().find_map(|path| place_of(&path.captures(&object.key)?)) {
        origin.place = place;
    }
    let origin_has_day = origin.day.is_some();
    // archives that are built to be the same every time have files of 1970 or 1980
    let modified = object.modified.filter(|ts| *ts >= YEAR_2000_US);
    let day_of = |ts: i64| Ts(ts).date(options.zone);
    // a snapshot is not of the day on which its files were copied
    let copied = options.taken.filter(|taken| modified.is_none_or(|ts| day_of(ts) != day_of(*taken)));
    let seen = copied.or(modified);
    let day = origin.day.or(seen.map(day_of)).unwrap_or(options.today);
    let own_zone = options.path_zones.iter().find(|(glob, _)| glob.is_match(&object.key));
    // an object that was copied on another day says nothing about ages
    let written = seen.filter(|ts| day_of(*ts) == day);
    let clock = Clock { zone: own_zone.map_or(options.time_zone, |(_, zone)| *zone), day, written };
    let usual = ReaderOptions::of(clock);
    let end_of_day = usual.fallback_ts.saturating_add(DAY_US);
    let newest = modified.map_or(end_of_day, |modified| modified.max(end_of_day));
    Reader::new(
        origin,
        ReaderOptions {
            // a key that names no day says nothing about when its lines were written
            fallback_ts: if origin_has_day { usual.fallback_ts } else { seen.unwrap_or(usual.fallback_ts) },
            latest_ts: newest.saturating_add(options.max_skew),
            max_skew: options.max_skew,
            registry: options.formats.registry,
            redactor: options.redactor.clone(),
            ..usual
        },
    )
}

/// Returns the place that a key names by a template.
fn place_of(names: &Captures<'_>) -> Option<Place<'static>> {
    let name = |column: &str| names.name(column).map(|name| Cow::Owned(name.as_str().to_owned()));
    Some(Place {
        cluster: name("cluster"),
        namespace: name("namespace"),
        workload: name("workload"),
        pod: name("pod"),
        container: name("container"),
        node: name("node"),
    })
}

/// Reads every frame of an object, of each file if it is an archive, and passes each record to `take`.
pub fn read_frames(
    input: impl Read,
    reader: &mut Reader,
    limits: &Limits,
    take: reader::EmitRow<'_>,
) -> io::Result<()> {
    let outcome = framing::entries(input, limits, &mut |mut entry| {
        if let Some(path) = entry.path {
            reader.enter(path, take);
        }
        entry.frames(&mut |frame| reader.frame(&frame, take)).map(|_| ())
    });
    reader.finish(take);
    outcome
}

/// Returns the format chain of most records; `empty` if there are none.
pub fn main_format(counts: &reader::Counts) -> String {
    let most =
        counts.formats.iter().max_by_key(|(chain, count)| (**count, std::cmp::Reverse(chain.as_str())));
    most.map_or_else(|| "empty".into(), |(chain, _)| chain.clone())
}

/// Returns the first unparsed line and why, and the number of further ones; `None` if all were parsed.
fn first_fault(counts: &reader::Counts) -> Option<String> {
    let (line, why) = counts.faults.first()?;
    let more = counts.unparsed.saturating_sub(1);
    let rest = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    Some(format!("line {line}: {why}{rest}"))
}
