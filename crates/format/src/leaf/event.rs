//! Kubernetes events: core/v1 and events.k8s.io/v1, alone, in a List, or as eventrouter and
//! kubernetes-event-exporter wrap them. The object they involve distinguishes them from audit events.
//! Must not know which envelope the event came in.

use crate::contract::{Clock, Emit, Format, Role};
use crate::leaf::event_flat;
use crate::text::time;
use memchr::memmem::Finder;
use model::record::{Attrs, Body, EventFields, Level, Place, Record, Text};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Prepared once: every line of JSON is searched for them.
static INVOLVED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("nvolvedObject"));
static INVOLVED_SNAKE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("nvolved_object"));
static REGARDING: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"regarding"));

/// The format.
pub struct Event;

impl Format for Event {
    fn name(&self) -> &'static str {
        "k8s-event"
    }

    fn about(&self) -> &'static str {
        "Kubernetes events (core/v1, events.k8s.io/v1), one JSON object per line, a List, or eventrouter's envelope"
    }

    fn sample(&self) -> &'static str {
        r#"{"kind":"Event","apiVersion":"v1","reason":"BackOff","type":"Warning","message":"Back-off restarting failed container","involvedObject":{"kind":"Pod","namespace":"shop","name":"pay-api-7d9f8b6c5d-x2x7k"},"count":7,"lastTimestamp":"2026-11-22T02:12:01Z"}"#
    }

    fn role(&self) -> Role {
        Role::Event
    }

    fn begins(&self, text: &str) -> bool {
        let has = |finder: &Finder<'_>| finder.find(text.as_bytes()).is_some();
        text.starts_with('{')
            && (has(&INVOLVED) || has(&REGARDING) || has(&INVOLVED_SNAKE))
            && event_flat::is_event(text)
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("broken JSON: {error}"))?;
        if let Some(Value::Array(items)) = value.get("items") {
            for item in items {
                emit(record(item, clock).ok_or("an item of the list involves no object")?);
            }
            return Ok(());
        }
        let value = event_flat::nested(value);
        emit(record(&value, clock).ok_or("not an event: JSON without `involvedObject` and `regarding`")?);
        Ok(())
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Option<Text<'a>> {
    value.get(key)?.as_str().filter(|text| !text.is_empty()).map(Cow::Borrowed)
}

fn record<'a>(value: &'a Value, clock: &Clock) -> Option<Record<'a>> {
    let value = value.get("event").filter(|inner| inner.is_object()).unwrap_or(value);
    let object = value.get("involvedObject").or_else(|| value.get("regarding"))?;
    let source = value.get("source").or_else(|| value.get("deprecatedSource")).unwrap_or(&Value::Null);
    let series = value.get("series").unwrap_or(&Value::Null);
    let metadata = value.get("metadata").unwrap_or(&Value::Null);
    // the zero time of Go, and of Unix, means that there is none
    let read =
        |value: &Value, key: &str| Some(time::any(value.get(key)?.as_str()?, clock)?.ts).filter(|ts| *ts > 0);
    let either = |one: &str, other: &str| read(value, one).or_else(|| read(value, other));
    let first = either("firstTimestamp", "deprecatedFirstTimestamp");
    let last = either("lastTimestamp", "deprecatedLastTimestamp")
        .or_else(|| read(series, "lastObservedTime"))
        .or_else(|| read(value, "eventTime"))
        .or(first)
        .or_else(|| read(metadata, "creationTimestamp"));
    let number = |value: &Value, key: &str| {
        let value = value.get(key);
        value.and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok())).unwrap_or(0)
    };
    let count =
        number(value, "count").max(number(value, "deprecatedCount")).max(number(series, "count")).max(1);
    let (kind, name) = (text(object, "kind"), text(object, "name"));
    let event_type = text(value, "type");
    let reason = text(value, "reason");
    let level = if event_type.as_deref() == Some("Warning") { Level::Warn } else { Level::Info };
    Some(Record {
        ts: last,
        zoned: true,
        time_of_day: false,
        place: place(value, object, source, kind.as_deref(), name.clone()),
        level: Some(level),
        message: text(value, "message").or_else(|| text(value, "note")).unwrap_or_default(),
        attrs: attrs(value, metadata, object),
        body: Body::Event(EventFields {
            reason,
            event_type,
            kind,
            name,
            uid: text(object, "uid"),
            count,
            component: text(source, "component")
                .or_else(|| text(value, "reportingComponent"))
                .or_else(|| text(value, "reportingController")),
            first_ts: first.or_else(|| read(value, "eventTime")).or(last),
            last_ts: last,
        }),
    })
}

fn place<'a>(
    value: &'a Value,
    object: &'a Value,
    source: &'a Value,
    kind: Option<&str>,
    name: Option<Text<'a>>,
) -> Place<'a> {
    let mut place = Place {
        cluster: text(value, "clusterName").or_else(|| text(value, "cluster")),
        namespace: text(object, "namespace"),
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
