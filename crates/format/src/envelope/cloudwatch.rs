//! Amazon CloudWatch Logs: a subscription's `logEvents` (Firehose, Lambda) and the `events` of
//! `aws logs get-log-events` and `filter-log-events`. Each event's `message` is the inner text.
//! Must not know what a message is.

use crate::contract::{Clock, EmitPart, Format, Part, Role, Unwrapped, payload_of};
use crate::origin::origin_of;
use crate::text::json::{items, members, members_of, text_of};
use crate::text::time;
use memchr::memmem::Finder;
use model::record::Text;
use std::borrow::Cow;
use std::sync::LazyLock;

/// The member that a subscription's document has, and hardly any other document.
static LOG_EVENTS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"logEvents\""));

/// Bytes of a line that are searched for its first members: they are short, the events are not.
const HEAD_BYTES: usize = 2048;

/// The format.
pub struct CloudWatch;

impl Format for CloudWatch {
    fn name(&self) -> &'static str {
        "cloudwatch"
    }

    fn about(&self) -> &'static str {
        "Amazon CloudWatch Logs as subscriptions and the AWS command line export them (EKS audit)"
    }

    fn sample(&self) -> &'static str {
        r#"{"messageType":"DATA_MESSAGE","logGroup":"/aws/eks/prod/cluster","logStream":"kube-apiserver-audit-1","logEvents":[{"id":"1","timestamp":1795313521000,"message":"text"}]}"#
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn words(&self) -> &'static [&'static str] {
        &["\"events\"", "\"logEvents\""]
    }

    fn begins(&self, text: &str) -> bool {
        let Some(rest) = text.strip_prefix('{').map(str::trim_start) else { return false };
        let head = rest.as_bytes().get(..HEAD_BYTES).unwrap_or(rest.as_bytes());
        let has = |key: &str| memchr::memmem::find(head, key.as_bytes()).is_some();
        rest.starts_with("\"events\"") && has("\"message\"") && has("\"timestamp\"")
            || LOG_EVENTS.find(head).is_some() && has("\"messageType\"")
    }

    fn unwrap_all<'a>(&self, line: &'a [u8], _clock: &Clock, emit: EmitPart<'_, 'a>) -> bool {
        let Some(members) = std::str::from_utf8(line).ok().and_then(|text| members(text).ok()) else {
            return false;
        };
        let mut common = Unwrapped::default();
        let (mut events, mut is_control) = (None, false);
        for (key, value) in members {
            match key.as_ref() {
                "logEvents" | "events" => events = items(value).ok(),
                "messageType" => is_control = value == "\"CONTROL_MESSAGE\"",
                "logGroup" => {
                    common.place.cluster = text_of(value).and_then(|group| cluster_of(&group));
                    common.attrs.raw("log_group", value);
                }
                "logStream" => log_stream(&mut common, value),
                _ => {} // account, filters and paging say nothing about the log
            }
        }
        if is_control {
            emit(Part::Dropped("CloudWatch control message"));
            return true;
        }
        let Some(events) = events else { return false };
        if events.is_empty() {
            emit(Part::Dropped("empty list"));
        }
        events.into_iter().for_each(|event| emit(log_event(event, common.clone())));
        true
    }
}

fn log_event<'a>(event: &'a str, mut unwrapped: Unwrapped<'a>) -> Part<'a> {
    let (mut message, mut has_more) = (None, false);
    for (key, value) in members_of(event) {
        match key.as_ref() {
            "message" if value.starts_with('{') => message = Some(Cow::Borrowed(value)),
            "message" => message = Some(text_of(value).unwrap_or_default()),
            "timestamp" => unwrapped.ts = text_of(value).and_then(|text| time::epoch(text.parse().ok()?)),
            "logStreamName" => log_stream(&mut unwrapped, value),
            "id" | "eventId" | "ingestionTime" | "extractedFields" => {}
            _ => has_more = true,
        }
    }
    // the list is New Relic's, whose events say where they come from
    if has_more {
        unwrapped.payload = Cow::Borrowed(event.as_bytes());
        return Part::Line(unwrapped);
    }
    let Some(message) = message else {
        let why = "a CloudWatch event without `message`".into();
        return Part::Broken(Cow::Borrowed(event.as_bytes()), why);
    };
    unwrapped.payload = payload_of(message);
    Part::Line(unwrapped)
}

fn log_stream<'a>(unwrapped: &mut Unwrapped<'a>, name: &'a str) {
    unwrapped.log = text_of(name);
    if let Some(name) = &unwrapped.log {
        // Container Insights names a stream by the file of a container
        let place = origin_of(name).place;
        if place.container.is_some() {
            unwrapped.place.fill_from(&place);
        }
    }
    unwrapped.attrs.raw("log_stream", name);
}

/// Reads `/aws/eks/<cluster>/cluster` and `/aws/containerinsights/<cluster>/application`.
pub(super) fn cluster_of(group: &str) -> Option<Text<'static>> {
    let rest = group.strip_prefix("/aws/eks/").or_else(|| group.strip_prefix("/aws/containerinsights/"))?;
    Some(Cow::Owned(rest.split('/').next()?.to_owned()))
}
