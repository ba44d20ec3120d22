//! OTLP/JSON logs, as an OpenTelemetry collector exports them: `resourceLogs`, each with its
//! resource and scopes, each scope with its `logRecords`. A record's body is the inner text.
//! Must not know what a body means: an audit event in one is read like any other.

mod value;

use crate::contract::{Clock, EmitPart, Format, Part, Role, Unwrapped, payload_of};
use crate::envelope::otlp::value::{camel, json_of, pair, string_of};
use crate::text::json::{int_of, items, members, members_of, text_of};
use crate::text::json_cursor::Member;
use model::record::{Attrs, Level, Place, Text};
use std::borrow::Cow;

/// The format.
pub struct Otlp;

impl Format for Otlp {
    fn name(&self) -> &'static str {
        "otlp"
    }

    fn about(&self) -> &'static str {
        "OpenTelemetry logs as OTLP/JSON, audit events and application text alike"
    }

    fn sample(&self) -> &'static str {
        r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"k8s.pod.name","value":{"stringValue":"pay-api-7d9f8b6c5d-x2x7k"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795313521000000000","severityText":"ERROR","body":{"stringValue":"connection refused"}}]}]}]}"#
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn words(&self) -> &'static [&'static str] {
        &[
            "\"resourceLogs\"",
            "\"scopeLogs\"",
            "imeUnixNano\"",
            "\"resource_logs\"",
            "\"scope_logs\"",
            "ime_unix_nano\"",
        ]
    }

    fn begins(&self, text: &str) -> bool {
        let Some(rest) = text.strip_prefix('{').map(str::trim_start) else { return false };
        let has = |key: &str| memchr::memmem::find(rest.as_bytes(), key.as_bytes()).is_some();
        let either = |camel: &str, snake: &str| has(camel) || has(snake);
        // the request's only member; or a part of a request on a line of its own
        rest.starts_with("\"resourceLogs\"")
            || rest.starts_with("\"resource_logs\"")
            || either("\"scopeLogs\"", "\"scope_logs\"") && either("\"logRecords\"", "\"log_records\"")
            || either("imeUnixNano\"", "ime_unix_nano\"") && has("\"body\"") && either("Value\"", "_value\"")
    }

    fn unwrap_all<'a>(&self, line: &'a [u8], _clock: &Clock, emit: EmitPart<'_, 'a>) -> bool {
        // members are validated here, so what follows cannot fail halfway
        let Ok(text) = std::str::from_utf8(line) else { return false };
        let Ok(members) = members(text) else { return false };
        let mut count = 0;
        let mut counted = |part: Part<'a>| {
            count += 1;
            emit(part);
        };
        for (_, list) in members.iter().filter(|(key, _)| camel(key) == "resourceLogs") {
            items(list).unwrap_or_default().into_iter().for_each(|logs| resource_logs(logs, &mut counted));
        }
        let has = |name: &str| members.iter().any(|(key, _)| camel(key) == name);
        if has("scopeLogs") {
            resource_logs(text, &mut counted);
        } else if has("body") && (has("timeUnixNano") || has("observedTimeUnixNano")) {
            let mut common = Unwrapped::default();
            let origin = members.iter().find(|(key, _)| key == "resource").map_or("", |(_, value)| value);
            resource(origin, &mut common);
            counted(kubernetes_event(text, origin).unwrap_or_else(|| log_record(text, common)));
        } else if !has("resourceLogs") {
            return false;
        }
        if count == 0 {
            emit(Part::Dropped("empty list"));
        }
        true
    }
}

fn resource_logs<'a>(logs: &'a str, emit: EmitPart<'_, 'a>) {
    let mut common = Unwrapped::default();
    let mut origin = "";
    let mut scopes = Vec::new();
    for (key, value) in members_of(logs) {
        match camel(&key).as_ref() {
            "resource" => {
                origin = value;
                resource(value, &mut common);
            }
            // the second is the name before OTLP 0.19
            "scopeLogs" | "instrumentationLibraryLogs" => scopes.extend(items(value).unwrap_or_default()),
            _ => {}
        }
    }
    for scope in scopes {
        for (key, value) in members_of(scope) {
            if matches!(camel(&key).as_ref(), "logRecords" | "logs") {
                let records = items(value).unwrap_or_default();
                for record in records {
                    emit(match kubernetes_event(record, origin) {
                        Some(event) => event,
                        None => log_record(record, common.clone()),
                    });
                }
            }
        }
    }
}

/// Reads the resource: the place, and attributes without a column.
fn resource<'a>(value: &'a str, common: &mut Unwrapped<'a>) {
    let mut rest = Attrs::default();
    for (key, value) in attributes(value) {
        match column(&mut common.place, &key) {
            Some(column) => *column = string_of(value),
            None => rest.raw(&key, &json_of(value)),
        }
    }
    if let Some(json) = rest.into_json() {
        common.attrs.raw("resource", &json);
    }
    common.stdout = common.place.container.is_some();
}

/// Returns the column of a place that an attribute names.
fn column<'p, 'a>(place: &'p mut Place<'a>, key: &str) -> Option<&'p mut Option<Text<'a>>> {
    Some(match key {
        "k8s.cluster.name" => &mut place.cluster,
        "k8s.namespace.name" => &mut place.namespace,
        "k8s.pod.name" => &mut place.pod,
        "k8s.container.name" => &mut place.container,
        "k8s.node.name" => &mut place.node,
        "k8s.deployment.name" | "k8s.statefulset.name" | "k8s.daemonset.name" | "k8s.cronjob.name" => {
            &mut place.workload
        }
        _ => return None,
    })
}

/// Returns the attributes of a resource or record, their values as OTLP wraps them.
fn attributes(value: &str) -> impl Iterator<Item = Member<'_>> {
    let list = members_of(value).find(|(key, _)| key == "attributes");
    let entries = list.and_then(|(_, list)| items(list).ok()).unwrap_or_default();
    entries.into_iter().filter_map(pair)
}

/// Returns the event that the collector's k8s_events receiver has taken apart: the message is the body, the
/// rest are attributes of the record and its resource. `None` for any other record.
fn kubernetes_event<'a>(record: &str, resource: &str) -> Option<Part<'a>> {
    memchr::memmem::find(record.as_bytes(), b"\"k8s.event.reason\"")?;
    let mut event = Attrs::default();
    let mut ts = None;
    for (key, value) in members_of(record) {
        match camel(&key).as_ref() {
            "body" => event.text("message", &string_of(value)?),
            "severityText" => event.raw("type", value),
            "timeUnixNano" => ts = int_of(value).filter(|nanos| *nanos > 0).map(|nanos| nanos / 1000),
            _ => {}
        }
    }
    for (key, value) in attributes(resource).chain(attributes(record)) {
        event.raw(&key, &json_of(value));
    }
    let payload = Cow::Owned(event.into_json()?.into_bytes());
    Some(Part::Line(Unwrapped { ts, payload, ..Unwrapped::default() }))
}

fn log_record<'a>(record: &'a str, mut unwrapped: Unwrapped<'a>) -> Part<'a> {
    if !record.starts_with('{') {
        return Part::Broken(Cow::Borrowed(record.as_bytes()), "a log record that is not an object".into());
    }
    let (mut observed, mut number, mut body) = (None, None, None);
    for (key, value) in members_of(record) {
        // 0 means unknown (opentelemetry-proto, `logs.proto`)
        let micros = || int_of(value).filter(|nanos| *nanos > 0).map(|nanos| nanos / 1000);
        match camel(&key).as_ref() {
            "timeUnixNano" => unwrapped.ts = micros(),
            "observedTimeUnixNano" => observed = micros(),
            "severityText" => unwrapped.level = text_of(value).and_then(|name| Level::of(&name)),
            "severityNumber" => number = int_of(value),
            "traceId" => unwrapped.trace_id = text_of(value),
            "spanId" => unwrapped.span_id = text_of(value),
            "eventName" => unwrapped.attrs.raw("event_name", value),
            "body" => body = Some(value),
            _ => {}
        }
    }
    unwrapped.ts = unwrapped.ts.or(observed);
    unwrapped.level = unwrapped.level.or_else(|| Level::of_otel(number?));
    let text = body.and_then(string_of);
    let mut rest = Attrs::default();
    for (key, value) in attributes(record) {
        // OpenShift repeats the audit event of the body in these
        let repeats = key.starts_with("k8s.audit.event.") || key.starts_with("k8s.user.");
        match key.as_ref() {
            "log.iostream" => {
                unwrapped.stream = string_of(value);
                unwrapped.stdout = true;
            }
            _ if repeats && text.as_deref().is_some_and(|text| text.starts_with('{')) => {}
            other => match column(&mut unwrapped.place, other).filter(|column| column.is_none()) {
                // a collector without resources
                Some(column) => *column = string_of(value),
                None => rest.raw(other, &json_of(value)),
            },
        }
    }
    unwrapped.stdout |= unwrapped.place.container.is_some();
    unwrapped.payload = match (text, body) {
        (Some(text), _) => {
            unwrapped.attrs.extend(&rest);
            payload_of(text)
        }
        (None, Some(body)) => {
            unwrapped.attrs.extend(&rest);
            Cow::Owned(json_of(body).into_bytes())
        }
        // a record that has only attributes
        (None, None) => Cow::Owned(rest.into_json().unwrap_or_default().into_bytes()),
    };
    Part::Line(unwrapped)
}
