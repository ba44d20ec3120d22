//! Google Cloud Logging: a `LogEntry` as sinks, Pub/Sub and `gcloud logging read` write it.
//! The text of a node, container or component is passed on as written; an audit entry becomes the
//! Kubernetes audit event that it describes (`audit`). Must not read either.

mod audit;
mod entry;
mod target;

use crate::contract::{Clock, Format, Role, Unwrapped, last_segment, payload_of};
use crate::envelope::gcp::entry::Entry;
use crate::text::json::{members, members_of, text_of};
use crate::text::time;
use memchr::memmem::Finder;
use model::record::{Attrs, Level};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The end of every payload's name: one search rules out a line that has none.
static PAYLOAD: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("Payload\""));

/// The label of a container's entry that names its node.
const NODE: &str = "compute.googleapis.com/resource_name";

/// The format.
pub struct Gcp;

impl Format for Gcp {
    fn name(&self) -> &'static str {
        "gcp"
    }

    fn about(&self) -> &'static str {
        "Google Cloud Logging entries: GKE audit, containers, nodes, events"
    }

    fn sample(&self) -> &'static str {
        r#"{"insertId":"6f3a","logName":"projects/shop/logs/cloudaudit.googleapis.com%2Factivity","protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.apps.v1.deployments.patch","resourceName":"apps/v1/namespaces/shop/deployments/pay-api","authenticationInfo":{"principalEmail":"alice@example.com"},"status":{"code":0}},"resource":{"type":"k8s_cluster","labels":{"cluster_name":"prod"}},"timestamp":"2026-11-22T02:12:01Z"}"#
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn words(&self) -> &'static [&'static str] {
        &["Payload\""]
    }

    fn begins(&self, text: &str) -> bool {
        let has = |key: &str| memchr::memmem::find(text.as_bytes(), key.as_bytes()).is_some();
        text.starts_with('{')
            && PAYLOAD.find(text.as_bytes()).is_some()
            && (has("\"protoPayload\"")
                || (has("\"jsonPayload\"") || has("\"textPayload\""))
                    && (has("\"logName\"") || has("\"insertId\"")))
    }

    fn unwrap_line<'a>(&self, line: &'a [u8], _clock: &Clock) -> Option<Unwrapped<'a>> {
        let mut entry = Entry::default();
        let mut unwrapped = Unwrapped::default();
        for (key, value) in members(std::str::from_utf8(line).ok()?).ok()? {
            match key.as_ref() {
                "protoPayload" => entry.proto = Some(value),
                "jsonPayload" => entry.json = Some(value),
                "textPayload" => entry.text = Some(text_of(value).unwrap_or_default()),
                "timestamp" => entry.timestamp = text_of(value),
                "receiveTimestamp" => entry.received = text_of(value),
                "insertId" => entry.insert_id = text_of(value),
                "operation" => entry.operation = Some(value),
                "labels" => entry.labels = Some(value),
                "severity" => unwrapped.level = text_of(value).and_then(|name| Level::of(&name)),
                "resource" => resource(&mut unwrapped, value),
                "logName" => log_name(&mut unwrapped, value),
                "trace" => unwrapped.trace_id = text_of(value).map(last_segment),
                "spanId" => unwrapped.span_id = text_of(value),
                other => unwrapped.attrs.raw(other, value),
            }
        }
        let stamp = entry.timestamp.as_deref().or(entry.received.as_deref());
        unwrapped.ts = stamp.and_then(|text| time::iso(text, &Clock::UTC)).map(|stamp| stamp.ts);
        if let Some((_, node)) =
            entry.labels.and_then(|labels| members_of(labels).find(|(key, _)| key == NODE))
        {
            unwrapped.place.node = unwrapped.place.node.or_else(|| text_of(node));
        }
        unwrapped.payload = payload(&entry, &mut unwrapped.attrs)?;
        if let Some(id) = &entry.insert_id {
            unwrapped.attrs.text("insert_id", id);
        }
        Some(unwrapped)
    }
}

/// Returns the inner text of an entry; adds the members around it to `attrs`.
fn payload<'a>(entry: &Entry<'a>, attrs: &mut Attrs) -> Option<Cow<'a, [u8]>> {
    if let Some(event) = entry.proto.and_then(|proto| audit::event(entry, proto)) {
        return Some(Cow::Owned(event.into_bytes()));
    }
    if let Some(labels) = entry.labels {
        attrs.raw("labels", labels);
    }
    if let Some(text) = &entry.text {
        return Some(payload_of(text.clone()));
    }
    let json = entry.json.or(entry.proto)?;
    // journald keeps the text in `MESSAGE`, with many members about the process beside it
    let mut message = None;
    let mut rest = Attrs::default();
    for (key, value) in members_of(json) {
        match key.as_ref() {
            "MESSAGE" => message = text_of(value),
            other => rest.raw(other, value),
        }
    }
    let Some(text) = message else { return Some(Cow::Borrowed(json.as_bytes())) };
    if let Some(rest) = rest.into_json() {
        attrs.raw("journal", &rest);
    }
    Some(payload_of(text))
}

/// Reads the monitored resource: the place, and labels without a column.
fn resource<'a>(unwrapped: &mut Unwrapped<'a>, value: &'a str) {
    for (key, value) in members_of(value) {
        match key.as_ref() {
            "type" => unwrapped.attrs.raw("resource_type", value),
            "labels" => members_of(value).for_each(|(key, value)| label(unwrapped, &key, value)),
            _ => {}
        }
    }
}

fn label<'a>(unwrapped: &mut Unwrapped<'a>, key: &str, value: &'a str) {
    let place = &mut unwrapped.place;
    match key {
        "cluster_name" => place.cluster = text_of(value),
        "namespace_name" => place.namespace = text_of(value),
        "pod_name" => place.pod = text_of(value),
        "container_name" => place.container = text_of(value),
        "node_name" => place.node = text_of(value),
        other => unwrapped.attrs.raw(other, value),
    }
}

/// Reads the log's name; those of a container's streams are `…/logs/stdout` and `…/logs/stderr`.
fn log_name<'a>(unwrapped: &mut Unwrapped<'a>, value: &'a str) {
    let Some(name) = text_of(value).map(last_segment) else { return };
    if matches!(&*name, "stdout" | "stderr") {
        unwrapped.stream = Some(name);
        unwrapped.stdout = true;
    } else {
        unwrapped.attrs.text("log", &name);
        unwrapped.log = Some(name);
    }
}
