//! The writes of controllers after events of pods: EndpointSlices and Endpoints, the status of
//! ReplicaSets and Deployments. Planned last, from the lives of the pods alone: must not know
//! why a pod comes or goes.

use crate::api::Target;
use crate::audit::Request;
use crate::cluster::{Pod, State};
use crate::day::Day;
use crate::event::Object;
use crate::fleet::{FLEET, Kind};
use crate::kubelet::READY;
use crate::manifest;
use crate::people::User;
use crate::rng::Rng;
use crate::text::{HOUR, SECOND, rfc3339, version};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Turns that are nearer than this are one to a controller.
const BATCH: i64 = 2 * SECOND / 5;

impl Pod {
    /// Returns true if its container is ready at that point.
    fn is_ready(&self, at: i64) -> bool {
        let is_new = |since: i64| since > i64::MIN && (since..since.saturating_add(READY)).contains(&at);
        self.is_probed && self.is_up(at) && !is_new(self.from) && !self.down.iter().any(|(_, up)| is_new(*up))
    }

    /// Returns the points at which a controller sees it change.
    fn turns(&self) -> Vec<i64> {
        let down = self.down.iter().flat_map(|(from, to)| [*from, to.saturating_add(READY)]);
        let life = [self.created, self.from, self.from.saturating_add(READY), self.leaving, self.to];
        life.into_iter().chain(down).collect()
    }
}

impl Day {
    /// Plans the writes of controllers on the whole day.
    pub fn controllers_follow(&mut self) {
        for (workload, of) in FLEET.iter().enumerate() {
            if matches!(of.kind, Kind::CronJob | Kind::DaemonSet) {
                continue;
            }
            for at in self.turns_of(workload) {
                if of.port > 0 && self.is_routed(workload, at) {
                    self.endpoints_follow(at + SECOND / 90, workload);
                }
                if of.kind == Kind::Deployment {
                    self.sets_follow(at, workload);
                }
            }
        }
    }

    /// Returns the points of the day at which a workload's pods or its Service turn, in order.
    fn turns_of(&self, workload: usize) -> Vec<i64> {
        let pods = self.cluster.pods.iter().filter(|pod| pod.workload == workload);
        let routes = self.routes.iter().filter(|route| route.0 == workload).map(|route| route.1);
        let day = self.from - self.lead + 1..self.from + 24 * HOUR;
        let turns: BTreeSet<i64> =
            pods.flat_map(Pod::turns).chain(routes).filter(|at| day.contains(at)).collect();
        let mut last = i64::MIN;
        let kept = turns.into_iter().map(|at| at + BATCH / 9).filter(|at| {
            let is_new = *at > last.saturating_add(BATCH);
            last = if is_new { *at } else { last };
            is_new
        });
        // The last turn of a batch counts: it is looked at when the batch is over.
        kept.map(|at| at + BATCH).collect()
    }

    /// Returns the port to which a workload's Service sends its traffic, if any pod matches it.
    fn route(&self, workload: usize, at: i64) -> Option<u16> {
        let mut routes: Vec<_> =
            self.routes.iter().filter(|route| route.0 == workload && route.1 <= at).collect();
        routes.sort_by_key(|route| route.1);
        routes.last().map_or(Some(FLEET[workload].port), |route| route.2)
    }

    /// Returns true if a workload has a Service at that point.
    fn is_routed(&self, workload: usize, at: i64) -> bool {
        !self.gone.iter().any(|(of, span)| *of == workload && (span.0..span.1).contains(&at))
    }

    /// Records a new EndpointSlice and new Endpoints of a workload's Service.
    fn endpoints_follow(&mut self, at: i64, workload: usize) {
        let (name, namespace) = (FLEET[workload].name, FLEET[workload].namespace);
        let port = self.route(workload, at);
        let pods =
            self.cluster.pods.iter().filter(|pod| pod.workload == workload && pod.from <= at && at < pod.to);
        let pods: Vec<&Pod> = pods.filter(|_| port.is_some()).collect();
        let target =
            |pod: &Pod| json!({"kind": "Pod", "namespace": namespace, "name": pod.name, "uid": pod.uid});
        let endpoints = pods.iter().map(|pod| {
            let (is_ready, is_leaving) = (pod.is_ready(at), pod.leaving <= at);
            json!({"addresses": [pod.ip], "nodeName": pod.node, "targetRef": target(pod), "conditions":
                {"ready": is_ready && !is_leaving, "serving": is_ready, "terminating": is_leaving}})
        });
        let endpoints: Vec<Value> = endpoints.collect();
        let addresses = |is_wanted: bool| -> Vec<Value> {
            let wanted = pods.iter().filter(|pod| (pod.is_ready(at) && pod.leaving > at) == is_wanted);
            let wanted = wanted.filter(|pod| pod.leaving > at);
            wanted.map(|pod| json!({"ip": pod.ip, "nodeName": pod.node, "targetRef": target(pod)})).collect()
        };
        let mut subset = json!({"ports": [{"name": "main", "port": port, "protocol": "TCP"}]});
        for (key, is_ready) in [("addresses", true), ("notReadyAddresses", false)] {
            let list = addresses(is_ready);
            if !list.is_empty() {
                subset[key] = json!(list);
            }
        }
        let slice = slice_of(name);
        let is_new = |gone: &(usize, (i64, i64))| {
            gone.0 == workload && (0..2 * SECOND).contains(&at.saturating_sub(gone.1.1))
        };
        let (verb, code) = if self.gone.iter().any(is_new) { ("create", 201) } else { ("update", 200) };
        let labels = json!({"app": name, "kubernetes.io/service-name": name,
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"});
        let mut body = self.listed(("EndpointSlice", namespace, &slice), at, labels);
        (body["addressType"], body["endpoints"]) = (json!("IPv4"), json!(endpoints));
        body["ports"] =
            port.map_or(Value::Null, |port| json!([{"name": "main", "protocol": "TCP", "port": port}]));
        let user = User::controller("endpointslice-controller");
        self.audit(
            at,
            &Request::new(&user, verb, Target::new("endpointslices", namespace, &slice))
                .status(code, "")
                .both(&body),
        );
        let labels = json!({"app": name, "endpoints.kubernetes.io/managed-by": "endpoint-controller"});
        let mut body = self.listed(("Endpoints", namespace, name), at, labels);
        if subset.as_object().is_some_and(|subset| subset.len() > 1) {
            body["subsets"] = json!([subset]);
        }
        let user = User::controller("endpoint-controller");
        let target = Target::new("endpoints", namespace, name);
        self.audit(at + SECOND / 900, &Request::new(&user, verb, target).status(code, "").both(&body));
    }

    /// Records the removal of the objects that a deleted Service leaves behind.
    pub fn endpoints_go(&mut self, at: i64, workload: usize) {
        let (name, namespace) = (FLEET[workload].name, FLEET[workload].namespace);
        let (controller, collector) =
            (User::controller("endpoint-controller"), User::controller("generic-garbage-collector"));
        self.change(at, &controller, ("delete", Target::new("endpoints", namespace, name)), Value::Null);
        let slice = slice_of(name);
        let target = Target::new("endpointslices", namespace, &slice);
        self.change(at + SECOND / 9, &collector, ("delete", target), Value::Null);
    }

    /// Returns an object that a controller keeps, without its content.
    fn listed(&self, (kind, namespace, name): (&'static str, &str, &str), at: i64, labels: Value) -> Value {
        let uid = Object::named(kind, namespace, name).uid;
        json!({"kind": kind, "apiVersion": crate::api::api_version(kind), "metadata": {"name": name,
            "namespace": namespace, "uid": uid, "resourceVersion": version(self.from, at).to_string(),
            "labels": labels, "annotations": {"endpoints.kubernetes.io/last-change-trigger-time": rfc3339(at)}}})
    }

    /// Returns how a workload was at a point.
    pub fn state_at(&self, workload: usize, at: i64) -> &State {
        let history = self.history.get(&workload);
        let known = history.into_iter().flatten().filter(|(since, _)| *since <= at);
        known.max_by_key(|(since, _)| *since).map_or(&self.cluster.states[workload], |(_, state)| state)
    }

    /// Records the status of a Deployment's ReplicaSets that have pods, and then its own.
    fn sets_follow(&mut self, at: i64, workload: usize) {
        let is_there =
            |pod: &&Pod| pod.workload == workload && pod.created <= at && at < pod.leaving.min(pod.to);
        let pods: Vec<&Pod> = self.cluster.pods.iter().filter(is_there).collect();
        let now = self.state_at(workload, at).clone();
        let current = format!("{}-{}", now.workload.name, now.set.0);
        let mut counts = vec![(current.clone(), 0, 0)];
        for pod in pods {
            let ready = u32::from(pod.is_ready(at));
            match counts.iter_mut().find(|count| count.0 == pod.owner.1) {
                Some(count) => (count.1, count.2) = (count.1 + 1, count.2 + ready),
                None => counts.push((pod.owner.1.clone(), 1, ready)),
            }
        }
        let user = User::controller("replicaset-controller");
        for (i, (set, replicas, ready)) in counts.iter().enumerate() {
            let state = self.sets.get(set).unwrap_or(&now);
            let mut body = manifest::replica_set(state, (self.from, at));
            body["status"] = numbers(&[
                ("replicas", *replicas),
                ("fullyLabeledReplicas", *replicas),
                ("readyReplicas", *ready),
                ("availableReplicas", *ready),
                ("observedGeneration", 1),
            ]);
            let target = Target::new("replicasets", now.workload.namespace, set).sub("status");
            self.audit(
                at + (4 + i as i64) * SECOND / 200,
                &Request::new(&user, "update", target).both(&body),
            );
        }
        let (all, ready) = counts.iter().fold((0, 0), |sum, count| (sum.0 + count.1, sum.1 + count.2));
        self.deployment_follows(at + SECOND / 20, workload, (all, counts[0].1, ready));
    }

    /// Records the status of a Deployment: its pods, those of its present template, those ready. One
    /// write in five comes too late and is made again.
    fn deployment_follows(&mut self, at: i64, workload: usize, (all, updated, ready): (u32, u32, u32)) {
        let state = self.state_at(workload, at);
        let wanted = state.replicas as u32;
        let mut body = manifest::workload(state, (self.from, at));
        let mut status = numbers(&[
            ("replicas", all),
            ("updatedReplicas", updated),
            ("readyReplicas", ready),
            ("availableReplicas", ready),
            ("unavailableReplicas", wanted.saturating_sub(ready)),
            ("observedGeneration", state.generation),
        ]);
        let (is_available, why) = match ready * 4 >= wanted * 3 {
            true => ("True", "MinimumReplicasAvailable"),
            false => ("False", "MinimumReplicasUnavailable"),
        };
        let mut conditions = vec![
            json!({"type": "Available", "status": is_available, "reason": why}),
            json!({"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}),
        ];
        let refusal = self.refusals.iter().find(|of| of.0 == workload && (of.1.0..of.1.1).contains(&at));
        if let Some((.., refusal)) = refusal {
            conditions.push(json!({"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": refusal}));
        }
        status["conditions"] = json!(conditions);
        body["status"] = status;
        let of = state.workload;
        let user = User::controller("deployment-controller");
        let target = Target::new(of.resource(), of.namespace, of.name).sub("status");
        let request = Request::new(&user, "update", target);
        if self.pen.rng.index(5) == 0 {
            let message = conflict("deployments.apps", of.name);
            self.audit(at, &Request::new(&user, "update", target).body(&body).refused(409, &message));
        }
        self.audit(at + SECOND / 100, &request.both(&body));
    }

    /// Records that a Deployment's controller writes the size of its ReplicaSet.
    pub fn set_is_scaled(&mut self, at: i64, workload: usize) {
        let state = &self.cluster.states[workload];
        let set = format!("{}-{}", state.workload.name, state.set.0);
        let body = manifest::replica_set(state, (self.from, at));
        let user = User::controller("deployment-controller");
        let target = Target::new("replicasets", state.workload.namespace, &set);
        if self.pen.rng.index(4) == 0 {
            let message = conflict("replicasets.apps", &set);
            self.audit(
                at - SECOND / 100,
                &Request::new(&user, "update", target).body(&body).refused(409, &message),
            );
        }
        self.audit(at, &Request::new(&user, "update", target).both(&body));
    }
}

/// Returns the name of a Service's EndpointSlice.
fn slice_of(name: &str) -> String {
    format!("{name}-{}", Rng::new(name).suffix(5))
}

/// Returns the API server's message about a write of an object that has changed since.
fn conflict(plural: &str, name: &str) -> String {
    format!(
        "Operation cannot be fulfilled on {plural} \"{name}\": the object has been modified; please apply your changes to the latest version and try again"
    )
}

/// Returns numbers by name, without those that are zero, as the API server leaves them out.
fn numbers(all: &[(&str, u32)]) -> Value {
    all.iter()
        .filter(|(_, number)| *number > 0)
        .map(|(name, number)| ((*name).to_owned(), json!(number)))
        .collect()
}
