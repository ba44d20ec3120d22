//! The kubelet's reports about a pod: events, and patches of its status that hold the changes.
//! The forms follow a recorded cluster of Kubernetes 1.36. Must not know why anything happens.

use crate::day::Day;
use crate::fleet::FLEET;
use crate::manifest::resources;
use crate::people::User;
use crate::text::{SECOND, rfc3339};
use serde_json::{Value, json};

/// How long a container needs to pass its readiness probe.
pub const READY: i64 = 2 * SECOND;

/// The conditions of a pod, in the order of its status.
const CONDITIONS: [&str; 5] =
    ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

impl Day {
    /// Records a patch of a pod's status by the kubelet of its node.
    pub fn pod_status(&mut self, at: i64, pod: usize, status: &Value) {
        let kubelet = User::kubelet(self.cluster.pods[pod].node);
        let body = json!({"metadata": {"uid": self.cluster.pods[pod].uid}, "status": status});
        self.ask_of_pod(at + SECOND / 20, &kubelet, pod, ("patch", "status", Some(body)));
    }

    /// Returns the status of a pod's container in a state.
    fn container(&self, pod: usize, state: Value, (is_ready, is_started): (bool, bool)) -> Value {
        let of = &self.cluster.pods[pod];
        let (name, image) = (FLEET[of.workload].name, &of.shape.image);
        let digest = blake3::hash(image.as_bytes()).to_hex();
        let repository = image.rsplit_once(':').map_or(image.as_str(), |(head, _)| head);
        let mut status = json!({"name": name, "image": image, "imageID": "", "lastState": {}, "ready": is_ready,
            "restartCount": of.down.len(), "started": is_started, "state": state,
            "volumeMounts": [{"mountPath": "/etc/app", "name": "config"}]});
        if !of.last.is_null() {
            status["lastState"] = json!({"terminated": of.last});
        }
        if status["state"].get("waiting").is_none() || !of.last.is_null() {
            status["imageID"] = json!(format!("{repository}@sha256:{digest}"));
            status["containerID"] = json!(self.container_id(pod));
            status["resources"] = resources(&of.shape);
            status["allocatedResources"] = resources(&of.shape)["requests"].clone();
        }
        json!([status])
    }

    /// Returns the id of the present container of a pod.
    fn container_id(&self, pod: usize) -> String {
        let of = &self.cluster.pods[pod];
        let id = blake3::hash(format!("{}/{}", of.uid, of.down.len()).as_bytes()).to_hex();
        format!("containerd://{id}")
    }

    /// Records that the kubelet takes a pod that was bound to its node.
    pub fn pod_is_taken(&mut self, at: i64, pod: usize) {
        let containers =
            self.container(pod, json!({"waiting": {"reason": "ContainerCreating"}}), (false, false));
        let shape = &self.cluster.pods[pod].shape;
        let (whole, host) = (resources(shape), self.cluster.pods[pod].node);
        let mut status = conditions(
            at,
            &[
                ("Initialized", "True", ""),
                ("Ready", "False", UNREADY),
                ("ContainersReady", "False", UNREADY),
            ],
        );
        let rest = json!({"allocatedResources": whole["requests"], "containerStatuses": containers, "hostIP": host,
            "hostIPs": [{"ip": host}], "observedGeneration": 1, "resources": whole, "startTime": rfc3339(at)});
        extend(&mut status, rest);
        self.pod_status(at, pod, &status);
    }

    /// Records that a container waits for something other than its creation, such as its image.
    pub fn pod_waits(&mut self, at: i64, pod: usize, (reason, message): (&str, &str)) {
        let waiting = json!({"waiting": {"reason": reason, "message": message}});
        let containers = self.container(pod, waiting, (false, false));
        self.pod_status(at, pod, &json!({"containerStatuses": containers}));
    }

    /// Records that a pod's container runs for the first time and then is ready.
    pub fn pod_runs(&mut self, up: i64, pod: usize) {
        let running = json!({"running": {"startedAt": rfc3339(up)}});
        let (ip, containers) =
            (self.cluster.pods[pod].ip.clone(), self.container(pod, running.clone(), (false, true)));
        let mut status =
            json!({"containerStatuses": containers, "phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]});
        // Two times in five, the event before is reported along with it.
        let before = conditions(up, &[("PodReadyToStartContainers", "True", "")]);
        match self.pen.rng.index(5) < 2 {
            true => extend(&mut status, before),
            false => self.pod_status(up - SECOND / 3, pod, &before),
        }
        self.pod_status(up, pod, &status);
        self.misses_first_probe(up, pod);
        if self.cluster.pods[pod].is_probed {
            self.pod_is_ready(up + READY, pod, running);
        }
    }

    /// Records that a pod's container is ready.
    fn pod_is_ready(&mut self, at: i64, pod: usize, state: Value) {
        let containers = self.container(pod, state, (true, true));
        let mut status = conditions(at, &[("Ready", "True", ""), ("ContainersReady", "True", "")]);
        extend(&mut status, json!({"containerStatuses": containers}));
        self.pod_status(at, pod, &status);
    }

    /// Records that two in five programs do not listen yet when they are first probed.
    fn misses_first_probe(&mut self, up: i64, pod: usize) {
        let (ip, port) = (self.cluster.pods[pod].ip.clone(), FLEET[self.cluster.pods[pod].workload].port);
        if port > 0 && self.pen.rng.index(5) < 2 {
            let message = format!(
                "Readiness probe failed: Get \"http://{ip}:{port}/readyz\": dial tcp {ip}:{port}: connect: connection refused"
            );
            self.kubelet_says(up + SECOND / 9, pod, "Unhealthy", &message);
        }
    }

    /// Records that the API server has marked a pod for deletion.
    pub fn pod_is_leaving(&mut self, at: i64, pod: usize) {
        let of = &mut self.cluster.pods[pod];
        of.leaving = of.leaving.min(at);
        let mut status = conditions(at, &[]);
        extend(&mut status, json!({"observedGeneration": 2}));
        self.pod_status(at, pod, &status);
    }

    /// Records that a pod's container has ended for good: reason, exit code, phase of the pod.
    pub fn pod_ends(&mut self, at: i64, pod: usize, (reason, code, phase): (&str, i32, &str)) {
        let containers = self.container(pod, self.terminated(at, pod, (reason, code)), (false, false));
        let why = if phase == "Succeeded" { "PodCompleted" } else { "PodFailed" };
        let mut status = conditions(
            at,
            &[
                ("PodReadyToStartContainers", "False", ""),
                ("Initialized", "True", why),
                ("Ready", "False", why),
                ("ContainersReady", "False", why),
            ],
        );
        extend(&mut status, json!({"containerStatuses": containers, "phase": phase}));
        self.pod_status(at, pod, &status);
    }

    fn terminated(&self, at: i64, pod: usize, (reason, code): (&str, i32)) -> Value {
        let of = &self.cluster.pods[pod];
        let since = of.down.last().map_or(of.from, |down| down.1).min(at);
        json!({"terminated": {"containerID": self.container_id(pod), "exitCode": code, "reason": reason,
            "finishedAt": rfc3339(at), "startedAt": rfc3339(since)}})
    }

    /// Takes a pod's container down from `at` to `up`, with the status that the kubelet reports at
    /// each turn: how it ended, that it is held back, that it runs again.
    pub fn restart_container(&mut self, (at, up): (i64, i64), pod: usize, end: (&str, i32)) {
        let ended = self.terminated(at, pod, end);
        let containers = self.container(pod, ended.clone(), (false, false));
        let mut status =
            conditions(at, &[("Ready", "False", UNREADY), ("ContainersReady", "False", UNREADY)]);
        extend(&mut status, json!({"containerStatuses": containers}));
        self.pod_status(at, pod, &status);
        self.cluster.pods[pod].last = ended["terminated"].clone();
        if up - at > 4 * SECOND {
            let of = &self.cluster.pods[pod];
            let workload = &FLEET[of.workload];
            let held = 10 << of.down.len().min(5);
            let message = format!(
                "back-off {}s restarting failed container={} pod={}_{}({})",
                held.min(300),
                workload.name,
                of.name,
                workload.namespace,
                of.uid
            );
            self.pod_waits(at + SECOND, pod, ("CrashLoopBackOff", &message));
        }
        self.cluster.pods[pod].down.push((at, up));
        self.image_is_present(up - SECOND, pod);
        self.start_container(up, pod);
        let running = json!({"running": {"startedAt": rfc3339(up)}});
        let containers = self.container(pod, running.clone(), (false, true));
        self.pod_status(up, pod, &json!({"containerStatuses": containers}));
        // A container that fails as it starts is never ready.
        if end.0 != "Error" {
            self.pod_is_ready(up + READY, pod, running);
        }
    }

    /// Takes a pod's container down for a span in which it cannot be made anew.
    pub fn stays_down(&mut self, span: (i64, i64), pod: usize, why: (&str, &str)) {
        let ended = self.terminated(span.0, pod, ("Completed", 0));
        let containers = self.container(pod, ended.clone(), (false, false));
        let mut status =
            conditions(span.0, &[("Ready", "False", UNREADY), ("ContainersReady", "False", UNREADY)]);
        extend(&mut status, json!({"containerStatuses": containers}));
        self.pod_status(span.0, pod, &status);
        self.cluster.pods[pod].last = ended["terminated"].clone();
        self.pod_waits(span.0 + SECOND, pod, why);
        self.cluster.pods[pod].down.push(span);
    }

    /// Records the kubelet's warning that a container keeps failing.
    pub fn back_off(&mut self, at: i64, pod: usize) {
        let of = &self.cluster.pods[pod];
        let (workload, name, uid) = (&FLEET[of.workload], &of.name, &of.uid);
        let message = format!(
            "Back-off restarting failed container {} in pod {name}_{}({uid})",
            workload.name, workload.namespace
        );
        self.kubelet_says(at, pod, "BackOff", &message);
    }

    /// Records that a container's image is on its node.
    pub fn image_is_present(&mut self, at: i64, pod: usize) {
        let image = &self.cluster.pods[pod].shape.image;
        let message =
            format!("Container image \"{image}\" already present on machine and can be accessed by the pod");
        self.kubelet_says(at, pod, "Pulled", &message);
    }
}

const UNREADY: &str = "ContainersNotReady";

/// Returns the patch of a pod's conditions: type, status and reason of those that turn.
fn conditions(at: i64, turned: &[(&str, &str, &str)]) -> Value {
    let all = turned.iter().map(|(kind, status, reason)| {
        let mut condition = json!({"type": kind, "status": status, "lastTransitionTime": rfc3339(at)});
        if !reason.is_empty() {
            condition["reason"] = json!(reason);
        }
        condition
    });
    let all: Vec<Value> = all.collect();
    json!({"$setElementOrder/conditions": CONDITIONS.map(|kind| json!({"type": kind})), "conditions": all})
}

fn extend(into: &mut Value, from: Value) {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}
