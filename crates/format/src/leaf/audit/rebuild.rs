//! Audit events of stores that have no nested objects (SLS, Athena, BigQuery, GDC): names are joined or
//! spelled otherwise, objects are strings of JSON. Such an event is rebuilt once as the API server writes
//! it, and then read as any other. Must not know what the members mean.

use crate::leaf::spelling::{number_arrays, one_of, opened, put, steps, tail};
use serde_json::{Map, Value};

/// What a member of an event holds.
#[derive(Clone, Copy)]
enum Shape {
    /// One text.
    Text,
    /// An object with these members.
    Object(&'static [&'static str]),
    /// Annotations, whose names contain dots and underscores themselves.
    Annotations,
    /// A list of addresses.
    Addresses,
    /// Any JSON.
    Body,
}

const USER: Shape = Shape::Object(&["username", "uid", "groups", "extra"]);

/// The members of an event that a store may spell otherwise.
const MEMBERS: [(&str, Shape); 18] = [
    ("auditID", Shape::Text),
    ("stageTimestamp", Shape::Text),
    ("stageReceivedTime", Shape::Text),
    ("stage", Shape::Text),
    ("verb", Shape::Text),
    ("requestURI", Shape::Text),
    ("requestReceivedTimestamp", Shape::Text),
    ("requestReceivedTime", Shape::Text),
    ("level", Shape::Text),
    ("userAgent", Shape::Text),
    ("user", USER),
    ("impersonatedUser", USER),
    ("sourceIPs", Shape::Addresses),
    (
        "objectRef",
        Shape::Object(&[
            "resourceVersion",
            "resource",
            "namespace",
            "name",
            "uid",
            "apiGroup",
            "apiVersion",
            "subresource",
        ]),
    ),
    ("responseStatus", Shape::Object(&["code", "status", "message", "reason", "details", "metadata"])),
    ("annotations", Shape::Annotations),
    ("requestObject", Shape::Body),
    ("responseObject", Shape::Body),
];

/// A member's name in another spelling.
struct Name<'k> {
    /// As the API server spells it.
    member: &'static str,
    shape: Shape,
    /// The rest of the key: a name within the member, with its separator.
    rest: &'k str,
}

/// Returns true if a key is a member, or a name within one, in another spelling.
pub(super) fn is_name(key: &str) -> bool {
    name_of(key).is_some()
}

fn name_of(key: &str) -> Option<Name<'_>> {
    MEMBERS.iter().find_map(|(member, shape)| {
        let (member, rest) = one_of(key, &[member])?;
        let is_known = match shape {
            Shape::Text => rest.is_empty(),
            Shape::Object(known) => rest.is_empty() || one_of(tail(rest), known).is_some(),
            Shape::Annotations | Shape::Addresses | Shape::Body => true,
        };
        // Azure's table `AKSAudit`
        let member = match member {
            "requestReceivedTime" => "requestReceivedTimestamp",
            "stageReceivedTime" => "stageTimestamp",
            other => other,
        };
        is_known.then_some(Name { member, shape: *shape, rest })
    })
}

/// Returns an event as the API server writes it.
pub(super) fn nested(text: &str) -> Result<String, String> {
    let members: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| format!("broken JSON: {error}"))?;
    let mut event = Value::Object(Map::new());
    for (key, value) in members {
        match name_of(&key) {
            Some(name) => add(&mut event, &name, value),
            None => put(&mut event, &[&key], value),
        }
    }
    number_arrays(&mut event);
    Ok(event.to_string())
}

fn add(event: &mut Value, name: &Name<'_>, value: Value) {
    let Name { member, shape, rest } = *name;
    match shape {
        Shape::Text => put(event, &[member], value),
        Shape::Object(known) if rest.is_empty() => add_object(event, member, known, paired(opened(value))),
        Shape::Object(known) => add_to_object(event, member, known, (tail(rest), value)),
        Shape::Annotations if rest.is_empty() => add_annotations(event, "", paired(opened(value))),
        Shape::Annotations => add_annotations(event, tail(rest), value),
        Shape::Addresses if rest.is_empty() => put(event, &[member], addresses(opened(value))),
        Shape::Addresses => put(event, &[member, tail(rest).trim_end_matches(']')], value),
        Shape::Body if rest.is_empty() => put(event, &[member], body(value)),
        // a copy of the object, which is never stored
        Shape::Body if rest.replace(['_', '-'], "").ends_with("lastappliedconfiguration") => {}
        Shape::Body => {
            let mut path = vec![member];
            path.extend(steps(rest));
            // `requestObject.spec` may hold JSON; deeper texts are the object's own
            let value = if path.len() == 2 { opened(value) } else { value };
            put(event, &path, value);
        }
    }
}

/// Adds the members of an object; what is no object names the user, or is the status code.
fn add_object(event: &mut Value, member: &'static str, known: &'static [&'static str], value: Value) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                add_to_object(event, member, known, (&key, value));
            }
        }
        Value::Null => {}
        value => {
            let Some(first) = known.first().filter(|first| matches!(**first, "username" | "code")) else {
                return;
            };
            put(event, &[member, first], value);
        }
    }
}

fn add_to_object(
    event: &mut Value,
    member: &'static str,
    known: &'static [&'static str],
    (key, value): (&str, Value),
) {
    let Some((name, rest)) = one_of(key, known) else {
        put(event, &[member, key], value);
        return;
    };
    let mut path = vec![member, name];
    match name {
        "extra" if !rest.is_empty() => path.push(tail(rest)),
        _ => path.extend(steps(rest)),
    }
    let value = match name {
        "groups" if rest.is_empty() => addresses(opened(value)),
        "extra" | "details" | "metadata" => opened(value),
        _ => value,
    };
    put(event, &path, value);
}

/// Adds annotations. Stores that nest names at their dots write one as objects within objects.
fn add_annotations(event: &mut Value, prefix: &str, value: Value) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let name = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
                add_annotations(event, &name, value);
            }
        }
        value => {
            let is = |name: &str| prefix.replace(['.', '/'], "_") == name;
            let name = match prefix {
                _ if is("authorization_k8s_io_decision") => "authorization.k8s.io/decision",
                _ if is("authorization_k8s_io_reason") => "authorization.k8s.io/reason",
                other => other,
            };
            if !name.is_empty() {
                put(event, &["annotations", name], value);
            }
        }
    }
}

/// Returns the object that an array of pairs is, `[{"key":"username","value":"alice"}]`.
fn paired(value: Value) -> Value {
    let Value::Array(items) = &value else { return value };
    let part = |item: &Value, names: [&str; 3]| names.iter().find_map(|name| item.get(*name)).cloned();
    let pair = |item: &Value| {
        let key = part(item, ["key", "Key", "name"])?;
        Some((key.as_str()?.to_owned(), part(item, ["value", "Value", "v"])?))
    };
    let pairs: Option<Map<String, Value>> = items.iter().map(pair).collect();
    pairs.map_or(value, Value::Object)
}

/// Returns a list of texts: Athena writes `[a, b]` without quotes, others join with commas.
fn addresses(value: Value) -> Value {
    let Value::String(text) = &value else { return value };
    let list = text.trim().trim_start_matches('[').trim_end_matches(']');
    let items = list.split(',').map(|item| item.trim().trim_matches('"')).filter(|item| !item.is_empty());
    Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
}

/// Returns the JSON that a string holds as JSON or YAML, the form of a server-side apply.
fn body(value: Value) -> Value {
    match opened(value) {
        Value::String(text) if ["kind:", "apiVersion:", "spec:"].iter().any(|key| text.contains(key)) => {
            let read: Result<Value, _> = serde_saphyr::from_str(&text);
            read.ok().filter(Value::is_object).unwrap_or(Value::String(text))
        }
        value => value,
    }
}
