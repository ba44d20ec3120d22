//! The step from objects to rows: each object is read, its records gathered into drafts, each
//! draft committed whole. One bad object never stops the rest; what it was is in its entry.

mod original; // objects kept as they were
mod worker; // reads and commits

use crate::cancel::Cancel;
use crate::config::Config;
use crate::ingest::worker::{Fresh, Shared, Worker, unread};
use crate::lake::Lake;
use crate::lake::catalog::{Catalog, ObjectEntry};
use crate::source::{Listed, Source};
use chrono::NaiveDate;
use chrono_tz::Tz;
use format::reader;
use format::reader::Reader;
use format::{Clock, framing};
use globset::GlobSet;
use model::error::{Error, Problem, Result};
use model::table::Table;
use model::time::Ts;
use redact::Redactor;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

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
    /// Folder that originals are kept in.
    pub keep: Option<PathBuf>,
    /// What masks secrets.
    pub redactor: Redactor,
    /// When to stop.
    pub stop: Cancel,
}

impl Options {
    /// Returns what the config says.
    pub fn of(config: &Config, now: Ts, stop: &Cancel) -> Result<Self> {
        let zone = config.zone()?;
        Ok(Self {
            text_table: None,
            path_types: config.source.path_types()?,
            cluster: config.cluster.clone(),
            zone,
            today: now.date(zone),
            threads: config.threads(),
            keep: config.source.keep.clone(),
            redactor: Redactor::of(&config.redact)?,
            stop: stop.clone(),
        })
    }
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
    /// Rows that a secret was masked in.
    pub masked: u64,
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
    let redactor = options.redactor.with_key(lake.redact_key()?);
    let options = &Options { redactor, ..options.clone() };
    let mut done = Ingested::default();
    let mut fresh = Vec::new();
    for object in listed {
        match catalog.object(&object.key)? {
            Some(entry) if entry.etag == object.etag => {
                done.unchanged += 1;
                progress.bytes.fetch_add(object.size, Ordering::Relaxed);
            }
            before => fresh.push(Fresh { object: object.clone(), before }),
        }
    }
    let workers = options.threads.clamp(1, 64).min(fresh.len().max(1));
    let objects = fresh.iter().map(|fresh| fresh.object.clone()).collect();
    let feed = source.feed(objects, &options.stop);
    let shared = Shared {
        lake,
        source,
        options,
        progress,
        feed,
        fresh,
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
            .map(|handle| handle.join().unwrap_or_else(|_| Err(Error::bug("a worker of `ingest` stopped"))))
            .collect()
    });
    let mut done = shared.done.into_inner().map_err(|_| Error::bug("a worker of `ingest` stopped"))?;
    for outcome in outcomes {
        outcome?;
    }
    options.stop.check()?;
    let untried = shared.fresh.get(shared.taken.into_inner()..).unwrap_or_default();
    if let Some(first) = untried.first() {
        let why = format!("the source stopped answering before it and {} others", untried.len() - 1);
        done.problems.push(unread(&first.object.key, &why));
    }
    done.objects.sort_by(|a, b| a.key.cmp(&b.key));
    done.problems.sort();
    Ok(done)
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
    let fallback = model::time::local_ts(noon, options.zone);
    Reader::new(Clock { zone: options.zone, day }, origin, fallback.0, options.redactor.clone())
}

/// Reads every frame of a stream, compressed or not.
pub fn read_frames(input: impl Read + Send, reader: &mut Reader, take: reader::Take<'_>) -> io::Result<()> {
    let (_, mut text) = framing::decompress(input)?;
    let outcome = framing::frames(&mut *text, &mut |frame| reader.frame(&frame, take));
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
