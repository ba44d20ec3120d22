//! The columns of a row or line that stand for the place, the time and the level. Must not know how the row is
//! written.

use crate::contract::{Clock, Unwrapped, last_segment};
use crate::origin::origin_of;
use crate::text::csv_header;
use crate::text::fields::Field;
use crate::text::json::{members_of, text_of};
use crate::text::{header, time};
use model::record::{Level, Text};
use std::borrow::Cow;

/// Reads the place of a column that holds labels as JSON.
pub(super) fn read_labels(line: &mut Unwrapped<'_>, text: &str, clock: &Clock) {
    if text.starts_with('{') {
        for (key, value) in members_of(text) {
            let field = csv_header::field(&key).map(|(field, _)| field).filter(|field| *field != Field::Time);
            if let Some(value) = text_of(value) {
                put(line, field, Cow::Owned(value.into_owned()), clock);
            }
        }
    }
}

/// Reads the place of a column that holds the file of a container's log, or the tag made of its name.
pub(super) fn read_path(line: &mut Unwrapped<'_>, text: &str) {
    const FOLDERS: [&str; 4] =
        ["/var/log/pods/", "/var/log/containers/", "var.log.containers.", "var.log.pods."];
    if FOLDERS.iter().any(|folder| text.contains(folder)) {
        let place = origin_of(text).place;
        line.stdout |= place.container.is_some();
        line.place.fill_from(&place);
    }
}

/// Stores a value in its field; returns the value if it has none.
pub(super) fn put<'r>(
    line: &mut Unwrapped<'r>,
    field: Option<Field>,
    text: Text<'r>,
    clock: &Clock,
) -> Option<Text<'r>> {
    let place = &mut line.place;
    let slot = match field {
        Some(Field::Time) => {
            let Some(stamp) = time::any(&text, clock) else { return Some(text) };
            line.ts = Some(stamp.ts);
            return None;
        }
        Some(Field::Level) => {
            // a syslog severity, as Graylog exports it
            let severity = || text.parse().ok().and_then(Level::of_syslog);
            line.level = Level::of(&text).or_else(severity);
            return line.level.is_none().then_some(text);
        }
        Some(Field::Status) => {
            line.level = line.level.or_else(|| header::clear_level(&text));
            return Some(text);
        }
        Some(Field::TraceId) => &mut line.trace_id,
        Some(Field::SpanId) => &mut line.span_id,
        Some(Field::Stream) if matches!(&*text, "stdout" | "stderr") => &mut line.stream,
        Some(Field::Cluster) => &mut place.cluster,
        Some(Field::Namespace) => &mut place.namespace,
        Some(Field::Workload) => &mut place.workload,
        Some(Field::Pod) => &mut place.pod,
        Some(Field::Container) => &mut place.container,
        Some(Field::Node) => &mut place.node,
        _ => return Some(text),
    };
    // Azure names a cluster by its path
    *slot = Some(if text.starts_with("/subscriptions/") { last_segment(text) } else { text });
    None
}
