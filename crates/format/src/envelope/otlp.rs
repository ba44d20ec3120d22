//! OTLP/JSON logs, as an OpenTelemetry collector exports them: `resourceLogs`, each with its
//! resource and scopes, each scope with its `logRecords`. A record's body is the inner text.
//! Must not know what bodies are about: an audit event in one is read as any other.

use crate::contract::{Each, Format, Part, Peeled, Role};
use crate::envelope::otlp_value::{json_of, pair, string_of};
use crate::text::json::{int_of, members, raw_of, text_of};
use model::record::{Attrs, Level, Text};
use sonic_rs::{JsonValueTrait, LazyValue};
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

    fn begins(&self, text: &str) -> bool {
        // the request has this member alone
        text.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with("\"resourceLogs\""))
    }

    fn peel_all<'a>(&self, line: &'a [u8], each: Each<'_, 'a>) -> bool {
        let Some(parts) = std::str::from_utf8(line).ok().and_then(parts) else { return false };
        if parts.is_empty() {
            each(Part::Dropped("empty list"));
        }
        parts.into_iter().for_each(each);
        true
    }
}

/// Returns the records of a request; nothing where its JSON is broken.
fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    for member in members(&Cow::Borrowed(text)) {
        let (key, value) = member.ok()?;
        if key != "resourceLogs" {
            continue;
        }
        for logs in items(value)? {
            resource_logs(&logs?, &mut parts)?;
        }
    }
    Some(parts)
}

/// Returns the items of an array, each nothing where its JSON is broken.
fn items<'a>(value: LazyValue<'a>) -> Option<impl Iterator<Item = Option<LazyValue<'a>>>> {
    Some(value.into_array_iter()?.map(Result::ok))
}

fn resource_logs<'a>(logs: &LazyValue<'a>, parts: &mut Vec<Part<'a>>) -> Option<()> {
    let mut common = Peeled::default();
    let mut scopes = Vec::new();
    for member in members(&raw_of(logs)) {
        let (key, value) = member.ok()?;
        match key.as_ref() {
            "resource" => resource(&value, &mut common),
            // the second is the name before OTLP 0.19
            "scopeLogs" | "instrumentationLibraryLogs" => scopes.push(value),
            _ => {}
        }
    }
    for scope in scopes.into_iter().filter_map(items).flatten() {
        for member in members(&raw_of(&scope?)) {
            let (key, value) = member.ok()?;
            if matches!(key.as_ref(), "logRecords" | "logs") {
                for record in items(value)? {
                    parts.push(log_record(&record?, common.clone()));
                }
            }
        }
    }
    Some(())
}

/// Takes the resource: the place, and attributes without a column.
fn resource<'a>(value: &LazyValue<'a>, common: &mut Peeled<'a>) {
    let mut rest = Attrs::default();
    for (key, value) in attributes(value) {
        let place = &mut common.place;
        let column = match key.as_ref() {
            "k8s.cluster.name" => &mut place.cluster,
            "k8s.namespace.name" => &mut place.namespace,
            "k8s.pod.name" => &mut place.pod,
            "k8s.container.name" => &mut place.container,
            "k8s.node.name" => &mut place.node,
            "k8s.deployment.name" | "k8s.statefulset.name" | "k8s.daemonset.name" | "k8s.cronjob.name" => {
                &mut place.workload
            }
            other => {
                rest.raw(other, &json_of(&value));
                continue;
            }
        };
        *column = string_of(&value);
    }
    if let Some(json) = rest.into_json() {
        common.attrs.raw("resource", &json);
    }
    common.stdout = common.place.container.is_some();
}

/// Returns the attributes of a resource or record, their values as OTLP wraps them.
fn attributes<'a>(value: &LazyValue<'a>) -> Vec<(Text<'a>, LazyValue<'a>)> {
    let list = members(&raw_of(value)).flatten().find(|(key, _)| key == "attributes");
    let entries = list.and_then(|(_, list)| list.into_array_iter());
    entries.into_iter().flatten().flatten().filter_map(|entry| pair(&entry)).collect()
}

fn log_record<'a>(record: &LazyValue<'a>, mut peeled: Peeled<'a>) -> Part<'a> {
    if !record.is_object() {
        return Part::Broken(bytes_of(raw_of(record)), "a log record that is no object".into());
    }
    let (mut observed, mut number, mut body) = (None, None, None);
    for (key, value) in members(&raw_of(record)).flatten() {
        // 0 stands for a time that is not known
        let micros = || int_of(&value).filter(|nanos| *nanos > 0).map(|nanos| nanos / 1000);
        match key.as_ref() {
            "timeUnixNano" => peeled.ts = micros(),
            "observedTimeUnixNano" => observed = micros(),
            "severityText" => peeled.level = text_of(&value).and_then(|name| Level::of(&name)),
            "severityNumber" => number = int_of(&value),
            "traceId" => peeled.trace_id = text_of(&value),
            "spanId" => peeled.span_id = text_of(&value),
            "eventName" => peeled.attrs.raw("event_name", &raw_of(&value)),
            "body" => body = Some(value),
            _ => {}
        }
    }
    peeled.ts = peeled.ts.or(observed);
    peeled.level = peeled.level.or_else(|| level_of(number?));
    let text = body.as_ref().and_then(|body| string_of(body));
    let mut rest = Attrs::default();
    for (key, value) in attributes(record) {
        // openshift repeats the audit event of the body in these
        let repeats = key.starts_with("k8s.audit.event.") || key.starts_with("k8s.user.");
        match key.as_ref() {
            "log.iostream" => {
                peeled.stream = string_of(&value);
                peeled.stdout = true;
            }
            _ if repeats && text.as_deref().is_some_and(|text| text.starts_with('{')) => {}
            other => rest.raw(other, &json_of(&value)),
        }
    }
    peeled.payload = match (text, body) {
        (Some(text), _) => {
            peeled.attrs.extend(&rest);
            bytes_of(text)
        }
        (None, Some(body)) => {
            peeled.attrs.extend(&rest);
            Cow::Owned(json_of(&body).into_bytes())
        }
        // a record of attributes alone
        (None, None) => Cow::Owned(rest.into_json().unwrap_or_default().into_bytes()),
    };
    Part::Line(peeled)
}

/// The level of a severity number, four to a level.
fn level_of(number: i64) -> Option<Level> {
    Some(match number {
        1..=4 => Level::Trace,
        5..=8 => Level::Debug,
        9..=12 => Level::Info,
        13..=16 => Level::Warn,
        17..=20 => Level::Error,
        21..=24 => Level::Fatal,
        _ => return None,
    })
}

fn bytes_of(text: Text<'_>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}
