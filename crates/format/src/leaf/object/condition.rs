//! Conditions of a status. Must not know any kind.

use crate::leaf::object::summary::{Summary, short};
use model::json::{list, text};
use serde_json::Value;

/// Returns the status of a condition: true, false, or `None` if it is unknown or absent.
pub(super) fn is_true(object: &Value, kind: &str) -> Option<bool> {
    match text(condition(object, kind)?, "/status") {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    }
}

/// Returns a condition of a status.
pub(super) fn condition<'v>(object: &'v Value, kind: &str) -> Option<&'v Value> {
    list(object, "/status/conditions").iter().find(|condition| text(condition, "/type") == kind)
}

/// Says why a condition has a status, if it has that one.
pub(super) fn explain(object: &Value, (kind, status): (&str, &str), summary: &mut Summary) {
    let Some(condition) = condition(object, kind).filter(|one| text(one, "/status") == status) else {
        return;
    };
    let reason = text(condition, "/reason");
    // `Ready` is no reason not to be ready
    summary.because(if reason.is_empty() && status == "True" { kind } else { reason });
    summary.say(short(text(condition, "/message")));
}
