//! Reads a joined record by its format, and settles its time, place and table. Must not know how
//! lines were joined.

use crate::contract::{Clock, Role};
use crate::reader::context::Context;
use crate::reader::count::NO_FORMAT;
use crate::reader::{EmitRow, MAX_RECORD_BYTES, Position, Reader, Row, format_at, role_of};
use crate::text::stack;
use model::record::{Body, Record};
use model::table::Table;
use model::time::Ts;
use std::borrow::Cow;

/// Difference, in µs, between an application's time and its collector's from which both are kept.
const COLLECTED_APART_US: i64 = 1_000_000;

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
    format: Option<&'static str>,
    at: Position,
    /// Bytes cut off its text.
    cut_bytes: usize,
    is_unparsed: bool,
    context: &'r Context<'r>,
}

impl Reader {
    /// Reads one record. `last_ts` is the time of the stream's last record.
    pub(super) fn read(&mut self, last_ts: &mut Option<i64>, record: &RecordText<'_>, emit: EmitRow<'_>) {
        let RecordText { leaf, at, context, .. } = *record;
        let is_json = matches!(role_of(leaf), Some(Role::Audit | Role::Event));
        let (text, cut_bytes) = cut_to(record.text, if is_json { usize::MAX } else { MAX_RECORD_BYTES });
        let Some(format) = format_at(leaf) else {
            if context.depth == 0 {
                self.unparsed(&RecordText { text, ..*record }, NO_FORMAT, emit);
                return;
            }
            let mut plain = Record::text(text);
            if let Body::Text(fields) = &mut plain.body {
                fields.exception = stack::exception_of(text).map(Cow::Borrowed);
            }
            let from = Provenance { format: None, at, cut_bytes, is_unparsed: false, context };
            self.settle(last_ts, plain, &from, emit);
            return;
        };
        // a time without year or date is near the collector's
        let day = context.ts.map_or(self.clock.day, |ts| Ts(ts).date(self.clock.zone));
        let clock = Clock { day, ..self.clock };
        let mut count = 0;
        let outcome = format.read(text, &clock, &mut |record| {
            // a list on one line: its first item has the position of the line
            let at = if count == 0 { at } else { self.begin() };
            count += 1;
            let format = Some(format.name());
            self.settle(
                last_ts,
                record,
                &Provenance { format, at, cut_bytes, is_unparsed: false, context },
                emit,
            );
        });
        if let Err(why) = outcome {
            let at = if count == 0 { at } else { self.begin() };
            self.unparsed(&RecordText { text, leaf, at, context }, &why, emit);
        } else if count == 0 {
            self.counts.drop_by("empty list");
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
        let context = from.context;
        let own = match (record.ts, context.ts) {
            // a time of day is less than the collector's date and time
            (Some(_), Some(_)) if record.time_of_day => None,
            (Some(ts), Some(collected)) if !record.zoned => Some(ts + zone_error(ts, collected)),
            (ts, _) => ts,
        };
        let ts = own.or(context.ts).or(*last_ts).unwrap_or_else(|| {
            record.attrs.text("ts_source", "object");
            self.fallback_ts
        });
        if own.is_none() && context.ts.is_none() && last_ts.is_some() {
            record.attrs.text("ts_source", "previous record");
        }
        if let (Some(own), Some(collected)) = (own, context.ts)
            && (own - collected).abs() > COLLECTED_APART_US
        {
            record.attrs.text("collected_ts", &Ts(collected).to_string());
        }
        *last_ts = Some(ts);
        self.counts.parsed += 1;
        self.count_format(context, from.format.unwrap_or("text"));
        self.emit(record, ts, from, emit);
    }

    /// Emits a record that could not be read as a row with its text, and counts the reason.
    pub(super) fn unparsed(&mut self, record: &RecordText<'_>, why: &str, emit: EmitRow<'_>) {
        let RecordText { at, context, .. } = *record;
        let (text, cut_bytes) = cut_to(record.text, MAX_RECORD_BYTES);
        let mut record = Record::text(text);
        record.attrs.text("unparsed", why);
        if cut_bytes > 0 {
            record.attrs.raw("truncated_bytes", &cut_bytes.to_string());
        }
        self.counts.add_fault(at.line, &self.redactor.secrets(why));
        self.counts.unparsed += 1;
        self.count_format(context, "unparsed");
        let last_ts = self.streams.get(&context.stream_key()).and_then(|stream| stream.last_ts);
        let ts = context.ts.or(last_ts).unwrap_or(self.fallback_ts);
        self.emit(record, ts, &Provenance { format: None, at, cut_bytes, is_unparsed: true, context }, emit);
    }

    /// Settles the place and table of a record, masks its secrets and emits it.
    fn emit(&mut self, mut record: Record<'_>, ts: i64, from: &Provenance<'_>, emit: EmitRow<'_>) {
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
                    *column = outer.as_deref().map(|text| Cow::Owned(text.to_owned()));
                }
            }
            let mut place = std::mem::take(&mut record.place).into_owned();
            place.fill_from(&context.place.clone().into_owned());
            place.fill_from(&self.origin.place);
            record.place = place;
            if table == Table::Standard {
                fit_standard(&mut record);
            }
        } else if record.place.cluster.is_none() {
            record.place.cluster = context.place.cluster.as_deref().map(|text| Cow::Owned(text.to_owned()));
        }
        record.attrs.extend(&context.attrs);
        if self.redactor.record(&mut record) {
            self.counts.masked += 1;
        }
        *self.counts.tables.entry(table.name()).or_default() += 1;
        let Position { line, item } = from.at;
        emit(Row { record, ts, table, line, item, unparsed: from.is_unparsed });
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
