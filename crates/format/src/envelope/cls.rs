//! Tencent CLS shipping to COS: one JSON a line with `__TIMESTAMP__`, `__TAG__` nested or tiled
//! (`__TAG__.pod_name`), and either `__CONTENT__` (full text) or the fields of a structured topic.

use crate::contract::{Format, Peeled, Role};
use crate::text::json::{members, raw_of, text_of};
use crate::text::time;
use memchr::memmem::Finder;
use model::record::Text;
use sonic_rs::LazyValue;
use std::borrow::Cow;
use std::sync::LazyLock;

/// What every name that CLS adds begins with.
static MARK: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"__"));

/// Tells whether a text may hold a name that CLS adds.
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
        "Tencent Cloud CLS shipped to COS as JSON, tags nested or tiled"
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

    fn peel<'a>(&self, line: &'a [u8]) -> Option<Peeled<'a>> {
        let text = std::str::from_utf8(line).ok()?;
        let mut peeled = Peeled::default();
        let mut content = None;
        let mut fields: Vec<(Text<'a>, LazyValue<'a>)> = Vec::new();
        for member in members(&Cow::Borrowed(text)) {
            let (key, value) = member.ok()?;
            match key.as_ref() {
                "__CONTENT__" => content = Some(text_of(&value).unwrap_or_default()),
                "__TIMESTAMP__" => peeled.ts = text_of(&value).and_then(|t| time::epoch(t.parse().ok()?)),
                // the microsecond time is the finer one and stands after the other
                "__TIMESTAMP_US__" => peeled.ts = text_of(&value).and_then(|t| time::epoch(t.parse().ok()?)),
                "__HOSTNAME__" => peeled.place.node = peeled.place.node.take().or_else(|| text_of(&value)),
                "__TAG__" => nested_tags(&mut peeled, &value),
                "__SOURCE__" | "__FILENAME__" | "__PKGID__" | "__PKG_ID__" => {
                    peeled.attrs.raw(key.trim_matches('_').to_ascii_lowercase().as_str(), &raw_of(&value));
                }
                other => match other.strip_prefix("__TAG__.") {
                    Some(name) => tag(&mut peeled, name, text_of(&value), &raw_of(&value)),
                    None => fields.push((key, value)),
                },
            }
        }
        peeled.payload = match content {
            Some(Cow::Borrowed(content)) => Cow::Borrowed(content.as_bytes()),
            Some(Cow::Owned(content)) => Cow::Owned(content.into_bytes()),
            None if fields.is_empty() => return None,
            None => Cow::Owned(object_of(&fields)),
        };
        if peeled.payload.as_ref() != b"" && content_has_fields(&fields, &peeled) {
            for (key, value) in &fields {
                peeled.attrs.raw(key, &raw_of(value));
            }
        }
        Some(peeled)
    }
}

/// Tells whether the fields stand beside a full text, not for it.
fn content_has_fields(fields: &[(Text<'_>, LazyValue<'_>)], peeled: &Peeled<'_>) -> bool {
    !fields.is_empty() && peeled.payload.first() != Some(&b'{')
}

/// Returns the fields of a structured topic as one JSON object: the record as it was before CLS
/// took it apart. Objects that were shipped as text become objects again.
fn object_of(fields: &[(Text<'_>, LazyValue<'_>)]) -> Vec<u8> {
    let mut json = model::record::Attrs::default();
    for (key, value) in fields {
        match text_of(value) {
            Some(text) if is_json(&text) => json.raw(key, &text),
            _ => json.raw(key, &raw_of(value)),
        }
    }
    json.into_json().unwrap_or_default().into_bytes()
}

/// Tells whether a text is an object or array that was shipped as text.
pub(crate) fn is_json(text: &str) -> bool {
    let is_bracketed =
        text.starts_with('{') && text.ends_with('}') || text.starts_with('[') && text.ends_with(']');
    is_bracketed && serde_json::from_str::<serde_json::Value>(text).is_ok()
}

/// Takes the tags of one nested object; a topic of type string ships the object as text.
fn nested_tags<'a>(peeled: &mut Peeled<'a>, value: &LazyValue<'a>) {
    if let Some(json) = text_of(value) {
        let tags: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&json).unwrap_or_default();
        for (key, value) in tags {
            let text = value.as_str().map(|text| Cow::Owned(text.to_owned()));
            tag(peeled, &key, text, &value.to_string());
        }
        return;
    }
    for (key, value) in members(&raw_of(value)).flatten() {
        tag(peeled, &key, text_of(&value), &raw_of(&value));
    }
}

/// Takes one tag: what names the place, else an attribute.
fn tag<'a>(peeled: &mut Peeled<'a>, key: &str, text: Option<Text<'a>>, raw: &str) {
    let place = &mut peeled.place;
    match key {
        "namespace" | "namespace_name" | "pod_namespace" => place.namespace = text,
        "pod_name" | "pod" => place.pod = text,
        "container_name" | "container" => place.container = text,
        "cluster_id" | "cluster" | "cluster_name" => place.cluster = text,
        "node_name" | "node" | "host" => place.node = text,
        "workload" | "workload_name" => place.workload = text,
        "stream" => peeled.stream = text,
        other => peeled.attrs.raw(other, raw),
    }
}
