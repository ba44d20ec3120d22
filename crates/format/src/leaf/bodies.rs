//! What of an audit event's bodies may reach the lake: never the contents of Secrets, tokens or
//! ConfigMaps, never `last-applied-configuration` (a second copy of all of them). And which lines
//! are one private key. What secrets look like is the business of `redact`.

use model::record::Text;
use serde_json::Value;
use std::borrow::Cow;

/// Bodies as they may be kept.
pub struct Bodies<'a> {
    /// Request object, JSON text.
    pub request: Option<Text<'a>>,
    /// Response object, JSON text.
    pub response: Option<Text<'a>>,
    /// True when something was taken out.
    pub removed: bool,
}

/// Returns the bodies of a request on `resource` as they may be kept.
pub fn bodies<'a>(
    resource: &str,
    subresource: &str,
    request: Option<Text<'a>>,
    response: Option<Text<'a>>,
) -> Bodies<'a> {
    let secret = matches!(resource, "secrets" | "tokenreviews" | "certificatesigningrequests")
        || resource == "serviceaccounts" && subresource == "token";
    let both = request.is_some() || response.is_some();
    if secret {
        return Bodies { request: None, response: None, removed: both };
    }
    let mut removed = false;
    let mut clean = |body: Option<Text<'a>>| -> Option<Text<'a>> {
        let body = body?;
        let applied = memchr::memmem::find(body.as_bytes(), b"last-applied-configuration").is_some();
        if !applied && resource != "configmaps" {
            return Some(body);
        }
        removed = true;
        let mut value: Value = serde_json::from_str(&body).ok()?;
        strip(&mut value, resource == "configmaps");
        Some(Cow::Owned(value.to_string()))
    };
    Bodies { request: clean(request), response: clean(response), removed }
}

/// Takes `last-applied-configuration` out everywhere, and replaces ConfigMap data by its sizes so
/// that which keys a change touched stays visible.
fn strip(value: &mut Value, config_map: bool) {
    match value {
        Value::Object(members) => {
            members.retain(|key, _| !key.ends_with("last-applied-configuration"));
            for (key, member) in members.iter_mut() {
                if config_map && matches!(key.as_str(), "data" | "binaryData" | "stringData") {
                    hide(member);
                } else {
                    strip(member, config_map);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                // a JSON patch carries the data in `value`, whatever its path
                if config_map && let Some(member) = item.get_mut("value") {
                    hide(member);
                } else {
                    strip(item, config_map);
                }
            }
        }
        _ => {}
    }
}

fn hide(data: &mut Value) {
    match data {
        Value::Object(entries) => entries.values_mut().for_each(hide),
        Value::String(text) => *data = Value::String(format!("<{} bytes>", text.len())),
        Value::Null => {}
        other => *other = Value::String("<hidden>".into()),
    }
}

/// Tells whether `line` goes on with a private key that `text` has begun and not ended: printed to a
/// log it comes line by line, and only as a whole it is known for what it is.
pub fn goes_on_with_key(text: &str, line: &str) -> bool {
    const LONGEST_LINE: usize = 80;
    let is_body = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let is_header = || ["-----END ", "Proc-Type: ", "DEK-Info: "].iter().any(|lead| line.starts_with(lead));
    if !(line.len() <= LONGEST_LINE && line.bytes().all(is_body) || is_header()) {
        return false;
    }
    let Some((_, key)) = text.rsplit_once("-----BEGIN ") else { return false };
    key.split_once("PRIVATE KEY").is_some_and(|(_, body)| !body.contains("-----END "))
}
