//! Frames → rows. [`Reader::frame`] removes envelopes (`unwrap`), joins partial lines by bytes and
//! stack traces by line (`join`), then settles each record's format, time, place and table (`settle`)
//! and counts it (`count`): records in = parsed + unparsed + dropped by a named rule; a line that
//! continues a record is counted as joined. Must not know files, Arrow or the lake.

mod context;
mod count;
mod join;
mod settle;
mod unwrap;

pub use count::Counts;

use crate::contract::{Clock, Role};
use crate::framing::{BLANK_LINE, Frame};
use crate::origin::{Origin, origin_of};
use crate::reader::context::Context;
use crate::reader::join::Stream;
use crate::reader::settle::RecordText;
use crate::registry::Registry;
use crate::text::kubectl::command::placed;
use chrono::{NaiveDate, NaiveTime};
use model::record::Record;
use model::table::Table;
use redact::Redactor;
use std::collections::HashMap;

/// Bytes of the longest joined record.
const MAX_RECORD_BYTES: usize = 1 << 20;
/// Bytes of metadata stored for each byte that was read: many short lines share the labels of their pod.
const METADATA_FACTOR: usize = 16;
/// A day, µs.
const DAY_US: i64 = 86_400_000_000;

/// How the records of an object are read.
#[derive(Clone)]
pub struct ReaderOptions {
    /// The formats.
    pub registry: &'static Registry,
    /// Zone and day of the object.
    pub clock: Clock,
    /// Time of records before any time is known, µs UTC.
    pub fallback_ts: i64,
    /// The last time that a record of the object can have, µs UTC. Later ones are not believed.
    pub latest_ts: i64,
    /// Difference, in µs, between a record's time and its collector's up to which the record's is believed.
    pub max_skew: i64,
    /// Masks secrets.
    pub redactor: Redactor,
}

impl ReaderOptions {
    /// Returns the shipped formats and usual bounds, for an object with that clock.
    pub fn of(clock: Clock) -> Self {
        Self {
            registry: Registry::shipped(),
            clock,
            fallback_ts: midnight_of(&clock),
            latest_ts: i64::MAX,
            max_skew: DAY_US,
            redactor: Redactor::default(),
        }
    }
}

/// Returns midnight of a clock's day, µs UTC.
fn midnight_of(clock: &Clock) -> i64 {
    model::time::local_ts(clock.day.and_time(NaiveTime::MIN), clock.zone).0
}

/// One record on its way to a table.
pub struct Row<'a> {
    /// The record, its time settled.
    pub record: Record<'a>,
    /// µs UTC.
    pub ts: i64,
    /// The table it belongs to.
    pub table: Table,
    /// Line it begins on, from 1.
    pub line: u64,
    /// Its number among the records of that line, from 0.
    pub item: u32,
    /// True if no format could read it.
    pub unparsed: bool,
}

/// Receives rows one at a time.
pub type EmitRow<'t> = &'t mut dyn FnMut(Row<'_>);

/// Reads the frames of one object.
pub struct Reader {
    origin: Origin,
    /// What the object's key says, and its day, for each entry of an archive.
    object: Origin,
    object_day: NaiveDate,
    options: ReaderOptions,
    /// Midnight of the clock's day, µs UTC.
    midnight: i64,
    streams: HashMap<u64, Box<Stream>>,
    /// The stream of the last line, by its key: most lines have the same. It is not in `streams`.
    recent: Option<(u64, Box<Stream>)>,
    /// Bytes that the streams hold back.
    held_bytes: usize,
    /// Number of streams with a line that is not complete yet.
    partials: usize,
    /// Bytes of envelopes' metadata that may still be stored: a multiple of the bytes that were read.
    metadata_budget: usize,
    /// The envelope in code that fitted last, tried first.
    envelope: usize,
    /// The position of the next record that begins.
    next: Position,
    /// Buffer for the format chain of a record.
    chain: String,
    /// What has been read so far.
    pub counts: Counts,
}

/// Where a record begins: a line, and a number among the records of that line.
#[derive(Clone, Copy, Default)]
struct Position {
    line: u64,
    item: u32,
}

impl Reader {
    /// Returns a reader of one object.
    pub fn new(origin: Origin, options: ReaderOptions) -> Self {
        Self {
            object: origin.clone(),
            object_day: options.clock.day,
            midnight: midnight_of(&options.clock),
            origin,
            options,
            streams: HashMap::new(),
            recent: None,
            held_bytes: 0,
            partials: 0,
            metadata_budget: 1 << 20,
            envelope: 0,
            next: Position::default(),
            chain: String::new(),
            counts: Counts::default(),
        }
    }

    /// Continues with the entry of an archive that has this path; the object's key says what the path
    /// does not.
    pub fn enter(&mut self, path: &str, emit: EmitRow<'_>) {
        self.release_all(emit);
        let Origin { mut place, text_table, reason, day, namespace } = origin_of(path);
        place.fill_from(&self.object.place);
        let named = self.object.text_table.map(|table| (table, self.object.reason.clone()));
        let (text_table, reason) = named.map_or((text_table, reason), |(table, why)| (Some(table), why));
        self.options.clock.day = day.unwrap_or(self.object_day);
        self.midnight = midnight_of(&self.options.clock);
        self.origin = Origin { place, text_table, reason, day, namespace };
    }

    /// Reads one frame.
    pub fn frame(&mut self, frame: &Frame<'_>, emit: EmitRow<'_>) {
        self.counts.frames += 1;
        self.metadata_budget =
            self.metadata_budget.saturating_add(frame.bytes.len().saturating_mul(METADATA_FACTOR));
        // one line may hold several values
        if frame.line != self.next.line {
            self.next = Position { line: frame.line, item: 0 };
        }
        if let Some(rule) = frame.dropped {
            if rule != BLANK_LINE || !self.keep_blank() {
                self.counts.drop_by(rule);
            }
            return;
        }
        if let Some(fault) = frame.fault {
            let text = String::from_utf8_lossy(frame.bytes);
            let at = self.begin();
            self.unparsed(
                self.last_ts(&Context::default()),
                &RecordText { text: &text, leaf: None, at, context: &Context::default() },
                fault,
                emit,
            );
            return;
        }
        let placed = self.origin.namespace.as_deref().and_then(|namespace| placed(frame.bytes, namespace));
        self.unwrap(placed.as_deref().unwrap_or(frame.bytes), Context::default(), emit);
    }

    /// Emits the records that are held back for a continuation. Call it after the last frame.
    pub fn finish(&mut self, emit: EmitRow<'_>) {
        self.release_all(emit);
    }

    /// Returns the time of the last record of the stream that a line with this context belongs to.
    fn last_ts(&self, context: &Context<'_>) -> Option<i64> {
        let key = context.stream_key();
        match &self.recent {
            Some((recent, stream)) if *recent == key => stream.last_ts,
            _ => self.streams.get(&key)?.last_ts,
        }
    }

    /// Returns the position of a record that begins now.
    fn begin(&mut self) -> Position {
        let at = self.next;
        self.next.item += 1;
        at
    }

    /// Returns the kind of content that the format at an index of the list reads.
    fn role_of(&self, leaf: Option<usize>) -> Option<Role> {
        Some(self.options.registry.at(leaf)?.role())
    }
}
