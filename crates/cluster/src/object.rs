//! An object, and how its members are read. Must not know its faults.

use model::json::{at, list, text};
use serde_json::{Map, Value};

/// Kind, namespace and name.
pub(crate) type Key = (String, String, String);

/// An object as it was last seen.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) key: Key,
    pub(crate) ts: i64,
    pub(crate) row: String,
    /// True if it is whole, or a description shows it.
    pub(crate) is_detailed: bool,
    /// True if all of it was shown once.
    pub(crate) is_whole: bool,
    /// False if only events say something about it.
    pub(crate) is_shown: bool,
    pub(crate) value: Value,
}

impl Object {
    pub(crate) fn kind(&self) -> &str {
        &self.key.0
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.key.1
    }

    pub(crate) fn name(&self) -> &str {
        &self.key.2
    }

    pub(crate) fn text(&self, path: &str) -> &str {
        text(&self.value, path)
    }

    pub(crate) fn list(&self, path: &str) -> &[Value] {
        list(&self.value, path)
    }

    pub(crate) fn at(&self, path: &str) -> &Value {
        at(&self.value, path)
    }

    pub(crate) fn int(&self, path: &str) -> Option<i64> {
        self.at(path).as_i64()
    }

    /// Returns the ready and the wanted containers of a pod that a table shows.
    pub(crate) fn ready(&self) -> Option<(i64, i64)> {
        let [ready, wanted] = self.list("/status/ready") else { return None };
        ready.as_i64().zip(wanted.as_i64())
    }

    /// Returns the condition of a type.
    pub(crate) fn condition(&self, kind: &str) -> Option<&Value> {
        self.list("/status/conditions").iter().find(|condition| text(condition, "/type") == kind)
    }

    /// Returns what an event says of a condition.
    pub(crate) fn reported(&self, kind: &str) -> &str {
        let mut all = self.list("/status/reported").iter();
        all.find(|it| text(it, "/type") == kind).map_or("", |it| text(it, "/message"))
    }
}

/// Returns a number or text as it is read; empty if it is absent.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Returns the labels at a path; `None` if none are known.
pub(crate) fn labels<'v>(value: &'v Value, path: &str) -> Option<&'v Map<String, Value>> {
    at(value, path).as_object().filter(|labels| !labels.is_empty())
}

/// Returns true if the labels have each pair that a selector requires.
pub(crate) fn is_selected(labels: &Map<String, Value>, selector: &Map<String, Value>) -> bool {
    selector.iter().all(|(key, wanted)| labels.get(key).map(plain) == Some(plain(wanted)))
}

/// Returns pairs as `key=value,…`.
pub(crate) fn pairs(pairs: &Map<String, Value>) -> String {
    pairs.iter().map(|(key, value)| format!("{key}={}", plain(value))).collect::<Vec<_>>().join(",")
}

fn is_condition(item: &Value) -> bool {
    !text(item, "/type").is_empty() && !text(item, "/status").is_empty()
}

/// Puts the members of a partial view over the known ones.
pub(crate) fn merge(known: &mut Value, shown: Value) {
    match (known, shown) {
        (Value::Object(known), Value::Object(shown)) => {
            for (key, value) in shown {
                match known.get_mut(&key) {
                    Some(old) => merge(old, value),
                    None => _ = known.insert(key, value),
                }
            }
        }
        (Value::Array(known), Value::Array(shown)) if shown.iter().all(is_condition) => {
            for condition in shown {
                match known.iter_mut().find(|old| text(old, "/type") == text(&condition, "/type")) {
                    Some(old) => merge(old, condition),
                    None => known.push(condition),
                }
            }
        }
        // a table shows a part of each item, a description all of it
        (Value::Array(known), Value::Array(shown))
            if known.len() == shown.len() && shown.iter().all(Value::is_object) =>
        {
            known.iter_mut().zip(shown).for_each(|(old, value)| merge(old, value));
        }
        (known, shown) => *known = shown,
    }
}
