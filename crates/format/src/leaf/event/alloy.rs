//! The line that Grafana Alloy and Agent write for an event (`loki.source.kubernetes_events`,
//! `eventhandler`): `name=pay-api-0 kind=Pod … reason=BackOff type=Warning count=7 msg="…"`.
//! Only the message is quoted, as Go's `%q`. Must not know what the names mean.

use serde_json::{Map, Value};

/// Returns true if a line is such an event.
pub(super) fn begins(line: &str) -> bool {
    let has = |name: &str| line.contains(name);
    line.starts_with("name=")
        && has(" msg=\"")
        && has(" reason=")
        && has(" kind=")
        && (has(" type=Normal ") || has(" type=Warning "))
}

/// Returns the members of such a line.
pub(super) fn members(line: &str) -> Map<String, Value> {
    let (head, message) = line.split_once(" msg=").unwrap_or((line, ""));
    let mut members = Map::new();
    for pair in head.split_ascii_whitespace() {
        // a value with a blank has parts that are no pairs; none of them is read
        if let Some((name, value)) = pair.split_once('=') {
            members.insert(name.to_owned(), Value::String(value.to_owned()));
        }
    }
    members.insert("message".to_owned(), Value::String(unquoted(message.trim_end())));
    members
}

/// Returns a Go string without its quotes. Its escapes are JSON's, except for a few that stay as written.
fn unquoted(quoted: &str) -> String {
    serde_json::from_str(quoted).unwrap_or_else(|_| {
        let inner = quoted.strip_prefix('"').unwrap_or(quoted);
        let inner = inner.strip_suffix('"').unwrap_or(inner);
        inner.replace("\\\"", "\"").replace("\\n", "\n").replace("\\t", "\t")
    })
}
