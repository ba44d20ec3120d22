//! Removes from the request and response bodies of an audit event whatever must not reach the lake:
//! the contents of Secrets, tokens and ConfigMaps, and `last-applied-configuration`, a second copy of
//! all of them. Decides by resource; must not know what secrets look like, which `redact` does.

use model::record::Text;
use serde_json::Value;
use std::borrow::Cow;

/// Kinds whose contents are never stored, wherever they stand in a body.
const KINDS: [&str; 6] = [
    "\"Secret",
    "\"ConfigMap",
    "\"TokenReview\"",
    "\"TokenRequest\"",
    "\"CertificateSigningRequest\"",
    "\"BootstrapToken\"",
];

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
        let has = |needle: &str| memchr::memmem::find(body.as_bytes(), needle.as_bytes()).is_some();
        let names_kind = KINDS.iter().any(|kind| has(kind));
        if !names_kind && !has("last-applied-configuration") && resource != "configmaps" {
            return Some(body);
        }
        let mut value: Value = serde_json::from_str(&body).ok()?;
        let before = if names_kind { value.clone() } else { Value::Null };
        strip(&mut value, resource == "configmaps");
        if value == before {
            return Some(body); // a reference to a kind, not an object of it
        }
        removed = true;
        Some(Cow::Owned(value.to_string()))
    };
    RedactedBodies { request: clean(request), response: clean(response), removed }
}

/// Removes `last-applied-configuration` everywhere, and replaces each value of a ConfigMap or Secret by its
/// size, so that the keys a change touched stay visible.
fn strip(value: &mut Value, config_map: bool) {
    match value {
        Value::Object(members) => {
            let config_map = config_map || members.get("kind").is_some_and(holds_data);
            if members.get("kind").is_some_and(holds_token) {
                members.retain(|key, _| matches!(key.as_str(), "kind" | "apiVersion" | "metadata"));
            }
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

/// Returns true for the kind of an object, or of a list of objects, whose `data` is hidden.
fn holds_data(kind: &Value) -> bool {
    matches!(kind.as_str(), Some("Secret" | "SecretList" | "ConfigMap" | "ConfigMapList"))
}

/// Returns true for a kind whose `spec` and `status` are tokens and certificates.
fn holds_token(kind: &Value) -> bool {
    matches!(
        kind.as_str(),
        Some("TokenReview" | "TokenRequest" | "CertificateSigningRequest" | "BootstrapToken")
    )
}

fn hide(data: &mut Value) {
    match data {
        Value::Object(entries) => entries.values_mut().for_each(hide),
        Value::String(text) => *data = Value::String(format!("<{} bytes>", text.len())),
        Value::Null => {}
        other => *other = Value::String("<hidden>".into()),
    }
}
