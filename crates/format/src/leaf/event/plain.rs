//! Events of templates, alerts, tables and key=value lines, whose parts have names of their own (`names`) →
//! a core/v1 Event. Must not know the names.

use crate::leaf::event::inner::add_inner;
use crate::leaf::event::names::{
    COMPONENT, Part, is_parent, kind_of, lines_of, part_of, reference, tag_of, type_of,
};
use crate::leaf::spelling::{opened, put};
use serde_json::{Map, Value};

/// Objects within objects that are looked into.
const MAX_DEPTH: usize = 3;

/// A part that was found: the likelier names first.
struct Found {
    rank: usize,
    part: Part,
    name: String,
    value: Value,
}

/// Returns the core/v1 Event whose parts the members are; `None` if too few of them are there.
pub(super) fn plain(members: Map<String, Value>) -> Option<Value> {
    let mut found = Vec::new();
    let mut event = Value::Object(gather(members, 0, &mut found));
    found.sort_by_key(|one| one.rank);
    for one in found {
        set(&mut event, one);
    }
    let has = |path: &str| event.pointer(path).is_some_and(Value::is_string);
    // Insights leaves the object out
    let is_about =
        has("/involvedObject/name") || has("/type") && (has("/lastTimestamp") || has("/firstTimestamp"));
    let is_complete = has("/reason") && is_about && has("/message");
    is_complete.then_some(event)
}

/// Collects the parts of an object; returns its other members.
fn gather(members: Map<String, Value>, depth: usize, found: &mut Vec<Found>) -> Map<String, Value> {
    let mut rest = Map::new();
    for (name, value) in members {
        let value = if is_parent(&name) && depth < MAX_DEPTH { opened(value) } else { value };
        match value {
            // the event's own objects, as core/v1 has them
            Value::Object(_) if matches!(name.as_str(), "metadata" | "source" | "series" | "related") => {
                rest.insert(name, value);
            }
            Value::Object(inner) if is_parent(&name) && depth < MAX_DEPTH && !is_reference(&name, &inner) => {
                let others = gather(inner, depth + 1, found);
                if !others.is_empty() {
                    rest.insert(name, Value::Object(others));
                }
            }
            Value::Array(items) if name == "tags" => {
                let tags = items.iter().filter_map(Value::as_str).filter_map(tag_of);
                tags.for_each(|(name, text)| _ = note(name, Value::from(text), found));
                rest.insert(name, Value::Array(items));
            }
            Value::String(text) if lines_of(&text).next().is_some() => {
                for (name, text) in lines_of(&text) {
                    if let Some(value) = note(name, Value::from(text), found) {
                        rest.insert(name.to_owned(), value);
                    }
                }
            }
            value => {
                if let Some(value) = note(&name, value, found) {
                    rest.insert(name, value);
                }
            }
        }
    }
    rest
}

/// Returns true for an object that is the reference itself, not one with other members.
fn is_reference(name: &str, members: &Map<String, Value>) -> bool {
    matches!(part_of(name), Some((Part::Object, _))) && members.contains_key("name")
}

/// Adds a part; returns the value if its name is not one.
fn note(name: &str, value: Value, found: &mut Vec<Found>) -> Option<Value> {
    let Some((part, rank)) = part_of(name) else { return Some(value) };
    let value = if part == Part::Message { joined(value) } else { value };
    found.push(Found { rank, part, name: name.to_owned(), value });
    None
}

/// Returns the texts of an array, as Botkube keeps messages, as one.
fn joined(value: Value) -> Value {
    let Some(items) = value.as_array().filter(|items| items.iter().all(Value::is_string)) else {
        return value;
    };
    items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n").into()
}

/// Puts a part where core/v1 has it, unless a likelier name has filled it: then it keeps its own.
fn set(event: &mut Value, Found { part, name, value, .. }: Found) {
    let path = part.path();
    let is_free = !path.is_empty() && slot(event, path).is_none_or(Value::is_null);
    let fits = match (part, value.as_str()) {
        (Part::Type, text) => text.and_then(|text| type_of(&name, text)).is_some(),
        // an event is of the kind Event
        (Part::Kind, text) => text.and_then(kind_of).is_some_and(|kind| kind != "Event"),
        (Part::Reason | Part::Message | Part::Name, text) => text.is_some(),
        (Part::Object, None) => value.is_object(),
        (Part::Object, Some(text)) => reference(text).is_some(),
        (Part::Other(["involvedObject", "labels"]), _) => true,
        // a collector's object of that name
        _ => !value.is_object() && !value.is_array(),
    };
    if part == Part::Kind && value == "Event" {
        return;
    }
    match (part, value) {
        (Part::Object, Value::Object(members)) => {
            for (key, value) in members {
                add_inner(event, "involvedObject", &key, value);
            }
        }
        (Part::Object, Value::String(text)) if fits => refer(event, &text),
        (_, value) if !is_free || !fits => put(event, &[&name], value),
        (Part::Type, Value::String(text)) => put(event, path, type_of(&name, &text).into()),
        (Part::Kind, Value::String(text)) => put(event, path, kind_of(&text).into()),
        (_, Value::String(text)) if path == COMPONENT => {
            // `kubelet, node-1` of kubectl's tables
            let (component, host) = text.split_once(", ").unwrap_or((&text, ""));
            put(event, path, component.into());
            if !host.is_empty() {
                put(event, &["source", "host"], host.into());
            }
        }
        (Part::Other(["involvedObject", "labels"]), value) => put(event, path, opened(value)),
        (_, value) => put(event, path, value),
    }
}

/// Returns what is at a path.
fn slot<'v>(event: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(event, |value, step| value.get(*step))
}

/// Puts the parts of `Pod/shop/cart-0` where they belong.
fn refer(event: &mut Value, text: &str) {
    let Some((kind, namespace, name)) = reference(text) else { return };
    for (step, part) in [("kind", kind), ("namespace", namespace), ("name", Some(name))] {
        let path = ["involvedObject", step];
        if let Some(part) = part.filter(|_| slot(event, &path).is_none()) {
            put(event, &path, part.into());
        }
    }
}
