//! The objects of a cluster at one time: the last state of each. Must not know their faults.

use crate::Observation;
use crate::object::{Key, Object, labels, merge};
use model::entity::{workload_of_owner, workload_of_pod};
use model::json::{at, list, text};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Objects that are held.
const OBJECTS: usize = 100_000;
/// Microseconds by which an object that a table no longer shows may be older than the table.
const STALE: i64 = 60_000_000;

/// Kinds with pods, and where the specification of their pods is.
const WORKLOADS: [(&str, &str); 5] = [
    ("Deployment", "/spec/template"),
    ("StatefulSet", "/spec/template"),
    ("DaemonSet", "/spec/template"),
    ("Job", "/spec/template"),
    ("CronJob", "/spec/jobTemplate/spec/template"),
];

/// Namespace of the cluster's own pods.
const SYSTEM: &str = "kube-system";
/// Components of the control plane, which kubelets run by themselves.
const PLANE: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
/// Workloads of the cluster that run on each node, whatever shows their pods.
const OF_NODES: [&str; 10] = [
    "antrea-agent",
    "aws-node",
    "calico-node",
    "canal",
    "cilium",
    "kindnet",
    "kube-flannel-ds",
    "kube-proxy",
    "node-local-dns",
    "weave-net",
];

/// The objects.
#[derive(Default)]
pub(crate) struct Snapshot {
    objects: BTreeMap<Key, Object>,
    /// Kind and namespace → when a table last showed all of them.
    listed: BTreeMap<(String, String), i64>,
    /// When the last object was seen.
    pub(crate) last: Option<i64>,
}

/// The workload of a pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub(crate) namespace: String,
    pub(crate) kind: String,
    pub(crate) name: String,
}

impl Owner {
    /// Returns a workload as an owner.
    pub(crate) fn of(workload: &Object) -> Self {
        let (kind, namespace, name) = workload.key.clone();
        Self { namespace, kind, name }
    }

    /// Returns the least owner of a namespace.
    pub(crate) fn first_in(namespace: &str) -> Self {
        Self { namespace: namespace.to_owned(), kind: String::new(), name: String::new() }
    }
}

/// The specification of the pods of a workload.
pub(crate) struct Spec<'s> {
    /// The specification of its pods.
    pub(crate) pod: &'s Value,
    pub(crate) labels: Option<&'s Map<String, Value>>,
    /// The object that shows it.
    pub(crate) shown: &'s Object,
}

/// Returns true for a pod that a kubelet runs by itself: it is a copy of the kubelet's, or has the name of a component
/// of the control plane with that of its node.
fn is_static(pod: &Object) -> bool {
    let is_copy = !at(pod.at("/metadata/annotations"), "/kubernetes.io~1config.mirror").is_null();
    let node = PLANE.iter().find_map(|part| pod.name().strip_prefix(part)?.strip_prefix('-'));
    let shown = pod.text("/spec/nodeName");
    // two hashes are those of a Deployment's pod
    let is_hashed = || workload_of_pod(pod.name(), None).len() + 6 < pod.name().len();
    let is_node = |node: &str| if shown.is_empty() { !is_hashed() } else { node == shown };
    is_copy || pod.namespace() == SYSTEM && node.is_some_and(is_node)
}

impl Snapshot {
    /// Adds an observation of an object.
    pub(crate) fn add(&mut self, seen: Observation) {
        let member = |path: &str| text(&seen.object, path).to_owned();
        let key = (member("/kind"), member("/metadata/namespace"), member("/metadata/name"));
        self.last = Some(self.last.map_or(seen.ts, |last| last.max(seen.ts)));
        if seen.is_listed {
            self.listed.insert((key.0.clone(), key.1.clone()), seen.ts);
        }
        let is_detailed = !seen.is_listed && !seen.is_reported;
        match self.objects.get_mut(&key) {
            Some(known) if seen.is_reported => merge(&mut known.value, seen.object),
            Some(known) if seen.is_partial => {
                merge(&mut known.value, seen.object);
                known.is_shown = true;
                known.ts = seen.ts;
                known.is_detailed |= is_detailed;
                // a description has more members than the row of a table
                if is_detailed || !known.is_detailed {
                    known.row = seen.row;
                }
            }
            known => {
                let reported = known.map(|known| known.at("/status/reported").clone());
                if reported.is_none() && self.objects.len() >= OBJECTS {
                    return;
                }
                let (ts, row) = (seen.ts, seen.row);
                let is_shown = !seen.is_reported;
                let is_whole = !seen.is_partial && is_shown;
                let mut value = seen.object;
                if let Some(reported) = reported.filter(Value::is_array) {
                    merge(&mut value, json!({ "status": { "reported": reported } }));
                }
                let object = Object { key: key.clone(), ts, row, is_detailed, is_whole, is_shown, value };
                self.objects.insert(key, object);
            }
        }
    }

    /// Returns the objects of a kind.
    pub(crate) fn of<'s>(&'s self, kind: &str) -> impl Iterator<Item = &'s Object> + use<'s> {
        let from = (kind.to_owned(), String::new(), String::new());
        let kind = kind.to_owned();
        let all = self.objects.range(from..).map(|(_, object)| object);
        all.take_while(move |object| object.kind() == kind).filter(|object| self.is_current(object))
    }

    /// Returns the objects of a kind in a namespace.
    pub(crate) fn within<'s>(
        &'s self,
        kind: &str,
        namespace: &str,
    ) -> impl Iterator<Item = &'s Object> + use<'s> {
        let from = (kind.to_owned(), namespace.to_owned(), String::new());
        let (kind, namespace) = (kind.to_owned(), namespace.to_owned());
        let all = self.objects.range(from..).map(|(_, object)| object);
        all.take_while(move |object| object.kind() == kind && object.namespace() == namespace)
            .filter(|object| self.is_current(object))
    }

    /// Returns an object.
    pub(crate) fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<&Object> {
        let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
        self.objects.get(&key).filter(|object| self.is_current(object))
    }

    /// Returns false for an object that a later table no longer shows.
    fn is_current(&self, object: &Object) -> bool {
        let listed = self.listed.get(&(object.kind().to_owned(), object.namespace().to_owned()));
        object.is_shown && listed.is_none_or(|listed| object.ts >= listed - STALE)
    }

    /// Returns true if an object that was not seen does not exist: a table showed all of the kind, or several of
    /// them were seen.
    pub(crate) fn knows_all(&self, kind: &str, namespace: &str) -> bool {
        self.listed.contains_key(&(kind.to_owned(), namespace.to_owned()))
            || self.within(kind, namespace).nth(1).is_some()
    }

    /// Returns true if a table, or a list of whole objects, showed all of the kind.
    pub(crate) fn lists_all(&self, kind: &str, namespace: &str) -> bool {
        self.listed.contains_key(&(kind.to_owned(), namespace.to_owned()))
            || self.within(kind, namespace).filter(|object| object.is_whole).nth(1).is_some()
    }

    /// Returns true if an object is known not to exist.
    pub(crate) fn lacks(&self, kind: &str, namespace: &str, name: &str) -> bool {
        self.knows_all(kind, namespace) && self.get(kind, namespace, name).is_none()
    }

    /// Returns the workload of a pod.
    pub(crate) fn owner(&self, pod: &Object) -> Owner {
        let namespace = pod.namespace();
        let owners = pod.list("/metadata/ownerReferences");
        let owner = owners.iter().find(|o| at(o, "/controller").as_bool() == Some(true)).or(owners.first());
        let (kind, name) = match owner.map(|owner| (text(owner, "/kind"), text(owner, "/name"))) {
            Some(("ReplicaSet", name)) => {
                let above = self.get("ReplicaSet", namespace, name);
                let above = above.and_then(|set| set.list("/metadata/ownerReferences").first());
                match above {
                    Some(above) => (text(above, "/kind"), text(above, "/name")),
                    None => ("Deployment", workload_of_owner(name)),
                }
            }
            // the kubelet's own
            Some(("Node", _)) => ("Pod", pod.name()),
            Some((kind, name)) if !kind.is_empty() => (kind, name),
            _ if is_static(pod) => ("Pod", pod.name()),
            _ => ("", workload_of_pod(pod.name(), None)),
        };
        let known = || {
            let mut kinds = WORKLOADS.iter().map(|(kind, _)| *kind);
            kinds.find(|kind| self.get(kind, namespace, name).is_some())
        };
        let kind = match kind {
            "" if name == pod.name() => known().unwrap_or("Pod"),
            "" if namespace == SYSTEM && OF_NODES.contains(&name) => known().unwrap_or("DaemonSet"),
            "" => known().unwrap_or("Deployment"),
            kind => kind,
        };
        Owner { kind: kind.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// Returns the pods of each workload.
    pub(crate) fn pods_by_owner(&self) -> BTreeMap<Owner, Vec<&Object>> {
        let mut pods: BTreeMap<Owner, Vec<&Object>> = BTreeMap::new();
        for pod in self.of("Pod") {
            pods.entry(self.owner(pod)).or_default().push(pod);
        }
        pods
    }

    /// Returns the specification of the pods of each workload, from the workload, else from one of its pods.
    pub(crate) fn specs(&self) -> BTreeMap<Owner, Spec<'_>> {
        let mut specs: BTreeMap<Owner, Spec<'_>> = BTreeMap::new();
        for (kind, path) in WORKLOADS {
            for object in self.of(kind).filter(|object| object.is_detailed) {
                let template = object.at(path);
                if list(template, "/spec/containers").is_empty() {
                    continue;
                }
                let owner = Owner::of(object);
                let labels = labels(template, "/metadata/labels");
                specs.insert(owner, Spec { pod: at(template, "/spec"), labels, shown: object });
            }
        }
        for pod in self.of("Pod").filter(|pod| !pod.list("/spec/containers").is_empty()) {
            let owner = self.owner(pod);
            let labels = labels(&pod.value, "/metadata/labels");
            specs.entry(owner).or_insert(Spec { pod: pod.at("/spec"), labels, shown: pod });
        }
        specs
    }
}
