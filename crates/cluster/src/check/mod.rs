//! What is wrong with the objects of a snapshot. Must not know how objects were read.

mod address; // addresses in the environment of containers
mod container; // containers that wait or are killed
mod node; // nodes, and pods that fit on none
mod probe; // probes
mod reference; // names of objects that do not exist
mod service; // Services, Ingresses and their backends
mod storage; // claims
mod workload; // replicas and quotas

use crate::Broken;
use crate::object::{Object, at, list, text};
use crate::snapshot::{Owner, Snapshot, Spec};
use std::collections::{BTreeMap, BTreeSet};

/// What the checks read.
pub(crate) struct Cluster<'s> {
    pub(crate) snapshot: &'s Snapshot,
    pub(crate) pods: BTreeMap<Owner, Vec<&'s Object>>,
    pub(crate) specs: BTreeMap<Owner, Spec<'s>>,
    /// Workloads with pods that do not work, or without the pods that they want.
    pub(crate) failing: BTreeSet<Owner>,
}

/// Returns the objects that are wrong.
pub(crate) fn all(snapshot: &Snapshot) -> Vec<Broken> {
    let pods = snapshot.pods_by_owner();
    let mut failing: BTreeSet<Owner> = BTreeSet::new();
    failing
        .extend(pods.iter().filter(|(_, pods)| pods.iter().any(|pod| !is_well(pod))).map(|(o, _)| o.clone()));
    failing.extend(workload::without_pods(snapshot));
    let cluster = Cluster { snapshot, specs: snapshot.specs(), pods, failing };
    let checks: [fn(&Cluster<'_>) -> Vec<Broken>; 8] = [
        container::broken,
        node::broken,
        probe::broken,
        service::broken,
        storage::broken,
        workload::broken,
        reference::broken,
        address::broken,
    ];
    checks.iter().flat_map(|check| check(&cluster)).collect()
}

/// Returns false for a pod that waits, restarted or is not ready.
pub(crate) fn is_well(pod: &Object) -> bool {
    if matches!(pod.text("/status/phase"), "Succeeded") || pod.text("/status/shown") == "Completed" {
        return true;
    }
    let statuses = pod.list("/status/containerStatuses");
    if statuses.is_empty() {
        let ratio: Vec<i64> =
            pod.list("/status/ready").iter().filter_map(serde_json::Value::as_i64).collect();
        let is_ready = matches!(ratio.as_slice(), [have, want] if have >= want);
        return (is_ready || ratio.is_empty())
            && matches!(pod.text("/status/shown"), "" | "Running")
            && matches!(pod.text("/status/phase"), "" | "Running")
            && pod.int("/status/restarts").unwrap_or(0) <= RESTARTS;
    }
    statuses.iter().all(|status| {
        at(status, "/ready").as_bool() != Some(false)
            && at(status, "/restartCount").as_i64().unwrap_or(0) <= RESTARTS
    })
}

/// Restarts of a container that are no trouble.
const RESTARTS: i64 = 2;

/// What is said of an object, with how surely it is what is wrong.
pub(crate) struct Said {
    pub(crate) reason: &'static str,
    pub(crate) strength: f64,
    pub(crate) what: String,
    pub(crate) zh: String,
}

impl Said {
    /// Says it of an object that was seen.
    pub(crate) fn of(self, object: &Object) -> Broken {
        let (kind, namespace, name) = object.key.clone();
        self.named((kind, namespace, name), object)
    }

    /// Says it of a workload, which `shown` shows.
    pub(crate) fn of_owner(self, owner: &Owner, shown: &Object) -> Broken {
        let key = (owner.kind.clone(), owner.namespace.clone(), owner.name.clone());
        Broken { workload: owner.name.clone(), ..self.named(key, shown) }
    }

    /// Says it of an object by its kind, namespace and name.
    pub(crate) fn named(self, (kind, namespace, name): (String, String, String), shown: &Object) -> Broken {
        Broken {
            kind,
            namespace,
            name,
            workload: String::new(),
            reason: self.reason,
            what: self.what,
            zh: self.zh,
            strength: self.strength,
            first: shown.ts,
            last: shown.ts,
            row: shown.row.clone(),
        }
    }
}

impl<'s> Cluster<'s> {
    /// Returns what the pods of a namespace's workloads are made of.
    pub(crate) fn specs_of(&self, namespace: &str) -> impl Iterator<Item = &Spec<'s>> {
        let from = Owner::first_in(namespace);
        let all = self.specs.range(from.clone()..);
        all.take_while(move |(owner, _)| owner.namespace == from.namespace).map(|(_, spec)| spec)
    }

    /// Returns a strength, halved for a workload that works.
    pub(crate) fn strength(&self, owner: &Owner, strength: f64) -> f64 {
        if self.failing.contains(owner) { strength } else { strength / 2.0 }
    }
}

/// Returns the containers of a specification, those that run first last.
pub(crate) fn containers(pod: &serde_json::Value) -> impl Iterator<Item = &serde_json::Value> {
    list(pod, "/containers").iter().chain(list(pod, "/initContainers"))
}

/// Returns true if something of that name is optional.
pub(crate) fn is_optional(reference: &serde_json::Value) -> bool {
    at(reference, "/optional").as_bool() == Some(true) || text(reference, "/optional") == "true"
}
