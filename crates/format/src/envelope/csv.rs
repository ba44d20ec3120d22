//! CSV with a header row, as Tencent CLS ships it and consoles export it, or of a kind that has none.
//! The framing passes each record with the header before it; only the message column continues to the
//! inner format. Must not know how a header is recognised.

use crate::contract::{Clock, EmitPart, Format, Part, Role, Unwrapped};
use crate::envelope::cloudwatch::cluster_of;
use crate::envelope::columns::{put, read_labels, read_path};
use crate::text::csv::{FieldSplitter, UNCLOSED, text_of, unquoted};
use crate::text::csv_header::{Header, is_absent};
use crate::text::csv_kind::{Kind, kind_of};
use crate::text::fields::{Field, bare};
use crate::text::json::is_json;
use crate::text::{place, time};
use chrono_tz::Tz;
use model::record::{Attrs, Level, Text};
use model::time::Ts;
use std::borrow::Cow;

/// The format.
pub struct Csv;

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "CSV with a header row (Tencent CLS shipping, exports of consoles), PostgreSQL's csvlog"
    }

    fn sample(&self) -> &'static str {
        "Timestamp,Node,PodName,Container,Log\n2026-11-22T02:12:01.123Z,node-1,pay-api-7d9f8b6c5d-x2x7k,app,\"refused, retrying\""
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn begins(&self, text: &str) -> bool {
        split(text.as_bytes()).is_some()
    }

    /// The framing puts the first name of the header in quotes.
    fn first_bytes(&self) -> &'static [u8] {
        b"\"'"
    }

    fn is_outermost(&self) -> bool {
        true
    }

    fn unwrap_all<'a>(&self, line: &'a [u8], clock: &Clock, emit: EmitPart<'_, 'a>) -> bool {
        split(line).map(|(header, record)| emit(part(&header, record, clock))).is_some()
    }
}

/// Splits the header line from the one record after it.
fn split(line: &[u8]) -> Option<(Header<'_>, &[u8])> {
    let (head, record) = line.split_at_checked(memchr::memchr(b'\n', line)?)?;
    Some((Header::of(std::str::from_utf8(head).ok()?)?, record.get(1..)?))
}

/// Removes the envelope from one record.
fn part<'r>(header: &Header<'_>, record: &'r [u8], clock: &Clock) -> Part<'r> {
    let broken = |why: String| Part::Broken(Cow::Borrowed(record), why);
    let mut splitter = FieldSplitter::default();
    match splitter.advance(record, header.dialect) {
        Ok(true) => {}
        Ok(false) => return broken(UNCLOSED.into()),
        Err(why) => return broken(why.into()),
    }
    let fields = splitter.fields.into_iter().map(|span| record.get(span).unwrap_or_default());
    let values: Vec<Cow<'r, [u8]>> = fields.map(|field| unquoted(field, header.dialect.quote)).collect();
    if values.len() != header.columns.len() {
        return broken(format!("{} fields; the header has {}", values.len(), header.columns.len()));
    }
    let mut pairs = header.columns.iter().zip(&values);
    if pairs.all(|(column, value)| column.name.as_bytes() == value.trim_ascii()) {
        return Part::Dropped("CSV header");
    }
    Part::Line(match kind_of(header) {
        Some(kind) => record_of(kind, header, values),
        None => unwrapped(header, values, clock),
    })
}

/// Returns a record of a known kind: its columns are the record, under names that JSON logs use.
fn record_of<'r>(kind: &Kind, header: &Header<'_>, values: Vec<Cow<'r, [u8]>>) -> Unwrapped<'r> {
    let mut line = Unwrapped { complete: true, ..Unwrapped::default() };
    let mut object = Attrs::default();
    let columns = || header.columns.iter().map(|column| &*column.name);
    let values: Vec<Text<'r>> = values.into_iter().map(text_of).collect();
    let level = columns().zip(&values).find(|(name, _)| *name == kind.level);
    let level = level.and_then(|(_, word)| kind.level_of(word));
    for (name, text) in columns().zip(values) {
        let is_code = name == kind.code;
        if text.is_empty() || is_code && text == kind.success {
            continue;
        }
        let name = if is_code && level >= Some(Level::Error) { "error_code" } else { name };
        match level {
            Some(level) if name == kind.level => object.text("level", level.name()),
            _ if name == kind.time => object.text("timestamp", &text),
            _ => object.text(name, &text),
        }
    }
    line.payload = Cow::Owned(object.into_json().unwrap_or_default().into_bytes());
    line
}

/// Removes the columns around the text of a row. A row without a text is a blank line.
fn unwrapped<'r>(header: &Header<'_>, values: Vec<Cow<'r, [u8]>>, clock: &Clock) -> Unwrapped<'r> {
    let mut line = Unwrapped { complete: true, ..Unwrapped::default() };
    let mut object = Attrs::default();
    let is_insights = header.columns.iter().any(|column| column.name == "@message");
    let fields = header.fields_of(&values);
    let mut unread_time = None;
    for ((column, value), field) in header.columns.iter().zip(values).zip(fields) {
        if header.has_message && field == Some(Field::Message) {
            line.payload = value;
            continue;
        }
        if is_absent(&value) {
            // a text that is no more than that
            if header.has_message && column.is_message() && line.payload.is_empty() {
                line.payload = value;
            }
            continue;
        }
        let text = text_of(value);
        let is_utc = column.name.ends_with("[UTC]") || is_insights;
        let clock = Clock { zone: if is_utc { Tz::UTC } else { clock.zone }, ..*clock };
        if !header.has_message && !column.name.starts_with("__") {
            add_member(&mut object, &column.name, &text, &clock);
            continue;
        }
        if column.name == "@log" {
            // account and log group
            line.place.cluster = text.split_once(':').and_then(|(_, group)| cluster_of(group));
        }
        if let Some(rest) = put(&mut line, field, text, &clock) {
            read_labels(&mut line, &rest, &clock);
            read_path(&mut line, &rest);
            if field != Some(Field::Time) && names_time(&column.name) {
                unread_time = unread_time.or_else(|| time::any(&rest, &clock).map(|stamp| stamp.ts));
            }
            line.attrs.text(&attr_name(&column.name), &rest);
        }
    }
    line.ts = line.ts.or(unread_time);
    place::split_names(&mut line.place);
    if !header.has_message {
        // a structured topic: the record as it was before CLS split it into columns
        line.payload = Cow::Owned(object.into_json().unwrap_or_default().into_bytes());
    }
    line
}

/// Adds a column to the record that the columns are; Azure's times name their zone in the header.
fn add_member(object: &mut Attrs, name: &str, text: &str, clock: &Clock) {
    let stamp = || time::any(text, clock).map(|stamp| Ts(stamp.ts).to_string());
    if let Some(name) = name.strip_suffix("[UTC]") {
        object.text(name.trim_end(), &stamp().unwrap_or_else(|| text.to_owned()));
    } else if is_json(text) {
        object.raw(name, text);
    } else {
        object.text(name, text);
    }
}

/// Returns true for a column that keeps a time under a name of its own.
fn names_time(name: &str) -> bool {
    let bare = bare(name);
    ["time", "timestamp", "timems", "date"].iter().any(|end| bare.ends_with(end))
}

/// Returns the name of an attribute: for columns that CLS adds the name in its JSON, otherwise the
/// column's own.
fn attr_name(name: &str) -> Text<'_> {
    match name.strip_prefix("__TAG__.").or_else(|| name.strip_prefix("__tag__:")) {
        Some(tag) => Cow::Borrowed(tag),
        None if name.starts_with("__") => Cow::Owned(name.trim_matches('_').to_ascii_lowercase()),
        None => Cow::Borrowed(name),
    }
}
