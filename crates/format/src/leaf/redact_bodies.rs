//! Removes from the request and response bodies of an audit event whatever must not reach the lake:
//! the contents of Secrets, tokens and ConfigMaps, and `last-applied-configuration`, a second copy of
//! all of them. Decides by resource and by the kinds in the bodies (`secrecy`); must not know what
//! secrets look like, which `redact` does.

use crate::leaf::config_text::hidden;
use crate::leaf::secrecy::{self, Secrecy, is_encoded_manifest, is_manifest};
use memchr::memmem::Finder;
use model::record::Text;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The end of every annotation that repeats the object it is on.
const APPLIED: &str = "last-applied-configuration";

/// Prepared once: every body is searched for it.
static APPLIED_FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(APPLIED));

/// What follows a decoder's error and repeats the bytes around it.
const DECODER_CONTEXT: &str = ", error found in #";

/// Bodies that may be stored.
pub(super) struct RedactedBodies<'a> {
    /// Request object, JSON text; `None` if absent or removed.
    pub(super) request: Option<Text<'a>>,
    /// Response object, JSON text; `None` if absent or removed.
    pub(super) response: Option<Text<'a>>,
    /// True if something was removed.
    pub(super) removed: bool,
    /// True if the request is about an object whose values must not be stored anywhere.
    pub(super) is_secret: bool,
}

/// Returns the bodies of a request on `resource` without their secrets. A body's own kind counts as well
/// as the resource, which some collectors drop.
pub(super) fn redact_bodies<'a>(
    resource: &str,
    subresource: &str,
    request: Option<Text<'a>>,
    response: Option<Text<'a>>,
) -> RedactedBodies<'a> {
    let by_kind = |body: &Option<Text<'a>>| body.as_deref().map_or(Secrecy::Open, secrecy::of_body);
    let secrecy = secrecy::of_resource(resource, subresource).max(by_kind(&request)).max(by_kind(&response));
    let is_secret = secrecy > Secrecy::Open;
    if secrecy == Secrecy::Whole {
        let removed = request.is_some() || response.is_some();
        return RedactedBodies { request: None, response: None, removed, is_secret };
    }
    let mut removed = false;
    let mut clean = |body: Option<Text<'a>>| -> Option<Text<'a>> {
        let body = body?;
        let has_copy = || APPLIED_FINDER.find(body.as_bytes()).is_some();
        if !is_secret && !has_copy() && !secrecy::may_mention(&body) {
            return Some(body);
        }
        let (stored, is_changed) = stripped(body, is_secret);
        removed |= is_changed || is_secret;
        stored
    };
    RedactedBodies { request: clean(request), response: clean(response), removed, is_secret }
}

/// Returns a body without its secrets, and true if something was removed: all of it if it is not JSON.
fn stripped(body: Text<'_>, has_values: bool) -> (Option<Text<'_>>, bool) {
    let Ok(mut value) = serde_json::from_str::<Value>(&body) else { return (None, true) };
    if has_values && value.is_string() {
        hide(&mut value);
    } else if !strip(&mut value, has_values) {
        return (Some(body), false);
    }
    (Some(Cow::Owned(value.to_string())), true)
}

/// Returns the message of a response's status, a JSON string, without the bytes that a decoder repeats.
pub(super) fn redact_message(message: &str) -> Text<'_> {
    match message.split_once(DECODER_CONTEXT) {
        Some((before, _)) => Cow::Owned(format!("{before}\"")),
        None => Cow::Borrowed(message),
    }
}

/// Removes secrets at any depth; returns true if something was removed. `has_values` means that the
/// values of the object are secret: each is replaced by its size, so that the keys that a change touched
/// stay visible.
pub(super) fn strip(value: &mut Value, has_values: bool) -> bool {
    match value {
        Value::Object(members) => strip_object(members, has_values),
        Value::Array(items) => {
            let mut is_changed = false;
            for item in items {
                is_changed |= strip_item(item, has_values);
            }
            is_changed
        }
        Value::String(text) => {
            if is_manifest(text) || has_values && repeats_data(text) || is_encoded_manifest(text) {
                hide(value);
                return true;
            }
            match text.find(DECODER_CONTEXT).filter(|_| has_values) {
                Some(end) => {
                    text.truncate(end);
                    true
                }
                None => false,
            }
        }
        _ => false,
    }
}

fn strip_object(members: &mut Map<String, Value>, has_values: bool) -> bool {
    let kind = members.get("kind").and_then(Value::as_str).map_or(Secrecy::Open, secrecy::of_kind);
    let has = |name: &str| members.contains_key(name);
    // what only refers to a Secret has none of these
    let has_contents = ["data", "stringData", "binaryData", "items", "spec", "status"].into_iter().any(has);
    if kind == Secrecy::Whole && has_contents {
        members.retain(|key, _| matches!(key.as_str(), "kind" | "apiVersion" | "metadata"));
        if let Some(Value::Object(metadata)) = members.get_mut("metadata") {
            metadata.retain(|key, _| matches!(key.as_str(), "name" | "namespace" | "uid"));
        }
        return true;
    }
    let has_values = has_values || kind == Secrecy::Values && has_contents;
    let count = members.len();
    members.retain(|key, _| !key.ends_with(APPLIED));
    let mut is_changed = members.len() < count;
    for (key, member) in members.iter_mut() {
        if has_values && matches!(key.as_str(), "data" | "binaryData" | "stringData") {
            hide(member);
            is_changed = true;
        } else {
            is_changed |= strip(member, has_values);
        }
    }
    is_changed
}

/// Strips an item of an array, which may be an operation of a JSON patch: that has the data in `value`,
/// whatever its path.
fn strip_item(item: &mut Value, has_values: bool) -> bool {
    let adds_copy = item.get("path").and_then(Value::as_str).is_some_and(|path| path.ends_with(APPLIED));
    if (has_values || adds_copy)
        && let Some(value) = item.get_mut("value")
    {
        hide(value);
        return true;
    }
    strip(item, has_values)
}

/// Returns true if a text within a ConfigMap, such as an annotation, repeats its data.
fn repeats_data(text: &str) -> bool {
    ["\"data\"", "\"binaryData\"", "\"stringData\"", "data:"].iter().any(|name| text.contains(name))
}

/// Replaces each text by the names in its lines and the sizes of their values.
fn hide(data: &mut Value) {
    match data {
        Value::Object(entries) => entries.values_mut().for_each(hide),
        Value::String(text) if is_manifest(text) || is_encoded_manifest(text) => {
            *text = format!("<{} bytes>", text.len());
        }
        Value::String(text) => *text = hidden(text),
        Value::Null => {}
        other => *other = Value::String("<hidden>".into()),
    }
}
