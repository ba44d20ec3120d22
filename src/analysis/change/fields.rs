//! A Kubernetes object, or a patch of one, as a flat map: the JSON path of each field and its value. Items of
//! lists have the key that Kubernetes merges them by, so that paths stay the same when items move.
//! Knows neither operations nor the lake.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Path → value.
pub type Fields = BTreeMap<String, String>;

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 24;
/// Members that items of lists are known by, in the order of trying.
const KEYS: [&str; 7] = ["name", "containerPort", "port", "mountPath", "key", "ip", "type"];
/// Annotations that tools and controllers keep for themselves.
const BOOKKEEPING: [&str; 4] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/",
    "control-plane.alpha.kubernetes.io/",
    "endpoints.kubernetes.io/",
];
/// Directives of a strategic merge patch that are no fields.
const DIRECTIVES: [&str; 3] = ["$setElementOrder", "$retainKeys", "$patch"];

/// A body of a request or response as fields.
#[derive(Clone, Debug, Default)]
pub struct Flat {
    /// The fields that it sets.
    pub set: Fields,
    /// Paths that a patch removes, with all below them.
    pub removed: BTreeSet<String>,
}

impl Flat {
    /// Reads an object or a merge patch.
    pub fn of(value: &Value) -> Self {
        let mut flat = Self::default();
        for (name, member) in value.as_object().into_iter().flatten() {
            match name.as_str() {
                "apiVersion" | "kind" | "status" => {}
                "metadata" => {
                    for part in ["labels", "annotations"] {
                        if let Some(part_value) = member.get(part) {
                            flat.add(&format!(".metadata.{part}"), part_value, 0);
                        }
                    }
                }
                _ => flat.add(&format!(".{name}"), member, 0),
            }
        }
        flat
    }

    /// Reads a JSON patch (RFC 6902) of an object.
    pub fn of_json_patch(steps: &[Value], before: Option<&Value>) -> Self {
        let mut flat = Self::default();
        for step in steps {
            let text = |name: &str| step.get(name).and_then(Value::as_str).unwrap_or_default();
            let path = keyed_path(text("path"), before);
            match (text("op"), step.get("value")) {
                ("remove", _) => {
                    flat.removed.insert(path);
                }
                ("add" | "replace", Some(value)) => {
                    if text("op") == "replace" {
                        flat.removed.insert(path.clone());
                    }
                    flat.add(&path, value, 0);
                }
                _ => {}
            }
        }
        flat
    }

    fn add(&mut self, path: &str, value: &Value, depth: usize) {
        if depth > MAX_DEPTH || is_bookkeeping(path) {
            return;
        }
        match value {
            Value::Null => {
                self.removed.insert(path.to_owned());
            }
            Value::Object(members) => {
                if members.get("$patch").and_then(Value::as_str) == Some("delete") {
                    self.removed.insert(path.to_owned());
                    return;
                }
                for (name, member) in members {
                    if !DIRECTIVES.iter().any(|directive| name.starts_with(directive)) {
                        self.add(&format!("{path}.{name}"), member, depth + 1);
                    }
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    let path = format!("{path}[{}]", key_of(item, at));
                    self.add(&path, item, depth + 1);
                    // what an item is known by is no field that may change
                    let mut is_known = false;
                    for member in key_members(item) {
                        is_known |= self.set.remove(&format!("{path}.{member}")).is_some();
                    }
                    if is_known {
                        self.set.insert(path, String::new());
                    }
                }
            }
            _ => {
                self.set.insert(path.to_owned(), plain(value));
            }
        }
    }
}

fn is_bookkeeping(path: &str) -> bool {
    let annotation = path.split_once(".annotations.").map(|(_, name)| name);
    annotation.is_some_and(|name| BOOKKEEPING.iter().any(|start| name.starts_with(start)))
}

/// Returns a value as text: numbers and quantities in the shape that they have.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns the members that an item of a list is known by: a taint by its key and its effect.
fn key_members(item: &Value) -> &'static [&'static str] {
    if item.get("key").is_some() && item.get("effect").is_some() {
        return &["key", "effect"];
    }
    let known = KEYS.iter().position(|key| item.get(key).is_some());
    known.and_then(|at| KEYS.get(at..=at)).unwrap_or_default()
}

/// Returns what an item of a list is known by.
fn key_of(item: &Value, at: usize) -> String {
    let parts: Vec<String> =
        key_members(item).iter().filter_map(|member| item.get(member)).map(plain).collect();
    if parts.is_empty() { at.to_string() } else { parts.join(":") }
}

/// Returns the path of a JSON pointer into an object, lists by key.
fn keyed_path(pointer: &str, object: Option<&Value>) -> String {
    let (mut path, mut at) = (String::new(), object);
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        let list = at.and_then(Value::as_array);
        match (list, part.parse::<usize>()) {
            (Some(items), Ok(index)) => {
                at = items.get(index);
                path.push_str(&format!("[{}]", at.map_or_else(|| part.clone(), |item| key_of(item, index))));
            }
            (None, Ok(_)) => path.push_str(&format!("[{part}]")),
            _ => {
                at = at.and_then(|value| value.get(&part));
                path.push_str(&format!(".{part}"));
            }
        }
    }
    path
}

/// Returns true if `path` is `parent` or below it.
pub fn is_within(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
