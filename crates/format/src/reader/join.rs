//! Joins lines into records: partial lines of a stream byte by byte, stack traces and long messages
//! line by line. Holds the last record of each stream back until a line begins the next one.
//! Must not know envelopes, nor where a record goes.

use crate::contract::Role;
use crate::framing::BLANK_LINE;
use crate::reader::context::Context;
use crate::reader::settle::RecordText;
use crate::reader::{EmitRow, MAX_RECORD_BYTES, Position, Reader};
use crate::text::{ansi, dump, gb18030, private_key, stack};
use model::record::Level;
use std::borrow::Cow;

/// Most streams (pod, container, stream) that may hold a record back at the same time.
const MAX_STREAMS: usize = 4096;
/// Most bytes that all streams together hold back.
const MAX_HELD_BYTES: usize = 32 << 20;
/// Most blank lines within a record, as between the goroutines of a panic.
const MAX_BLANKS: u32 = 2;
/// Time, in µs, after which a line that was collected later is no continuation: a trace is written at once.
const MAX_PAUSE_US: i64 = 2_000_000;

/// The state of one stream of lines: a container's stdout, or the whole object.
#[derive(Default)]
pub(super) struct Stream {
    /// The format of the last record.
    leaf: Option<usize>,
    /// The bytes of a line that is not complete yet, and where it began.
    partial: Vec<u8>,
    partial_at: Position,
    partial_context: Context<'static>,
    held: Option<Held>,
    pub(super) last_ts: Option<i64>,
}

impl Stream {
    /// Keeps a blank line for the record held back; returns false if it can be no part of one.
    fn keep_blank(&mut self) -> bool {
        let held = self.held.as_mut().filter(|held| held.blanks < MAX_BLANKS);
        held.map(|held| held.blanks += 1).is_some()
    }
}

/// A text record that may continue.
struct Held {
    text: String,
    last_line_at: usize,
    leaf: Option<usize>,
    at: Position,
    /// Blank lines since its last line: part of it if it goes on.
    blanks: u32,
    /// Collector's time of its last line.
    last_ts: Option<i64>,
    /// What its last line leaves open.
    open: Open,
    context: Context<'static>,
}

/// What the lines of a record leave open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    /// A private key.
    Key,
    /// A document that the record shows.
    Document,
    /// A trace of Python's, which ends with the exception.
    Trace,
    /// An error that Node prints, until its frames.
    NodeReport,
}

impl Open {
    /// Returns what `line`, which comes after `previous`, leaves open.
    fn after(line: &str, previous: &str, open: Self) -> Self {
        if private_key::is_open(line, open == Self::Key) {
            Self::Key
        } else if line.starts_with(stack::TRACEBACK) || open == Self::Trace && line.starts_with(' ') {
            Self::Trace
        } else if stack::begins_node_report(line) && previous.is_empty()
            || open == Self::NodeReport && !line.starts_with("    at ")
        {
            Self::NodeReport
        } else if dump::is_open(line, previous, open == Self::Document) {
            Self::Document
        } else {
            Self::Nothing
        }
    }
}

impl Held {
    fn last_line(&self) -> &str {
        self.text.get(self.last_line_at..).unwrap_or("")
    }
}

impl Reader {
    /// Adds a partial line to its stream. Partial lines are joined by bytes, because collectors cut
    /// within characters.
    pub(super) fn join_partial(&mut self, payload: &[u8], context: &Context<'_>, emit: EmitRow<'_>) {
        let key = context.stream_key();
        let mut stream = self.take_stream(key);
        if stream.partial.is_empty() {
            self.partials += 1;
            stream.partial_at = self.next;
            stream.partial_context = context.clone().into_owned();
            self.next.item += 1;
        }
        // a longer record is cut, and marked, when it is read
        if stream.partial.len() <= MAX_RECORD_BYTES {
            stream.partial.extend_from_slice(payload);
            self.held_bytes += payload.len();
        }
        self.recent = Some((key, stream));
        self.counts.joined += 1;
        self.bound(emit);
    }

    /// Keeps a blank line of the object itself; returns false if it can be no part of a record.
    pub(super) fn keep_blank(&mut self) -> bool {
        let key = Context::default().stream_key();
        self.recent.as_mut().is_some_and(|(recent, stream)| *recent == key && stream.keep_blank())
    }

    /// Takes the stream with a key out of the others.
    fn take_stream(&mut self, key: u64) -> Box<Stream> {
        if let Some((recent, stream)) = self.recent.take() {
            if recent == key {
                return stream;
            }
            self.streams.insert(recent, stream);
        }
        self.streams.remove(&key).unwrap_or_default()
    }

    /// Reads what the streams hold back if it is too much.
    fn bound(&mut self, emit: EmitRow<'_>) {
        if self.streams.len() + usize::from(self.recent.is_some()) >= MAX_STREAMS
            || self.held_bytes >= MAX_HELD_BYTES
        {
            self.release_all(emit);
        }
    }

    /// Adds an application's line to its stream.
    pub(super) fn join(&mut self, bytes: Bytes<'_>, context: Context<'_>, emit: EmitRow<'_>) {
        // a line without an envelope: what was begun before it is not continued after it
        if context.depth == 0 && self.partials > 0 {
            self.release_all(emit);
        }
        let key = context.stream_key();
        let mut stream = self.take_stream(key);
        if stream.partial.is_empty() {
            self.line(&mut stream, Line { bytes, begun: None, context }, emit);
        } else {
            let mut whole = std::mem::take(&mut stream.partial);
            self.partials = self.partials.saturating_sub(1);
            self.held_bytes = self.held_bytes.saturating_sub(whole.len());
            whole.extend_from_slice(bytes.bytes);
            let begun = Some(stream.partial_at);
            self.line(&mut stream, Line { bytes: Bytes::of(&whole), begun, context }, emit);
        }
        self.recent = Some((key, stream));
        self.bound(emit);
    }

    /// Reads what every stream holds back, in the order of the object.
    pub(super) fn release_all(&mut self, emit: EmitRow<'_>) {
        let recent = self.recent.take().map(|(_, stream)| stream);
        let streams = std::mem::take(&mut self.streams).into_values();
        let mut streams: Vec<Box<Stream>> = streams.chain(recent).collect();
        streams.sort_by_key(|stream| {
            let at = stream.held.as_ref().map_or(stream.partial_at, |held| held.at);
            (at.line, at.item)
        });
        for mut stream in streams {
            if !stream.partial.is_empty() {
                let bytes = std::mem::take(&mut stream.partial);
                let context = std::mem::take(&mut stream.partial_context);
                let begun = Some(stream.partial_at);
                self.line(&mut stream, Line { bytes: Bytes::of(&bytes), begun, context }, emit);
            }
            self.release(&mut stream, emit);
        }
        (self.held_bytes, self.partials) = (0, 0);
    }

    /// Joins a line to the record before it, or begins a record with it.
    fn line(&mut self, stream: &mut Stream, line: Line<'_>, emit: EmitRow<'_>) {
        let Line { bytes, begun, mut context } = line;
        let Bytes { bytes, text } = bytes;
        let decoded = match text {
            Some(text) => Cow::Borrowed(text),
            None => match gb18030::decode(bytes) {
                Some(text) => {
                    context.attrs.text("encoding", "GB18030");
                    Cow::Owned(text)
                }
                None => {
                    context.attrs.raw("invalid_utf8", "true");
                    String::from_utf8_lossy(bytes)
                }
            },
        };
        let plain = ansi::without(Cow::Borrowed(&decoded));
        let text = plain.trim_end();
        if text.is_empty() {
            if !stream.keep_blank() {
                self.counts.drop_by(BLANK_LINE);
            }
            return;
        }
        let is_unmarked = context.is_unmarked && matches!(plain, Cow::Borrowed(_));
        let leaf = self.options.registry.leaf_of(text, stream.leaf, is_unmarked);
        // an indented line begins a record only where a layout says how it is indented
        let is_layout = self.options.registry.layout(leaf).is_some();
        let begins = is_layout || leaf.is_some() && !text.starts_with([' ', '\t']);
        if let Some(held) = &mut stream.held
            && is_soon(held, context.ts)
            && self.continues(held, text, begins)
        {
            held.open = Open::after(text, held.last_line(), held.open);
            let breaks = std::mem::take(&mut held.blanks) + 1;
            held.text.extend((0..breaks).map(|_| '\n'));
            held.last_line_at = held.text.len();
            held.text.push_str(text);
            held.last_ts = context.ts.or(held.last_ts);
            self.held_bytes += text.len();
            self.counts.joined += u64::from(breaks);
            return;
        }
        self.release(stream, emit);
        stream.leaf = leaf.or(stream.leaf);
        let at = begun.unwrap_or_else(|| self.begin());
        if matches!(self.role_of(leaf), Some(Role::Audit | Role::Event | Role::State | Role::Line)) {
            self.read(&mut stream.last_ts, &RecordText { text, leaf, at, context: &context }, emit);
            return;
        }
        let context = context.into_owned();
        self.held_bytes += text.len() + context.bytes();
        stream.held = Some(Held {
            text: text.to_owned(),
            last_line_at: 0,
            leaf,
            at,
            blanks: 0,
            last_ts: context.ts,
            open: Open::after(text, "", Open::Nothing),
            context,
        });
    }

    /// Returns true if a line continues the record held back: it looks like a continuation, and begins no record.
    fn continues(&self, held: &mut Held, text: &str, begins: bool) -> bool {
        if held.text.len() + text.len() >= MAX_RECORD_BYTES {
            return false;
        }
        if held.open == Open::Key && private_key::continues_key(text) {
            return true;
        }
        let layout = self.options.registry.layout(held.leaf);
        if let Some(layout) = layout.filter(|layout| layout.has_continuations()) {
            let len = held.text.len();
            held.text.push('\n');
            held.text.push_str(text);
            let continues = layout.continues(held.last_line());
            held.text.truncate(len);
            if continues {
                return true;
            }
        }
        if held.open == Open::Document && dump::continues_indented(text)
            || stack::continues_message(text, held.last_line())
        {
            return true;
        }
        if begins || stack::begins_python_trace(text) && !self.may_have_trace(held) {
            return false;
        }
        // the line after Python's frames is the exception, whatever its name
        held.open == Open::NodeReport
            || stack::is_cut(held.last_line())
            || held.open == Open::Trace && held.last_line().starts_with(' ')
            || stack::continues(text, held.last_line())
            || self.is_error_of(held, text)
            || dump::continues(text, held.last_line(), held.open == Open::Document)
    }

    /// Returns true if a trace of Python's can belong to a record: it has none, or announces another one, and does not
    /// say that all is well.
    fn may_have_trace(&self, held: &Held) -> bool {
        if held.last_line_at > 0 {
            let is_first =
                || memchr::memmem::find(held.text.as_bytes(), stack::TRACEBACK.as_bytes()).is_none();
            return stack::announces_python_trace(held.last_line()) || is_first();
        }
        self.level_of(held).is_none_or(|level| level > Level::Info)
    }

    /// Returns true for the error that a record of an error has below its message.
    fn is_error_of(&self, held: &Held, text: &str) -> bool {
        held.last_line_at == 0
            && stack::is_bare_error(text)
            && self.level_of(held).is_some_and(|level| level >= Level::Error)
    }

    /// Returns the level of the record held back, as far as it is read.
    fn level_of(&self, held: &Held) -> Option<Level> {
        let mut level = held.context.level;
        if let Some(format) = self.options.registry.at(held.leaf) {
            let clock = self.clock_of(&held.context);
            let _ = format.read(&held.text, &clock, &mut |record| level = record.level.or(level));
        }
        level
    }

    /// Reads the record that a stream holds back.
    fn release(&mut self, stream: &mut Stream, emit: EmitRow<'_>) {
        let Some(Held { text, last_line_at, leaf, at, blanks, context, .. }) = stream.held.take() else {
            return;
        };
        (0..blanks).for_each(|_| self.counts.drop_by(BLANK_LINE));
        self.held_bytes = self.held_bytes.saturating_sub(text.len() + context.bytes());
        let mut text = Cow::Borrowed(text.as_str());
        // a format would divide a key, its first line into the message and the others into the stack
        if last_line_at > 0
            && memchr::memmem::find(text.as_bytes(), b"PRIVATE KEY").is_some()
            && let Cow::Owned(masked) = self.options.redactor.secrets(&text)
        {
            self.counts.masked += 1;
            text = Cow::Owned(masked);
        }
        // JSON that was written for people's eyes has its format when it is whole
        let leaf = leaf.or_else(|| {
            let is_json = last_line_at > 0 && dump::is_json(&text);
            is_json.then(|| self.options.registry.leaf_of(&text, None, false)).flatten()
        });
        self.read(&mut stream.last_ts, &RecordText { text: &text, leaf, at, context: &context }, emit);
    }
}

/// Bytes, and the text that they are if they are UTF-8.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) text: Option<&'b str>,
}

impl<'b> Bytes<'b> {
    pub(super) fn of(bytes: &'b [u8]) -> Self {
        Self { bytes, text: std::str::from_utf8(bytes).ok() }
    }
}

/// An application's line. `begun` is the position of the first part if it was joined from several.
struct Line<'l> {
    bytes: Bytes<'l>,
    begun: Option<Position>,
    context: Context<'l>,
}

/// Returns true if a line that was collected at `ts` may continue the record held back: not before its last
/// line, as in an export that runs backwards, and not long after it.
fn is_soon(held: &Held, ts: Option<i64>) -> bool {
    match (held.last_ts, ts) {
        (Some(last), Some(ts)) => (last..=last.saturating_add(MAX_PAUSE_US)).contains(&ts),
        (last, ts) => ts >= last,
    }
}
