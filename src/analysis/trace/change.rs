//! What an operation changed: the fields of its request beside the same fields of the object before,
//! as in `memory limit 512Mi → 128Mi`. Knows no start and no link.

use crate::analysis::evidence::is_row_id;
use crate::analysis::trace::fields::{counts_of, fields_of};
use crate::analysis::trace::link::owned;
use crate::query::engine::Engine;
use crate::query::rows::rows;
use model::error::Result;
use model::time::Ts;
use std::collections::{BTreeMap, BTreeSet};

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

/// One field that an operation set.
#[derive(Clone, Debug)]
pub struct FieldChange {
    /// Value before; `None` where no earlier state of the object is known.
    pub before: Option<String>,
    /// Value after.
    pub after: String,
}

/// What an operation changed.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// By field.
    fields: BTreeMap<String, FieldChange>,
    /// True if the request is known and does not mention taints.
    pub is_without_taints: bool,
}

impl Change {
    /// Returns up to four fields that differ, the same text in every language; `None` without any.
    pub fn text(&self) -> Option<String> {
        let parts: Vec<String> = self
            .fields
            .iter()
            .filter(|(_, change)| change.before.as_ref() != Some(&change.after))
            .take(4)
            .map(|(field, change)| match &change.before {
                Some(before) => format!("{field} {before} → {}", change.after),
                None => format!("{field} → {}", change.after),
            })
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// Returns true if the first field whose name contains `field` was raised, false if it was
    /// lowered. `None` where the value before is unknown or the same.
    pub fn is_increase(&self, field: &str) -> Option<bool> {
        let (_, change) = self.fields.iter().find(|(name, _)| name.contains(field))?;
        let (before, after) = (quantity(change.before.as_deref()?)?, quantity(&change.after)?);
        (before != after).then_some(after > before)
    }

    /// Returns the operation classes, as in the column `operation`, of the fields that differ.
    pub fn classes(&self) -> Vec<&'static str> {
        let differs = |(_, change): &(&String, &FieldChange)| {
            change.before.as_ref().is_some_and(|before| *before != change.after)
        };
        self.fields.iter().filter(differs).filter_map(|(field, _)| class_of(field)).collect()
    }

    /// Returns the value that a field was set to.
    pub fn after(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(|change| change.after.as_str())
    }
}

fn class_of(field: &str) -> Option<&'static str> {
    Some(match field {
        "image" => "image",
        "replicas" | "minReplicas" | "maxReplicas" => "scale",
        "environment" => "env",
        _ if field.contains("limit") || field.contains("request") => "resources",
        _ if field.contains("Probe") => "probe",
        _ if field.starts_with("data.") => "config",
        _ => return None,
    })
}

/// Parses a Kubernetes quantity: `512Mi`, `500m`, `3`.
fn quantity(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let number: f64 = text.get(..end)?.parse().ok()?;
    let unit = match text.get(end..)? {
        "" => 1.0,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    Some(number * unit)
}

/// Returns the changes of operations by row id. `objects` holds the changed object of each row id.
pub async fn load(engine: &Engine, objects: &BTreeMap<String, Object>) -> Result<BTreeMap<String, Change>> {
    let ids: Vec<String> = objects.keys().filter(|id| is_row_id(id)).map(|id| format!("'{id}'")).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let states = states(engine, objects).await?;
    let sql = format!(
        "select row_id, ts, request, response from around_audit where row_id in ({}) and request is not null",
        ids.join(", ")
    );
    let mut changes = BTreeMap::new();
    for row in rows(&engine.query(&sql).await?) {
        let (id, ts) = (owned(row, "row_id"), row.ts("ts").unwrap_or_default());
        let Some(object) = objects.get(&id) else { continue };
        let earlier = states.get(object).and_then(|states| states.iter().rfind(|(at, _)| *at < ts));
        let mut before = earlier.map(|(_, response)| fields_of(response)).unwrap_or_default();
        for (field, count) in counts_of(row.text("response").unwrap_or_default()) {
            before.entry(field).or_insert(count);
        }
        let request = row.text("request").unwrap_or_default();
        let fields = fields_of(request)
            .into_iter()
            .map(|(field, after)| {
                let before = before.get(&field).cloned();
                (field, FieldChange { before, after })
            })
            .collect();
        // of a node's spec only the taints evict pods; a label or a cordon does not
        let is_without_taints = !request.contains("\"taints\"") && !request.contains("/spec/taints");
        changes.insert(id, Change { fields, is_without_taints });
    }
    Ok(changes)
}

/// Returns the states of objects that the API server returned after changes, in the order of time.
async fn states(
    engine: &Engine,
    objects: &BTreeMap<String, Object>,
) -> Result<BTreeMap<Object, Vec<(Ts, String)>>> {
    let names: BTreeSet<String> =
        objects.values().map(|object| format!("'{}'", object.name.replace('\'', "''"))).collect();
    let sql = format!(
        "select ts, resource, namespace, name, response from around_audit
         where operation is not null and response is not null and name in ({}) order by ts, row_id",
        names.into_iter().collect::<Vec<_>>().join(", ")
    );
    let mut states: BTreeMap<Object, Vec<(Ts, String)>> = BTreeMap::new();
    for row in rows(&engine.query(&sql).await?) {
        let object = Object {
            resource: owned(row, "resource"),
            namespace: owned(row, "namespace"),
            name: owned(row, "name"),
        };
        states.entry(object).or_default().push((row.ts("ts").unwrap_or_default(), owned(row, "response")));
    }
    Ok(states)
}
