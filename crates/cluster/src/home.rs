//! The namespace of objects that a table shows without it: `kubectl get pods` of one namespace names none. Must not
//! know faults.

use crate::Observation;
use model::entity::workload_of_pod;
use model::json::text;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Kinds without a namespace.
const CLUSTER: [&str; 14] = [
    "APIService",
    "CSIDriver",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingWebhookConfiguration",
];

/// Namespaces that the cluster itself has.
const SYSTEM: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Gives the objects of each table without namespaces the namespace in which others show most of their names, else
/// the only one that is known.
pub(crate) fn fill(observations: &mut [Observation]) {
    let homeless = |seen: &Observation| {
        text(&seen.object, "/metadata/namespace").is_empty()
            && !CLUSTER.contains(&text(&seen.object, "/kind"))
    };
    if !observations.iter().any(homeless) {
        return;
    }
    let mut homes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for seen in observations.iter() {
        let namespace = text(&seen.object, "/metadata/namespace");
        if !namespace.is_empty() {
            for name in names(&seen.object) {
                homes.entry(name).or_default().insert(namespace);
            }
        }
    }
    let mut known: BTreeSet<&str> = homes.values().flatten().copied().collect();
    known.retain(|namespace| !SYSTEM.contains(namespace));
    let only = known.first().filter(|_| known.len() == 1).copied();
    // how many names of each table a namespace has
    let mut votes: BTreeMap<(&str, &str), BTreeMap<&str, usize>> = BTreeMap::new();
    for seen in observations.iter().filter(|seen| homeless(seen)) {
        let votes = votes.entry(table(seen)).or_default();
        for home in names(&seen.object).into_iter().filter_map(|name| homes.get(name)).flatten() {
            *votes.entry(home).or_default() += 1;
        }
    }
    let of_table: BTreeMap<(String, String), String> = votes
        .into_iter()
        .filter_map(|((object, kind), votes)| {
            let best = votes.into_iter().max_by_key(|(_, count)| *count).map(|(home, _)| home).or(only)?;
            Some(((object.to_owned(), kind.to_owned()), best.to_owned()))
        })
        .collect();
    for seen in observations.iter_mut().filter(|seen| homeless(seen)) {
        let (object, kind) = table(seen);
        let home = of_table.get(&(object.to_owned(), kind.to_owned())).cloned();
        if let Some(home) = home
            && let Some(metadata) = seen.object.get_mut("metadata").and_then(Value::as_object_mut)
        {
            metadata.insert("namespace".to_owned(), home.into());
        }
    }
}

/// Returns what the rows of one table have in common: the file that they are in, and their kind.
fn table(seen: &Observation) -> (&str, &str) {
    (seen.row.split(':').next().unwrap_or_default(), text(&seen.object, "/kind"))
}

/// Returns the name of an object, and of the workload of a pod.
fn names(object: &Value) -> Vec<&str> {
    let name = text(object, "/metadata/name");
    match text(object, "/kind") {
        "Pod" => vec![name, workload_of_pod(name, None)],
        _ => vec![name],
    }
}
