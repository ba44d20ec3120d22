//! The shapes in which exporters write events → a core/v1 Event: within another object, as text, with
//! joined or other names. Must not know the names that templates choose; `plain` does.

use crate::leaf::event::inner::add_inner;
use crate::leaf::event::names::{Part, part_of, type_of};
use crate::leaf::event::plain::plain;
use crate::leaf::spelling::{one_of, opened, put, tail};
use serde_json::{Map, Value};

/// The members in which exporters put an event: eventrouter, kube-eventer (SLS, Kafka),
/// kubernetes-event-exporter's layout for Firehose. A watch's `object` is an envelope's.
const HOLDERS: [&str; 6] = ["event", "eventId", "EventValue", "details", "kubernetes.event", "description"];

/// Objects in which Metricbeat puts one of those members.
const OUTERS: [&str; 2] = ["kubernetes", "k8s"];

/// The reference to the object that an event is about, in core/v1 and in events.k8s.io/v1.
pub(super) const NAMES_OF_OBJECT: [&str; 2] = ["involvedObject", "regarding"];

/// The members of an event that are objects.
const OBJECTS: [&str; 7] =
    ["involvedObject", "regarding", "metadata", "source", "deprecatedSource", "series", "related"];

/// The other members of an event.
const TEXTS: [&str; 17] = [
    "reason",
    "message",
    "note",
    "type",
    "count",
    "deprecatedCount",
    "firstTimestamp",
    "lastTimestamp",
    "deprecatedFirstTimestamp",
    "deprecatedLastTimestamp",
    "eventTime",
    "reportingComponent",
    "reportingController",
    "reportingInstance",
    "clusterName",
    "apiVersion",
    "kind",
];

/// Returns a key without the name of the event that eventrouter, Metricbeat and flat stores put before it.
pub(super) fn without_event(key: &str) -> &str {
    let key = key.strip_prefix("kubernetes.").unwrap_or(key);
    key.strip_prefix("event.").or_else(|| key.strip_prefix("event_")).unwrap_or(key)
}

/// Returns the core/v1 Event that a value holds; `None` if it is about no object.
pub(super) fn core(value: Value) -> Option<Value> {
    let Value::Object(members) = value else { return None };
    if refers_to_object(&members) {
        return Some(Value::Object(members));
    }
    let within = OUTERS.iter().filter_map(|outer| members.get(*outer)?.as_object());
    let places: Vec<&Map<String, Value>> = std::iter::once(&members).chain(within).collect();
    let held = places.iter().flat_map(|place| HOLDERS.iter().filter_map(|holder| place.get(*holder)));
    for held in held {
        let Value::Object(inner) = opened(without_markup(held.clone())) else { continue };
        let Some(mut event) = spelled(inner) else { continue };
        for (name, value) in &members {
            if is_beside(name) && event.get(name).is_none() {
                put(&mut event, &[name], value.clone());
            }
        }
        return Some(event);
    }
    spelled(members)
}

/// Returns the text between the tags in which an alert of Opsgenie shows it.
pub(super) fn text_within(text: &str) -> &str {
    text.strip_prefix("<pre>").and_then(|rest| rest.trim_end().strip_suffix("</pre>")).unwrap_or(text)
}

fn without_markup(value: Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("<pre>") => text_within(&text).into(),
        other => other,
    }
}

/// Returns true for what an exporter writes beside the event and is neither the event again nor its name for
/// something else.
fn is_beside(name: &str) -> bool {
    let is_events = OBJECTS.contains(&name) || TEXTS.contains(&name) && name != "clusterName";
    !is_events && !HOLDERS.contains(&name) && !OUTERS.contains(&name) && !name.starts_with("old_event")
}

fn refers_to_object(members: &Map<String, Value>) -> bool {
    NAMES_OF_OBJECT.iter().any(|name| members.get(*name).is_some_and(Value::is_object))
}

/// Returns the event with the names of core/v1.
fn spelled(members: Map<String, Value>) -> Option<Value> {
    if refers_to_object(&members) {
        return Some(Value::Object(members));
    }
    let mut event = Value::Object(Map::new());
    for (key, value) in members {
        // eventrouter's state before an update
        if !key.starts_with("old_event") {
            add(&mut event, &key, value);
        }
    }
    // Metricbeat's times
    if let Some(Value::Object(times)) = event.get("timestamp").cloned() {
        for (key, value) in times {
            if let Some((Part::Other(path), _)) = part_of(&key) {
                put(&mut event, path, value);
            }
        }
    }
    match event {
        Value::Object(members) if !refers_to_object(&members) => plain(members),
        event => Some(event),
    }
}

/// Returns where core/v1 has the time that an exporter keeps under a name of its own: `LastOccurrenceTimestamp`.
fn time_of_occurrence(name: &str) -> Option<&'static [&'static str]> {
    let is_own = name.to_ascii_lowercase().contains("occurrence");
    match part_of(name).filter(|_| is_own)? {
        (Part::Other(path), _) => Some(path),
        _ => None,
    }
}

fn add(event: &mut Value, key: &str, value: Value) {
    let name = without_event(key);
    match one_of(name, &OBJECTS) {
        Some((object, "")) => match opened(value) {
            Value::Object(members) => {
                for (key, value) in members {
                    add_inner(event, object, &key, value);
                }
            }
            other => put(event, &[object], other),
        },
        Some((object, rest)) => add_inner(event, object, tail(rest), value),
        None => match one_of(name, &TEXTS) {
            // Azure writes the name of its table there
            Some(("type", "")) if value.as_str().is_some_and(|text| type_of(name, text).is_none()) => {
                put(event, &[key], value);
            }
            Some((text, "")) => put(event, &[text], value),
            _ => put(event, time_of_occurrence(name).unwrap_or(&[key]), value),
        },
    }
}
