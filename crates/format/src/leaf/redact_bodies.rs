//! Removes from the request and response bodies of an audit event whatever must not reach the lake:
//! the contents of Secrets, tokens and ConfigMaps, and `last-applied-configuration`, a second copy of
//! all of them. Decides by resource; must not know what secrets look like, which `redact` does.

use model::record::Text;
use serde_json::Value;
use std::borrow::Cow;

/// Bodies that may be stored.
pub struct RedactedBodies<'a> {
    /// Request object, JSON text; `None` if absent or removed.
    pub request: Option<Text<'a>>,
    /// Response object, JSON text; `None` if absent or removed.
    pub response: Option<Text<'a>>,
    /// True if something was removed.
    pub removed: bool,
}

/// Returns the bodies of a request on `resource` without their secrets.
pub fn redact_bodies<'a>(
    resource: &str,
    subresource: &str,
    request: Option<Text<'a>>,
    response: Option<Text<'a>>,
) -> RedactedBodies<'a> {
    let secret = matches!(resource, "secrets" | "tokenreviews" | "certificatesigningrequests")
        || resource == "serviceaccounts" && subresource == "token";
    let both = request.is_some() || response.is_some();
    if secret {
        return RedactedBodies { request: None, response: None, removed: both };
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
    RedactedBodies { request: clean(request), response: clean(response), removed }
}

/// Removes `last-applied-configuration` everywhere, and replaces each value of a ConfigMap by its
/// size, so that the keys a change touched stay visible.
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
                // a JSON patch has the data in `value`, whatever its path
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
