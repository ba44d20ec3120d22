//! Limits of a namespace: ResourceQuotas and LimitRanges, the refusals they lead to, and the
//! requests for pods that are then not made. Whether any pod hits them is up to the caller.

use crate::audit::{Request, Target, User};
use crate::day::Day;
use crate::event::{Note, Object};
use crate::fleet::FLEET;
use crate::manifest;
use crate::text::{SECOND, version};
use serde_json::{Value, json};

/// Returns a number of MiB as people write it.
pub fn size(mib: u32) -> String {
    if mib.is_multiple_of(1024) { format!("{}Gi", mib / 1024) } else { format!("{mib}Mi") }
}

impl Day {
    /// Returns what a namespace's pods use at a point: pods, requested MiB, requested milli-CPU.
    pub fn use_of(&self, namespace: &str, at: i64) -> (usize, u32, usize) {
        let pods: Vec<_> = self
            .cluster
            .pods
            .iter()
            .filter(|pod| FLEET[pod.workload].namespace == namespace && pod.from <= at && at < pod.to)
            .collect();
        let mib = pods.iter().map(|pod| self.cluster.states[pod.workload].memory_mib / 2).sum();
        (pods.len(), mib, pods.len() * 200)
    }

    /// Records a patch of a namespace's ResourceQuota; returns the audit id.
    pub fn patch_quota(&mut self, at: i64, user: &User, namespace: &str, hard: &Value) -> String {
        let name = format!("{namespace}-quota");
        let target = Target { resource: "resourcequotas", namespace, name: &name, ..Target::default() };
        let body = json!({"spec": {"hard": hard}});
        let id = self.change(at, user, "patch", ("ResourceQuota", target), (&body, body.clone()));
        let controller = User::controller("resourcequota-controller");
        let status = Request::new(&controller, "update", Target { sub: "status", ..target });
        self.audit(at + SECOND / 12, &status);
        id
    }

    /// Records the creation of a LimitRange for containers; returns the audit id.
    pub fn create_limits(
        &mut self,
        at: i64,
        user: &User,
        (namespace, name): (&str, &str),
        limit: &Value,
    ) -> String {
        let target = Target { resource: "limitranges", namespace, name, ..Target::default() };
        let whole = json!({"spec": {"limits": [limit]}});
        self.change(at, user, "create", ("LimitRange", target), (&Value::Null, whole))
    }

    /// Records the deletion of a LimitRange.
    pub fn delete_limits(&mut self, at: i64, user: &User, (namespace, name): (&str, &str)) {
        let target = Target { resource: "limitranges", namespace, name, ..Target::default() };
        self.change(at, user, "delete", ("LimitRange", target), (&Value::Null, Value::Null));
    }

    fn deployment_says(&mut self, at: i64, workload: usize, message: &str) {
        let object = self.workload_object(workload);
        let source = ("deployment-controller", "");
        let note = Note { reason: "ScalingReplicaSet", message, is_warning: false, source };
        self.event(at, &object, &note);
    }

    /// Records that the autoscaler asks for more pods of a Deployment; none is made here.
    pub fn ask_for_more(&mut self, at: i64, workload: usize, replicas: usize) {
        let source = "horizontal-pod-autoscaler";
        let user = User::controller(source);
        let state = &mut self.cluster.states[workload];
        let (of, before) = (state.workload, state.replicas);
        (state.replicas, state.generation) = (replicas, state.generation + 1);
        let set = format!("{}-{}", of.name, state.set.0);
        let body = json!({"kind": "Scale", "apiVersion": "autoscaling/v1",
            "metadata": {"name": of.name, "namespace": of.namespace, "uid": state.uid,
                "resourceVersion": version(self.from, at).to_string()},
            "spec": {"replicas": replicas}, "status": {"replicas": before}});
        let target = self.target(workload, "scale");
        let request = Request {
            request: Some(body.to_string()),
            response: Some(body.to_string()),
            ..Request::new(&user, "update", target)
        };
        self.audit(at, &request);
        let object = Object::named("HorizontalPodAutoscaler", "autoscaling/v2", of.namespace, of.name);
        let message = format!(
            "New size: {replicas}; reason: cpu resource utilization (percentage of request) above target"
        );
        let note =
            Note { reason: "SuccessfulRescale", message: &message, is_warning: false, source: (source, "") };
        self.event(at + SECOND / 20, &object, &note);
        let message = format!("Scaled up replica set {set} to {replicas} from {before}");
        self.deployment_says(at + SECOND / 10, workload, &message);
    }

    /// Rolls a Deployment out to its present shape as far as its controller gets when no pod can
    /// be made: a new ReplicaSet, the old pods gone after their grace period.
    pub fn roll_out_in_vain(&mut self, at: i64, workload: usize) {
        let old = self.cluster.alive(workload, at);
        let (hash, uid) = (self.pen.rng.suffix(9), self.pen.rng.uuid());
        let state = &mut self.cluster.states[workload];
        let (of, replicas, grace_s) = (state.workload, state.replicas, state.grace_s);
        let previous = std::mem::replace(&mut state.set, (hash.clone(), uid)).0;
        let set = format!("{}-{hash}", of.name);
        let body = manifest::replica_set(&self.cluster.states[workload], self.from, at);
        let user = User::controller("deployment-controller");
        let target = Target {
            group: "apps",
            resource: "replicasets",
            namespace: of.namespace,
            name: &set,
            ..Target::default()
        };
        let create = Request { response: Some(body), ..Request::new(&user, "create", target) };
        self.audit(at + SECOND / 10, &create);
        self.audit(at + SECOND / 8, &Request::new(&user, "update", self.target(workload, "status")));
        self.deployment_says(
            at + SECOND / 10,
            workload,
            &format!("Scaled up replica set {set} to {replicas}"),
        );
        let message = format!("Scaled down replica set {}-{previous} to 0 from {}", of.name, old.len());
        self.deployment_says(at + SECOND / 2, workload, &message);
        for pod in old {
            self.stop_pod(at + SECOND, pod, grace_s - 1);
        }
    }

    /// Has a workload's pods made at last: as a rollout that goes well would.
    pub fn make_pods(&mut self, at: i64, workload: usize, replicas: usize) {
        for replica in 0..replicas {
            let start = self.after(at, 1, 4);
            self.start_pod(start, workload, replica, true);
        }
        self.cluster.states[workload].grace_s = 30;
    }
}
