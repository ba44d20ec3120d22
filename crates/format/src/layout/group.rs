//! The named groups of a layout's pattern: the fields that their texts fill. Must not know patterns.

use crate::contract::Clock;
use crate::origin::origin_of;
use crate::text::age;
use crate::text::csv_header;
use crate::text::fields::Field;
use crate::text::labels::labels;
use crate::text::{header, time};
use model::record::{Attrs, Level, Place, Text, TextFields};
use model::time::Ts;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// What a group's text means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Time,
    Level,
    Logger,
    Thread,
    Message,
    Stream,
    TraceId,
    SpanId,
    ErrorCode,
    Exception,
    /// An HTTP status: the level of a line that has none, and the error code from 400.
    Status,
    /// A syslog priority: its severity is the level.
    Priority,
    Cluster,
    Namespace,
    Workload,
    Pod,
    Container,
    Node,
    /// Labels of Prometheus, which name the place.
    Labels,
    /// The text that the line wraps.
    Payload,
    /// The heading of a table, which is not a record.
    Heading,
    /// A tag of Fluentd's, which names the place if it is made of a container's file.
    Tag,
    /// An attribute of that name.
    Attr(String),
}

impl Group {
    /// Returns the meaning of a group's name.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "time" => Self::Time,
            "level" => Self::Level,
            "logger" => Self::Logger,
            "thread" => Self::Thread,
            "message" => Self::Message,
            "stream" => Self::Stream,
            "trace_id" => Self::TraceId,
            "span_id" => Self::SpanId,
            "error_code" => Self::ErrorCode,
            "exception" => Self::Exception,
            "status" => Self::Status,
            "pri" => Self::Priority,
            "cluster" => Self::Cluster,
            "namespace" => Self::Namespace,
            "workload" => Self::Workload,
            "pod" => Self::Pod,
            "container" => Self::Container,
            "node" => Self::Node,
            "labels" => Self::Labels,
            "payload" => Self::Payload,
            "heading" => Self::Heading,
            "tag" => Self::Tag,
            other => Self::Attr(other.to_owned()),
        }
    }
}

impl Group {
    /// Returns the column of a place that the group fills.
    fn column<'p, 't>(&self, place: &'p mut Place<'t>) -> Option<&'p mut Option<Text<'t>>> {
        Some(match self {
            Self::Cluster => &mut place.cluster,
            Self::Namespace => &mut place.namespace,
            Self::Workload => &mut place.workload,
            Self::Pod => &mut place.pod,
            Self::Container => &mut place.container,
            Self::Node => &mut place.node,
            _ => return None,
        })
    }
}

/// A time that a layout found.
pub(super) struct Time {
    /// µs UTC.
    pub(super) ts: i64,
    pub(super) is_zoned: bool,
    pub(super) is_time_of_day: bool,
}

impl Time {
    /// Reads a time in any known form.
    pub(super) fn read(text: &str, clock: &Clock) -> Option<Self> {
        if text.len() == "2026-11-22".len()
            && let Some(stamp) = time::iso(&format!("{text} 00:00:00"), clock)
        {
            return Some(Self { ts: stamp.ts, is_zoned: false, is_time_of_day: false });
        }
        let is_time_of_day = header::is_time_of_day(text);
        let stamp = if is_time_of_day { time::time_of_day(text, clock) } else { time::any(text, clock) }?;
        Some(Self { ts: stamp.ts, is_zoned: stamp.zoned, is_time_of_day })
    }
}

/// The texts of one line, by group.
pub(super) struct Found<'t, 'g>(pub(super) Vec<(&'g Group, &'t str)>);

impl<'t> Found<'t, '_> {
    /// Returns the text of a group.
    pub(super) fn text(&self, wanted: &Group) -> Option<&'t str> {
        self.0.iter().find(|(group, _)| *group == wanted).map(|(_, text)| *text)
    }

    /// Returns the level of a syslog priority.
    pub(super) fn priority(&self) -> Option<Level> {
        let priority: u16 = self.text(&Group::Priority)?.parse().ok()?;
        Level::of_syslog(priority % 8)
    }

    /// Returns the level of an HTTP status.
    pub(super) fn status_level(&self) -> Option<Level> {
        let status: u16 = self.text(&Group::Status)?.parse().ok()?;
        Some(Level::of_http(status))
    }

    /// Returns the labels, each with the group that its name stands for.
    fn labels(&self) -> impl Iterator<Item = (Group, &'t str, Text<'t>)> {
        let labels = self.text(&Group::Labels).map(labels).unwrap_or_default();
        labels.into_iter().map(|(name, value)| {
            let group = match csv_header::field(name).map(|(field, _)| field) {
                Some(Field::Cluster) => Group::Cluster,
                Some(Field::Namespace) => Group::Namespace,
                Some(Field::Workload) => Group::Workload,
                Some(Field::Pod) => Group::Pod,
                Some(Field::Container) => Group::Container,
                Some(Field::Node) => Group::Node,
                _ => Group::Attr(name.to_owned()),
            };
            (group, name, value)
        })
    }

    pub(super) fn fill_place(&self, place: &mut Place<'t>) {
        for (group, _, value) in self.labels() {
            if let Some(column) = group.column(place) {
                *column = Some(value);
            }
        }
        for (group, text) in &self.0 {
            if *group == &Group::Tag && text.contains("containers.") {
                place.fill_from(&origin_of(text).place);
            }
            if let Some(column) = group.column(place) {
                *column = Some(Cow::Borrowed(text.trim()));
            }
        }
    }

    pub(super) fn fill_fields(&self, fields: &mut TextFields<'t>) {
        for (group, text) in &self.0 {
            let text = text.trim();
            let column = match group {
                Group::Logger => &mut fields.logger,
                Group::Thread => &mut fields.thread,
                Group::Stream => &mut fields.stream,
                Group::TraceId => &mut fields.trace_id,
                Group::SpanId => &mut fields.span_id,
                Group::ErrorCode => &mut fields.error_code,
                Group::Exception => &mut fields.exception,
                Group::Status if text.parse::<u16>().is_ok_and(|status| status >= 400) => {
                    &mut fields.error_code
                }
                _ => continue,
            };
            *column = Some(Cow::Borrowed(text));
        }
    }

    pub(super) fn fill_attrs(&self, attrs: &mut Attrs) {
        for (group, name, value) in self.labels() {
            if matches!(group, Group::Attr(_)) {
                attrs.text(name, &value);
            }
        }
        for (group, text) in &self.0 {
            match group {
                Group::Attr(name) => attrs.text(name, text.trim()),
                Group::Status => attrs.text("status", text),
                Group::Tag => attrs.text("tag", text),
                _ => {}
            }
        }
    }

    /// Returns the parts of a Kubernetes event, with times for its ages.
    pub(super) fn event(&self, further: &str, clock: &Clock) -> Map<String, Value> {
        let mut parts = self.parts(further);
        for (age, time) in [("age", "lastTimestamp"), ("first_age", "firstTimestamp")] {
            let seconds = parts.get(age).and_then(Value::as_str).and_then(age::seconds);
            if let (Some(seconds), Some(written)) = (seconds, clock.written)
                && !parts.contains_key(time)
            {
                parts.insert(time.to_owned(), Ts(written - seconds * 1_000_000).to_string().into());
            }
        }
        parts
    }

    /// Returns the parts of a Kubernetes event; the lines after the first belong to its message.
    fn parts(&self, further: &str) -> Map<String, Value> {
        let part = |(group, text): &(&Group, &'t str)| {
            let text = text.trim();
            match group {
                Group::Message if further.is_empty() => Some(("message".to_owned(), text.into())),
                Group::Message => Some(("message".to_owned(), format!("{text}\n{further}").into())),
                Group::Namespace => Some(("namespace".to_owned(), text.into())),
                Group::Time => Some(("lastTimestamp".to_owned(), text.into())),
                Group::Attr(name) => Some((name.clone(), text.into())),
                _ => None,
            }
        };
        self.0.iter().filter_map(part).collect()
    }
}
