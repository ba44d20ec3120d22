//! A table of events with headers of the user's: `kubectl get events -o custom-columns=…`. Its header, and a row → the
//! event as the API has it. Must not know what else a text holds.

use crate::text::fields::bare;
use crate::text::kubectl::cell::put;
use crate::text::kubectl::table::{before, cells};
use serde_json::{Value, json};

/// Most bytes of a header.
const MAX_HEADER: usize = 512;
/// Fewest columns that are known.
const FEWEST: usize = 5;

/// A part of an event that a column shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Kind,
    /// The object, also as `Pod/cart-0`, or the event by its own name.
    Name,
    Namespace,
    Type,
    Reason,
    Message,
    Count,
    First,
    Last,
    Component,
    Host,
    Other,
}

/// Returns the part that a column's header names.
fn part_of(header: &str) -> Part {
    match bare(header).as_str() {
        "kind" | "objectkind" | "objkind" | "involvedkind" => Part::Kind,
        "name" | "object" | "objectname" | "objname" | "obj" | "involvedname" => Part::Name,
        "ns" | "namespace" => Part::Namespace,
        "type" | "severity" => Part::Type,
        "reason" => Part::Reason,
        "message" | "msg" | "note" => Part::Message,
        "count" | "times" => Part::Count,
        "first" | "firstseen" | "firsttimestamp" | "firsttime" => Part::First,
        "last" | "lastseen" | "lasttimestamp" | "lasttime" | "time" | "timestamp" | "when" | "seen" => {
            Part::Last
        }
        "component" | "source" | "from" => Part::Component,
        "host" | "node" => Part::Host,
        _ => Part::Other,
    }
}

/// A header.
pub(crate) struct EventHeader(Vec<Part>);

impl EventHeader {
    /// Reads a header: words in capitals, among them those for a reason, a message, and an object.
    pub(crate) fn of(line: &str) -> Option<Self> {
        let may_be = line.len() <= MAX_HEADER
            && line.starts_with(|c: char| c.is_ascii_uppercase())
            && line.contains("REASON")
            && !line.bytes().any(|byte| byte.is_ascii_lowercase());
        if !may_be {
            return None;
        }
        let parts: Vec<Part> = cells(line).into_iter().map(|(name, _)| part_of(name)).collect();
        let has = |part| parts.contains(&part);
        let known = parts.iter().filter(|part| **part != Part::Other).count();
        let is_whole = has(Part::Reason) && has(Part::Message) && has(Part::Name) && has(Part::Kind);
        (is_whole && known >= FEWEST).then_some(Self(parts))
    }

    /// Reads a row → an event; `None` if the line is no row of the table. `written` is when the table was printed,
    /// µs UTC.
    pub(crate) fn event(&self, row: &str, written: Option<i64>) -> Option<Value> {
        let mut event = json!({ "kind": "Event", "apiVersion": "v1", "metadata": {} });
        let time = |text: &str| before(text, written).unwrap_or_else(|| text.to_owned());
        let (mut has_type, mut has_name) = (!self.0.contains(&Part::Type), false);
        for (part, text) in self.0.iter().zip(self.values(row)?) {
            if matches!(text, "" | "<none>" | "<nil>") {
                continue;
            }
            let (path, value) = match part {
                Part::Kind => ("involvedObject.kind", text.into()),
                Part::Name => {
                    has_name = true;
                    ("involvedObject.name", name_of(text).into())
                }
                Part::Namespace => ("involvedObject.namespace", text.into()),
                Part::Type => {
                    has_type = matches!(text, "Normal" | "Warning");
                    ("type", text.into())
                }
                Part::Reason => ("reason", text.into()),
                Part::Message => ("message", text.into()),
                Part::Count => ("count", text.parse::<i64>().ok()?.into()),
                Part::First => ("firstTimestamp", time(text).into()),
                Part::Last => ("lastTimestamp", time(text).into()),
                Part::Component => ("source.component", text.into()),
                Part::Host => ("source.host", text.into()),
                Part::Other => continue,
            };
            put(&mut event, path, value);
        }
        (has_type && has_name && event.get("reason").is_some()).then_some(event)
    }

    /// Returns the cells of a row, one for each column; a message at the end may have runs of blanks.
    fn values<'r>(&self, row: &'r str) -> Option<Vec<&'r str>> {
        if row.starts_with([' ', '\t']) {
            return None;
        }
        let split = cells(row);
        let mut values: Vec<&'r str> = split.iter().map(|(cell, _)| *cell).collect();
        if values.len() > self.0.len() && self.0.last() == Some(&Part::Message) {
            let (_, number) = split.get(self.0.len() - 1)?;
            let (at, _) = row.char_indices().nth(*number)?;
            values.truncate(self.0.len() - 1);
            values.push(row.get(at..)?.trim_end());
        }
        (values.len() == self.0.len()).then_some(values)
    }
}

/// Returns the name of the object: without its kind, and without the number that an event's own name ends in.
fn name_of(text: &str) -> &str {
    let name = text.rsplit('/').next().unwrap_or(text);
    let own = name
        .rsplit_once('.')
        .filter(|(_, number)| number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit()));
    own.map_or(name, |(object, _)| object)
}
