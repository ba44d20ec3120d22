//! Names of objects that do not exist: volumes, settings and accounts of pods, Services of StatefulSets.

use crate::Broken;
use crate::check::storage::claims;
use crate::check::{Cluster, Said, containers, is_optional};
use crate::snapshot::{Owner, Spec};
use model::entity::is_cluster_wide;
use model::json::{at, list, text};
use std::collections::BTreeSet;

/// Classes that each cluster has.
const PRIORITIES: [&str; 2] = ["system-cluster-critical", "system-node-critical"];

/// Returns the objects that are missing.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let mut found = Vec::new();
    for (owner, spec) in &cluster.specs {
        for (kind, name) in wanted(spec) {
            let namespace = if is_cluster_wide(kind) { "" } else { &owner.namespace };
            if cluster.snapshot.lacks(kind, namespace, name) {
                let said = missing(&owner.name, cluster.strength(owner, 0.95));
                let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
                found.push(Broken { workload: owner.name.clone(), ..said.named(key, spec.shown) });
            }
        }
    }
    for set in cluster.snapshot.of("StatefulSet") {
        let (namespace, service) = (set.namespace(), set.text("/spec/serviceName"));
        if !service.is_empty() && cluster.snapshot.lacks("Service", namespace, service) {
            let said = Said {
                reason: "DoesNotExist",
                strength: cluster.strength(&Owner::of(set), 0.85),
                what: format!("does not exist; the pods of {} have their names from it", set.name()),
                zh: format!("不存在，而 {} 的 Pod 靠它解析域名", set.name()),
            };
            let key = ("Service".to_owned(), namespace.to_owned(), service.to_owned());
            found.push(Broken { workload: set.name().to_owned(), ..said.named(key, set) });
        }
    }
    found
}

/// Returns the fault of an object that does not exist, although a workload needs it.
pub(super) fn missing(workload: &str, strength: f64) -> Said {
    Said {
        reason: "DoesNotExist",
        strength,
        what: format!("does not exist, {workload} needs it"),
        zh: format!("不存在，而 {workload} 需要它"),
    }
}

/// Returns the kinds and names of the objects that pods need.
fn wanted<'s>(spec: &Spec<'s>) -> BTreeSet<(&'static str, &'s str)> {
    let mut wanted: BTreeSet<(&'static str, &str)> = BTreeSet::new();
    let mut add = |kind: &'static str, reference: &'s serde_json::Value, name: &str| {
        if !is_optional(reference) {
            wanted.insert((kind, text(reference, name)));
        }
    };
    for volume in list(spec.pod, "/volumes") {
        add("ConfigMap", at(volume, "/configMap"), "/name");
        add("Secret", at(volume, "/secret"), "/secretName");
    }
    for container in containers(spec.pod) {
        for source in list(container, "/envFrom") {
            add("ConfigMap", at(source, "/configMapRef"), "/name");
            add("Secret", at(source, "/secretRef"), "/name");
        }
        for variable in list(container, "/env") {
            add("ConfigMap", at(variable, "/valueFrom/configMapKeyRef"), "/name");
            add("Secret", at(variable, "/valueFrom/secretKeyRef"), "/name");
        }
    }
    wanted.extend(claims(spec.pod).map(|name| ("PersistentVolumeClaim", name)));
    wanted.insert(("ServiceAccount", text(spec.pod, "/serviceAccountName")));
    wanted.insert(("PriorityClass", text(spec.pod, "/priorityClassName")));
    wanted.retain(|(_, name)| !name.is_empty() && !PRIORITIES.contains(name));
    wanted
}
