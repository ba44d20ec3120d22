//! Tencent CLS shipping to COS: one JSON object per line with `__TIMESTAMP__`, `__TAG__` nested or
//! flattened (`__TAG__.pod_name`), and either `__CONTENT__` (full text) or the fields of a
//! structured topic. Must not know what the text is.

use crate::contract::{Format, Role, Unwrapped, payload_of};
use crate::text::json::{members, members_of, text_of};
use crate::text::json_cursor::Member;
use crate::text::time;
use memchr::memmem::Finder;
use model::record::{Attrs, Text};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The beginning of every name that CLS adds.
static MARK: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"__"));

/// Returns true if a text may contain a name that CLS adds.
pub fn is_marked(text: &str) -> bool {
    MARK.find(text.as_bytes()).is_some()
}

/// The format.
pub struct Cls;

impl Format for Cls {
    fn name(&self) -> &'static str {
        "cls"
    }

    fn about(&self) -> &'static str {
        "Tencent Cloud CLS shipped to COS as JSON, tags nested or flattened"
    }

    fn sample(&self) -> &'static str {
        r#"{"__TIMESTAMP__":1795313521000,"__TAG__.namespace":"shop","__TAG__.pod_name":"pay-api-7d9f8b6c5d-x2x7k","__CONTENT__":"2026-11-22 10:12:01,000 ERROR [main] c.s.Pay - refused"}"#
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn begins(&self, text: &str) -> bool {
        let has = |key: &str| memchr::memmem::find(text.as_bytes(), key.as_bytes()).is_some();
        text.starts_with('{')
            && is_marked(text)
            && (has("\"__CONTENT__\"") || has("\"__TIMESTAMP__\"") || has("\"__TAG__"))
    }

    fn unwrap_line<'a>(&self, line: &'a [u8]) -> Option<Unwrapped<'a>> {
        let text = std::str::from_utf8(line).ok()?;
        let mut unwrapped = Unwrapped::default();
        let mut content = None;
        let mut fields: Vec<Member<'a>> = Vec::new();
        for (key, value) in members(text).ok()? {
            match key.as_ref() {
                "__CONTENT__" => content = Some(text_of(value).unwrap_or_default()),
                // the microsecond time is the finer one, and comes after the other
                "__TIMESTAMP__" | "__TIMESTAMP_US__" => {
                    unwrapped.ts = text_of(value).and_then(|text| time::epoch(text.parse().ok()?));
                }
                "__HOSTNAME__" => {
                    unwrapped.place.node = unwrapped.place.node.take().or_else(|| text_of(value))
                }
                "__TAG__" => nested_tags(&mut unwrapped, value),
                "__SOURCE__" | "__FILENAME__" | "__PKGID__" | "__PKG_ID__" => {
                    unwrapped.attrs.raw(key.trim_matches('_').to_ascii_lowercase().as_str(), value);
                }
                other => match other.strip_prefix("__TAG__.") {
                    Some(name) => tag(&mut unwrapped, name, text_of(value), value),
                    None => fields.push((key, value)),
                },
            }
        }
        unwrapped.payload = match content {
            Some(content) => payload_of(content),
            None if fields.is_empty() => return None,
            None => Cow::Owned(object_of(&fields)),
        };
        // fields beside a full text, not the fields that the payload is made of
        if !fields.is_empty() && !matches!(unwrapped.payload.first(), None | Some(b'{')) {
            for (key, value) in &fields {
                unwrapped.attrs.raw(key, value);
            }
        }
        Some(unwrapped)
    }
}

/// Returns the fields of a structured topic as one JSON object: the record as it was before CLS
/// split it. Objects that were shipped as text become objects again.
fn object_of(fields: &[Member<'_>]) -> Vec<u8> {
    let mut json = Attrs::default();
    for (key, value) in fields {
        match text_of(value) {
            Some(text) if is_json(&text) => json.raw(key, &text),
            _ => json.raw(key, value),
        }
    }
    json.into_json().unwrap_or_default().into_bytes()
}

/// Returns true if a text is a JSON object or array.
pub(crate) fn is_json(text: &str) -> bool {
    let is_bracketed =
        text.starts_with('{') && text.ends_with('}') || text.starts_with('[') && text.ends_with(']');
    is_bracketed && serde_json::from_str::<serde_json::Value>(text).is_ok()
}

/// Reads the tags of one nested object; a topic of type string ships the object as text.
fn nested_tags<'a>(unwrapped: &mut Unwrapped<'a>, value: &'a str) {
    if let Some(json) = text_of(value) {
        let tags: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&json).unwrap_or_default();
        for (key, value) in tags {
            let text = value.as_str().map(|text| Cow::Owned(text.to_owned()));
            tag(unwrapped, &key, text, &value.to_string());
        }
        return;
    }
    for (key, value) in members_of(value) {
        tag(unwrapped, &key, text_of(value), value);
    }
}

/// Stores one tag: part of the place, otherwise an attribute.
fn tag<'a>(unwrapped: &mut Unwrapped<'a>, key: &str, text: Option<Text<'a>>, raw: &str) {
    let place = &mut unwrapped.place;
    match key {
        "namespace" | "namespace_name" | "pod_namespace" => place.namespace = text,
        "pod_name" | "pod" => place.pod = text,
        "container_name" | "container" => place.container = text,
        "cluster_id" | "cluster" | "cluster_name" => place.cluster = text,
        "node_name" | "node" | "host" => place.node = text,
        "workload" | "workload_name" => place.workload = text,
        "stream" => unwrapped.stream = text,
        other => unwrapped.attrs.raw(other, raw),
    }
}
