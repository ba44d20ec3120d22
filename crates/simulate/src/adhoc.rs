//! Ad hoc workloads: not of the fleet, created by somebody during the day. They write no log; only
//! the API server and the events show them. Must not know whom they harm.

use crate::api::{Target, api_version};
use crate::audit::Request;
use crate::day::Day;
use crate::event::Object;
use crate::people::User;
use crate::text::SECOND;
use crate::truth::Cause;
use serde_json::{Value, json};

/// The hash of an ad hoc Deployment's only ReplicaSet.
const HASH: &str = "7d9c6b5f48";

/// An ad hoc workload.
pub struct AdHoc<'a> {
    /// `deployments`, `jobs` or `cronjobs`.
    pub resource: &'static str,
    pub namespace: &'a str,
    pub name: &'a str,
    /// CPU request of each pod, such as `4`.
    pub cpu: &'a str,
    /// priorityClassName, or empty.
    pub priority: &'a str,
    /// How many pods at once.
    pub pods: usize,
}

impl AdHoc<'_> {
    fn target(&self) -> Target<'_> {
        Target::new(self.resource, self.namespace, self.name)
    }

    fn pod_spec(&self) -> Value {
        let image = format!("ccr.ccs.example.com/{}/{}:latest", self.namespace, self.name);
        let mut spec = json!({"containers": [{"name": "main", "image": image,
            "resources": {"requests": {"cpu": self.cpu, "memory": "1Gi"}}}]});
        if !self.priority.is_empty() {
            spec["priorityClassName"] = json!(self.priority);
        }
        spec
    }

    fn body(&self) -> Value {
        let template = json!({"metadata": {"labels": {"app": self.name}}, "spec": self.pod_spec()});
        let job = json!({"parallelism": self.pods, "completions": self.pods * 10, "backoffLimit": 6,
            "template": template});
        match self.resource {
            "deployments" => json!({"spec": {"replicas": self.pods,
                "selector": {"matchLabels": {"app": self.name}}, "template": template}}),
            "jobs" => json!({"spec": job}),
            _ => json!({"spec": {"schedule": "*/5 * * * *", "concurrencyPolicy": "Allow",
                "jobTemplate": {"spec": job}}}),
        }
    }

    /// Returns the object that owns its pods; `run` is the number of a CronJob's run.
    pub fn owner(&self, run: i64) -> Object {
        match self.resource {
            "deployments" => Object::named("ReplicaSet", self.namespace, &format!("{}-{HASH}", self.name)),
            "jobs" => Object::named("Job", self.namespace, self.name),
            _ => Object::named("Job", self.namespace, &format!("{}-{run}", self.name)),
        }
    }
}

impl Day {
    /// Records the creation of an ad hoc workload.
    pub fn create_ad_hoc(&mut self, at: i64, user: &User, of: &AdHoc<'_>) -> Cause {
        let cause = self.change(at, user, ("create", of.target()), of.body());
        if of.resource == "deployments" {
            let object = Object::named("Deployment", of.namespace, of.name);
            let message = format!("Scaled up replica set {} from 0 to {}", of.owner(0).name, of.pods);
            self.event(at + SECOND / 15, &object, "deployment-controller", ("ScalingReplicaSet", &message));
        }
        cause
    }

    /// Records the deletion of an ad hoc workload by the engineer on call.
    pub fn delete_ad_hoc(&mut self, at: i64, of: &AdHoc<'_>) {
        self.change(at, &User::on_call(), ("delete", of.target()), Value::Null);
    }

    /// Records that a controller creates one of its pods; returns the pod.
    pub fn ad_hoc_pod(&mut self, at: i64, of: &AdHoc<'_>, owner: &Object) -> Object {
        let name = format!("{}-{}", owner.name, self.pen.rng.suffix(5));
        let pod = Object { uid: self.pen.rng.uuid(), ..Object::named("Pod", of.namespace, &name) };
        let owners = json!([{"apiVersion": api_version(owner.kind), "kind": owner.kind, "name": owner.name,
            "uid": owner.uid, "controller": true}]);
        let metadata = json!({"name": name, "namespace": of.namespace, "uid": pod.uid,
            "labels": {"app": of.name}, "ownerReferences": owners});
        let body = json!({"kind": "Pod", "apiVersion": "v1", "metadata": metadata, "spec": of.pod_spec(),
            "status": {"phase": "Pending"}});
        self.pod_is_created(at, owner, &pod, &body);
        pod
    }

    /// Records that an ad hoc pod is placed on a node and starts.
    pub fn ad_hoc_runs(&mut self, at: i64, pod: &Object, node: &'static str) {
        let placed = Object { node, ..pod.clone() };
        self.pod_is_bound(at, &placed);
        let container = Object { field: format!("spec.containers{{{}}}", "main"), ..placed };
        self.event(at + 2 * SECOND, &container, "kubelet", ("Created", "Container created"));
        self.event(at + 3 * SECOND, &container, "kubelet", ("Started", "Container started"));
    }

    /// Has the scheduler remove a pod of the fleet in favour of an ad hoc one; it runs on for its
    /// grace period.
    pub fn preempt(&mut self, at: i64, victim: usize, by: &Object, grace_s: i64) {
        let object = self.pod_object(victim, false);
        let (user, node) = (User::scheduler(), object.node);
        let why = "default-scheduler: preempting to accommodate a higher priority pod";
        self.disrupt(at, &user, victim, ("PreemptionByScheduler", why));
        let message = format!("Preempted by pod {} on node {node}", by.uid);
        self.event(at + SECOND / 50, &object, "default-scheduler", ("Preempted", &message));
        self.end_pod(at + SECOND / 5, victim, grace_s);
        let target = Target::new("pods", &by.namespace, &by.name).sub("status");
        let nominated = json!({"status": {"nominatedNodeName": node}});
        let whole = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": by.name, "namespace": by.namespace,
            "uid": by.uid}, "status": {"phase": "Pending", "nominatedNodeName": node}});
        self.audit(at + SECOND / 40, &Request::new(&user, "patch", target).body(&nominated).response(&whole));
    }
}
