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

use crate::contract::{Clock, Format, Role};
use crate::framing::Frame;
use crate::origin::Origin;
use crate::reader::context::Context;
use crate::reader::join::Stream;
use crate::reader::settle::RecordText;
use crate::registry::FORMATS;
use model::record::Record;
use model::table::Table;
use redact::Redactor;
use std::collections::HashMap;

/// Bytes of the longest joined record.
const MAX_RECORD_BYTES: usize = 1 << 20;

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
    clock: Clock,
    origin: Origin,
    redactor: Redactor,
    streams: HashMap<u64, Box<Stream>>,
    /// The envelope that fitted last, tried first.
    envelope: usize,
    fallback_ts: i64,
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
    /// Returns a reader of one object. Records before any time is known get `fallback_ts` (µs UTC).
    pub fn new(clock: Clock, origin: Origin, fallback_ts: i64, redactor: Redactor) -> Self {
        Self {
            clock,
            origin,
            redactor,
            streams: HashMap::new(),
            envelope: 0,
            fallback_ts,
            next: Position::default(),
            chain: String::new(),
            counts: Counts::default(),
        }
    }

    /// Reads one frame.
    pub fn frame(&mut self, frame: &Frame<'_>, emit: EmitRow<'_>) {
        self.counts.frames += 1;
        // one line may hold several values
        if frame.line != self.next.line {
            self.next = Position { line: frame.line, item: 0 };
        }
        if let Some(fault) = frame.fault {
            let text = String::from_utf8_lossy(frame.bytes);
            let at = self.begin();
            self.unparsed(
                &RecordText { text: &text, leaf: None, at, context: &Context::default() },
                fault,
                emit,
            );
            return;
        }
        self.unwrap(frame.bytes, Context::default(), emit);
    }

    /// Emits the records that are held back for a continuation. Call it after the last frame.
    pub fn finish(&mut self, emit: EmitRow<'_>) {
        self.release_all(emit);
    }

    /// Returns the position of a record that begins now.
    fn begin(&mut self) -> Position {
        let at = self.next;
        self.next.item += 1;
        at
    }
}

/// Returns the format at an index of the list.
fn format_at(index: Option<usize>) -> Option<&'static dyn Format> {
    FORMATS.get(index?).copied()
}

fn role_of(leaf: Option<usize>) -> Option<Role> {
    Some(format_at(leaf)?.role())
}
