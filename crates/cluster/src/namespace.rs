//! The namespace of objects that a table shows without it: `kubectl get pods` of one namespace names none. Must not
//! know faults.

use crate::Observation;
use model::entity::{is_cluster_wide, workload_of_pod};
use model::json::text;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Namespaces that the cluster itself has.
const SYSTEM: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Gives the objects of each table without namespaces the namespace in which others show most of their names, else
/// the only one that is known.
pub(crate) fn infer(observations: &mut [Observation]) {
    let lacks_one = |seen: &Observation| {
        text(&seen.object, "/metadata/namespace").is_empty() && !is_cluster_wide(text(&seen.object, "/kind"))
    };
    if !observations.iter().any(lacks_one) {
        return;
    }
    let mut namespaces: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for seen in observations.iter() {
        let namespace = text(&seen.object, "/metadata/namespace");
        if !namespace.is_empty() {
            for name in names(&seen.object) {
                namespaces.entry(name).or_default().insert(namespace);
            }
        }
    }
    let mut known: BTreeSet<&str> = namespaces.values().flatten().copied().collect();
    known.retain(|namespace| !SYSTEM.contains(namespace));
    let only = known.first().filter(|_| known.len() == 1).copied();
    // how many names of each table a namespace has
    let mut votes: BTreeMap<(&str, &str), BTreeMap<&str, usize>> = BTreeMap::new();
    for seen in observations.iter().filter(|seen| lacks_one(seen)) {
        let votes = votes.entry(table(seen)).or_default();
        for namespace in names(&seen.object).into_iter().filter_map(|name| namespaces.get(name)).flatten() {
            *votes.entry(namespace).or_default() += 1;
        }
    }
    let of_table: BTreeMap<(String, String), String> = votes
        .into_iter()
        .filter_map(|((object, kind), votes)| {
            let best =
                votes.into_iter().max_by_key(|(_, count)| *count).map(|(namespace, _)| namespace).or(only)?;
            Some(((object.to_owned(), kind.to_owned()), best.to_owned()))
        })
        .collect();
    for seen in observations.iter_mut().filter(|seen| lacks_one(seen)) {
        let (object, kind) = table(seen);
        let namespace = of_table.get(&(object.to_owned(), kind.to_owned())).cloned();
        if let Some(namespace) = namespace
            && let Some(metadata) = seen.object.get_mut("metadata").and_then(Value::as_object_mut)
        {
            metadata.insert("namespace".to_owned(), namespace.into());
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
