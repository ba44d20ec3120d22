//! A core/v1 or events.k8s.io/v1 Event → a record. Must not know in which shape it was written.

use crate::contract::Clock;
use crate::leaf::utc::ts_of;
use model::record::{Attrs, Body, EventFields, Level, Place, Record, Text};
use serde_json::{Map, Value};
use std::borrow::Cow;

fn text<'a>(value: &'a Value, key: &str) -> Option<Text<'a>> {
    value.get(key)?.as_str().filter(|text| !text.is_empty()).map(Cow::Borrowed)
}

/// Names of the time that collectors and templates add.
const OTHER_TIMES: [&str; 5] = ["@timestamp", "timestamp", "createdAt", "time", "ts"];

/// Returns the record of a core/v1 or events.k8s.io/v1 Event.
pub(super) fn record<'a>(value: &'a Value, clock: &Clock) -> Record<'a> {
    let null = &Value::Null;
    let object = value.get("involvedObject").or_else(|| value.get("regarding")).unwrap_or(null);
    let source = value.get("source").or_else(|| value.get("deprecatedSource")).unwrap_or(null);
    let series = value.get("series").unwrap_or(null);
    let metadata = value.get("metadata").unwrap_or(null);
    let read = |value: &Value, key: &str| match value.get(key)? {
        Value::String(text) => ts_of(text, clock),
        Value::Number(number) => ts_of(&number.to_string(), clock),
        _ => None,
    };
    let either = |one: &str, other: &str| read(value, one).or_else(|| read(value, other));
    let first = either("firstTimestamp", "deprecatedFirstTimestamp");
    let last = either("lastTimestamp", "deprecatedLastTimestamp")
        .or_else(|| read(series, "lastObservedTime"))
        .or_else(|| read(value, "eventTime"));
    let ts = last
        .or(first)
        .or_else(|| read(metadata, "creationTimestamp"))
        .or_else(|| OTHER_TIMES.iter().find_map(|name| read(value, name)));
    let count = number(value, "count").max(number(value, "deprecatedCount")).max(number(series, "count"));
    let (kind, name) = (text(object, "kind"), text(object, "name"));
    let event_type = text(value, "type");
    let reason = text(value, "reason");
    let level = if event_type.as_deref() == Some("Warning") { Level::Warn } else { Level::Info };
    Record {
        ts,
        zoned: true,
        time_of_day: false,
        place: place(value, (object, metadata), source, kind.as_deref(), name.clone()),
        level: Some(level),
        message: text(value, "message").or_else(|| text(value, "note")).unwrap_or_default(),
        attrs: attrs(value, metadata, object),
        body: Body::Event(EventFields {
            reason,
            event_type,
            kind,
            name,
            uid: text(object, "uid"),
            count: count.max(1),
            component: text(source, "component")
                .or_else(|| text(value, "reportingComponent"))
                .or_else(|| text(value, "reportingController")),
            first_ts: first.or_else(|| read(value, "eventTime")).or(last).or(ts),
            last_ts: last,
        }),
    }
}

/// Returns a number, which templates write as text; 0 if it is absent.
fn number(value: &Value, key: &str) -> i64 {
    match value.get(key) {
        Some(Value::String(text)) => text.parse().unwrap_or(0),
        other => other.and_then(Value::as_i64).unwrap_or(0),
    }
}

fn place<'a>(
    value: &'a Value,
    (object, metadata): (&'a Value, &'a Value),
    source: &'a Value,
    kind: Option<&str>,
    name: Option<Text<'a>>,
) -> Place<'a> {
    // an event is in the namespace of its object; those of nodes are in `default`
    let is_namespaced = matches!(
        kind,
        Some("Pod" | "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob")
    );
    let mut place = Place {
        cluster: text(value, "clusterName").or_else(|| text(value, "cluster")),
        namespace: text(object, "namespace")
            .or_else(|| text(metadata, "namespace").filter(|_| is_namespaced)),
        node: text(source, "host"),
        ..Place::default()
    };
    match kind {
        Some("Pod") => place.pod = name,
        Some("Node") => place.node = name,
        Some("Deployment" | "StatefulSet" | "DaemonSet" | "CronJob") => place.workload = name,
        Some("ReplicaSet" | "Job") => {
            place.workload = name.map(|name| model::entity::workload_of_owner(&name).to_owned().into());
        }
        // an HPA or claim often has its workload's name, but only by convention
        _ => {}
    }
    // `spec.containers{app}`, `spec.initContainers{init}`
    place.container = object
        .get("fieldPath")
        .and_then(Value::as_str)
        .and_then(|path| path.split_once('{')?.1.strip_suffix('}'))
        .map(Cow::Borrowed);
    place
}

/// Returns the members without a column. The event's own uid distinguishes a repeat of one event from
/// a second event.
fn attrs(value: &Value, metadata: &Value, object: &Value) -> Attrs {
    const KNOWN: [&str; 22] = [
        "kind",
        "apiVersion",
        "metadata",
        "involvedObject",
        "regarding",
        "source",
        "deprecatedSource",
        "reason",
        "message",
        "note",
        "type",
        "count",
        "deprecatedCount",
        "firstTimestamp",
        "deprecatedFirstTimestamp",
        "lastTimestamp",
        "deprecatedLastTimestamp",
        "eventTime",
        "reportingComponent",
        "reportingController",
        "clusterName",
        "cluster",
    ];
    let mut attrs = Attrs::default();
    for (from, key, to) in [
        (metadata, "uid", "event_uid"),
        (metadata, "name", "event_name"),
        (object, "fieldPath", "field_path"),
        (object, "apiVersion", "object_api_version"),
    ] {
        if let Some(text) = text(from, key) {
            attrs.text(to, &text);
        }
    }
    for key in ["ownerReferences", "labels"] {
        if let Some(value) = object.get(key).filter(|value| !value.is_null()) {
            attrs.raw(key, &value.to_string());
        }
    }
    let empty = Map::new();
    for (key, value) in value.as_object().unwrap_or(&empty) {
        let nothing = value.is_null() || value.as_str() == Some("");
        if !nothing && !KNOWN.contains(&key.as_str()) {
            attrs.raw(key, &value.to_string());
        }
    }
    attrs
}
