//! The members of an event's own objects, `involvedObject` and others, however their names are joined.
//! Must not know where an event has them.

use crate::leaf::spelling::{one_of, put, steps, tail};
use serde_json::Value;

/// The members of those objects.
const INNER: [&str; 15] = [
    "kind",
    "namespace",
    "name",
    "uid",
    "apiVersion",
    "resourceVersion",
    "fieldPath",
    "labels",
    "annotations",
    "ownerReferences",
    "component",
    "host",
    "count",
    "lastObservedTime",
    "creationTimestamp",
];

/// Puts a member of an object of the event where core/v1 has it.
pub(super) fn add_inner(event: &mut Value, object: &str, key: &str, value: Value) {
    match one_of(key, &INNER) {
        Some((name @ ("labels" | "annotations"), rest)) if !rest.is_empty() => {
            put(event, &[object, name, tail(rest)], value);
        }
        Some((name, rest)) => {
            let mut path = vec![object, name];
            path.extend(steps(rest));
            put(event, &path, value);
        }
        None => put(event, &[object, key], value),
    }
}
