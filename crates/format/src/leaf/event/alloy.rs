//! The line that Grafana Alloy and Agent write for an event (`loki.source.kubernetes_events`,
//! `eventhandler`): `name=pay-api-0 kind=Pod … reason=BackOff type=Warning count=7 msg="…"`.
//! Must not know what the names mean.

use crate::leaf::event::marks;
use crate::text::pairs::{pairs, unquoted};
use model::record::Text;
use serde_json::{Map, Value};

/// Returns true if a line is such an event.
pub(super) fn begins(line: &str) -> bool {
    let has = |name: &str| memchr::memmem::find(line.as_bytes(), name.as_bytes()).is_some();
    let head = line.split([' ', '=']).next().unwrap_or("");
    let may_be = line.as_bytes().get(head.len()) == Some(&b'=') && has("type=") && has("reason=");
    may_be && !has("level=") && {
        let texts: Vec<(&str, Text<'_>)> = texts_of(line).collect();
        marks::are_event(texts.iter().map(|(name, text)| (*name, &**text)))
    }
}

/// Returns the members of such a line.
pub(super) fn members(line: &str) -> Map<String, Value> {
    texts_of(line).map(|(name, text)| (name.to_owned(), Value::from(text.into_owned()))).collect()
}

fn texts_of(line: &str) -> impl Iterator<Item = (&str, Text<'_>)> {
    pairs(line).filter_map(|(name, value)| Some((name, unquoted(value?))))
}
