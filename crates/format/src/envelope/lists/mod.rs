//! Documents of services that hold a list of records: Azure's `records` and `tables`, Elasticsearch's hits,
//! Loki's `streams` of a push or a query, Splunk's and Datadog's results, Fluentd's arrays. Each record is read
//! again. Must not know what a record is.

mod entries;
mod table;

use crate::contract::{Clock, EmitPart, Format, Part, Role, Unwrapped, payload_of};
use crate::envelope::shipper;
use crate::text::csv_header;
use crate::text::fields::{Field, bare};
use crate::text::json::{items, members, members_of, text_of};
use crate::text::labels::labels;
use crate::text::time;
use aho_corasick::AhoCorasick;
use model::record::Level;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Bytes of a line that are searched for its first members.
const HEAD_BYTES: usize = 4096;

/// Members that hold a list of records.
const NAMES: [&str; 14] = [
    "\"streams\"",
    "\"hits\"",
    "\"records\"",
    "\"Records\"",
    "\"result\"",
    "\"results\"",
    "\"tables\"",
    "\"data\"",
    "\"_index\"",
    "\"content\"",
    "[{\"",
    "\"Results\"",
    "\"logs\"",
    "\"messages\"",
];

/// Finds them in one search.
static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(NAMES).ok());

/// The format.
pub struct Lists;

impl Format for Lists {
    fn name(&self) -> &str {
        "list"
    }

    fn about(&self) -> &str {
        "documents with a list of records: Loki pushes and queries, Elasticsearch hits, Azure records and tables, Splunk and Datadog results, Insights, Fluentd arrays"
    }

    fn sample(&self) -> &str {
        r#"{"streams":[{"stream":{"namespace":"shop","pod":"pay-api-7d9f8b6c5d-x2x7k","container":"app"},"values":[["1795313521000000000","connection refused"]]}]}"#
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn words(&self) -> &'static [&'static str] {
        &NAMES
    }

    fn begins(&self, text: &str) -> bool {
        let head = text.as_bytes().get(..HEAD_BYTES).unwrap_or(text.as_bytes());
        entries::begins(text)
            || text.starts_with("[{\"field\"")
            || text.starts_with('{') && FINDER.as_ref().is_some_and(|names| names.is_match(head))
    }

    fn first_bytes(&self) -> &'static [u8] {
        b"{["
    }

    fn unwrap_all<'a>(&self, line: &'a [u8], clock: &Clock, emit: EmitPart<'_, 'a>) -> bool {
        let Ok(text) = std::str::from_utf8(line) else { return false };
        if text.starts_with('[') {
            return array(text, clock, emit);
        }
        if is_record_of_program(text) {
            return false;
        }
        if let Some(rows) = rows_of(text) {
            rows.into_iter().for_each(|row| emit(Part::Line(row)));
            return true;
        }
        let Some(list) = list(text).or_else(|| only_list(text)) else { return false };
        if list.is_empty() {
            emit(Part::Dropped("empty list"));
        }
        for item in list {
            if !stream(item, clock, emit) {
                let payload = Cow::Borrowed(item.as_bytes());
                emit(Part::Line(Unwrapped { payload, ..Unwrapped::default() }));
            }
        }
        true
    }
}

/// Returns true for a record of a program's own, which may hold lists of anything: it has a message and a level.
fn is_record_of_program(text: &str) -> bool {
    let (mut has_message, mut has_level) = (false, false);
    for (key, value) in members_of(text) {
        match key.as_ref() {
            "message" | "msg" | "event" => has_message |= value.starts_with('"'),
            "level" | "severity" | "lvl" | "levelname" => has_level |= !value.starts_with(['{', '[']),
            _ => {}
        }
    }
    has_message && has_level
}

/// Reads an array of events or fields.
fn array<'a>(text: &'a str, clock: &Clock, emit: EmitPart<'_, 'a>) -> bool {
    match table::of_fields(text).filter(|_| text.starts_with("[{")) {
        Some(row) => emit(Part::Line(row)),
        None => return entries::begins(text) && entries::read(text, clock, emit),
    }
    true
}

/// Returns the records of a document whose rows are apart from their names.
fn rows_of(text: &str) -> Option<Vec<Unwrapped<'_>>> {
    let members = members(text).ok()?;
    let value = |name: &str| members.iter().find(|(key, _)| key == name).map(|(_, value)| *value);
    let object = |json: String| Unwrapped { payload: Cow::Owned(json.into_bytes()), ..Unwrapped::default() };
    if let Some(tables) = value("tables") {
        return Some(table::of_tables(tables)?.into_iter().map(object).collect());
    }
    if let Some(results) = value("results") {
        return items(results).ok()?.into_iter().map(table::of_fields).collect();
    }
    let is_hit = value("_index").is_some() && value("_source").is_none();
    table::of_hit(text).filter(|_| is_hit).map(|row| vec![object(row)])
}

/// Returns the records of a document; `None` if it is not one.
fn list(text: &str) -> Option<Vec<&str>> {
    let member = |object, name: &str| members_of(object).find(|(key, _)| key == name).map(|(_, value)| value);
    for (key, value) in members(text).ok()? {
        let list = match key.as_ref() {
            "streams" | "records" | "Records" | "results" => Some(value),
            "hits" => member(value, "hits"),
            "data" if value.starts_with('[') => {
                // Datadog's documents keep the record in `attributes`
                let records = items(value).ok()?.into_iter().map(|record| member(record, "attributes"));
                return records.collect();
            }
            "data" => member(value, "result"),
            "content" if member(value, "timestamp").is_some() && member(value, "message").is_some() => {
                return Some(vec![value]);
            }
            // a line of Splunk's export
            "result" if value.starts_with('{') && value.contains("\"_raw\"") => return Some(vec![value]),
            _ => None,
        };
        if let Some(records) = list.and_then(|list| items(list).ok())
            && records.iter().all(|record| record.starts_with('{'))
        {
            return Some(records);
        }
    }
    None
}

/// Returns the records of a document of a service that nobody has heard of: its only array of objects, which a collector
/// wrote, beside no text, level or time of the document's own.
fn only_list(text: &str) -> Option<Vec<&str>> {
    let mut arrays = Vec::new();
    for (key, value) in members(text).ok()? {
        let name = bare(&key);
        if matches!(
            name.as_str(),
            "level" | "severity" | "message" | "msg" | "log" | "kind" | "time" | "timestamp" | "ts"
        ) && value.starts_with('"')
        {
            return None;
        }
        if value.starts_with('{') {
            arrays.extend(members_of(value).map(|(_, inner)| inner).filter(|inner| inner.starts_with('[')));
        } else if value.starts_with('[') {
            arrays.push(value);
        }
    }
    let mut lists = arrays
        .into_iter()
        .filter_map(|array| items(array).ok())
        .filter(|list| list.first().is_some_and(|item| item.starts_with('{')));
    let list = lists.next().filter(|_| lists.next().is_none())?;
    let are_records = list.iter().all(|item| item.starts_with('{'))
        && list.first().is_some_and(|item| shipper::is_record(item));
    are_records.then_some(list)
}

/// Reads a stream of Loki: its labels, and `[nanoseconds, line]` of each entry. Returns false if it is none.
fn stream<'a>(item: &'a str, clock: &Clock, emit: EmitPart<'_, 'a>) -> bool {
    let (mut labels, mut values) = (None, None);
    for (key, value) in members_of(item) {
        match key.as_ref() {
            "stream" | "labels" => labels = Some(value),
            "values" | "entries" => values = items(value).ok(),
            _ => {}
        }
    }
    let (Some(labels), Some(values)) = (labels, values) else { return false };
    let common = match text_of(labels) {
        Some(text) => of_labels(&text),
        None => shipper::metadata_of(labels, clock),
    };
    values.into_iter().for_each(|value| emit(entry(value, common.clone(), clock)));
    true
}

/// Returns what labels that are a text, `{pod="pay-0"}`, say about their lines.
fn of_labels(text: &str) -> Unwrapped<'static> {
    let mut line = Unwrapped { stdout: true, ..Unwrapped::default() };
    for (name, value) in labels(text) {
        let value = value.into_owned();
        let place = &mut line.place;
        let column = match csv_header::field(name).map(|(field, _)| field) {
            Some(Field::Cluster) => &mut place.cluster,
            Some(Field::Namespace) => &mut place.namespace,
            Some(Field::Workload) => &mut place.workload,
            Some(Field::Pod) => &mut place.pod,
            Some(Field::Container) => &mut place.container,
            Some(Field::Node) => &mut place.node,
            Some(Field::Stream) => &mut line.stream,
            _ => {
                line.attrs.text(name, &value);
                continue;
            }
        };
        *column = Some(Cow::Owned(value));
    }
    line
}

/// Reads an entry of a stream: `[nanoseconds, line, metadata]`, or `{"ts":…,"line":…}` of older versions.
fn entry<'a>(value: &'a str, mut unwrapped: Unwrapped<'a>, clock: &Clock) -> Part<'a> {
    let mut parts = items(value).unwrap_or_default();
    if value.starts_with('{') {
        let member = |name: &str| members_of(value).find(|(key, _)| key == name).map(|(_, value)| value);
        parts = [member("ts"), member("line"), member("structuredMetadata")].into_iter().flatten().collect();
    }
    let (Some(at), Some(line)) = (parts.first(), parts.get(1)) else {
        let why = "an entry of a stream without a time and a line".into();
        return Part::Broken(Cow::Borrowed(value.as_bytes()), why);
    };
    unwrapped.ts = text_of(at).and_then(|text| time::any(&text, clock)).map(|stamp| stamp.ts);
    if let Some(structured) = parts.get(2).filter(|structured| structured.len() > 2) {
        unwrapped.attrs.raw("structured_metadata", structured);
        structured_metadata(structured, &mut unwrapped);
    }
    unwrapped.payload = payload_of(text_of(line).unwrap_or_default());
    Part::Line(unwrapped)
}

/// Reads the ids and the level of an entry's metadata, which a query returns in objects of their own.
fn structured_metadata<'a>(object: &'a str, unwrapped: &mut Unwrapped<'a>) {
    for (key, value) in members_of(object) {
        if value.starts_with('{') {
            structured_metadata(value, unwrapped);
            continue;
        }
        match csv_header::field(&key).map(|(field, _)| field) {
            Some(Field::TraceId) => unwrapped.trace_id = text_of(value),
            Some(Field::SpanId) => unwrapped.span_id = text_of(value),
            Some(Field::Level) => unwrapped.level = text_of(value).and_then(|word| Level::of(&word)),
            Some(Field::Pod) => unwrapped.place.pod = text_of(value),
            _ => {}
        }
    }
}
