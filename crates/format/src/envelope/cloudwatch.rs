//! Amazon CloudWatch Logs: a subscription's `logEvents` (Firehose, Lambda) and the `events` of
//! `aws logs get-log-events` and `filter-log-events`. Each event's `message` is the inner text.

use crate::contract::{Each, Format, Part, Peeled, Role};
use crate::text::json::{members, raw_of, text_of};
use crate::text::time;
use memchr::memmem::Finder;
use model::record::Text;
use sonic_rs::{JsonValueTrait, LazyValue};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The member that a subscription's document has, and hardly any other.
static LOG_EVENTS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"logEvents\""));

/// The format.
pub struct CloudWatch;

/// How far into a line its first members are looked for: they are short, the events are not.
const HEAD_BYTES: usize = 2048;

impl Format for CloudWatch {
    fn name(&self) -> &'static str {
        "cloudwatch"
    }

    fn about(&self) -> &'static str {
        "Amazon CloudWatch Logs as subscriptions and the command line give them (EKS audit)"
    }

    fn sample(&self) -> &'static str {
        r#"{"messageType":"DATA_MESSAGE","logGroup":"/aws/eks/prod/cluster","logStream":"kube-apiserver-audit-1","logEvents":[{"id":"1","timestamp":1795313521000,"message":"text"}]}"#
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn begins(&self, text: &str) -> bool {
        let Some(rest) = text.strip_prefix('{').map(str::trim_start) else { return false };
        let head = rest.as_bytes().get(..HEAD_BYTES).unwrap_or(rest.as_bytes());
        let has = |key: &str| memchr::memmem::find(head, key.as_bytes()).is_some();
        rest.starts_with("\"events\"") && has("\"message\"") && has("\"timestamp\"")
            || LOG_EVENTS.find(head).is_some() && has("\"messageType\"")
    }

    fn peel_all<'a>(&self, line: &'a [u8], each: Each<'_, 'a>) -> bool {
        let Some(parts) = std::str::from_utf8(line).ok().and_then(parts) else { return false };
        parts.into_iter().for_each(each);
        true
    }
}

fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    let mut common = Peeled::default();
    let (mut events, mut is_control) = (None, false);
    for member in members(&Cow::Borrowed(text)) {
        let (key, value) = member.ok()?;
        match key.as_ref() {
            "logEvents" | "events" => events = value.into_array_iter(),
            "messageType" => is_control = raw_of(&value) == "\"CONTROL_MESSAGE\"",
            "logGroup" => {
                common.place.cluster = text_of(&value).and_then(cluster_of);
                common.attrs.raw("log_group", &raw_of(&value));
            }
            "logStream" => log_stream(&mut common, &value),
            _ => {} // account, filters, paging: nothing of the log
        }
    }
    if is_control {
        return Some(vec![Part::Dropped("CloudWatch control message")]);
    }
    let mut parts = Vec::new();
    for event in events? {
        parts.push(log_event(&event.ok()?, common.clone()));
    }
    if parts.is_empty() {
        parts.push(Part::Dropped("empty list"));
    }
    Some(parts)
}

fn log_event<'a>(event: &LazyValue<'a>, mut peeled: Peeled<'a>) -> Part<'a> {
    let mut message = None;
    for (key, value) in event.is_object().then(|| members(&raw_of(event)).flatten()).into_iter().flatten() {
        match key.as_ref() {
            "message" if value.is_object() => message = Some(raw_of(&value)),
            "message" => message = Some(text_of(&value).unwrap_or_default()),
            "timestamp" => peeled.ts = text_of(&value).and_then(|text| time::epoch(text.parse().ok()?)),
            "logStreamName" => log_stream(&mut peeled, &value),
            _ => {} // ids and the time of arrival
        }
    }
    match message {
        Some(Cow::Borrowed(text)) => peeled.payload = Cow::Borrowed(text.as_bytes()),
        Some(Cow::Owned(text)) => peeled.payload = Cow::Owned(text.into_bytes()),
        None => {
            let text = raw_of(event).into_owned().into_bytes();
            return Part::Broken(Cow::Owned(text), "a CloudWatch event without `message`".into());
        }
    }
    Part::Line(peeled)
}

fn log_stream<'a>(peeled: &mut Peeled<'a>, name: &LazyValue<'a>) {
    peeled.log = text_of(name);
    peeled.attrs.raw("log_stream", &raw_of(name));
}

/// Reads `/aws/eks/<cluster>/cluster` and `/aws/containerinsights/<cluster>/application`.
fn cluster_of(group: Text<'_>) -> Option<Text<'_>> {
    let rest = group.strip_prefix("/aws/eks/").or_else(|| group.strip_prefix("/aws/containerinsights/"))?;
    Some(Cow::Owned(rest.split('/').next()?.to_owned()))
}
