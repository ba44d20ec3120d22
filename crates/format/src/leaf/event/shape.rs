//! The shapes in which exporters write events → a core/v1 Event: within another object, as text, with
//! joined or other names, or with a few plain names that a template chose. Must not know what the
//! members mean.

use crate::leaf::spelling::{one_of, opened, put, steps, tail};
use serde_json::{Map, Value};

/// The members in which exporters put an event: eventrouter, kube-eventer,
/// kubernetes-event-exporter's layout for Firehose. A watch's `object` is an envelope's.
pub(super) const HOLDERS: [&str; 3] = ["event", "eventId", "details"];

/// What an exporter writes beside the event and is the event's own.
const OUTER: [&str; 5] = ["clusterName", "cluster", "createdAt", "timestamp", "@timestamp"];

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

/// The members of those objects.
const INNER: [&str; 15] = [
    "kind",
    "namespace",
    "name",
    "uid",
    "apiVersion",
    "resourceVersion",
    "fieldPath",
    "labels",
    "annotations",
    "ownerReferences",
    "component",
    "host",
    "count",
    "lastObservedTime",
    "creationTimestamp",
];

/// Returns a key without the name of the event that eventrouter and flat stores put before it.
pub(super) fn without_event(key: &str) -> &str {
    key.strip_prefix("event.").or_else(|| key.strip_prefix("event_")).unwrap_or(key)
}

/// Returns the core/v1 Event that a value holds; `None` if it is about no object.
pub(super) fn core(value: Value) -> Option<Value> {
    let Value::Object(members) = value else { return None };
    if refers_to_object(&members) {
        return Some(Value::Object(members));
    }
    for holder in HOLDERS {
        let held = members.get(holder).cloned().map(opened);
        let Some(Value::Object(inner)) = held else { continue };
        let Some(mut event) = spelled(inner) else { continue };
        for name in OUTER {
            if let (None, Some(value)) = (event.get(name), members.get(name)) {
                put(&mut event, &[name], value.clone());
            }
        }
        return Some(event);
    }
    spelled(members)
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
    if NAMES_OF_OBJECT.iter().all(|name| event.get(*name).is_none()) {
        plain(&mut event)?;
    }
    Some(event)
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
            Some((text, "")) => put(event, &[text], value),
            _ => put(event, &[key], value),
        },
    }
}

fn add_inner(event: &mut Value, object: &str, key: &str, value: Value) {
    match one_of(key, &INNER) {
        Some((name @ ("labels" | "annotations"), rest)) if !rest.is_empty() => {
            put(event, &[object, name, tail(rest)], value);
        }
        Some((name, rest)) => {
            let mut path = vec![object, name];
            path.extend(steps(rest));
            put(event, &path, value);
        }
        None => put(event, &[object, key], value),
    }
}

/// Where a template's plain names, and Alloy's, belong.
const PLAIN: [(&str, &[&str]); 11] = [
    ("kind", &["involvedObject", "kind"]),
    ("name", &["involvedObject", "name"]),
    ("namespace", &["involvedObject", "namespace"]),
    ("labels", &["involvedObject", "labels"]),
    ("objectAPIversion", &["involvedObject", "apiVersion"]),
    ("component", &["source", "component"]),
    ("host", &["source", "host"]),
    ("sourcecomponent", &["source", "component"]),
    ("sourcehost", &["source", "host"]),
    ("msg", &["message"]),
    ("eventRV", &["metadata", "resourceVersion"]),
];

/// Nests the members of an event that was written without a reference to its object. Returns `None` if
/// too few of them are there.
fn plain(event: &mut Value) -> Option<()> {
    let members = event.as_object_mut()?;
    let has = |name: &str| members.get(name).is_some_and(|value| value.is_string());
    let is_complete = ["reason", "type", "kind", "name"].into_iter().all(has)
        && ["message", "msg", "note"].into_iter().any(has)
        && members.get("kind").is_none_or(|kind| kind != "Event");
    if !is_complete {
        return None;
    }
    for (name, path) in PLAIN {
        if let Some(value) = event.as_object_mut()?.remove(name) {
            put(event, path, if name == "labels" { opened(value) } else { value });
        }
    }
    Some(())
}
