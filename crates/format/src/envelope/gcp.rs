//! Google Cloud Logging: a `LogEntry` as sinks, Pub/Sub and `gcloud logging read` write it.
//! What a node, a container or a component logged is taken out as it was; an audit entry becomes
//! the Kubernetes audit event that it tells (`gcp_audit`), read as any other. Must not read either.

use crate::contract::{Clock, Format, Peeled, Role};
use crate::envelope::gcp_audit;
use crate::text::json::{members, raw_of, text_of};
use crate::text::time;
use memchr::memmem::Finder;
use model::record::{Attrs, Level, Text};
use sonic_rs::LazyValue;
use std::borrow::Cow;
use std::sync::LazyLock;

/// What each kind of payload ends with: one pass over a line that has none.
static PAYLOAD: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("Payload\""));

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

    fn begins(&self, text: &str) -> bool {
        let has = |key: &str| memchr::memmem::find(text.as_bytes(), key.as_bytes()).is_some();
        text.starts_with('{')
            && PAYLOAD.find(text.as_bytes()).is_some()
            && (has("\"protoPayload\"")
                || (has("\"jsonPayload\"") || has("\"textPayload\""))
                    && (has("\"logName\"") || has("\"insertId\"")))
    }

    fn peel<'a>(&self, line: &'a [u8]) -> Option<Peeled<'a>> {
        let mut entry = Entry::default();
        let mut peeled = Peeled::default();
        for member in members(&Cow::Borrowed(std::str::from_utf8(line).ok()?)) {
            let (key, value) = member.ok()?;
            match key.as_ref() {
                "protoPayload" => entry.proto = Some(value),
                "jsonPayload" => entry.json = Some(value),
                "textPayload" => entry.text = Some(text_of(&value).unwrap_or_default()),
                "timestamp" => entry.timestamp = text_of(&value),
                "receiveTimestamp" => entry.received = text_of(&value),
                "insertId" => entry.insert_id = text_of(&value),
                "operation" => entry.operation = Some(value),
                "labels" => entry.labels = Some(value),
                "severity" => peeled.level = text_of(&value).and_then(|name| Level::of(&name)),
                "resource" => resource(&mut peeled, &value),
                "logName" => log_name(&mut peeled, &value),
                "trace" => peeled.trace_id = text_of(&value).map(last_segment),
                "spanId" => peeled.span_id = text_of(&value),
                other => peeled.attrs.raw(other, &raw_of(&value)),
            }
        }
        let clock = Clock { zone: chrono_tz::UTC, day: chrono::NaiveDate::MIN };
        let stamp = entry.timestamp.as_deref().or(entry.received.as_deref());
        peeled.ts = stamp.and_then(|text| time::iso(text, &clock)).map(|stamp| stamp.ts);
        peeled.payload = entry.payload(&mut peeled.attrs)?;
        if let Some(id) = &entry.insert_id {
            peeled.attrs.text("insert_id", id);
        }
        Some(peeled)
    }
}

/// The members of an entry that its payload is made of.
#[derive(Default)]
pub(crate) struct Entry<'a> {
    /// An audit log.
    pub proto: Option<LazyValue<'a>>,
    /// A structured payload.
    pub json: Option<LazyValue<'a>>,
    /// A text payload.
    pub text: Option<Text<'a>>,
    /// Time of the entry.
    pub timestamp: Option<Text<'a>>,
    /// Time of its arrival.
    pub received: Option<Text<'a>>,
    /// Id of the entry.
    pub insert_id: Option<Text<'a>>,
    /// What operation it is of, and whether it is the first or last entry of that.
    pub operation: Option<LazyValue<'a>>,
    /// Labels; those of an audit entry are the event's annotations.
    pub labels: Option<LazyValue<'a>>,
}

impl<'a> Entry<'a> {
    /// Returns the inner text, and what stands beside it in `attrs`.
    fn payload(&self, attrs: &mut Attrs) -> Option<Cow<'a, [u8]>> {
        if let Some(event) = self.proto.as_ref().and_then(|proto| gcp_audit::event(self, proto)) {
            return Some(Cow::Owned(event.into_bytes()));
        }
        if let Some(labels) = &self.labels {
            attrs.raw("labels", &raw_of(labels));
        }
        if let Some(text) = &self.text {
            return Some(bytes_of(text.clone()));
        }
        let json = self.json.as_ref().or(self.proto.as_ref())?;
        // journald keeps the text in `MESSAGE` and much about the process beside it
        let mut message = None;
        let mut rest = Attrs::default();
        for (key, value) in members(&raw_of(json)).flatten() {
            match key.as_ref() {
                "MESSAGE" => message = text_of(&value),
                other => rest.raw(other, &raw_of(&value)),
            }
        }
        match message {
            Some(text) => {
                if let Some(rest) = rest.into_json() {
                    attrs.raw("journal", &rest);
                }
                Some(bytes_of(text))
            }
            None => Some(bytes_of(raw_of(json))),
        }
    }
}

fn bytes_of(text: Text<'_>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// Takes the monitored resource: the place, and labels without a column.
fn resource<'a>(peeled: &mut Peeled<'a>, value: &LazyValue<'a>) {
    for (key, value) in members(&raw_of(value)).flatten() {
        match key.as_ref() {
            "type" => peeled.attrs.raw("resource_type", &raw_of(&value)),
            "labels" => {
                for (key, value) in members(&raw_of(&value)).flatten() {
                    let place = &mut peeled.place;
                    match key.as_ref() {
                        "cluster_name" => place.cluster = text_of(&value),
                        "namespace_name" => place.namespace = text_of(&value),
                        "pod_name" => place.pod = text_of(&value),
                        "container_name" => place.container = text_of(&value),
                        "node_name" => place.node = text_of(&value),
                        other => peeled.attrs.raw(other, &raw_of(&value)),
                    }
                }
            }
            _ => {}
        }
    }
}

/// Takes the log's name; those of a container's streams are `…/logs/stdout` and `…/logs/stderr`.
fn log_name<'a>(peeled: &mut Peeled<'a>, value: &LazyValue<'a>) {
    let Some(name) = text_of(value).map(last_segment) else { return };
    if matches!(&*name, "stdout" | "stderr") {
        peeled.stream = Some(name);
        peeled.stdout = true;
    } else {
        peeled.attrs.text("log", &name);
        peeled.log = Some(name);
    }
}

fn last_segment(path: Text<'_>) -> Text<'_> {
    match path {
        Cow::Borrowed(path) => Cow::Borrowed(path.rsplit('/').next().unwrap_or(path)),
        Cow::Owned(path) => Cow::Owned(path.rsplit('/').next().unwrap_or(&path).to_owned()),
    }
}
