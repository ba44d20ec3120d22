//! Kubernetes events whose members were joined into one level, or whose objects were shipped as texts:
//! `involvedObject.kind`, `event_involved_object_kind`, `"involvedObject":"{…}"`. Must not know what the
//! members mean.

use crate::text::json_cursor::JsonCursor;
use serde_json::{Map, Value};

/// Objects of an event, and their members in the spelling of the API.
const OBJECTS: [(&str, &[&str]); 6] = [
    ("involvedObject", &["kind", "namespace", "name", "uid", "apiVersion", "fieldPath", "resourceVersion"]),
    ("regarding", &["kind", "namespace", "name", "uid", "apiVersion", "fieldPath", "resourceVersion"]),
    ("metadata", &["name", "namespace", "uid", "creationTimestamp", "resourceVersion"]),
    ("source", &["component", "host"]),
    ("deprecatedSource", &["component", "host"]),
    ("series", &["count", "lastObservedTime"]),
];

/// Members of an event that are no objects.
const PLAIN: [&str; 16] = [
    "reason",
    "message",
    "note",
    "type",
    "count",
    "firstTimestamp",
    "lastTimestamp",
    "eventTime",
    "deprecatedCount",
    "deprecatedFirstTimestamp",
    "deprecatedLastTimestamp",
    "reportingComponent",
    "reportingController",
    "reportingInstance",
    "action",
    "clusterName",
];

/// Returns true if a JSON object has a member that only events have, at its first level or in `event`.
pub fn is_event(text: &str) -> bool {
    let mut found = false;
    // a line that was cut is an event as far as it goes
    let _ = JsonCursor::new(text).object(|key, value| {
        let bare = bare(key);
        let name = bare.strip_prefix("event").unwrap_or(&bare);
        found |=
            name.starts_with("involvedobject") || bare == "regarding" || bare.starts_with("regardingkind");
        match key {
            "event" => value.object(|key, _| {
                found |= matches!(key, "involvedObject" | "regarding");
                Ok(())
            }),
            "items" => value.array(|item| {
                item.object(|key, _| {
                    found |= matches!(key, "involvedObject" | "regarding");
                    Ok(())
                })
            }),
            _ => Ok(()),
        }
    });
    found
}

/// Returns an event with its objects as objects.
pub fn nested(event: Value) -> Value {
    let Value::Object(members) = event else { return event };
    let has_object = |name: &str| members.get(name).is_some_and(Value::is_object);
    if has_object("involvedObject") || has_object("regarding") {
        return Value::Object(members);
    }
    let mut out = Map::new();
    for (key, value) in members {
        let value = match value {
            Value::String(text) if text.starts_with('{') => {
                serde_json::from_str(&text).unwrap_or(Value::String(text))
            }
            value => value,
        };
        match place_of(&key) {
            Some((Some(object), member)) => {
                let entry = out.entry(object).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(entry) = entry {
                    entry.insert(member.into(), value);
                }
            }
            Some((None, member)) => {
                out.insert(member.into(), value);
            }
            None => {
                out.insert(key, value);
            }
        }
    }
    Value::Object(out)
}

/// Returns the object and member that a joined name stands for.
fn place_of(key: &str) -> Option<(Option<&'static str>, &'static str)> {
    let bare = bare(key);
    let name = bare.strip_prefix("event").filter(|rest| *rest != "time" && !rest.is_empty()).unwrap_or(&bare);
    if let Some(plain) = PLAIN.iter().find(|plain| self::bare(plain) == name) {
        return Some((None, plain));
    }
    OBJECTS.iter().find_map(|(object, members)| {
        let rest = name.strip_prefix(self::bare(object).as_str())?;
        if rest.is_empty() {
            return Some((None, *object));
        }
        let member = members.iter().find(|member| self::bare(member) == rest)?;
        Some((Some(*object), *member))
    })
}

/// Returns a name in lower case without what separates its words.
fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
