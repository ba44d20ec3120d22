//! Kubernetes events: core/v1 and events.k8s.io/v1, alone, in a List, or as eventrouter,
//! kubernetes-event-exporter, kube-eventer and Grafana Alloy write them. The object they involve
//! distinguishes them from audit events. Must not know which envelope the event came in.

mod alloy; // Grafana Alloy's line
mod inner; // members of its objects
mod marks; // whether a line is an event
mod names; // names that templates choose
mod plain; // events with such names → core/v1
mod record; // an event → a record
mod shape; // exporters' shapes → core/v1

use crate::contract::{Clock, Emit, Format, Role};
use crate::leaf::event::record::record;
use serde_json::{Map, Value};

/// The format.
pub struct Event;

impl Format for Event {
    fn name(&self) -> &'static str {
        "k8s-event"
    }

    fn about(&self) -> &'static str {
        "Kubernetes events (core/v1, events.k8s.io/v1), one JSON object per line, a List, or as exporters write them"
    }

    fn sample(&self) -> &'static str {
        r#"{"kind":"Event","apiVersion":"v1","reason":"BackOff","type":"Warning","message":"Back-off restarting failed container","involvedObject":{"kind":"Pod","namespace":"shop","name":"pay-api-7d9f8b6c5d-x2x7k"},"count":7,"lastTimestamp":"2026-11-22T02:12:01Z"}"#
    }

    fn role(&self) -> Role {
        Role::Event
    }

    fn words(&self) -> &'static [&'static str] {
        &marks::WORDS
    }

    fn begins(&self, text: &str) -> bool {
        match json_of(text) {
            Some(json) => marks::may_be_event(json) && marks::is_event(json),
            None => alloy::begins(text),
        }
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        let mut value = match json_of(text) {
            Some(json) => serde_json::from_str(json).map_err(|error| format!("broken JSON: {error}"))?,
            None => Value::Object(alloy::members(text)),
        };
        if let Some(Value::Array(items)) = value.get_mut("items").map(Value::take) {
            for item in items {
                let event = shape::core(item).ok_or("an item of the list involves no object")?;
                emit(record(&event, clock));
            }
            return Ok(());
        }
        let event = shape::core(value).ok_or("not an event: it names no object that it is about")?;
        emit(record(&event, clock));
        Ok(())
    }
}

/// Returns the JSON of a line: eventrouter also writes it after a klog header.
fn json_of(text: &str) -> Option<&str> {
    if text.starts_with('{') {
        return Some(text);
    }
    let head = text.get(..2)?.as_bytes();
    if !matches!(head, [b'I' | b'W' | b'E', b'0' | b'1']) {
        return None;
    }
    text.get(text.find("] {")? + 2..)
}

/// Reads an event whose parts a layout has found. Returns false if they are not an event's.
pub(crate) fn of_parts(parts: Map<String, Value>, clock: &Clock, emit: Emit<'_>) -> bool {
    plain::plain(parts).map(|event| emit(record(&event, clock))).is_some()
}
