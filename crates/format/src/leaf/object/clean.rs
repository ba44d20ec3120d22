//! Removes from an object what is not kept: the values of Secrets and ConfigMaps, copies of the object in its
//! annotations, and the bookkeeping of who set which field. Must not know what secrets look like, which `redact` does.

use crate::leaf::redact_bodies;
use crate::leaf::secrecy::{self, Secrecy};
use serde_json::{Map, Value, json};

/// Members of a Secret's metadata that are kept: its annotations may repeat its values.
const METADATA: [&str; 7] =
    ["name", "namespace", "uid", "labels", "ownerReferences", "creationTimestamp", "deletionTimestamp"];

/// Returns an object of a kind without what is not kept, and how secret the kind is.
pub(super) fn cleaned(kind: &str, object: Value) -> (Value, Secrecy) {
    let secrecy = secrecy::of_kind(kind);
    let Value::Object(mut members) = object else { return (object, secrecy) };
    if let Some(Value::Object(metadata)) = members.get_mut("metadata") {
        metadata.remove("managedFields");
        metadata.remove("selfLink");
    }
    if secrecy == Secrecy::Whole {
        return (Value::Object(keys_of(members)), secrecy);
    }
    let mut object = Value::Object(members);
    redact_bodies::strip(&mut object, secrecy == Secrecy::Values);
    (object, secrecy)
}

/// Returns a secret object with the keys of its values alone.
fn keys_of(mut members: Map<String, Value>) -> Map<String, Value> {
    members.retain(|key, _| {
        matches!(key.as_str(), "apiVersion" | "kind" | "type" | "metadata" | "data" | "stringData")
    });
    if let Some(Value::Object(metadata)) = members.get_mut("metadata") {
        metadata.retain(|key, _| METADATA.contains(&key.as_str()));
    }
    for data in ["data", "stringData"] {
        match members.get_mut(data) {
            Some(Value::Object(values)) => values.values_mut().for_each(|value| *value = json!("<hidden>")),
            Some(value) => *value = Value::Null,
            None => {}
        }
    }
    members
}
