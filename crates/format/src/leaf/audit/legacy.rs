//! Audit events as text, `--audit-log-format=legacy`: a time, `AUDIT:` and pairs. An event is written as JSON once,
//! and then read as any other. Format: k8s.io/apiserver, `audit.EventString`.

use crate::text::labels::labels;
use serde_json::{Map, Value, json};

const MARK: &str = "AUDIT: id=\"";
/// Bytes of the longest time before the mark.
const MAX_TIME_BYTES: usize = 40;

/// Returns where the pairs begin: at once, or after a time.
fn begin(text: &str) -> Option<usize> {
    if text.starts_with(MARK) {
        return Some(0);
    }
    let has_time = text.starts_with(|c: char| c.is_ascii_digit());
    let head = text.as_bytes().get(..MAX_TIME_BYTES).filter(|_| has_time)?;
    let at = memchr::memchr(b' ', head)? + 1;
    text.get(at..).is_some_and(|rest| rest.starts_with(MARK)).then_some(at)
}

/// Returns true for an event as text.
pub(super) fn begins(text: &str) -> bool {
    begin(text).is_some()
}

/// Returns the event as JSON.
pub(super) fn event_of(text: &str) -> Option<String> {
    let (time, pairs) = text.split_at_checked(begin(text)?)?;
    let mut event = Map::new();
    let mut put = |key: &str, value: Value| event.insert(key.to_owned(), value);
    put("kind", "Event".into());
    put("apiVersion", "audit.k8s.io/v1".into());
    if !time.is_empty() {
        put("requestReceivedTimestamp", time.trim().into());
    }
    let (mut user, mut groups) = (None, Vec::new());
    for (name, value) in labels(pairs.strip_prefix("AUDIT: ")?) {
        match (name, value.as_ref()) {
            (_, "<none>" | "<self>" | "<lookup>" | "<unknown>" | "<deferred>" | "") => {}
            ("id", id) => _ = put("auditID", id.into()),
            ("stage", stage) => _ = put("stage", stage.into()),
            ("ip", address) => _ = put("sourceIPs", json!([address])),
            ("method", method) => _ = put("verb", verb_of(method).into()),
            ("user", name) => user = Some(name.to_owned()),
            ("groups", names) => {
                groups = names.split(',').map(|name| name.trim_matches('"').to_owned()).collect()
            }
            ("as", name) => _ = put("impersonatedUser", json!({ "username": name })),
            ("user-agent", agent) => _ = put("userAgent", agent.into()),
            ("uri", uri) => _ = put("requestURI", uri.into()),
            ("response", code) => {
                if let Ok(code) = code.parse::<u16>() {
                    put("responseStatus", json!({ "code": code }));
                }
            }
            // the URI names it, too
            _ => {}
        }
    }
    if let Some(user) = user {
        put("user", json!({ "username": user, "groups": groups }));
    }
    Some(Value::Object(event).to_string())
}

/// Returns the verb of a method of HTTP, which older API servers write.
fn verb_of(method: &str) -> &str {
    match method {
        "GET" => "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        verb => verb,
    }
}
