//! What people and controllers do to workloads: each verb leaves the audit records and events
//! of a real cluster, and changes the cluster for what follows; pods are in `pod.rs`.
//! Changes of one workload must be planned in the order of time.

use crate::api::Target;
use crate::audit::Request;
use crate::change::query;
use crate::cluster::{Probe, State};
use crate::day::Day;
use crate::event::Object;
use crate::fleet::{FLEET, Kind, index_of};
use crate::manifest;
use crate::people::User;
use crate::store::patch_into;
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
    /// Changes a workload from now on; its earlier state stays known.
    pub fn alter(&mut self, workload: usize, change: impl FnOnce(&mut State)) {
        let state = &mut self.cluster.states[workload];
        self.history.entry(workload).or_insert_with(|| vec![(i64::MIN, state.clone())]);
        change(state);
    }

    /// Records a patch whose effect the state already has.
    pub fn patch(&mut self, at: i64, user: &User, workload: usize, patch: &Value) -> Cause {
        self.alter(workload, |state| state.generation += 1);
        self.write(at, user, self.cluster.states[workload].clone(), patch.clone())
    }

    /// Records a patch of a workload's labels or annotations, at any point of the plan so far.
    pub fn set_metadata(&mut self, at: i64, user: &User, workload: usize, metadata: &Value) {
        self.alter(workload, |_| {});
        let mut state = self.state_at(workload, at).clone();
        patch_into(&mut state.metadata, metadata);
        self.write(at, user, state, json!({"metadata": metadata}));
    }

    /// Records how a workload is written; whoever applies manifests sends the whole of it.
    fn write(&mut self, at: i64, user: &User, state: State, patch: Value) -> Cause {
        let workload = index_of(state.workload.name);
        let whole = manifest::workload(&state, (self.from, at));
        let patch = if user.applies() { manifest::applied(&whole) } else { patch };
        self.history.entry(workload).or_default().push((at, state));
        let request = Request::new(user, "patch", self.target(workload, "")).query(query(user, "patch"));
        self.audit(at, &request.body(&patch).response(&whole))
    }

    /// Records a patch of a workload's container.
    pub fn patch_container(&mut self, at: i64, user: &User, workload: usize, mut part: Value) -> Cause {
        part["name"] = json!(FLEET[workload].name);
        let patch = json!({"spec": {"template": {"spec": {"containers": [part]}}}});
        self.patch(at, user, workload, &patch)
    }

    /// Sets a new image tag.
    pub fn set_image(&mut self, at: i64, user: &User, workload: usize, tag: &str) -> Cause {
        self.alter(workload, |state| {
            let repository = state.image.rsplit_once(':').map_or(state.image.as_str(), |(head, _)| head);
            state.image = format!("{repository}:{tag}");
        });
        let image = json!({"image": self.cluster.states[workload].image});
        self.patch_container(at, user, workload, image)
    }

    /// Sets a memory limit, and half of it as the request.
    pub fn set_memory(&mut self, at: i64, user: &User, workload: usize, mib: u32) -> Cause {
        self.alter(workload, |state| state.memory_mib = mib);
        let resources = json!({"limits": {"memory": format!("{mib}Mi")}, "requests": {"memory": format!("{}Mi", mib / 2)}});
        self.patch_container(at, user, workload, json!({"resources": resources}))
    }

    /// Sets a liveness probe.
    pub fn set_probe(&mut self, at: i64, user: &User, workload: usize, probe: Probe) -> Cause {
        self.alter(workload, |state| state.probe = probe);
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
        let change = match value {
            Some(value) => json!({"name": name, "value": value}),
            None => json!({"$patch": "delete", "name": name}),
        };
        self.alter(workload, |state| {
            state.env.retain(|known| known["name"] != name);
            state.env.extend(value.map(|value| json!({"name": name, "value": value})));
        });
        let state = &self.cluster.states[workload];
        let order: Vec<Value> = state.env.iter().map(|known| json!({"name": known["name"]})).collect();
        let container = state.workload.name;
        let patch = json!({"spec": {"template": {"spec": {
            "$setElementOrder/containers": [{"name": container}],
            "containers": [{"$setElementOrder/env": order, "env": [change], "name": container}],
        }}}});
        self.patch(at, user, workload, &patch)
    }

    /// Sets the command line of a workload's container.
    pub fn set_args(&mut self, at: i64, user: &User, workload: usize, args: &[&str]) -> Cause {
        self.alter(workload, |state| state.args = args.iter().map(|arg| (*arg).to_owned()).collect());
        self.patch_container(at, user, workload, json!({"args": args}))
    }

    /// Sets the path of a workload's readiness probe.
    pub fn set_ready_path(&mut self, at: i64, user: &User, workload: usize, path: &'static str) -> Cause {
        self.alter(workload, |state| state.ready_path = path);
        let http = json!({"path": path, "port": FLEET[workload].port, "scheme": "HTTP"});
        self.patch_container(at, user, workload, json!({"readinessProbe": {"httpGet": http}}))
    }

    /// Records `kubectl rollout restart`.
    pub fn restart_rollout(&mut self, at: i64, user: &User, workload: usize) -> Cause {
        let restarted_at = rfc3339(at);
        let annotations = json!({"kubectl.kubernetes.io/restartedAt": restarted_at});
        self.alter(workload, |state| state.restarted_at = Some(restarted_at));
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

    /// Has a workload allow, all day, that a rollout at `at` takes every old pod away, the last of
    /// them at `end`. Must precede any change of the workload.
    pub fn drain_by(&mut self, workload: usize, at: i64, end: i64) {
        let state = &mut self.cluster.states[workload];
        (state.max_unavailable, state.grace_s) = ("100%", (end - at) / SECOND - 2);
    }

    fn scaling_event(&mut self, at: i64, workload: usize, message: &str) {
        if FLEET[workload].kind == Kind::Deployment {
            let object = self.workload_object(workload);
            self.event(at, &object, "deployment-controller", ("ScalingReplicaSet", message));
            self.set_is_scaled(at - SECOND / 200, workload);
        }
    }

    /// Replaces the pods of a StatefulSet one by one, from the last: each is gone before the next one of its name
    /// is made. Returns the new pods.
    fn roll_set(&mut self, at: i64, workload: usize) -> Vec<usize> {
        let old = self.cluster.alive(workload, at);
        let replicas = self.cluster.states[workload].replicas;
        let mut pods = Vec::new();
        for (step, replica) in (0..replicas).rev().enumerate() {
            let stop = self.after(at + step as i64 * 9 * SECOND, 1, 2);
            let suffix = format!("-{replica}");
            if let Some(pod) = old.iter().find(|pod| self.cluster.pods[**pod].name.ends_with(&suffix)) {
                self.stop_pod(stop, *pod, 2);
            }
            let pod = self.place_pod(stop + 4 * SECOND, workload, replica);
            self.start_cached(stop + 4 * SECOND, pod);
            pods.push(pod);
        }
        pods
    }

    /// Rolls a workload out to its present shape; returns the new pods.
    pub fn roll_out(&mut self, at: i64, workload: usize, how: Rollout) -> Vec<usize> {
        if FLEET[workload].kind == Kind::StatefulSet && how == Rollout::Good {
            return self.roll_set(at, workload);
        }
        let old = self.cluster.alive(workload, at);
        let (name, replicas) = (FLEET[workload].name, self.cluster.states[workload].replicas);
        let grace_s = self.cluster.states[workload].grace_s;
        let (set, previous) = self.new_set(at, workload);
        let is_good = how == Rollout::Good;
        let first = if is_good { 1 } else { replicas };
        self.scaling_event(
            at + SECOND / 10,
            workload,
            &format!("Scaled up replica set {set} from 0 to {first}"),
        );
        let mut pods = Vec::new();
        for replica in (0..replicas).filter(|_| how != Rollout::Refused) {
            let step = if is_good { replica as i64 * 9 } else { 0 };
            let start = self.after(at + step * SECOND, 1, 3);
            if is_good && replica > 0 {
                let message = format!("Scaled up replica set {set} from {replica} to {}", replica + 1);
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
                let before = if is_good { left + 1 } else { old.len() };
                let message = format!("Scaled down replica set {name}-{previous} from {before} to {left}");
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
            self.audit(at + SECOND / 10, &create.both(&body));
            self.sets.insert(set.clone(), self.cluster.states[workload].clone());
        }
        (set, previous)
    }

    /// Scales a workload; pods that go keep running for the grace period.
    pub fn scale(&mut self, at: i64, user: &User, workload: usize, replicas: usize) -> Cause {
        // Whoever applies manifests has no verb for it.
        if user.applies() {
            return self.resize(at, user, workload, replicas);
        }
        let cause = self.set_scale(at, user, workload, replicas);
        self.fit_pods(at, workload);
        cause
    }

    /// Records a write of a workload's scale; no pod comes or goes here.
    fn set_scale(&mut self, at: i64, user: &User, workload: usize, replicas: usize) -> Cause {
        let alive = self.cluster.alive(workload, at).len();
        self.alter(workload, |state| (state.replicas, state.generation) = (replicas, state.generation + 1));
        let state = self.cluster.states[workload].clone();
        let of = state.workload;
        let mut body = json!({
            "kind": "Scale", "apiVersion": "autoscaling/v1",
            "metadata": {"name": of.name, "namespace": of.namespace, "uid": state.uid,
                "resourceVersion": version(self.from, at).to_string()},
            "spec": {"replicas": replicas},
            "status": {"replicas": alive, "selector": format!("app={}", of.name)},
        });
        // The API server leaves out members that are zero.
        if replicas == 0 {
            body["spec"] = json!({});
        }
        let (verb, request) = match user.has_kubectl() {
            true => ("patch", json!({"spec": {"replicas": replicas}})),
            false => ("update", body.clone()),
        };
        self.history.entry(workload).or_default().push((at, state));
        let request = Request::new(user, verb, self.target(workload, "scale")).body(&request);
        let cause = self.audit(at, &request.response(&body));
        self.scaled(at, workload, alive);
        cause
    }

    /// Sets `spec.replicas` by an apply of the manifest.
    pub fn resize(&mut self, at: i64, user: &User, workload: usize, replicas: usize) -> Cause {
        let alive = self.cluster.alive(workload, at).len();
        self.alter(workload, |state| state.replicas = replicas);
        let cause = self.patch(at, user, workload, &json!({"spec": {"replicas": replicas}}));
        self.scaled(at, workload, alive);
        self.fit_pods(at, workload);
        cause
    }

    fn scaled(&mut self, at: i64, workload: usize, alive: usize) {
        let state = &self.cluster.states[workload];
        let (name, hash, replicas) = (state.workload.name, &state.set.0, state.replicas);
        let way = if replicas > alive { "up" } else { "down" };
        let message = format!("Scaled {way} replica set {name}-{hash} from {alive} to {replicas}");
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
        let target = Target::new("horizontalpodautoscalers", of.namespace, of.name);
        let mut whole = self.stored(target);
        whole["status"] =
            json!({"currentReplicas": self.cluster.alive(workload, at).len(), "desiredReplicas": replicas});
        self.audit(at + SECOND / 15, &Request::new(&user, "update", target.sub("status")).both(&whole));
    }
}
