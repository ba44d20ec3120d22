//! What the states of all kinds have, and how members of an object are read. Must not know any kind.

use model::json::{at, text};
use serde_json::Value;

/// Characters of a message of the API that a summary repeats.
const MAX_CHARS: usize = 200;

/// What is shown of an object's state.
#[derive(Default)]
pub(super) struct Summary {
    pub(super) phase: Option<String>,
    pub(super) ready: Option<bool>,
    pub(super) reason: Option<String>,
    pub(super) exit_code: Option<i64>,
    pub(super) restarts: Option<i64>,
    /// The parts of the message.
    pub(super) words: Vec<String>,
}

impl Summary {
    /// Adds a part of the message, once.
    pub(super) fn say(&mut self, words: impl Into<String>) {
        let words = words.into();
        if !words.is_empty() && !self.words.contains(&words) {
            self.words.push(words);
        }
    }

    /// Sets the reason unless there is one, and says it.
    pub(super) fn because(&mut self, reason: &str) {
        if reason.is_empty() {
            return;
        }
        self.say(reason);
        self.reason.get_or_insert_with(|| reason.to_owned());
    }
}

/// Returns the text at a path as it is owned; `None` if it is absent or empty.
pub(super) fn owned(value: &Value, path: &str) -> Option<String> {
    Some(text(value, path)).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Returns the number at a path.
pub(super) fn int(value: &Value, path: &str) -> Option<i64> {
    at(value, path).as_i64()
}

/// Returns the members at a path as `key=value`.
pub(super) fn labels(value: &Value, path: &str) -> String {
    let members = at(value, path).as_object();
    let pair = |(key, value): (&String, &Value)| format!("{key}={}", plain(value));
    members.into_iter().flatten().map(pair).collect::<Vec<_>>().join(",")
}

/// Returns a number or text as it is read.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns the beginning of a message on one line.
pub(super) fn short(message: &str) -> String {
    let words: Vec<&str> = message.split_whitespace().collect();
    words.join(" ").chars().take(MAX_CHARS).collect()
}
