//! A pod's way when it is not made, placed and started in one go: it is evicted, waits for a node,
//! is placed late, starts slowly; or its controller cannot even create it.

use crate::audit::{Request, Target, User};
use crate::cluster::NODES;
use crate::day::Day;
use crate::event::Note;
use crate::manifest;
use crate::text::{SECOND, rfc3339};
use serde_json::{Value, json};

const SCHEDULER: &str = "kube-scheduler/v1.30.4 (linux/amd64) kubernetes/a51b3b7/scheduler";

/// Returns the controller that makes an owner's pods.
pub fn controller_of(owner_kind: &str) -> &'static str {
    match owner_kind {
        "ReplicaSet" => "replicaset-controller",
        "StatefulSet" => "statefulset-controller",
        "DaemonSet" => "daemonset-controller",
        _ => "job-controller",
    }
}

/// Returns the scheduler.
pub fn scheduler() -> User {
    User::component("kube-scheduler", SCHEDULER)
}

impl Day {
    fn pod_target<'a>(namespace: &'a str, name: &'a str, sub: &'a str) -> Target<'a> {
        Target { resource: "pods", sub, namespace, name, ..Target::default() }
    }

    /// Moves a pod that no record tells of yet to another node.
    pub fn move_pod(&mut self, pod: usize, node: &'static str) {
        let subnet = NODES.iter().position(|known| *known == node).unwrap_or(0);
        let last = self.pen.rng.between(10, 250);
        let pod = &mut self.cluster.pods[pod];
        (pod.node, pod.ip) = (node, format!("172.16.{subnet}.{last}"));
    }

    /// Makes a pod of the workload's present shape that waits for a node. Returns its index.
    pub fn create_pod(&mut self, at: i64, workload: usize, replica: usize) -> usize {
        let pod = self.cluster.add_pod(workload, replica, i64::MAX, &mut self.pen.rng);
        let body = manifest::pod(&self.cluster.states[workload], &self.cluster.pods[pod], self.from, at);
        let object = self.pod_object(pod, false);
        let source = controller_of(self.cluster.pods[pod].owner.0);
        let creator = User::controller(source);
        let target = Self::pod_target(&object.namespace, &object.name, "");
        self.audit(at, &Request { response: Some(body), ..Request::new(&creator, "create", target) });
        let what = match source {
            "statefulset-controller" => "create Pod in StatefulSet successful: ",
            _ => "Created pod: ",
        };
        let message = format!("{what}{}", object.name);
        let owner = self.owner_object(pod);
        let note =
            Note { reason: "SuccessfulCreate", message: &message, is_warning: false, source: (source, "") };
        self.event(at + SECOND / 100, &owner, &note);
        pod
    }

    /// Records that the scheduler finds no node for a pod, again and again until `end`.
    pub fn fail_scheduling(&mut self, at: i64, end: i64, pod: usize, message: &str) {
        let object = self.pod_object(pod, false);
        let status = json!({"status": {"conditions": [{"type": "PodScheduled", "status": "False",
            "reason": "Unschedulable", "message": message, "lastTransitionTime": rfc3339(at)}]}});
        let user = scheduler();
        let target = Self::pod_target(&object.namespace, &object.name, "status");
        let patch = Request { request: Some(status.to_string()), ..Request::new(&user, "patch", target) };
        self.audit(at + SECOND / 50, &patch);
        let (mut at, mut wait) = (at + SECOND / 25, 20);
        while at < end {
            let note = Note {
                reason: "FailedScheduling",
                message,
                is_warning: true,
                source: ("default-scheduler", ""),
            };
            self.event(at, &object, &note);
            at = self.after(at, wait, wait + 15);
            wait = (wait * 2).min(300);
        }
    }

    /// Binds a waiting pod to a node.
    pub fn bind_pod(&mut self, at: i64, pod: usize, node: &'static str) {
        self.move_pod(pod, node);
        let object = self.pod_object(pod, false);
        let binding = json!({"kind": "Binding", "apiVersion": "v1",
            "metadata": {"name": object.name, "namespace": object.namespace, "uid": object.uid},
            "target": {"kind": "Node", "name": node}});
        let user = scheduler();
        let target = Self::pod_target(&object.namespace, &object.name, "binding");
        let bind = Request { request: Some(binding.to_string()), ..Request::new(&user, "create", target) };
        self.audit(at, &bind);
        let message = format!("Successfully assigned {}/{} to {node}", object.namespace, object.name);
        let note = Note {
            reason: "Scheduled",
            message: &message,
            is_warning: false,
            source: ("default-scheduler", ""),
        };
        self.event(at + SECOND / 100, &object, &note);
    }

    /// Starts a bound pod: its image is pulled from `at` on, its container is up at `up`.
    pub fn run_pod(&mut self, at: i64, up: i64, pod: usize) {
        let state = &self.cluster.states[self.cluster.pods[pod].workload];
        let (image, container) = (state.image.clone(), state.workload.name);
        let pulled = up - SECOND;
        self.kubelet_says(at, pod, "Pulling", &format!("Pulling image \"{image}\""), false);
        let took = (pulled - at).max(SECOND) as f64 / SECOND as f64;
        let message = format!(
            "Successfully pulled image \"{image}\" in {took:.3}s ({took:.3}s including waiting). Image size: 201338112 bytes."
        );
        self.kubelet_says(pulled, pod, "Pulled", &message, false);
        self.kubelet_says(up - SECOND / 2, pod, "Created", &format!("Created container {container}"), false);
        self.kubelet_says(up, pod, "Started", &format!("Started container {container}"), false);
        self.cluster.pods[pod].from = up;
        let ip = self.cluster.pods[pod].ip.clone();
        self.pod_status(up, pod, &json!({"phase": "Running", "podIP": ip}));
        self.print_start(up, pod);
    }

    /// Records an eviction through the API: a disruption budget allowed it. The pod runs on for
    /// its grace period. Returns the audit id.
    pub fn evict(&mut self, at: i64, user: &User, pod: usize, grace_s: i64) -> String {
        let object = self.pod_object(pod, false);
        let body = json!({"kind": "Eviction", "apiVersion": "policy/v1",
            "metadata": {"name": object.name, "namespace": object.namespace},
            "deleteOptions": {"gracePeriodSeconds": grace_s}});
        let target = Self::pod_target(&object.namespace, &object.name, "eviction");
        let request = Request { request: Some(body.to_string()), ..Request::new(user, "create", target) };
        let id = self.audit(at, &request);
        self.end_pod(at + SECOND / 4, pod, grace_s);
        id
    }

    /// Ends a pod that the API server has marked for deletion; the kubelet reports and removes it.
    pub fn end_pod(&mut self, at: i64, pod: usize, grace_s: i64) {
        let container = self.cluster.states[self.cluster.pods[pod].workload].workload.name;
        self.kubelet_says(at, pod, "Killing", &format!("Stopping container {container}"), false);
        let gone = at + grace_s.max(1) * SECOND;
        self.cluster.pods[pod].to = gone;
        self.delete_pod(gone + SECOND / 2, &User::kubelet(self.cluster.pods[pod].node), pod);
    }

    /// Records a pod's deletion; returns the audit id.
    pub fn delete_pod(&mut self, at: i64, user: &User, pod: usize) -> String {
        let object = self.pod_object(pod, false);
        let options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0,
            "preconditions": {"uid": object.uid}});
        let target = Self::pod_target(&object.namespace, &object.name, "");
        let request = Request { request: Some(options.to_string()), ..Request::new(user, "delete", target) };
        self.audit(at, &request)
    }

    /// Has the kubelet evict a pod for the node's sake; its container is killed at once.
    pub fn kubelet_evicts(&mut self, at: i64, pod: usize, message: &str) {
        let container = self.cluster.states[self.cluster.pods[pod].workload].workload.name;
        let object = self.pod_object(pod, false);
        let node = self.cluster.pods[pod].node;
        let note = Note { reason: "Evicted", message, is_warning: true, source: ("kubelet", node) };
        self.event(at, &object, &note);
        self.kubelet_says(at + SECOND / 3, pod, "Killing", &format!("Stopping container {container}"), false);
        self.pod_status(at, pod, &json!({"phase": "Failed", "reason": "Evicted", "message": message}));
        self.cluster.pods[pod].to = at + SECOND;
        let owner = self.owner_object(pod);
        if owner.kind == "StatefulSet" {
            // Only its controller makes room for a pod of the same name.
            let source = "statefulset-controller";
            let message = format!(
                "StatefulSet {}/{} is recreating failed Pod {}",
                owner.namespace, owner.name, object.name
            );
            let note = Note {
                reason: "RecreatingFailedPod",
                message: &message,
                is_warning: true,
                source: (source, ""),
            };
            self.event(at + 5 * SECOND / 4, &owner, &note);
            self.delete_pod(at + 4 * SECOND / 3, &User::controller(source), pod);
        }
    }

    /// Records that a controller cannot create a workload's pod, again and again until `end`.
    /// `pod` is the name of the pod it wants; `refusal` is what the API server says.
    pub fn fail_create(&mut self, at: i64, end: i64, workload: usize, pod: &str, refusal: &str) {
        let state = &self.cluster.states[workload];
        let of = state.workload;
        let (mut owner, source) = (
            self.workload_object(workload),
            match of.kind_name() {
                "Deployment" => "replicaset-controller",
                "DaemonSet" => "daemonset-controller",
                _ => "statefulset-controller",
            },
        );
        if source == "replicaset-controller" {
            let (hash, uid) = state.set.clone();
            (owner.kind, owner.name, owner.uid) = ("ReplicaSet", format!("{}-{hash}", of.name), uid);
        }
        let user = User::controller(source);
        let (mut at, mut wait) = (at, 2);
        while at < end {
            // A ReplicaSet's controller draws a new name each time, a StatefulSet's cannot.
            let name = match source {
                "statefulset-controller" => pod.to_owned(),
                _ => format!("{}-{}", owner.name, self.pen.rng.suffix(5)),
            };
            let refused = refusal.replace("{pod}", &name);
            let message = match source {
                "statefulset-controller" => {
                    format!("create Pod {name} in StatefulSet {} failed error: {refused}", of.name)
                }
                _ => format!("Error creating: {refused}"),
            };
            if refused.contains("is forbidden") {
                let target = Self::pod_target(of.namespace, &name, "");
                let body: Value = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name,
                    "namespace": of.namespace, "labels": {"app": of.name}}});
                let request = Request {
                    code: 403,
                    message: &refused,
                    request: Some(body.to_string()),
                    ..Request::new(&user, "create", target)
                };
                self.audit(at, &request);
            }
            let note =
                Note { reason: "FailedCreate", message: &message, is_warning: true, source: (source, "") };
            self.event(at + SECOND / 100, &owner, &note);
            at = self.after(at, wait, wait + 1 + wait / 4);
            wait = (wait * 2).min(240);
        }
    }
}
