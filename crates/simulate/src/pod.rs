//! What happens to a pod: it is created and placed, starts, restarts, is killed, evicted, deleted.
//! Each verb leaves the audit records, events and console lines of a real cluster.

use crate::api::Target;
use crate::audit::Request;
use crate::day::Day;
use crate::event::Object;
use crate::fleet::{FLEET, Style};
use crate::manifest;
use crate::people::User;
use crate::text::{SECOND, rfc3339};
use crate::truth::Cause;
use serde_json::{Value, json};

/// The version at which the API server logs the options of a deletion.
const OPTIONS: &str = "meta.k8s.io/__internal";

/// Returns the response to a request that has no object.
fn success() -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201})
}

/// Returns the controller that creates an owner's pods.
pub fn controller_of(owner_kind: &str) -> &'static str {
    match owner_kind {
        "ReplicaSet" => "replicaset-controller",
        "StatefulSet" => "statefulset-controller",
        "DaemonSet" => "daemonset-controller",
        _ => "job-controller",
    }
}

impl Day {
    /// Records a request about a pod, or one of its subresources, with this body. A policy leaves out
    /// the results of a kubelet's patches of a status.
    pub fn ask_of_pod(
        &mut self,
        at: i64,
        user: &User,
        pod: usize,
        (verb, sub, body): (&str, &str, Option<Value>),
    ) -> Cause {
        let of = &self.cluster.pods[pod];
        let (namespace, name) = (FLEET[of.workload].namespace, of.name.clone());
        let mut request = Request::new(user, verb, Target::new("pods", namespace, &name).sub(sub));
        if let Some(body) = &body {
            request = request.body(body);
        }
        let is_kubelet = user.name.starts_with("system:node:");
        match (sub, body.is_some()) {
            ("status", _) if is_kubelet => {}
            ("eviction", _) => request = request.response(&success()),
            (_, true) => request = request.response(&manifest::pod(&of.shape, of, (self.from, at))),
            (_, false) => {}
        }
        self.audit(at, &request)
    }

    /// Creates a pod of the workload's present shape, which waits for a node. Returns its index.
    pub fn create_pod(&mut self, at: i64, workload: usize, replica: usize) -> usize {
        let pod = self.cluster.add_pod(workload, replica, at, &mut self.pen.rng);
        self.cluster.pods[pod].from = i64::MAX;
        let of = &self.cluster.pods[pod];
        let body = manifest::pod(&self.cluster.states[workload], of, (self.from, at));
        let (owner, object) = (self.owner_object(pod), self.pod_object(pod, false));
        self.pod_is_created(at, &owner, &object, &body);
        pod
    }

    /// Records that a controller creates a pod for its owner.
    pub fn pod_is_created(&mut self, at: i64, owner: &Object, pod: &Object, body: &Value) {
        let source = controller_of(owner.kind);
        let target = Target::new("pods", &pod.namespace, &pod.name);
        self.audit(at, &Request::new(&User::controller(source), "create", target).both(body));
        let message = match owner.kind {
            "StatefulSet" => format!("create Pod {} in StatefulSet {} successful", pod.name, owner.name),
            _ => format!("Created pod: {}", pod.name),
        };
        self.event(at + SECOND / 100, owner, source, ("SuccessfulCreate", &message));
    }

    /// Records that the scheduler finds no node for a pod, again and again until `end`.
    pub fn fail_scheduling(&mut self, (at, end): (i64, i64), pod: usize, message: &str) {
        let object = self.pod_object(pod, false);
        let status = json!({"status": {"conditions": [{"type": "PodScheduled", "status": "False", "observedGeneration": 1,
            "reason": "Unschedulable", "message": message, "lastProbeTime": null, "lastTransitionTime": rfc3339(at)}]}});
        self.ask_of_pod(at + SECOND / 50, &User::scheduler(), pod, ("patch", "status", Some(status)));
        for at in self.retries((at + SECOND / 25, end), (20, 300)) {
            self.event(at, &object, "default-scheduler", ("FailedScheduling", message));
        }
    }

    /// Binds a waiting pod to a node.
    pub fn bind_pod(&mut self, at: i64, pod: usize, node: &'static str) {
        if self.cluster.pods[pod].node != node {
            self.cluster.move_pod(pod, node, &mut self.pen.rng);
        }
        let object = self.pod_object(pod, false);
        self.pod_is_bound(at, &object);
        self.pod_is_taken(at + SECOND / 60, pod);
    }

    /// Records that the scheduler binds a pod to its node.
    pub fn pod_is_bound(&mut self, at: i64, pod: &Object) {
        let Object { namespace, name, uid, node, .. } = pod;
        let binding = json!({"kind": "Binding", "apiVersion": "v1",
            "metadata": {"name": name, "namespace": namespace, "uid": uid},
            "target": {"kind": "Node", "name": node}});
        let target = Target::new("pods", namespace, name).sub("binding");
        self.audit(
            at,
            &Request::new(&User::scheduler(), "create", target).body(&binding).response(&success()),
        );
        let message = format!("Successfully assigned {namespace}/{name} to {node}");
        self.event(at + SECOND / 100, pod, "default-scheduler", ("Scheduled", &message));
    }

    /// Starts a bound pod: its image is pulled from `at` on, its container is up at `up`.
    pub fn run_pod(&mut self, at: i64, up: i64, pod: usize) {
        let image = self.cluster.pods[pod].shape.image.clone();
        self.kubelet_says(at, pod, "Pulling", &format!("Pulling image \"{image}\""));
        let took = (up - SECOND - at).max(SECOND) as f64 / SECOND as f64;
        let message = format!(
            "Successfully pulled image \"{image}\" in {took:.3}s ({took:.3}s including waiting). Image size: 201338112 bytes."
        );
        self.kubelet_says(up - SECOND, pod, "Pulled", &message);
        self.first_start(up, pod);
    }

    /// Creates a pod and places it; its container does not start here. Returns its index.
    pub fn place_pod(&mut self, at: i64, workload: usize, replica: usize) -> usize {
        let pod = self.create_pod(at, workload, replica);
        let node = self.cluster.pods[pod].node;
        self.bind_pod(at + SECOND / 50, pod, node);
        pod
    }

    /// Creates a pod, places it and starts it within seconds. Returns its index.
    pub fn start_pod(&mut self, at: i64, workload: usize, replica: usize) -> usize {
        let pod = self.place_pod(at, workload, replica);
        self.start_cached(at, pod);
        pod
    }

    /// Starts a bound pod within seconds; a node pulls an image that is new to it.
    pub fn start_cached(&mut self, at: i64, pod: usize) {
        let up = self.after(at, 2, 5);
        let of = &self.cluster.pods[pod];
        let first = self.history.get(&of.workload).and_then(|history| history.first());
        let is_new = first.is_some_and(|(_, state)| state.image != of.shape.image);
        if is_new && self.pulled.insert((of.node, of.shape.image.clone())) {
            return self.run_pod(at, up, pod);
        }
        self.image_is_present(up - SECOND, pod);
        self.first_start(up, pod);
    }

    fn first_start(&mut self, up: i64, pod: usize) {
        self.start_container(up, pod);
        self.cluster.pods[pod].from = up;
        self.pod_runs(up, pod);
    }

    /// Records a container's start and the first lines of its console.
    pub fn start_container(&mut self, up: i64, pod: usize) {
        let state = &self.cluster.pods[pod].shape;
        let (name, port, memory) = (state.workload.name, state.workload.port, state.memory_mib);
        let starting = format!("starting {name}, image {}", state.image);
        let limit = format!("memory limit {memory} MiB, config /etc/app/application.yaml");
        let listening = format!("{name} is listening on 0.0.0.0:{port}");
        let banner = match state.workload.style {
            Style::Java => {
                ["  .   ____          _            __ _ _", " /\\\\ / ___'_ __ _ _(_)_ __  __ _ \\ \\ \\ \\"]
            }
            _ => ["", "----"],
        };
        self.kubelet_says(up - SECOND / 2, pod, "Created", "Container created");
        self.kubelet_says(up, pod, "Started", "Container started");
        self.print(up, pod, "stdout", &[banner[0], banner[1], &starting, &limit, &listening]);
    }

    fn stop_container(&mut self, at: i64, pod: usize) {
        let name = FLEET[self.cluster.pods[pod].workload].name;
        self.kubelet_says(at, pod, "Killing", &format!("Stopping container {name}"));
    }

    /// Has its controller delete a pod; its container runs on for `grace_s` seconds.
    pub fn stop_pod(&mut self, at: i64, pod: usize, grace_s: i64) {
        let source = controller_of(self.cluster.pods[pod].owner.0);
        let options = json!({"kind": "DeleteOptions", "apiVersion": OPTIONS});
        self.ask_of_pod(at, &User::controller(source), pod, ("delete", "", Some(options)));
        let (owner, name) = (self.owner_object(pod), &self.cluster.pods[pod].name);
        let message = match owner.kind {
            "StatefulSet" => format!("delete Pod {name} in StatefulSet {} successful", owner.name),
            _ => format!("Deleted pod: {name}"),
        };
        self.event(at, &owner, source, ("SuccessfulDelete", &message));
        self.wind_down(at + SECOND / 2, pod, at + SECOND + grace_s * SECOND);
    }

    /// Ends a pod that the API server has marked for deletion; the kubelet reports and removes it.
    pub fn end_pod(&mut self, at: i64, pod: usize, grace_s: i64) {
        self.wind_down(at, pod, at + grace_s.max(1) * SECOND);
    }

    /// Stops a pod's container from `at` on: it is over at `gone`, and the kubelet removes the pod.
    fn wind_down(&mut self, at: i64, pod: usize, gone: i64) {
        self.pod_is_leaving(at, pod);
        self.cluster.pods[pod].to = gone;
        if self.cluster.pods[pod].from < gone {
            self.stop_container(at, pod);
            self.pod_ends(gone, pod, ("Completed", 0, "Succeeded"));
            self.pod_status(
                gone + SECOND / 3,
                pod,
                &json!({"resources": {"limits": null, "requests": {"cpu": null}}}),
            );
        }
        self.delete_pod(gone + SECOND / 2, &User::kubelet(self.cluster.pods[pod].node), pod);
    }

    /// Records a pod's deletion.
    pub fn delete_pod(&mut self, at: i64, user: &User, pod: usize) -> Cause {
        let options = json!({"kind": "DeleteOptions", "apiVersion": OPTIONS, "gracePeriodSeconds": 0,
            "preconditions": {"uid": self.cluster.pods[pod].uid}});
        self.ask_of_pod(at, user, pod, ("delete", "", Some(options)))
    }

    /// Has somebody delete a pod, as `kubectl delete pod` does.
    pub fn remove_pod(&mut self, at: i64, user: &User, pod: usize) -> Cause {
        let options =
            json!({"kind": "DeleteOptions", "apiVersion": OPTIONS, "propagationPolicy": "Background"});
        self.ask_of_pod(at, user, pod, ("delete", "", Some(options)))
    }

    /// Records an eviction through the API: a disruption budget allowed it. The pod runs on for
    /// its grace period.
    pub fn evict(&mut self, at: i64, user: &User, pod: usize, grace_s: i64) -> Cause {
        let object = self.pod_object(pod, false);
        let body = json!({"kind": "Eviction", "apiVersion": "policy/v1",
            "metadata": {"name": object.name, "namespace": object.namespace},
            "deleteOptions": {"gracePeriodSeconds": grace_s}});
        let cause = self.ask_of_pod(at, user, pod, ("create", "eviction", Some(body)));
        self.end_pod(at + SECOND / 4, pod, grace_s);
        cause
    }

    /// Marks a pod as a target of disruption, and deletes it.
    pub fn disrupt(&mut self, at: i64, user: &User, pod: usize, (reason, message): (&str, &str)) {
        let status = json!({"status": {"conditions": [{"type": "DisruptionTarget", "status": "True",
            "reason": reason, "message": message}]}});
        self.ask_of_pod(at, user, pod, ("patch", "status", Some(status)));
        self.delete_pod(at + SECOND / 100, user, pod);
    }

    /// Has the kubelet evict a pod for the node's sake or its own; its container is killed at once.
    pub fn kubelet_evicts(&mut self, at: i64, pod: usize, message: &str) {
        self.kubelet_says(at, pod, "Evicted", message);
        self.stop_container(at + SECOND / 3, pod);
        self.cluster.pods[pod].to = at + SECOND;
        self.cluster.pods[pod].leaving = at + SECOND;
        self.pod_ends(at + SECOND, pod, ("Completed", 0, "Succeeded"));
        let owner = self.owner_object(pod);
        if owner.kind == "StatefulSet" {
            // Only its controller makes room for a pod of the same name.
            let (namespace, set, name) = (&owner.namespace, &owner.name, &self.cluster.pods[pod].name);
            let message = format!("StatefulSet {namespace}/{set} is recreating failed Pod {name}");
            let source = "statefulset-controller";
            self.event(at + 5 * SECOND / 4, &owner, source, ("RecreatingFailedPod", &message));
            self.delete_pod(at + 4 * SECOND / 3, &User::controller(source), pod);
        }
    }

    /// Records that a controller cannot create a workload's pod, again and again until `end`.
    /// `refusal` is the message of the API server, with `{pod}` for the pod's name.
    pub fn fail_create(&mut self, span: (i64, i64), workload: usize, refusal: &str) {
        let (of, set) = (&FLEET[workload], self.cluster.states[workload].set.clone());
        let mut owner = self.workload_object(workload);
        if owner.kind == "Deployment" {
            (owner.kind, owner.name, owner.uid) = ("ReplicaSet", format!("{}-{}", of.name, set.0), set.1);
        }
        let source = controller_of(owner.kind);
        let user = User::controller(source);
        let code = if refusal.contains("is forbidden") { 403 } else { 500 };
        self.refusals.push((workload, span, refusal.to_owned()));
        for at in self.retries(span, (2, 240)) {
            // A ReplicaSet's controller draws a new name each time, a StatefulSet's cannot.
            let (name, message) = match owner.kind {
                "StatefulSet" => {
                    let name = format!("{}-0", of.name);
                    let head = format!("create Pod {name} in StatefulSet {} failed error: ", of.name);
                    (name, head)
                }
                _ => (format!("{}-{}", owner.name, self.pen.rng.suffix(5)), "Error creating: ".to_owned()),
            };
            let refused = refusal.replace("{pod}", &name);
            // A claim on its way out stops the controller before it asks for the pod.
            if !refused.starts_with("pvc ") {
                let body = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name,
                    "namespace": of.namespace, "labels": {"app": of.name}}});
                let target = Target::new("pods", of.namespace, &name);
                let request = Request::new(&user, "create", target).body(&body);
                self.audit(at, &request.refused(code, &refused));
            }
            let message = format!("{message}{refused}");
            self.event(at + SECOND / 100, &owner, source, ("FailedCreate", &message));
        }
    }
}
