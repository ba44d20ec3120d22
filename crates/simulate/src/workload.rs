//! What people and controllers do to workloads: each verb leaves the audit records and events
//! of a real cluster, and changes the cluster for what follows; pods are in `pod.rs`.
//! Changes of one workload must be planned in the order of time.

use crate::api::Target;
use crate::audit::Request;
use crate::change::query;
use crate::cluster::Probe;
use crate::day::Day;
use crate::event::Object;
use crate::fleet::{FLEET, Kind};
use crate::manifest;
use crate::people::User;
use crate::text::{SECOND, rfc3339, version};
use crate::truth::Cause;
use serde_json::{Value, json};

/// How a rollout goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rollout {
    /// New pods start, old ones go one by one.
    Good,
    /// New pods cannot start; the old ones go all the same, after their grace period.
    Stuck,
    /// New pods are refused; the old ones go all the same.
    Refused,
}

impl Day {
    /// Records a patch whose effect the state already has.
    pub fn patch(&mut self, at: i64, user: &User, workload: usize, patch: &Value) -> Cause {
        let state = &mut self.cluster.states[workload];
        state.generation += 1;
        let whole = manifest::workload(state, (self.from, at));
        let request = Request::new(user, "patch", self.target(workload, "")).query(query(user, "patch"));
        self.audit(at, &request.body(patch).response(&whole))
    }

    /// Records a patch of a workload's container.
    pub fn patch_container(&mut self, at: i64, user: &User, workload: usize, mut part: Value) -> Cause {
        part["name"] = json!(FLEET[workload].name);
        let patch = json!({"spec": {"template": {"spec": {"containers": [part]}}}});
        self.patch(at, user, workload, &patch)
    }

    /// Sets a new image tag.
    pub fn set_image(&mut self, at: i64, user: &User, workload: usize, tag: &str) -> Cause {
        let state = &mut self.cluster.states[workload];
        let repository = state.image.rsplit_once(':').map_or(state.image.as_str(), |(head, _)| head);
        state.image = format!("{repository}:{tag}");
        let image = json!({"image": state.image});
        self.patch_container(at, user, workload, image)
    }

    /// Sets a memory limit, and half of it as the request.
    pub fn set_memory(&mut self, at: i64, user: &User, workload: usize, mib: u32) -> Cause {
        self.cluster.states[workload].memory_mib = mib;
        let resources = json!({"limits": {"memory": format!("{mib}Mi")}, "requests": {"memory": format!("{}Mi", mib / 2)}});
        self.patch_container(at, user, workload, json!({"resources": resources}))
    }

    /// Sets a liveness probe.
    pub fn set_probe(&mut self, at: i64, user: &User, workload: usize, probe: Probe) -> Cause {
        self.cluster.states[workload].probe = probe;
        let http = json!({"path": probe.path, "port": FLEET[workload].port, "scheme": "HTTP"});
        let liveness = json!({"httpGet": http, "timeoutSeconds": probe.timeout_s,
            "periodSeconds": probe.period_s, "initialDelaySeconds": probe.delay_s});
        self.patch_container(at, user, workload, json!({"livenessProbe": liveness}))
    }

    /// Sets a variable of a workload's container as `kubectl set env` does; removes it without a value.
    pub fn set_env(
        &mut self,
        at: i64,
        user: &User,
        workload: usize,
        (name, value): (&str, Option<&str>),
    ) -> Cause {
        let state = &mut self.cluster.states[workload];
        state.env.retain(|known| known["name"] != name);
        let change = match value {
            Some(value) => {
                state.env.push(json!({"name": name, "value": value}));
                json!({"name": name, "value": value})
            }
            None => json!({"$patch": "delete", "name": name}),
        };
        let order: Vec<Value> = state.env.iter().map(|known| json!({"name": known["name"]})).collect();
        let container = state.workload.name;
        let patch = json!({"spec": {"template": {"spec": {
            "$setElementOrder/containers": [{"name": container}],
            "containers": [{"$setElementOrder/env": order, "env": [change], "name": container}],
        }}}});
        self.patch(at, user, workload, &patch)
    }

    /// Records `kubectl rollout restart`.
    pub fn restart_rollout(&mut self, at: i64, user: &User, workload: usize) -> Cause {
        let restarted_at = rfc3339(at);
        let annotations = json!({"kubectl.kubernetes.io/restartedAt": restarted_at});
        self.cluster.states[workload].restarted_at = Some(restarted_at);
        let patch = json!({"spec": {"template": {"metadata": {"annotations": annotations}}}});
        self.patch(at, user, workload, &patch)
    }

    /// Restarts a workload; all goes well.
    pub fn restart(&mut self, at: i64, user: &User, workload: usize) {
        self.restart_rollout(at, user, workload);
        self.roll_out(at, workload, Rollout::Good);
    }

    /// Draws the tag of a release.
    pub fn new_tag(&mut self) -> String {
        let rng = &mut self.pen.rng;
        format!("v{}.{}.{}", rng.between(4, 6), rng.between(0, 30), rng.between(0, 9))
    }

    /// Releases a new version; all goes well.
    pub fn release(&mut self, at: i64, user: &User, workload: usize) {
        let tag = self.new_tag();
        self.set_image(at, user, workload, &tag);
        self.roll_out(at, workload, Rollout::Good);
    }

    /// Releases the incident's own workload hours before it; all goes well.
    pub fn earlier_release(&mut self, symptom: i64, workload: usize) {
        let at = self.after(symptom, -4 * 3600, -2 * 3600);
        self.release(at, &User::ci(), workload);
    }

    /// Releases a version whose pods are all refused; the last old pod is gone at `end`.
    pub fn release_refused(&mut self, at: i64, end: i64, workload: usize) {
        self.drain_by(workload, at, end);
        let tag = self.new_tag();
        self.set_image(at, &User::ci(), workload, &tag);
        self.roll_out(at, workload, Rollout::Refused);
    }

    /// Lets a rollout from `at` on take every old pod away, the last of them at `end`.
    pub fn drain_by(&mut self, workload: usize, at: i64, end: i64) {
        let state = &mut self.cluster.states[workload];
        (state.max_unavailable, state.grace_s) = ("100%", (end - at) / SECOND - 2);
    }

    /// Takes back [`Day::drain_by`] and the probe or grace period of an incident.
    pub fn drain_slowly(&mut self, workload: usize) {
        let state = &mut self.cluster.states[workload];
        (state.max_unavailable, state.grace_s) = ("25%", 30);
    }

    fn scaling_event(&mut self, at: i64, workload: usize, message: &str) {
        if FLEET[workload].kind == Kind::Deployment {
            let object = self.workload_object(workload);
            self.event(at, &object, "deployment-controller", ("ScalingReplicaSet", message));
        }
    }

    /// Rolls a workload out to its present shape; returns the new pods.
    pub fn roll_out(&mut self, at: i64, workload: usize, how: Rollout) -> Vec<usize> {
        let old = self.cluster.alive(workload, at);
        let (name, replicas) = (FLEET[workload].name, self.cluster.states[workload].replicas);
        let grace_s = self.cluster.states[workload].grace_s;
        let (set, previous) = self.new_set(at, workload);
        let is_good = how == Rollout::Good;
        let first = if is_good { 1 } else { replicas };
        self.scaling_event(at + SECOND / 10, workload, &format!("Scaled up replica set {set} to {first}"));
        let mut pods = Vec::new();
        for replica in (0..replicas).filter(|_| how != Rollout::Refused) {
            let step = if is_good { replica as i64 * 9 } else { 0 };
            let start = self.after(at + step * SECOND, 1, 3);
            if is_good && replica > 0 {
                let message = format!("Scaled up replica set {set} to {}", replica + 1);
                self.scaling_event(start - SECOND, workload, &message);
            }
            let pod = self.place_pod(start, workload, replica);
            if is_good {
                self.start_cached(start, pod);
            }
            pods.push(pod);
        }
        for (i, pod) in old.iter().enumerate() {
            let left = old.len() - 1 - i;
            let (stop, grace_s) = match is_good {
                true => (self.after(at + (i as i64 * 9 + 6) * SECOND, 1, 2), 2),
                false => (at + SECOND, grace_s - 1),
            };
            if is_good || left == 0 {
                let message = format!("Scaled down replica set {name}-{previous} to {left}");
                self.scaling_event(stop - SECOND / 2, workload, &message);
            }
            self.stop_pod(stop, *pod, grace_s);
        }
        pods
    }

    /// Makes a Deployment's next ReplicaSet; returns its name and the hash of the last one.
    fn new_set(&mut self, at: i64, workload: usize) -> (String, String) {
        let of = &FLEET[workload];
        let (hash, uid) = (self.pen.rng.suffix(9), self.pen.rng.uuid());
        let set = format!("{}-{hash}", of.name);
        let previous = std::mem::replace(&mut self.cluster.states[workload].set, (hash, uid)).0;
        if of.kind == Kind::Deployment {
            let body = manifest::replica_set(&self.cluster.states[workload], (self.from, at));
            let user = User::controller("deployment-controller");
            let create = Request::new(&user, "create", Target::new("replicasets", of.namespace, &set));
            self.audit(at + SECOND / 10, &create.response(&body));
            self.audit(at + SECOND / 8, &Request::new(&user, "update", self.target(workload, "status")));
        }
        (set, previous)
    }

    /// Scales a workload; pods that go keep running for the grace period.
    pub fn scale(&mut self, at: i64, user: &User, workload: usize, replicas: usize) -> Cause {
        let cause = self.set_scale(at, user, workload, replicas);
        self.fit_pods(at, workload);
        cause
    }

    /// Records a write of a workload's scale; no pod comes or goes here.
    fn set_scale(&mut self, at: i64, user: &User, workload: usize, replicas: usize) -> Cause {
        let alive = self.cluster.alive(workload, at).len();
        let state = &mut self.cluster.states[workload];
        (state.replicas, state.generation) = (replicas, state.generation + 1);
        let of = state.workload;
        let body = json!({
            "kind": "Scale", "apiVersion": "autoscaling/v1",
            "metadata": {"name": of.name, "namespace": of.namespace, "uid": state.uid,
                "resourceVersion": version(self.from, at).to_string()},
            "spec": {"replicas": replicas},
            "status": {"replicas": alive, "selector": format!("app={}", of.name)},
        });
        let (verb, request) = match user.has_kubectl() {
            true => ("patch", json!({"spec": {"replicas": replicas}})),
            false => ("update", body.clone()),
        };
        let request = Request::new(user, verb, self.target(workload, "scale")).body(&request);
        let cause = self.audit(at, &request.response(&body));
        self.scaled(at, workload, alive);
        cause
    }

    /// Sets `spec.replicas` by an apply of the manifest.
    pub fn resize(&mut self, at: i64, user: &User, workload: usize, replicas: usize) -> Cause {
        let alive = self.cluster.alive(workload, at).len();
        self.cluster.states[workload].replicas = replicas;
        let cause = self.patch(at, user, workload, &json!({"spec": {"replicas": replicas}}));
        self.scaled(at, workload, alive);
        self.fit_pods(at, workload);
        cause
    }

    fn scaled(&mut self, at: i64, workload: usize, alive: usize) {
        let state = &self.cluster.states[workload];
        let (name, hash, replicas) = (state.workload.name, &state.set.0, state.replicas);
        let way = if replicas > alive { "up" } else { "down" };
        let message = format!("Scaled {way} replica set {name}-{hash} to {replicas} from {alive}");
        self.scaling_event(at + SECOND / 10, workload, &message);
    }

    /// Starts the pods that a workload lacks, or stops those it has too many.
    pub fn fit_pods(&mut self, at: i64, workload: usize) {
        let alive = self.cluster.alive(workload, at);
        let state = &self.cluster.states[workload];
        let (replicas, grace_s) = (state.replicas, state.grace_s);
        for replica in alive.len()..replicas {
            let start = self.after(at, 1, 3);
            self.start_pod(start, workload, replica);
        }
        for pod in alive.iter().skip(replicas) {
            self.stop_pod(at + SECOND / 5, *pod, grace_s);
        }
    }

    /// Has the autoscaler ask for another number of pods; none comes or goes here.
    pub fn autoscale(&mut self, at: i64, workload: usize, replicas: usize, why: &str) {
        const AUTOSCALER: &str = "horizontal-pod-autoscaler";
        let user = User::controller(AUTOSCALER);
        let of = &FLEET[workload];
        self.set_scale(at, &user, workload, replicas);
        let object = Object::named("HorizontalPodAutoscaler", of.namespace, of.name);
        let message = format!("New size: {replicas}; reason: {why}");
        self.event(at + SECOND / 20, &object, AUTOSCALER, ("SuccessfulRescale", &message));
        let target = Target::new("horizontalpodautoscalers", of.namespace, of.name).sub("status");
        self.audit(at + SECOND / 15, &Request::new(&user, "update", target));
    }
}
