//! What people and controllers do to nodes, and how nodes fail: cordons, taints, drains, lost
//! kubelets. Each verb leaves the audit records and events of a real cluster.

use crate::audit::{Request, Target, User};
use crate::cluster::NODES;
use crate::day::Day;
use crate::event::{Note, Object};
use crate::fleet::{FLEET, Kind};
use crate::text::{HOUR, MINUTE, SECOND, rfc3339};
use serde_json::{Value, json};

/// Workloads whose everyday changes are planned already: their pods are not to be moved later.
const PLANNED: [&str; 9] = [
    "indexer",
    "risk-engine",
    "image-builder",
    "grafana",
    "web-frontend",
    "search-api",
    "cart-cleanup",
    "settlement",
    "nightly-report",
];

fn node_target<'a>(node: &'a str, sub: &'a str) -> Target<'a> {
    Target { resource: "nodes", sub, name: node, ..Target::default() }
}

impl Day {
    /// Returns the event object of a node; its uid is its name, as the kubelet writes it.
    pub fn node_object(node: &str) -> Object {
        Object { namespace: String::new(), uid: node.to_owned(), ..Object::named("Node", "v1", "", node) }
    }

    /// Records an event of a node; `source` is a component and, for the kubelet, the node.
    pub fn node_says(
        &mut self,
        at: i64,
        node: &str,
        (reason, message): (&str, &str),
        source: &str,
        is_warning: bool,
    ) {
        let host = if source == "kubelet" { node } else { "" };
        let note = Note { reason, message, is_warning, source: (source, host) };
        self.event(at, &Self::node_object(node), &note);
    }

    /// Records a patch of a node; returns the audit id.
    pub fn patch_node(&mut self, at: i64, user: &User, node: &str, patch: &Value) -> String {
        let mut whole =
            json!({"status": {"nodeInfo": {"kubeletVersion": "v1.30.4", "osImage": "TencentOS Server 4"}}});
        if let Some(spec) = patch.get("spec") {
            whole["spec"] = spec.clone();
        }
        self.change(at, user, "patch", ("Node", node_target(node, "")), (patch, whole))
    }

    /// Cordons or uncordons a node; returns the audit id.
    pub fn cordon(&mut self, at: i64, user: &User, node: &str, is_closed: bool) -> String {
        let value = if is_closed { json!(true) } else { Value::Null };
        let id = self.patch_node(at, user, node, &json!({"spec": {"unschedulable": value}}));
        let reason = if is_closed { "NodeNotSchedulable" } else { "NodeSchedulable" };
        let message = format!("Node {node} status is now: {reason}");
        let seen = self.after(at, 1, 6);
        self.node_says(seen, node, (reason, &message), "kubelet", false);
        id
    }

    /// Returns the pods on a node at a point, without those of DaemonSets.
    pub fn pods_on(&self, node: &str, at: i64) -> Vec<usize> {
        let is_here = |index: &usize| {
            let pod = &self.cluster.pods[*index];
            pod.node == node && pod.from <= at && at < pod.to && FLEET[pod.workload].kind != Kind::DaemonSet
        };
        (0..self.cluster.pods.len()).filter(is_here).collect()
    }

    /// Tells whether the plan so far tells of a pod on the node in a span: such a node is left
    /// alone, since what is told cannot be changed.
    pub fn is_told(&self, node: &str, (from, to): (i64, i64)) -> bool {
        self.cluster.pods.iter().any(|pod| {
            let is_told = pod.from > self.from || pod.to <= self.from + 24 * HOUR;
            pod.node == node && is_told && pod.from < to + MINUTE && from - MINUTE < pod.to
        })
    }

    /// Makes a node ready for an incident: every pod of `victim` runs on it, at most one pod of any
    /// other workload, and none of what has a single pod or must not be touched.
    pub fn settle(&mut self, node: &'static str, victim: &str, untouched: &[&str]) {
        let others: Vec<&'static str> = NODES.into_iter().filter(|other| *other != node).collect();
        let mut kept: Vec<usize> = Vec::new();
        for pod in 0..self.cluster.pods.len() {
            let of = &self.cluster.pods[pod];
            let workload = &FLEET[of.workload];
            let is_untold = of.from <= self.from && of.to > self.from + 24 * HOUR;
            if !is_untold || workload.kind == Kind::DaemonSet {
                continue;
            }
            if workload.name == victim {
                self.move_pod(pod, node);
                continue;
            }
            let is_fixed = workload.replicas < 2
                || PLANNED.contains(&workload.name)
                || untouched.contains(&workload.name)
                || workload.kind == Kind::StatefulSet;
            if of.node != node {
                continue;
            }
            if is_fixed || kept.contains(&of.workload) {
                let other = others[self.pen.rng.index(others.len())];
                self.move_pod(pod, other);
            } else {
                kept.push(of.workload);
            }
        }
    }

    /// Leaves a workload a single pod all day; returns it. Must precede any record of its pods.
    pub fn thin_out(&mut self, workload: usize) -> usize {
        let from = self.from;
        let pods: Vec<usize> = self.cluster.alive(workload, from);
        for pod in pods.iter().skip(1) {
            self.cluster.pods[*pod].to = from - 1;
        }
        self.cluster.states[workload].replicas = 1;
        pods.first().copied().unwrap_or(0)
    }

    /// Returns a node other than `node` that runs none of the named workloads, if there is one;
    /// else one that runs few.
    pub fn bystander(&self, node: &str, names: &[&str], at: i64) -> &'static str {
        let count = |other: &str| {
            let pods = self.pods_on(other, at);
            pods.iter().filter(|pod| names.contains(&FLEET[self.cluster.pods[**pod].workload].name)).count()
        };
        let others = NODES.into_iter().filter(|other| *other != node);
        others.min_by_key(|other| count(other)).unwrap_or(NODES[0])
    }

    /// Plans innocent node work on a bystander between two points: a label, a short cordon.
    pub fn node_decoys(&mut self, (cause, symptom): (i64, i64), user: &User, node: &str, names: &[&str]) {
        let was_incident = std::mem::replace(&mut self.is_incident, false);
        let other = self.bystander(node, names, cause);
        self.cluster.closed.push(other);
        let mut people = Self::team("platform");
        people.retain(|person| person.name != user.name);
        let person = people.swap_remove(self.pen.rng.index(people.len()));
        let from = cause.max(symptom - 3 * MINUTE) + SECOND;
        let part = |share: f64| from + ((symptom - from) as f64 * share) as i64;
        self.patch_node(
            part(0.2),
            &person,
            other,
            &json!({"metadata": {"labels": {"rack": format!("r{}", self.seed % 9)}}}),
        );
        self.cordon(part(0.4), &person, other, true);
        self.cordon(part(0.75), &person, other, false);
        self.is_incident = was_incident;
    }

    /// Replaces a lost pod on another node and starts it within seconds; the innocent neighbours of
    /// a victim fare so.
    pub fn replace_pod(&mut self, at: i64, pod: usize, closed: &str) -> usize {
        let workload = self.cluster.pods[pod].workload;
        let others: Vec<&'static str> = NODES.into_iter().filter(|other| *other != closed).collect();
        let node = others[self.pen.rng.index(others.len())];
        let replica = self.cluster.pods[pod].name.rsplit('-').next().and_then(|tail| tail.parse().ok());
        let new = self.create_pod(at, workload, replica.unwrap_or(0));
        self.bind_pod(at + SECOND / 30, new, node);
        let up = self.after(at, 4, 9);
        self.run_pod(at + SECOND, up, new);
        new
    }

    /// Evicts what else runs on a node, as a drain does, and lets it come up elsewhere.
    pub fn drain_others(&mut self, at: i64, user: &User, node: &'static str, victim: usize) {
        for (i, pod) in self.pods_on(node, at).into_iter().enumerate() {
            if self.cluster.pods[pod].workload != victim {
                let at = at + i as i64 * SECOND / 3;
                self.evict(at, user, pod, 2);
                self.replace_pod(at + SECOND / 5, pod, node);
            }
        }
    }

    /// Records the taint that the node lifecycle controller puts on a node.
    pub fn controller_taints(&mut self, at: i64, node: &str, key: &str, effect: &str) {
        let user = User::controller("node-controller");
        let taint = json!({"spec": {"taints": [{"key": key, "effect": effect, "timeAdded": rfc3339(at)}]}});
        let request = Request {
            request: Some(taint.to_string()),
            ..Request::new(&user, "patch", node_target(node, ""))
        };
        self.audit(at, &request);
    }

    /// Records that the node lifecycle controller takes its taint off again.
    pub fn controller_untaints(&mut self, at: i64, node: &str) {
        let user = User::controller("node-controller");
        let request = Request {
            request: Some(json!({"spec": {"taints": null}}).to_string()),
            ..Request::new(&user, "patch", node_target(node, ""))
        };
        self.audit(at, &request);
    }

    /// Has the taint manager delete a pod for a NoExecute taint.
    pub fn taint_evicts(&mut self, at: i64, pod: usize) {
        let object = self.pod_object(pod, false);
        let message = format!("Marking for deletion Pod {}/{}", object.namespace, object.name);
        let note = Note {
            reason: "TaintManagerEviction",
            message: &message,
            is_warning: false,
            source: ("taint-eviction-controller", ""),
        };
        self.event(at, &object, &note);
        let user = User::controller("node-controller");
        let status = json!({"status": {"conditions": [{"type": "DisruptionTarget", "status": "True",
            "reason": "DeletionByTaintManager", "message": "Taint manager: deleting due to NoExecute taint"}]}});
        let target = Target {
            resource: "pods",
            sub: "status",
            namespace: &object.namespace,
            name: &object.name,
            ..Target::default()
        };
        let patch = Request { request: Some(status.to_string()), ..Request::new(&user, "patch", target) };
        self.audit(at + SECOND / 60, &patch);
        self.delete_pod(at + SECOND / 40, &user, pod);
    }
}

impl Day {
    /// Records that a node is short of memory, which no operation brings about.
    pub fn short_of_memory(&mut self, at: i64, node: &str) {
        let what = ("EvictionThresholdMet", "Attempting to reclaim memory");
        self.node_says(at - SECOND, node, what, "kubelet", true);
        let message = format!("Node {node} status is now: NodeHasInsufficientMemory");
        self.node_says(at - SECOND / 2, node, ("NodeHasInsufficientMemory", &message), "kubelet", false);
    }

    /// Returns what the kubelet says when it evicts a pod for memory.
    pub fn memory_eviction(&mut self, pod: usize) -> String {
        let state = &self.cluster.states[self.cluster.pods[pod].workload];
        let (name, mib) = (state.workload.name, state.memory_mib);
        let (free, used) = (self.pen.rng.between(41_000, 99_000), i64::from(mib) * 1024 * 9 / 10);
        format!(
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: {free}Ki. Container {name} was using {used}Ki, request is {}Mi, has larger consumption of memory. ",
            mib / 2
        )
    }
}
