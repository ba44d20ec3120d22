//! What people and controllers do to workloads: each verb leaves the audit records and events
//! that a real cluster leaves, and changes the cluster for what follows; pods are in `pod.rs`.
//! Changes of one workload must be planned in the order of time.

use crate::audit::{Request, Target, User};
use crate::day::Day;
use crate::event::Note;
use crate::fleet::Kind;
use crate::manifest;
use crate::text::{SECOND, rfc3339, version};
use serde_json::{Value, json};

/// How a rollout goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rollout {
    /// New pods start, old ones go one by one.
    Good,
    /// New pods cannot pull their image; the old ones go all the same, after their grace period.
    Stuck,
}

impl Day {
    /// Returns the audit target of a workload.
    pub fn target(&self, workload: usize, sub: &'static str) -> Target<'static> {
        let of = self.cluster.states[workload].workload;
        let group = if of.kind == Kind::CronJob { "batch" } else { "apps" };
        Target { group, resource: of.resource(), sub, namespace: of.namespace, name: of.name }
    }

    /// Records a patch whose effect the state already has; returns the audit id.
    pub fn patch(&mut self, at: i64, user: &User, workload: usize, request: &Value) -> String {
        let state = &mut self.cluster.states[workload];
        state.generation += 1;
        let response = manifest::workload(state, self.from, at);
        let query = if user.agent.starts_with("kubectl") {
            "fieldManager=kubectl-patch&fieldValidation=Strict"
        } else {
            ""
        };
        let request = Request {
            query,
            request: Some(request.to_string()),
            response: Some(response),
            ..Request::new(user, "patch", self.target(workload, ""))
        };
        self.audit(at, &request)
    }

    /// Sets a new image tag and records the patch; returns the audit id.
    pub fn set_image(&mut self, at: i64, user: &User, workload: usize, tag: &str) -> String {
        let state = &mut self.cluster.states[workload];
        let name = state.workload.name;
        let repository = state.image.rsplit_once(':').map_or(state.image.as_str(), |(head, _)| head);
        state.image = format!("{repository}:{tag}");
        let patch =
            json!({"spec": {"template": {"spec": {"containers": [{"name": name, "image": state.image}]}}}});
        self.patch(at, user, workload, &patch)
    }

    /// Records `kubectl rollout restart`; returns the audit id.
    pub fn restart_rollout(&mut self, at: i64, user: &User, workload: usize) -> String {
        let state = &mut self.cluster.states[workload];
        let restarted_at = rfc3339(at);
        let annotations = json!({"kubectl.kubernetes.io/restartedAt": restarted_at});
        state.restarted_at = Some(restarted_at);
        self.patch(
            at,
            user,
            workload,
            &json!({"spec": {"template": {"metadata": {"annotations": annotations}}}}),
        )
    }

    /// Records an edit of a ConfigMap; returns the audit id.
    pub fn edit_config(
        &mut self,
        at: i64,
        user: &User,
        (namespace, name): (&str, &str),
        file: &str,
        text: &str,
    ) -> String {
        let target = Target { resource: "configmaps", namespace, name, ..Target::default() };
        let request = Request {
            query: "fieldManager=kubectl-edit&fieldValidation=Strict",
            request: Some(json!({"data": {file: text}}).to_string()),
            response: Some(manifest::config_map(namespace, name, file, text, version(self.from, at))),
            ..Request::new(user, "patch", target)
        };
        self.audit(at, &request)
    }

    /// Records what the deployment controller says of its ReplicaSets.
    pub fn scaling_event(&mut self, at: i64, workload: usize, what: &str) {
        let object = self.workload_object(workload);
        self.event(
            at,
            &object,
            &Note {
                reason: "ScalingReplicaSet",
                message: what,
                is_warning: false,
                source: ("deployment-controller", ""),
            },
        );
    }

    /// Rolls a Deployment out to its present shape, or restarts a StatefulSet's pods; returns the new pods.
    pub fn roll_out(&mut self, at: i64, workload: usize, how: Rollout) -> Vec<usize> {
        let old = self.cluster.alive(workload, at);
        let (hash, uid) = (self.pen.rng.suffix(9), self.pen.rng.uuid());
        let state = &mut self.cluster.states[workload];
        let (of, replicas, grace_s) = (state.workload, state.replicas, state.grace_s);
        let previous = std::mem::replace(&mut state.set, (hash.clone(), uid)).0;
        if of.kind == Kind::Deployment {
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
            self.audit(
                at + SECOND / 10,
                &Request { response: Some(body), ..Request::new(&user, "create", target) },
            );
            self.audit(at + SECOND / 8, &Request::new(&user, "update", self.target(workload, "status")));
            let first = if how == Rollout::Good { 1 } else { replicas };
            self.scaling_event(
                at + SECOND / 10,
                workload,
                &format!("Scaled up replica set {set} to {first}"),
            );
        }
        let mut pods = Vec::new();
        for replica in 0..replicas {
            let step = if how == Rollout::Good { replica as i64 * 9 } else { 0 };
            let start = self.after(at + step * SECOND, 1, 3);
            if how == Rollout::Good && of.kind == Kind::Deployment && replica > 0 {
                self.scaling_event(
                    start - SECOND,
                    workload,
                    &format!("Scaled up replica set {}-{hash} to {}", of.name, replica + 1),
                );
            }
            pods.push(self.start_pod(start, workload, replica, how == Rollout::Good));
        }
        for (i, pod) in old.iter().enumerate() {
            let left = old.len() - 1 - i;
            let (stop, grace) = match how {
                Rollout::Good => (self.after(at + (i as i64 * 9 + 6) * SECOND, 1, 2), 2),
                Rollout::Stuck => (at + SECOND, grace_s - 1),
            };
            if of.kind == Kind::Deployment && (how == Rollout::Good || left == 0) {
                self.scaling_event(
                    stop - SECOND / 2,
                    workload,
                    &format!("Scaled down replica set {}-{previous} to {left}", of.name),
                );
            }
            self.stop_pod(stop, *pod, grace);
        }
        pods
    }

    /// Scales a workload; returns the audit id. Pods that go keep running for the grace period.
    pub fn scale(&mut self, at: i64, user: &User, workload: usize, replicas: usize) -> String {
        let alive = self.cluster.alive(workload, at);
        let state = &mut self.cluster.states[workload];
        state.replicas = replicas;
        state.generation += 1;
        let (of, hash, grace_s) = (state.workload, state.set.0.clone(), state.grace_s);
        let body = json!({
            "kind": "Scale", "apiVersion": "autoscaling/v1",
            "metadata": {"name": of.name, "namespace": of.namespace, "uid": state.uid, "resourceVersion": version(self.from, at).to_string()},
            "spec": {"replicas": replicas}, "status": {"replicas": alive.len(), "selector": format!("app={}", of.name)},
        });
        let target = self.target(workload, "scale");
        let (verb, request) = match user.agent.starts_with("kubectl") {
            true => ("patch", json!({"spec": {"replicas": replicas}}).to_string()),
            false => ("update", body.to_string()),
        };
        let id = self.audit(
            at,
            &Request {
                request: Some(request),
                response: Some(body.to_string()),
                ..Request::new(user, verb, target)
            },
        );
        if of.kind == Kind::Deployment {
            let way = if replicas > alive.len() { "up" } else { "down" };
            self.scaling_event(
                at + SECOND / 10,
                workload,
                &format!("Scaled {way} replica set {}-{hash} to {replicas} from {}", of.name, alive.len()),
            );
        }
        for replica in alive.len()..replicas {
            let start = self.after(at, 1, 2);
            self.start_pod(start, workload, replica, true);
        }
        for pod in alive.iter().skip(replicas) {
            self.stop_pod(at + SECOND / 5, *pod, grace_s);
        }
        id
    }
}
