//! Reads a joined record by its format, and settles its time, place and table. Must not know how
//! lines were joined.

use crate::contract::{Clock, Role};
use crate::reader::context::Context;
use crate::reader::count::NO_FORMAT;
use crate::reader::{DAY_US, EmitRow, MAX_RECORD_BYTES, Position, Reader, Row};
use crate::text::exception;
use model::record::{Attrs, Body, Level, Record, Text};
use model::table::Table;
use model::time::Ts;
use std::borrow::Cow;

/// Difference, in µs, between an application's time and its collector's from which both are kept.
const COLLECTED_APART_US: i64 = 1_000_000;

/// 1 January 2000, µs UTC: no log of a cluster is older.
const EARLIEST_US: i64 = 946_684_800_000_000;

/// The text of one record, its lines joined.
pub(super) struct RecordText<'r> {
    pub(super) text: &'r str,
    /// Index of its format; `None` if no format fits.
    pub(super) leaf: Option<usize>,
    pub(super) at: Position,
    pub(super) context: &'r Context<'r>,
}

/// Where a record comes from.
struct Provenance<'r> {
    /// Name of its format; `None` if no format fits.
    format: Option<&'r str>,
    at: Position,
    /// Bytes cut off its text.
    cut_bytes: usize,
    is_unparsed: bool,
    context: &'r Context<'r>,
}

impl Reader {
    /// Returns the clock for a line: its day is the collector's, if that is known.
    pub(super) fn clock_of(&self, context: &Context<'_>) -> Clock {
        let clock = self.options.clock;
        let collected = self.collected(context);
        let day = collected.map_or(clock.day, |ts| Ts(ts).date(clock.zone));
        Clock { day, written: collected.or(clock.written).or_else(|| self.written()), ..clock }
    }

    /// Returns when the object was written; `None` if only its day is known.
    fn written(&self) -> Option<i64> {
        // the time of an object that has a day is that day's midnight
        Some(self.options.fallback_ts).filter(|written| *written > self.midnight)
    }

    /// Returns true for a time at which a record of this object can have been written.
    fn is_possible(&self, ts: i64) -> bool {
        (EARLIEST_US..=self.options.latest_ts).contains(&ts)
    }

    /// Returns a time of day on the day that makes it nearest to the record before it; on the object's day, but not
    /// after the object was written, if there is none.
    fn with_day(&self, ts: i64, last_ts: Option<i64>) -> i64 {
        match last_ts {
            Some(last) => ts + ((last - ts) as f64 / DAY_US as f64).round() as i64 * DAY_US,
            None if self.written().is_some_and(|written| ts > written) => ts - DAY_US,
            None => ts,
        }
    }

    /// Returns the collector's time, if it is possible.
    fn collected(&self, context: &Context<'_>) -> Option<i64> {
        context.ts.filter(|ts| self.is_possible(*ts))
    }

    /// Reads one record. `last_ts` is the time of the stream's last record.
    pub(super) fn read(&mut self, last_ts: &mut Option<i64>, record: &RecordText<'_>, emit: EmitRow<'_>) {
        let RecordText { leaf, at, context, .. } = *record;
        let is_json = matches!(self.role_of(leaf), Some(Role::Audit | Role::Event | Role::State));
        let (text, cut_bytes) = cut_to(record.text, if is_json { usize::MAX } else { MAX_RECORD_BYTES });
        let Some(format) = self.options.registry.at(leaf) else {
            let exception = exception::exception_of(text);
            let is_trace = exception::is_report(text, exception);
            // a container may print anything; so a path that names one is like an envelope
            if context.depth == 0 && !is_trace && self.origin.place.container.is_none() {
                self.unparsed(*last_ts, &RecordText { text, ..*record }, NO_FORMAT, emit);
                return;
            }
            let mut plain = Record::text(text);
            if let Body::Text(fields) = &mut plain.body {
                fields.exception = exception.map(Cow::Borrowed);
            }
            // a runtime printed it because nobody caught the exception
            plain.level = is_trace.then_some(Level::Error);
            let from = Provenance { format: None, at, cut_bytes, is_unparsed: false, context };
            self.settle(last_ts, plain, &from, emit);
            return;
        };
        let clock = self.clock_of(context);
        let mut count = 0;
        let outcome = format.read(text, &clock, &mut |record| {
            // a list on one line: its first item has the position of the line
            let at = if count == 0 { at } else { self.begin() };
            count += 1;
            let format = Some(format.name());
            let from = Provenance { format, at, cut_bytes, is_unparsed: false, context };
            self.settle(last_ts, record, &from, emit);
        });
        if let Err(why) = outcome {
            let at = if count == 0 { at } else { self.begin() };
            self.unparsed(*last_ts, &RecordText { text, leaf, at, context }, &why, emit);
        } else if count == 0 {
            let is_text = self.role_of(leaf) == Some(Role::Lines);
            self.counts.drop_by(if is_text { "heading of a table" } else { "empty list" });
        }
    }

    /// Settles the time of a record and emits it.
    fn settle(
        &mut self,
        last_ts: &mut Option<i64>,
        mut record: Record<'_>,
        from: &Provenance<'_>,
        emit: EmitRow<'_>,
    ) {
        if from.cut_bytes > 0 {
            record.attrs.raw("truncated_bytes", &from.cut_bytes.to_string());
        }
        let collected = self.collected(from.context);
        let claimed = match (record.ts, collected) {
            // a time of day is less than the collector's date and time
            (Some(_), Some(_)) if record.time_of_day => None,
            (Some(ts), None) if record.time_of_day => Some(self.with_day(ts, *last_ts)),
            (Some(ts), Some(collected)) if !record.zoned => Some(ts + zone_error(ts, collected)),
            (ts, _) => ts,
        };
        let is_text = matches!(record.body, Body::Text(_));
        // an event that names only when it began was last seen when it was collected
        let claimed = match &record.body {
            Body::Event(fields) if fields.last_ts.is_none() => claimed.max(collected),
            _ => claimed,
        };
        // events and audit events are listed again long after they happened
        let is_near = |ts: i64| {
            collected.is_none_or(|collected| ts.abs_diff(collected) <= self.options.max_skew.unsigned_abs())
        };
        let own = claimed.filter(|ts| self.is_possible(*ts) && (!is_text || is_near(*ts)));
        if let Some(claimed) = claimed.filter(|_| own.is_none()) {
            record.attrs.text("claimed_ts", &Ts(claimed).to_string());
        }
        // an object is observed when it is written down, not when the record before it happened
        let previous = last_ts.filter(|_| !matches!(record.body, Body::State(_)));
        let ts = own.unwrap_or_else(|| self.other_ts(collected, previous, &mut record.attrs));
        if let (Some(own), Some(collected)) = (own, collected)
            && (own - collected).abs() > COLLECTED_APART_US
        {
            record.attrs.text("collected_ts", &Ts(collected).to_string());
        }
        if own.or(collected).is_some() {
            *last_ts = Some(ts);
        }
        if let Body::Event(fields) = &mut record.body {
            fields.last_ts = fields.last_ts.or(own);
        }
        self.counts.parsed += 1;
        self.count_format(from.context, from.format.unwrap_or("text"));
        self.emit(record, ts, from, emit);
    }

    /// Returns the time of a record that has none of its own, and notes in the attributes whose it is.
    fn other_ts(&self, collected: Option<i64>, last_ts: Option<i64>, attrs: &mut Attrs) -> i64 {
        let (ts, source) = match (collected, last_ts) {
            (Some(collected), _) => (collected, "collector"),
            (None, Some(previous)) => (previous, "previous"),
            (None, None) => (self.options.fallback_ts, "object"),
        };
        attrs.text("ts_source", source);
        ts
    }

    /// Emits a record that could not be read as a row with its text, and counts the reason. `last_ts` is the
    /// time of the stream's last record.
    pub(super) fn unparsed(
        &mut self,
        last_ts: Option<i64>,
        record: &RecordText<'_>,
        why: &str,
        emit: EmitRow<'_>,
    ) {
        let RecordText { at, context, .. } = *record;
        let (text, cut_bytes) = cut_to(record.text, MAX_RECORD_BYTES);
        let mut record = Record::text(text);
        record.attrs.text("unparsed", why);
        if cut_bytes > 0 {
            record.attrs.raw("truncated_bytes", &cut_bytes.to_string());
        }
        self.counts.add_fault(at.line, &self.options.redactor.secrets(why));
        self.counts.unparsed += 1;
        self.count_format(context, "unparsed");
        let ts = self.other_ts(self.collected(context), last_ts, &mut record.attrs);
        self.emit(record, ts, &Provenance { format: None, at, cut_bytes, is_unparsed: true, context }, emit);
    }

    /// Settles the place and table of a record, masks its secrets and emits it.
    fn emit(&mut self, record: Record<'_>, ts: i64, from: &Provenance<'_>, emit: EmitRow<'_>) {
        let mut record: Record<'_> = record; // borrows from the origin too
        let context = from.context;
        let text_table = self.origin.text_table.unwrap_or(match from.format {
            Some(_) if !context.stdout && context.stream.is_none() => Table::Business,
            _ => Table::Standard,
        });
        let table = record.body.table(text_table);
        if let Body::Text(fields) = &mut record.body {
            record.level = record.level.or(context.level);
            for (column, outer) in [
                (&mut fields.stream, &context.stream),
                (&mut fields.trace_id, &context.trace_id),
                (&mut fields.span_id, &context.span_id),
            ] {
                if column.is_none() {
                    *column = outer.as_deref().map(Cow::Borrowed);
                }
            }
            if context.depth > 0 {
                record.place.fill_from(&context.place.by_ref());
            }
            record.place.fill_from(&self.origin.place.by_ref());
            if table == Table::Standard {
                fit_standard(&mut record);
            }
        } else {
            fill_outer(&mut record, context);
        }
        record.attrs.extend(&context.attrs);
        if self.options.redactor.record(&mut record) {
            self.counts.masked += 1;
        }
        *self.counts.tables.entry(table.name()).or_default() += 1;
        let Position { line, item } = from.at;
        emit(Row { record, ts, table, line, item, unparsed: from.is_unparsed });
    }
}

/// Fills the cluster of an event or audit event; and an event's namespace if the collector names that of
/// no container: Grafana Alloy keeps it in the labels alone.
fn fill_outer(record: &mut Record<'_>, context: &Context<'_>) {
    let outer = &context.place;
    let owned = |text: &Option<Text<'_>>| text.as_deref().map(|text| Cow::Owned(text.to_owned()));
    let place = &mut record.place;
    if place.cluster.is_none() {
        place.cluster = owned(&outer.cluster);
    }
    if let Body::Event(fields) = &record.body
        && fields.kind.as_deref() != Some("Node")
        && place.namespace.is_none()
        && outer.pod.is_none()
        && outer.container.is_none()
    {
        place.namespace = owned(&outer.namespace);
    }
}

/// Moves the fields that `standard` has no column for: the stack to the end of the message, the rest
/// to the attributes.
fn fit_standard(record: &mut Record<'_>) {
    let Body::Text(fields) = &mut record.body else { return };
    if let Some(stack) = fields.stack.take() {
        let message = std::mem::take(&mut record.message);
        record.message =
            Cow::Owned(if message.is_empty() { stack.into_owned() } else { format!("{message}\n{stack}") });
    }
    let rest = [
        ("logger", &fields.logger),
        ("thread", &fields.thread),
        ("trace_id", &fields.trace_id),
        ("span_id", &fields.span_id),
        ("error_code", &fields.error_code),
        ("exception", &fields.exception),
    ];
    for (key, value) in rest {
        if let Some(value) = value {
            record.attrs.text(key, value);
        }
    }
}

/// Returns the µs by which a local time was read in the wrong zone: the whole half hours between it
/// and the collector's time, if the remainder is under five minutes; otherwise 0.
fn zone_error(ts: i64, collected: i64) -> i64 {
    const HALF_HOUR_US: i64 = 1_800_000_000;
    const MAX_REMAINDER_US: i64 = 300_000_000;
    let lag = collected - ts;
    let error = (lag as f64 / HALF_HOUR_US as f64).round() as i64 * HALF_HOUR_US;
    // zones lie from UTC−12 to UTC+14, so at most 26 hours apart
    let is_within_zones = error.abs() <= 26 * 2 * HALF_HOUR_US;
    if is_within_zones && (lag - error).abs() < MAX_REMAINDER_US { error } else { 0 }
}

/// Returns the text cut to `max_bytes` on a character boundary, and the number of bytes cut off.
fn cut_to(text: &str, max_bytes: usize) -> (&str, usize) {
    if text.len() <= max_bytes {
        return (text, 0);
    }
    let end = text.floor_char_boundary(max_bytes);
    (text.get(..end).unwrap_or(text), text.len() - end)
}
