//! What people and controllers do to nodes, and how nodes fail: cordons, taints, drains, lack of
//! memory. Each verb leaves the audit records and events of a real cluster.

use crate::api::Target;
use crate::cluster::NODES;
use crate::day::Day;
use crate::event::Object;
use crate::everyday::is_changed;
use crate::fleet::{FLEET, Kind};
use crate::people::User;
use crate::text::{HOUR, MINUTE, SECOND, rfc3339};
use crate::truth::Cause;
use serde_json::{Value, json};

impl Day {
    /// Records an event of a node.
    pub fn node_says(&mut self, at: i64, node: &'static str, source: &str, note: (&str, &str)) {
        self.event(at, &Object::node(node), source, note);
    }

    /// Records the kubelet's report that its node is now in a condition, such as `NodeReady`.
    pub fn node_is_now(&mut self, at: i64, node: &'static str, source: &str, condition: &str) {
        let message = format!("Node {node} status is now: {condition}");
        self.node_says(at, node, source, (condition, &message));
    }

    /// Records a patch of a node.
    pub fn patch_node(&mut self, at: i64, user: &User, node: &str, patch: Value) -> Cause {
        let mut whole =
            json!({"status": {"nodeInfo": {"kubeletVersion": "v1.36.2", "osImage": "TencentOS Server 4"}}});
        if let Some(spec) = patch.get("spec") {
            whole["spec"] = spec.clone();
        }
        self.change_to(at, user, ("patch", Target::new("nodes", "", node)), (patch, whole))
    }

    /// Cordons a node, or uncordons it.
    pub fn cordon(&mut self, at: i64, user: &User, node: &'static str, is_closed: bool) {
        let (value, condition) = match is_closed {
            true => (json!(true), "NodeNotSchedulable"),
            false => (Value::Null, "NodeSchedulable"),
        };
        self.patch_node(at, user, node, json!({"spec": {"unschedulable": value}}));
        let seen = self.after(at, 1, 6);
        self.node_is_now(seen, node, "kubelet", condition);
    }

    /// Records the taint that the node lifecycle controller puts on a node; `None` takes it off.
    pub fn controller_taints(&mut self, at: i64, node: &str, taint: Option<(&str, &str)>) {
        let taints =
            taint.map(|(key, effect)| json!([{"key": key, "effect": effect, "timeAdded": rfc3339(at)}]));
        self.patch_node(at, &User::controller("node-controller"), node, json!({"spec": {"taints": taints}}));
    }

    /// Returns the pods on a node at a point, without those of DaemonSets.
    pub fn pods_on(&self, node: &str, at: i64) -> Vec<usize> {
        let is_here = |index: &usize| {
            let pod = &self.cluster.pods[*index];
            pod.node == node && pod.from <= at && at < pod.to && FLEET[pod.workload].kind != Kind::DaemonSet
        };
        (0..self.cluster.pods.len()).filter(is_here).collect()
    }

    /// Takes the DaemonSet pods of a node down for a span.
    pub fn daemons_down(&mut self, node: &str, span: (i64, i64)) {
        for pod in self.cluster.pods.iter_mut().filter(|pod| pod.node == node && pod.owner.0 == "DaemonSet") {
            pod.down.push(span);
        }
    }

    /// Returns true if planned records name a pod on the node in a span: such a node is left alone.
    pub fn is_planned(&self, node: &str, (from, to): (i64, i64)) -> bool {
        self.cluster.pods.iter().any(|pod| {
            let is_planned = pod.from > self.from || pod.to <= self.from + 24 * HOUR;
            pod.node == node && is_planned && pod.from < to + MINUTE && from - MINUTE < pod.to
        })
    }

    /// Makes a node ready for an incident: every pod of `victim` runs on it, at most one pod of any
    /// other workload, and none of a workload with a single pod or of its caller.
    pub fn settle(&mut self, node: &'static str, victim: &str, caller: &str) {
        let mut kept: Vec<usize> = Vec::new();
        for pod in 0..self.cluster.pods.len() {
            let of = &self.cluster.pods[pod];
            let workload = &FLEET[of.workload];
            let is_planned = of.from > self.from || of.to <= self.from + 24 * HOUR;
            if is_planned || workload.kind == Kind::DaemonSet {
                continue;
            }
            let is_fixed = workload.replicas < 2
                || is_changed(workload.name)
                || workload.name == caller
                || workload.kind == Kind::StatefulSet;
            if workload.name == victim {
                self.cluster.move_pod(pod, node, &mut self.pen.rng);
            } else if of.node == node && (is_fixed || kept.contains(&of.workload)) {
                let other = self.other_node(node);
                self.cluster.move_pod(pod, other, &mut self.pen.rng);
            } else if of.node == node {
                kept.push(of.workload);
            }
        }
    }

    fn other_node(&mut self, node: &str) -> &'static str {
        self.pick(NODES.into_iter().filter(|other| *other != node).collect())
    }

    /// Leaves a workload a single pod all day; returns it. Must precede any record of its pods.
    pub fn thin_out(&mut self, workload: usize) -> usize {
        let pods = self.cluster.alive(workload, self.from);
        for pod in pods.iter().skip(1) {
            self.cluster.pods[*pod].to = self.from - 1;
        }
        self.cluster.states[workload].replicas = 1;
        pods.first().copied().unwrap_or(0)
    }

    /// Returns the node other than `node` that runs the fewest pods of the named workloads.
    pub fn bystander(&self, node: &str, names: &[&str], at: i64) -> &'static str {
        let count = |other: &str| {
            let pods = self.pods_on(other, at);
            pods.iter().filter(|pod| names.contains(&FLEET[self.cluster.pods[**pod].workload].name)).count()
        };
        let others = NODES.into_iter().filter(|other| *other != node);
        others.min_by_key(|other| count(other)).unwrap_or(NODES[0])
    }

    /// Replaces a lost pod on a node other than `closed` and starts it within seconds.
    pub fn replace_pod(&mut self, at: i64, pod: usize, closed: &str) -> usize {
        let node = self.other_node(closed);
        let of = &self.cluster.pods[pod];
        let replica = of.name.rsplit('-').next().and_then(|tail| tail.parse().ok()).unwrap_or(0);
        let new = self.create_pod(at, of.workload, replica);
        self.bind_pod(at + SECOND / 30, new, node);
        let up = self.after(at, 4, 9);
        self.run_pod(at + SECOND, up, new);
        new
    }

    /// Cordons a node and evicts all but the victim's pods, as a drain does; they come up elsewhere.
    pub fn drain_others(&mut self, at: i64, user: &User, node: &'static str, victim: usize) {
        self.cordon(at - SECOND, user, node, true);
        for (i, pod) in self.pods_on(node, at).into_iter().enumerate() {
            if self.cluster.pods[pod].workload != victim {
                let at = at + i as i64 * SECOND / 3;
                self.evict(at, user, pod, 2);
                self.replace_pod(at + SECOND / 5, pod, node);
            }
        }
    }

    /// Has the taint manager delete a pod for a NoExecute taint.
    pub fn taint_evicts(&mut self, at: i64, pod: usize) {
        let object = self.pod_object(pod, false);
        let message = format!("Marking for deletion Pod {}/{}", object.namespace, object.name);
        self.event(at, &object, "taint-eviction-controller", ("TaintManagerEviction", &message));
        let why = ("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint");
        self.disrupt(at + SECOND / 60, &User::controller("node-controller"), pod, why);
    }

    /// Has the kubelet evict a pod because its node is short of memory, which no operation causes.
    pub fn memory_evicts(&mut self, at: i64, pod: usize) {
        let of = &self.cluster.pods[pod];
        let (node, workload) = (of.node, of.workload);
        let reclaim = ("EvictionThresholdMet", "Attempting to reclaim memory");
        self.node_says(at - SECOND, node, "kubelet", reclaim);
        self.node_is_now(at - SECOND / 2, node, "kubelet", "NodeHasInsufficientMemory");
        let (name, mib) = (FLEET[workload].name, self.cluster.states[workload].memory_mib);
        let (free, used) = (self.pen.rng.between(41_000, 99_000), i64::from(mib) * 1024 * 9 / 10);
        let message = format!(
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: {free}Ki. Container {name} was using {used}Ki, request is {}Mi, has larger consumption of memory. ",
            mib / 2
        );
        self.kubelet_evicts(at, pod, &message);
    }
}
