//! Documents of services that hold a list of records: Azure's `records`, Elasticsearch's `hits.hits`,
//! Loki's `streams` of a push or a query. Each record is read again. Must not know what a record is.

use crate::contract::{Clock, EmitPart, Format, Part, Role, Unwrapped, payload_of};
use crate::envelope::shipper;
use crate::text::json::{items, members, members_of, text_of};
use crate::text::time;
use std::borrow::Cow;

/// Bytes of a line that are searched for its first members.
const HEAD_BYTES: usize = 4096;

/// The format.
pub struct Lists;

impl Format for Lists {
    fn name(&self) -> &str {
        "list"
    }

    fn about(&self) -> &str {
        "documents with a list of records: Loki pushes and queries, Elasticsearch hits, Azure records"
    }

    fn sample(&self) -> &str {
        r#"{"streams":[{"stream":{"namespace":"shop","pod":"pay-api-7d9f8b6c5d-x2x7k","container":"app"},"values":[["1795313521000000000","connection refused"]]}]}"#
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn begins(&self, text: &str) -> bool {
        let head = text.as_bytes().get(..HEAD_BYTES).unwrap_or(text.as_bytes());
        text.starts_with('{')
            && ["\"streams\"", "\"hits\"", "\"records\"", "\"Records\"", "\"result\""]
                .iter()
                .any(|name| memchr::memmem::find(head, name.as_bytes()).is_some())
    }

    fn unwrap_all<'a>(&self, line: &'a [u8], clock: &Clock, emit: EmitPart<'_, 'a>) -> bool {
        let Some(list) = std::str::from_utf8(line).ok().and_then(list) else { return false };
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

/// Returns the records of a document; `None` if it is not one.
fn list(text: &str) -> Option<Vec<&str>> {
    let member = |object, name: &str| members_of(object).find(|(key, _)| key == name).map(|(_, value)| value);
    for (key, value) in members(text).ok()? {
        let list = match key.as_ref() {
            "streams" | "records" | "Records" => Some(value),
            "hits" => member(value, "hits"),
            "data" => member(value, "result"),
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
    let common = shipper::metadata_of(labels, clock);
    for value in values {
        let mut unwrapped = common.clone();
        let entry = items(value).unwrap_or_default();
        let (Some(at), Some(line)) = (entry.first(), entry.get(1)) else {
            let why = "an entry of a stream without a time and a line".into();
            emit(Part::Broken(Cow::Borrowed(value.as_bytes()), why));
            continue;
        };
        unwrapped.ts = text_of(at).and_then(|text| time::epoch(text.parse().ok()?));
        if let Some(structured) = entry.get(2).filter(|structured| structured.len() > 2) {
            unwrapped.attrs.raw("structured_metadata", structured);
        }
        unwrapped.payload = payload_of(text_of(line).unwrap_or_default());
        emit(Part::Line(unwrapped));
    }
    true
}
