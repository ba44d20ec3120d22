//! Fluentd's and Fluent Bit's events as arrays: `["tag", time, {record}]` and `[time, {record}]` of the forward
//! protocol, and what Fluent Bit prints, `[0] tag: [[time, {}], {"log"=>"…"}]`. Must not know what a record is.

use crate::contract::{Clock, EmitPart, Part, Unwrapped};
use crate::origin::origin_of;
use crate::text::json::{is_json, items, text_of};
use crate::text::time;
use std::borrow::Cow;

/// Returns true if the array may hold such events; cheap for lines of text, which have brackets too.
pub(super) fn begins(text: &str) -> bool {
    let second = text.as_bytes().get(1);
    text.starts_with('[')
        && second.is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'"' | b'['))
        && text.trim_end().ends_with(']')
}

/// Emits the events of a line. Returns false, with nothing emitted, if it holds none.
pub(super) fn read<'a>(text: &'a str, clock: &Clock, emit: EmitPart<'_, 'a>) -> bool {
    if let Some((tag, event)) = printed(text) {
        let Some(json) = json_of(event) else { return false };
        let list = items(&json).unwrap_or_default();
        let Some(event) = event_of(&list, clock) else { return false };
        emit(Part::Line(tagged(
            Unwrapped { payload: Cow::Owned(event.payload.into_owned()), ..owned(event.ts) },
            tag,
        )));
        return true;
    }
    let Ok(list) = items(text) else { return false };
    let (tag, list) = match list.split_first() {
        Some((tag, rest)) if tag.starts_with('"') => (text_of(tag), rest),
        _ => (None, list.as_slice()),
    };
    let tag = tag.as_deref().unwrap_or("");
    if let Some(event) = event_of(list, clock) {
        emit(Part::Line(tagged(event, tag)));
        return true;
    }
    let events = match list.first() {
        Some(first) if !tag.is_empty() => items(first).unwrap_or_default(),
        _ => list.to_vec(),
    };
    let events: Option<Vec<Unwrapped<'a>>> =
        events.into_iter().map(|event| event_of(&items(event).ok()?, clock)).collect();
    let Some(events) = events.filter(|events| !events.is_empty()) else { return false };
    events.into_iter().for_each(|event| emit(Part::Line(tagged(event, tag))));
    true
}

fn owned(ts: Option<i64>) -> Unwrapped<'static> {
    Unwrapped { ts, ..Unwrapped::default() }
}

/// Reads `time, {record}`; the time may be in an array with metadata.
fn event_of<'a>(list: &[&'a str], clock: &Clock) -> Option<Unwrapped<'a>> {
    let (at, record) = (list.first()?, list.get(1).filter(|record| record.starts_with('{'))?);
    let at = if at.starts_with('[') { items(at).ok()?.first().copied()? } else { at };
    let ts = time::any(&text_of(at)?, clock)?.ts;
    Some(Unwrapped { payload: Cow::Borrowed(record.as_bytes()), ..owned(Some(ts)) })
}

/// Adds a tag, which names the place if it was made of a container's file.
fn tagged<'a>(mut event: Unwrapped<'a>, tag: &str) -> Unwrapped<'a> {
    if tag.contains("containers.") {
        event.place = origin_of(tag).place;
    }
    if !tag.is_empty() {
        event.attrs.text("tag", tag);
    }
    event
}

/// Splits what Fluent Bit prints, `[0] tag: […]`, into the tag and the event.
fn printed(text: &str) -> Option<(&str, &str)> {
    let (number, rest) = text.strip_prefix('[')?.split_once("] ")?;
    let (tag, event) = rest.split_once(": [")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let event = rest.get(rest.len() - event.len() - 1..)?;
    (is_number && !tag.contains(' ')).then_some((tag, event.trim_end()))
}

/// Returns the JSON of `{"name"=>value}`. Fluent Bit escapes quotes in some versions only.
fn json_of(event: &str) -> Option<String> {
    [true, false].into_iter().map(|has_escapes| rewritten(event, has_escapes)).find(|json| is_json(json))
}

fn rewritten(event: &str, has_escapes: bool) -> String {
    let mut json = String::with_capacity(event.len());
    let mut rest = event;
    while let Some(at) = rest.find('"') {
        let (outside, inner) = rest.split_at(at);
        push_outside(&mut json, outside);
        let inner = inner.get(1..).unwrap_or("");
        let end = string_end(inner, has_escapes);
        let (string, after) = inner.split_at(end.unwrap_or(inner.len()));
        json.push('"');
        if has_escapes {
            json.push_str(string);
        } else {
            json.push_str(&string.replace('\\', "\\\\").replace('"', "\\\""));
        }
        json.push('"');
        rest = after.get(1..).unwrap_or("");
    }
    push_outside(&mut json, rest);
    json
}

fn push_outside(json: &mut String, text: &str) {
    json.push_str(&text.replace("=>", ":").replace("nil", "null"));
}

/// Returns the end of the string at the front: its quote, or without escapes the first one after which the
/// event goes on.
fn string_end(inner: &str, has_escapes: bool) -> Option<usize> {
    let bytes = inner.as_bytes();
    let mut is_escaped = false;
    bytes.iter().enumerate().position(|(at, byte)| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = has_escapes && *byte == b'\\' && !is_escaped;
        let next = bytes.get(at + 1..).unwrap_or_default();
        let goes_on = [&b"=>"[..], b", \"", b"}", b"]", b", {"].iter().any(|mark| next.starts_with(mark));
        ends && (has_escapes || goes_on)
    })
}
