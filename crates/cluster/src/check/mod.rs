//! Finds the faults of the objects of a snapshot. Must not know how objects were read.

mod address; // addresses in the environment of containers
mod binding; // bindings, classes and webhooks without what they name
mod component; // components of the cluster itself
mod container; // containers that wait or are killed
mod custom; // custom resources
mod namespace; // namespaces that are not deleted
mod node; // nodes, and pods that fit on none
mod policy; // budgets, autoscalers, network policies
mod probe; // probes
mod reference; // names of objects that do not exist
mod rights; // rights that accounts lack
mod role; // roles and whom they are granted to
mod service; // Services, Ingresses and their backends
mod storage; // claims
mod why; // why containers end or do not start
mod workload; // replicas and quotas

use crate::Broken;
use crate::object::{Object, labels};
use crate::snapshot::{Owner, Snapshot, Spec};
use model::json::{at, list};
use std::collections::{BTreeMap, BTreeSet};

/// Restarts of a container that are not reported.
const RESTARTS: i64 = 2;

/// The input of the checks.
pub(crate) struct Cluster<'s> {
    pub(crate) snapshot: &'s Snapshot,
    pub(crate) pods: BTreeMap<Owner, Vec<&'s Object>>,
    pub(crate) specs: BTreeMap<Owner, Spec<'s>>,
    /// Workloads with pods that do not work, or with fewer pods than they require.
    pub(crate) failing: BTreeSet<Owner>,
    /// Namespaces with a pod whose labels are not shown.
    pub(crate) unlabelled: BTreeSet<String>,
}

/// Returns the objects that are wrong.
pub(crate) fn all(snapshot: &Snapshot) -> Vec<Broken> {
    let pods = snapshot.pods_by_owner();
    let mut failing: BTreeSet<Owner> = BTreeSet::new();
    failing
        .extend(pods.iter().filter(|(_, pods)| pods.iter().any(|pod| !is_well(pod))).map(|(o, _)| o.clone()));
    failing.extend(workload::without_pods(snapshot));
    let mut cluster =
        Cluster { snapshot, specs: snapshot.specs(), pods, failing, unlabelled: BTreeSet::new() };
    let hidden = snapshot.of("Pod").filter(|pod| !has_labels(&cluster, pod));
    cluster.unlabelled = hidden.map(|pod| pod.namespace().to_owned()).collect();
    let checks: [fn(&Cluster<'_>) -> Vec<Broken>; 14] = [
        component::broken,
        container::broken,
        custom::broken,
        namespace::broken,
        node::broken,
        policy::broken,
        probe::broken,
        service::broken,
        storage::broken,
        workload::broken,
        reference::broken,
        address::broken,
        binding::broken,
        rights::broken,
    ];
    checks.iter().flat_map(|check| check(&cluster)).collect()
}

/// Returns false for a pod that waits, restarted or is not ready.
pub(crate) fn is_well(pod: &Object) -> bool {
    if pod.text("/status/phase") == "Succeeded" || pod.text("/status/shown") == "Completed" {
        return true;
    }
    let statuses = pod.list("/status/containerStatuses");
    if statuses.is_empty() {
        return pod.ready().is_none_or(|(ready, wanted)| ready >= wanted)
            && matches!(pod.text("/status/shown"), "" | "Running")
            && matches!(pod.text("/status/phase"), "" | "Running")
            && pod.int("/status/restarts").unwrap_or(0) <= RESTARTS;
    }
    statuses.iter().all(|status| {
        at(status, "/ready").as_bool() != Some(false)
            && at(status, "/restartCount").as_i64().unwrap_or(0) <= RESTARTS
    })
}

/// Returns true if the labels of a pod that serves are known, from itself or from its workload.
pub(crate) fn has_labels(cluster: &Cluster<'_>, pod: &Object) -> bool {
    let of_workload =
        || cluster.specs.get(&cluster.snapshot.owner(pod)).is_some_and(|spec| spec.labels.is_some());
    labels(&pod.value, "/metadata/labels").is_some()
        || matches!(pod.text("/status/shown"), "Completed" | "Error")
        || pod.text("/status/phase") == "Succeeded"
        || of_workload()
}

/// A fault of an object, with how surely it is the cause.
pub(crate) struct Said {
    pub(crate) reason: &'static str,
    pub(crate) strength: f64,
    pub(crate) what: String,
    pub(crate) zh: String,
}

impl Said {
    /// Returns it as a fault of an object that was seen.
    pub(crate) fn of(self, object: &Object) -> Broken {
        self.named(object.key.clone(), object)
    }

    /// Returns it as a fault of a workload, which `shown` shows.
    pub(crate) fn of_owner(self, owner: &Owner, shown: &Object) -> Broken {
        let key = (owner.kind.clone(), owner.namespace.clone(), owner.name.clone());
        Broken { workload: owner.name.clone(), ..self.named(key, shown) }
    }

    /// Returns it as a fault of an object by its kind, namespace and name.
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
    /// Returns the specifications of the pods of a namespace's workloads.
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
    at(reference, "/optional").as_bool() == Some(true)
}
