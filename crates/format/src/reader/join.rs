//! Joins lines into records: partial lines of a stream byte by byte, stack traces and long messages
//! line by line. Holds the last record of each stream back until a line begins the next one.
//! Must not know envelopes, nor where a record goes.

use crate::contract::Role;
use crate::reader::context::Context;
use crate::reader::settle::RecordText;
use crate::reader::{EmitRow, MAX_RECORD_BYTES, Position, Reader, format_at, role_of};
use crate::registry::FORMATS;
use crate::text::{private_key, stack};
use std::borrow::Cow;

/// Most streams (pod, container, stream) that may hold a record back at the same time.
const MAX_STREAMS: usize = 4096;

/// The state of one stream of lines: a container's stdout, or the whole object.
#[derive(Default)]
pub(super) struct Stream {
    /// The format of the last record.
    leaf: Option<usize>,
    /// The bytes of a line that is not complete yet, and where it began.
    partial: Vec<u8>,
    partial_at: Position,
    held: Option<Held>,
    pub(super) last_ts: Option<i64>,
}

/// A text record that may continue.
struct Held {
    text: String,
    last_line_at: usize,
    leaf: Option<usize>,
    at: Position,
    context: Context<'static>,
}

impl Reader {
    /// Adds a partial line to its stream. Partial lines are joined by bytes, because collectors cut
    /// within characters.
    pub(super) fn join_partial(&mut self, payload: &[u8], context: &Context<'_>) {
        let stream = self.streams.entry(context.stream_key()).or_default();
        if stream.partial.is_empty() {
            stream.partial_at = self.next;
            self.next.item += 1;
        }
        // a longer record is cut, and marked, when it is read
        if stream.partial.len() <= MAX_RECORD_BYTES {
            stream.partial.extend_from_slice(payload);
        }
        self.counts.joined += 1;
    }

    /// Adds an application's line to its stream.
    pub(super) fn join(&mut self, bytes: &[u8], context: Context<'_>, emit: EmitRow<'_>) {
        let key = context.stream_key();
        let mut stream = self.streams.remove(&key).unwrap_or_default();
        if stream.partial.is_empty() {
            self.line(&mut stream, Line { bytes, begun: None, context }, emit);
        } else {
            let mut whole = std::mem::take(&mut stream.partial);
            whole.extend_from_slice(bytes);
            let begun = Some(stream.partial_at);
            self.line(&mut stream, Line { bytes: &whole, begun, context }, emit);
        }
        if self.streams.len() >= MAX_STREAMS {
            self.release_all(emit);
        }
        self.streams.insert(key, stream);
    }

    /// Reads what every stream holds back, in the order of the object.
    pub(super) fn release_all(&mut self, emit: EmitRow<'_>) {
        let mut streams: Vec<Box<Stream>> = std::mem::take(&mut self.streams).into_values().collect();
        streams.sort_by_key(|stream| {
            let at = stream.held.as_ref().map_or(stream.partial_at, |held| held.at);
            (at.line, at.item)
        });
        for mut stream in streams {
            if !stream.partial.is_empty() {
                let bytes = std::mem::take(&mut stream.partial);
                let begun = Some(stream.partial_at);
                self.line(&mut stream, Line { bytes: &bytes, begun, context: Context::default() }, emit);
            }
            self.release(&mut stream, emit);
        }
    }

    /// Joins a line to the record before it, or begins a record with it.
    fn line(&mut self, stream: &mut Stream, line: Line<'_>, emit: EmitRow<'_>) {
        let Line { bytes, begun, mut context } = line;
        let decoded = match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(bytes),
        };
        if matches!(decoded, Cow::Owned(_)) {
            context.attrs.raw("invalid_utf8", "true");
        }
        let plain = without_ansi(&decoded);
        let text = plain.trim_end();
        if text.is_empty() {
            self.counts.drop_by("blank line");
            return;
        }
        let leaf = leaf_of(text, stream.leaf);
        // an export may run backwards: a line that was collected earlier continues nothing
        if let Some(held) = &mut stream.held
            && context.ts >= held.context.ts
            && continues(held, text, leaf)
        {
            held.last_line_at = held.text.len() + 1;
            held.text.push('\n');
            held.text.push_str(text);
            self.counts.joined += 1;
            return;
        }
        self.release(stream, emit);
        stream.leaf = leaf.or(stream.leaf);
        let at = begun.unwrap_or_else(|| self.begin());
        if matches!(role_of(leaf), Some(Role::Audit | Role::Event)) {
            self.read(&mut stream.last_ts, &RecordText { text, leaf, at, context: &context }, emit);
            return;
        }
        let context = context.into_owned();
        stream.held = Some(Held { text: text.to_owned(), last_line_at: 0, leaf, at, context });
    }

    /// Reads the record that a stream holds back.
    fn release(&mut self, stream: &mut Stream, emit: EmitRow<'_>) {
        let Some(Held { text, last_line_at, leaf, at, context }) = stream.held.take() else { return };
        let mut text = Cow::Borrowed(text.as_str());
        // a format would divide a key, its first line into the message and the others into the stack
        if last_line_at > 0
            && memchr::memmem::find(text.as_bytes(), b"PRIVATE KEY").is_some()
            && let Cow::Owned(masked) = self.redactor.secrets(&text)
        {
            self.counts.masked += 1;
            text = Cow::Owned(masked);
        }
        self.read(&mut stream.last_ts, &RecordText { text: &text, leaf, at, context: &context }, emit);
    }
}

/// An application's line. `begun` is the position of the first part if it was joined from several.
struct Line<'l> {
    bytes: &'l [u8],
    begun: Option<Position>,
    context: Context<'l>,
}

/// Returns the format that `text` begins a record of, preferring the stream's last one.
fn leaf_of(text: &str, last: Option<usize>) -> Option<usize> {
    let fits = |index: &usize| {
        format_at(Some(*index)).is_some_and(|format| format.role() != Role::Envelope && format.begins(text))
    };
    // the JSON format is never preferred: audit events and Kubernetes events fit it too
    last.filter(|index| role_of(Some(*index)) != Some(Role::Line) && fits(index))
        .or_else(|| (0..FORMATS.len()).find(fits))
}

/// Returns true if a line continues the record held back.
fn continues(held: &Held, text: &str, leaf: Option<usize>) -> bool {
    if held.text.len() + text.len() >= MAX_RECORD_BYTES {
        return false;
    }
    if private_key::continues_key(&held.text, text) {
        return true;
    }
    if leaf.is_some() && !text.starts_with([' ', '\t']) {
        return false;
    }
    let previous = held.text.get(held.last_line_at..).unwrap_or("");
    stack::continues(text, previous) || leaf.is_none() && role_of(held.leaf) == Some(Role::Lines)
}

/// Returns the text without terminal escapes.
fn without_ansi(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\x1b', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(anstream::adapter::strip_str(text).to_string())
}
