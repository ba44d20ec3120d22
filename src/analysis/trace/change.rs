//! What an operation changed, read from its request and from the object as it was before:
//! `memory limit 512Mi → 128Mi`. Only a few facts are looked at, the ones that break things.

use crate::analysis::agent::{is_row_id, rows_of};
use crate::analysis::trace::link::LinkedOperation;
use crate::query::engine::Engine;
use model::error::Result;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What an operation changed.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Fact → (before, after).
    pub facts: BTreeMap<String, (Option<String>, String)>,
    /// The request is known, and it says nothing about taints.
    pub is_without_taints: bool,
}

impl Change {
    /// Returns the change in words, the same in every language.
    pub fn text(&self) -> Option<String> {
        let parts: Vec<String> = self
            .facts
            .iter()
            .filter(|(_, (before, after))| before.as_ref() != Some(after))
            .take(4)
            .map(|(fact, (before, after))| match before {
                Some(before) => format!("{fact} {before} → {after}"),
                None => format!("{fact} → {after}"),
            })
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// Tells whether the operation gave more than there was: more replicas, more memory.
    /// Nothing where the state before is unknown, or the same.
    pub fn gives_more(&self, fact: &str) -> Option<bool> {
        let (_, (before, after)) = self.facts.iter().find(|(name, _)| name.contains(fact))?;
        let (before, after) = (quantity(before.as_deref()?)?, quantity(after)?);
        (before != after).then_some(after > before)
    }

    /// Returns the classes of what differs from before, as in the column `operation`.
    pub fn classes(&self) -> Vec<&'static str> {
        let differs = |(_, (before, after)): &(&String, &(Option<String>, String))| {
            before.as_ref().is_some_and(|before| before != after)
        };
        self.facts.iter().filter(differs).filter_map(|(fact, _)| class_of(fact)).collect()
    }

    /// Returns the value a fact was set to.
    pub fn after(&self, fact: &str) -> Option<&str> {
        self.facts.get(fact).map(|(_, after)| after.as_str())
    }
}

fn class_of(fact: &str) -> Option<&'static str> {
    Some(match fact {
        "image" => "image",
        "replicas" | "minReplicas" | "maxReplicas" => "scale",
        "environment" => "env",
        _ if fact.contains("limit") || fact.contains("request") => "resources",
        _ if fact.contains("Probe") => "probe",
        _ if fact.starts_with("data.") => "config",
        _ => return None,
    })
}

/// Reads a Kubernetes quantity: `512Mi`, `500m`, `3`.
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

/// Returns the changes of operations by row id.
pub async fn of_operations(
    engine: &Engine,
    operations: impl Iterator<Item = &LinkedOperation>,
) -> Result<BTreeMap<String, Change>> {
    let text =
        |row: &Map<String, Value>, key: &str| row.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let objects: BTreeMap<&str, Object> = operations
        .map(|o| (o.evidence.row_id.as_str(), (o.resource.clone(), o.namespace.clone(), o.name.clone())))
        .collect();
    let ids: Vec<String> = objects.keys().filter(|id| is_row_id(id)).map(|id| format!("'{id}'")).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let requests = format!(
        "select row_id, ts, request, response from around_audit where row_id in ({}) and request is not null",
        ids.join(", ")
    );
    let requests = rows_of(&engine.query(&requests).await?)?;
    let names: BTreeSet<String> =
        objects.values().map(|(_, _, name)| format!("'{}'", name.replace('\'', "''"))).collect();
    let answers = format!(
        "select ts, resource, namespace, name, response from around_audit
         where operation is not null and response is not null and name in ({}) order by ts, row_id",
        names.into_iter().collect::<Vec<_>>().join(", ")
    );
    // the states of each object, in order
    let mut states: BTreeMap<Object, Vec<(String, String)>> = BTreeMap::new();
    for row in rows_of(&engine.query(&answers).await?)? {
        let object = (text(&row, "resource"), text(&row, "namespace"), text(&row, "name"));
        states.entry(object).or_default().push((text(&row, "ts"), text(&row, "response")));
    }
    let mut changes = BTreeMap::new();
    for row in requests {
        let (id, ts) = (text(&row, "row_id"), text(&row, "ts"));
        let Some(object) = objects.get(id.as_str()) else { continue };
        let earlier = states.get(object).and_then(|states| states.iter().rfind(|(at, _)| *at < ts));
        let mut old = earlier.map(|(_, response)| facts_of(response)).unwrap_or_default();
        for (fact, count) in counts_of(&text(&row, "response")) {
            old.entry(fact).or_insert(count);
        }
        let request = text(&row, "request");
        let facts = facts_of(&request)
            .into_iter()
            .map(|(fact, after)| {
                let was = old.get(&fact).cloned();
                (fact, (was, after))
            })
            .collect();
        // a label, a cordon: of the spec's fields only the taints send pods away
        let is_without_taints = !request.contains("\"taints\"") && !request.contains("/spec/taints");
        changes.insert(id, Change { facts, is_without_taints });
    }
    Ok(changes)
}

/// Resource, namespace, name.
type Object = (String, String, String);

/// Returns how many pods there still were when the answer was given: what `replicas` were before.
fn counts_of(response: &str) -> Vec<(String, String)> {
    let value: Value = serde_json::from_str(response).unwrap_or_default();
    let count = |pointer: &str| value.pointer(pointer).filter(|count| count.is_number()).map(plain);
    let replicas = count("/status/replicas").map(|count| ("replicas".to_owned(), count));
    let scaled = count("/status/currentReplicas").map(|count| ("maxReplicas".to_owned(), count));
    replicas.into_iter().chain(scaled).collect()
}

/// Returns the facts that an object or a patch of it tells.
fn facts_of(json: &str) -> BTreeMap<String, String> {
    let mut facts = BTreeMap::new();
    if let Ok(value) = serde_json::from_str::<Value>(json) {
        match &value {
            Value::Array(patch) => {
                for step in patch {
                    let path = step
                        .get("path")
                        .and_then(Value::as_str)
                        .unwrap_or("")
                        .trim_start_matches('/')
                        .replace('/', ".");
                    if let Some(value) = step.get("value").filter(|v| !v.is_object() && !v.is_array()) {
                        let fact = path.rsplit('.').next().unwrap_or("");
                        facts.insert(fact.to_owned(), plain(value));
                    }
                }
            }
            _ => collect(&value, &mut facts),
        }
    }
    facts
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn collect(value: &Value, facts: &mut BTreeMap<String, String>) {
    // in a merge patch null takes away: that is how a node is uncordoned and untainted
    for (fact, without) in [("unschedulable", "false"), ("taints", "none")] {
        if value.pointer(&format!("/spec/{fact}")).is_some_and(Value::is_null) {
            facts.insert(fact.into(), without.into());
        }
    }
    for fact in ["replicas", "minReplicas", "maxReplicas", "unschedulable"] {
        if let Some(given) = value.pointer(&format!("/spec/{fact}")).filter(|given| !given.is_null()) {
            facts.insert(fact.into(), plain(given));
        }
    }
    for (pointer, fact) in [("/spec/selector", "selector"), ("/spec/hard", "hard")] {
        for (key, given) in value.pointer(pointer).and_then(Value::as_object).into_iter().flatten() {
            if given.is_string() || given.is_number() {
                facts.insert(format!("{fact} {key}"), plain(given));
            }
        }
    }
    for port in value.pointer("/spec/ports").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(number), Some(target)) = (port.get("port"), port.get("targetPort")) {
            facts.insert(format!("targetPort of {}", plain(number)), plain(target));
        }
    }
    for taint in value.pointer("/spec/taints").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(key), Some(effect)) = (taint.get("key"), taint.get("effect")) {
            facts.insert(format!("taint {}", plain(key)), plain(effect));
        }
    }
    if let Some(data) = value.get("data").and_then(Value::as_object) {
        for (key, value) in data {
            facts.insert(format!("data.{key}"), plain(value));
        }
    }
    if let Some(at) = value.pointer("/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt")
    {
        facts.insert("restartedAt".into(), plain(at));
    }
    for container in
        value.pointer("/spec/template/spec/containers").and_then(Value::as_array).into_iter().flatten()
    {
        for (pointer, fact) in [
            ("/image", "image"),
            ("/resources/limits/memory", "memory limit"),
            ("/resources/limits/cpu", "cpu limit"),
            ("/resources/requests/memory", "memory request"),
            ("/resources/requests/cpu", "cpu request"),
        ] {
            if let Some(value) = container.pointer(pointer) {
                facts.insert(fact.into(), plain(value));
            }
        }
        if let Some(env) = container.get("env").and_then(Value::as_array) {
            let names: Vec<String> = env
                .iter()
                .filter_map(|variable| {
                    let removed = if variable.get("$patch").is_some() { "-" } else { "" };
                    Some(format!("{removed}{}", variable.get("name")?.as_str()?)) // values may be secret
                })
                .collect();
            facts.insert("environment".into(), names.join(" "));
        }
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            for (pointer, fact) in [
                ("timeoutSeconds", "timeoutSeconds"),
                ("periodSeconds", "periodSeconds"),
                ("failureThreshold", "failureThreshold"),
                ("httpGet/path", "path"),
                ("httpGet/port", "port"),
            ] {
                if let Some(value) = container.pointer(&format!("/{probe}/{pointer}")) {
                    facts.insert(format!("{probe} {fact}"), plain(value));
                }
            }
        }
    }
}
