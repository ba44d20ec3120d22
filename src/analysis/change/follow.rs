//! What an operation changed: the fields of the object after it beside those before, as in
//! `memory limit 512Mi → 128Mi`. An object is followed through its writes. Values in, values out.

use crate::analysis::change::difference::{FieldChange, RESTARTED_AT, differences};
use crate::analysis::change::fields::{Fields, Flat, is_within};
use crate::analysis::change::versions::Versions;
use crate::query::rows::Row;
use model::quantity::quantity;
use serde_json::Value;

/// Fields in the text of a change.
const TEXT_FIELDS: usize = 4;
/// Characters of a value in that text.
const TEXT_CHARS: usize = 80;
/// Number of fields from which a request is a whole object.
const WHOLE_FIELDS: usize = 12;

/// A Kubernetes object as audit events name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// Resource, plural.
    pub resource: String,
    /// Namespace; empty for a cluster-wide object.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// What an operation changed.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The fields that differ, by path.
    pub fields: Vec<FieldChange>,
    /// True if the object before is known, so that no field means no change.
    pub is_known: bool,
    /// True if the object's controller had seen this very specification before.
    pub is_settled: bool,
    /// True if the request is known and does not mention taints.
    pub is_without_taints: bool,
}

impl Change {
    /// Returns up to four fields that differ, the same text in every language; `None` without any.
    pub fn text(&self) -> Option<String> {
        if self.is_whole() {
            return None;
        }
        let clip = |text: &str| text.chars().take(TEXT_CHARS).collect::<String>();
        // values of variables may be secret; of those of a ConfigMap only sizes are known
        let hidden = |field: &FieldChange| field.path.contains(".env[") || is_data(&field.path);
        let mut parts: Vec<String> = self
            .of_substance()
            .flat_map(FieldChange::by_line)
            .take(TEXT_FIELDS)
            .map(|field| match (&field.old, &field.new) {
                (_, Some(_)) if hidden(&field) => field.label(),
                (_, None) if hidden(&field) => format!("{} removed", field.label()),
                (Some(old), Some(new)) => format!("{} {} → {}", field.label(), clip(old), clip(new)),
                (None, Some(new)) if new.is_empty() => format!("{} added", field.label()),
                (None, Some(new)) => format!("{} → {}", field.label(), clip(new)),
                (Some(old), None) => format!("{} {} removed", field.label(), clip(old)),
                (None, None) => format!("{} removed", field.label()),
            })
            .collect();
        parts.dedup();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// Returns true if the fields are those of a whole object, of which nothing is known before: they are not a
    /// list of changes.
    pub fn is_whole(&self) -> bool {
        !self.is_known && self.fields.len() > WHOLE_FIELDS
    }

    /// Returns the fields that something reads; those of metadata only if there are no others.
    fn of_substance(&self) -> impl Iterator<Item = &FieldChange> {
        let has_other = self.fields.iter().any(|field| !field.is_metadata());
        self.fields.iter().filter(move |field| !has_other || !field.is_metadata())
    }

    /// Returns the field that is shown first, of a ConfigMap's text its line; `None` of an object of which
    /// nothing is known before.
    pub fn decisive(&self) -> Option<FieldChange> {
        if self.is_whole() {
            return None;
        }
        // the key of an item says less than a field of it
        let has_value = |field: &&FieldChange| field.old.as_deref().or(field.new.as_deref()) != Some("");
        let first = self.of_substance().find(has_value).or_else(|| self.of_substance().next())?;
        first.by_line().into_iter().next()
    }

    /// Returns the fields that differ; of a ConfigMap's text, the lines that do.
    pub fn by_line(&self) -> Vec<FieldChange> {
        self.fields.iter().flat_map(FieldChange::by_line).collect()
    }

    /// Returns true if the object is as it was, but for its labels and annotations.
    pub fn is_nothing(&self) -> bool {
        self.is_known && self.fields.iter().all(FieldChange::is_metadata)
    }

    /// Returns true if all that changed is when pods were restarted.
    pub fn is_restart(&self) -> bool {
        let mut fields = self.fields.iter().filter(|field| !field.is_metadata()).peekable();
        fields.peek().is_some() && fields.all(|field| field.path.ends_with(RESTARTED_AT))
    }

    /// Returns true if the first field whose path contains `part` was raised, false if it was
    /// lowered. `None` where the value before is unknown or the same.
    pub fn is_increase(&self, part: &str) -> Option<bool> {
        let field = self.fields.iter().find(|field| field.path.contains(part))?;
        let (before, after) = (quantity(field.old.as_deref()?)?, quantity(field.new.as_deref()?)?);
        (before != after).then_some(after > before)
    }

    /// Returns true if it sets the number of pods that run at once to `pods` or more.
    pub fn asks_for(&self, pods: f64) -> bool {
        let count = |field: &FieldChange| field.new.as_deref().and_then(quantity).unwrap_or_default();
        self.fields.iter().any(|field| field.path.ends_with(".parallelism") && count(field) >= pods)
    }

    /// Returns the operation classes, as in the column `operation`, of the fields that differ.
    pub fn classes(&self) -> Vec<&'static str> {
        self.fields.iter().filter_map(FieldChange::class).collect()
    }

    /// Returns the value that a field was set to.
    pub fn after(&self, path: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.path == path)?.new.as_deref()
    }

    /// Returns true if the field is changed.
    pub fn sets(&self, path: &str) -> bool {
        self.fields.iter().any(|field| field.path == path)
    }

    /// Returns true if the field is removed.
    pub fn removes(&self, path: &str) -> bool {
        self.fields.iter().any(|field| is_within(&field.path, path) && field.new.is_none())
    }
}

/// One write of an object, in the order of time.
pub struct Write {
    /// Row in the lake.
    pub row_id: String,
    is_scale: bool,
    is_deletion: bool,
    /// The highest version that any object of the cluster had before.
    newest: Option<i64>,
    request: String,
    response: String,
}

impl Write {
    /// Reads a row of `audit`.
    pub fn of(row: Row<'_>, versions: &Versions) -> Self {
        let text = |column: &str| row.text(column).unwrap_or_default().to_owned();
        Self {
            row_id: text("row_id"),
            is_scale: row.text("subresource") == Some("scale"),
            is_deletion: row.text("verb").is_some_and(|verb| verb.starts_with("delete")),
            newest: row
                .ts("ts")
                .and_then(|ts| versions.before(row.text("cluster").unwrap_or_default(), ts.0)),
            request: text("request"),
            response: text("response"),
        }
    }
}

/// Follows one object through its writes.
#[derive(Default)]
pub struct Follower {
    state: Option<(Value, Fields)>,
}

impl Follower {
    /// Returns what a write changed, if that `is_wanted`, and remembers the object after it.
    pub fn next(&mut self, write: &Write, is_wanted: bool) -> Change {
        let response = object_in(&write.response);
        let mut change = Change::default();
        if is_wanted {
            change = self.change(write, response.as_ref());
        }
        if write.is_scale {
            let replicas = response.as_ref().map(|scale| replicas(scale, "/spec/replicas"));
            if let (Some(replicas), Some((_, fields))) = (replicas, self.state.as_mut()) {
                fields.insert(".spec.replicas".into(), replicas);
            }
        } else if let Some(object) = response.filter(|_| !write.is_deletion) {
            let fields = Flat::of(&object).set;
            self.state = Some((object, fields));
        } else if write.is_deletion {
            self.state = None;
        }
        change
    }

    fn change(&self, write: &Write, response: Option<&Value>) -> Change {
        // of a node's spec only the taints evict pods; a label or a cordon does not
        let is_without_taints = !write.request.is_empty()
            && !write.request.contains("\"taints\"")
            && !write.request.contains("/spec/taints");
        let request: Value = serde_json::from_str(&write.request).unwrap_or_default();
        if write.is_scale {
            let new = response.unwrap_or(&request);
            let before = self.state.as_ref().and_then(|(_, fields)| fields.get(".spec.replicas").cloned());
            let old = before.or_else(|| {
                response
                    .filter(|scale| scale.get("status").is_some())
                    .map(|s| replicas(s, "/status/replicas"))
            });
            let new = Some(replicas(new, "/spec/replicas"));
            let field = FieldChange { path: ".spec.replicas".into(), old, new };
            let is_known = field.old.is_some();
            let fields = if field.old == field.new { Vec::new() } else { vec![field] };
            return Change { fields, is_known, is_settled: false, is_without_taints };
        }
        if write.is_deletion {
            return Change { is_without_taints, ..Change::default() };
        }
        if response.and_then(version_of).is_some_and(|version| write.newest > Some(version)) {
            return Change { is_known: true, is_without_taints, ..Change::default() };
        }
        let before = self.state.as_ref();
        let sent = match &request {
            Value::Array(steps) => Flat::of_json_patch(steps, before.map(|(object, _)| object).or(response)),
            object => Flat::of(object),
        };
        let fields = match (before, response) {
            (Some((_, before)), Some(response)) => differences(before, &Flat::of(response), true),
            (Some((_, before)), None) => differences(before, &sent, false),
            (None, _) => differences(&counts_before(response), &sent, false),
        };
        // the lake keeps only the lengths of a ConfigMap's values: equal ones prove nothing
        let is_hidden = || before.is_some_and(|(_, fields)| fields.keys().any(|path| is_data(path)));
        let is_unclear = fields.iter().all(FieldChange::is_metadata) && is_hidden();
        let is_same_version = || {
            let version = |object: &Value| object.pointer("/metadata/resourceVersion").cloned();
            before.zip(response).is_some_and(|((before, _), after)| {
                version(before).is_some() && version(before) == version(after)
            })
        };
        let is_known = before.is_some() && (!is_unclear || is_same_version());
        Change { fields, is_known, is_settled: response.is_some_and(is_settled), is_without_taints }
    }
}

/// Returns true if the controller of an object has seen its specification: the write did not change it.
fn is_settled(object: &Value) -> bool {
    let generation = |pointer: &str| object.pointer(pointer).and_then(Value::as_i64);
    let seen = generation("/status/observedGeneration");
    seen.is_some() && seen == generation("/metadata/generation")
}

/// Returns the version of an object.
fn version_of(object: &Value) -> Option<i64> {
    object.pointer("/metadata/resourceVersion")?.as_str()?.parse().ok()
}

/// Returns true for a value of a ConfigMap.
fn is_data(path: &str) -> bool {
    path.starts_with(".data.") || path.starts_with(".binaryData.")
}

/// Returns what a response says about an unknown object before the write: the number of its pods.
fn counts_before(response: Option<&Value>) -> Fields {
    let mut fields = Fields::new();
    let mut add = |path: &str, pointer: &str| {
        if let Some(count) =
            response.and_then(|object| object.pointer(pointer)).filter(|count| count.is_number())
        {
            fields.insert(path.to_owned(), count.to_string());
        }
    };
    add(".spec.replicas", "/status/replicas");
    add(".spec.maxReplicas", "/status/currentReplicas");
    fields
}

/// Returns a number of replicas; the API leaves out 0.
fn replicas(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).map_or_else(|| "0".to_owned(), Value::to_string)
}

/// Returns the object of a response; `None` for a `Status` and a body that was cut.
fn object_in(response: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(response).ok()?;
    let is_status = value.get("kind").and_then(Value::as_str) == Some("Status");
    (value.is_object() && !is_status).then_some(value)
}
