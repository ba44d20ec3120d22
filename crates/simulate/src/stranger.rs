//! Workloads that are not of the fleet: somebody creates one during the day. They write no log;
//! the API server and the events tell of them. Must not know whom they harm.

use crate::audit::{Request, Target, User};
use crate::day::Day;
use crate::event::{Note, Object};
use crate::place::{controller_of, scheduler};
use crate::text::SECOND;
use serde_json::{Value, json};

/// A workload that somebody brings.
pub struct Stranger<'a> {
    /// Kind, `Deployment`, `Job` or `CronJob`.
    pub kind: &'static str,
    /// Namespace.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
    /// What each pod asks for, such as `4` CPUs.
    pub cpu: &'a str,
    /// priorityClassName, or empty.
    pub priority: &'a str,
    /// How many pods at once.
    pub pods: usize,
}

impl Stranger<'_> {
    /// Returns the audit target.
    pub fn target(&self) -> Target<'_> {
        let (group, resource) = match self.kind {
            "Deployment" => ("apps", "deployments"),
            "Job" => ("batch", "jobs"),
            _ => ("batch", "cronjobs"),
        };
        Target { group, resource, sub: "", namespace: self.namespace, name: self.name }
    }

    fn pod_spec(&self) -> Value {
        let image = format!("ccr.ccs.example.com/{}/{}:latest", self.namespace, self.name);
        let mut spec = json!({"containers": [{"name": self.name, "image": image,
            "resources": {"requests": {"cpu": self.cpu, "memory": "1Gi"}}}]});
        if !self.priority.is_empty() {
            spec["priorityClassName"] = json!(self.priority);
        }
        spec
    }

    /// Returns the object without its metadata.
    pub fn body(&self) -> Value {
        let template = json!({"metadata": {"labels": {"app": self.name}}, "spec": self.pod_spec()});
        let job = json!({"parallelism": self.pods, "completions": self.pods * 10, "backoffLimit": 6,
            "template": template});
        match self.kind {
            "Deployment" => json!({"spec": {"replicas": self.pods,
                "selector": {"matchLabels": {"app": self.name}}, "template": template}}),
            "Job" => json!({"spec": job}),
            _ => json!({"spec": {"schedule": "*/5 * * * *", "concurrencyPolicy": "Allow",
                "jobTemplate": {"spec": job}}}),
        }
    }

    /// Returns the object that owns its pods; `run` tells runs of a CronJob apart.
    pub fn owner(&self, run: &str) -> Object {
        let name = if run.is_empty() { self.name.to_owned() } else { format!("{}-{run}", self.name) };
        match self.kind {
            "Deployment" => Object::named("ReplicaSet", "apps/v1", self.namespace, &name),
            _ => Object::named("Job", "batch/v1", self.namespace, &name),
        }
    }
}

impl Day {
    /// Records somebody's creation of a stranger; returns the audit id.
    pub fn welcome(&mut self, at: i64, user: &User, stranger: &Stranger<'_>) -> String {
        let id = self.change(
            at,
            user,
            "create",
            (stranger.kind, stranger.target()),
            (&Value::Null, stranger.body()),
        );
        if stranger.kind == "Deployment" {
            let object = Object::named("Deployment", "apps/v1", stranger.namespace, stranger.name);
            let message =
                format!("Scaled up replica set {} to {}", stranger.owner("7d9c6b5f48").name, stranger.pods);
            let source = ("deployment-controller", "");
            let note = Note { reason: "ScalingReplicaSet", message: &message, is_warning: false, source };
            self.event(at + SECOND / 15, &object, &note);
        }
        id
    }

    /// Records the deletion of a stranger.
    pub fn dismiss(&mut self, at: i64, user: &User, stranger: &Stranger<'_>) {
        self.change(at, user, "delete", (stranger.kind, stranger.target()), (&Value::Null, Value::Null));
    }

    /// Records that a controller makes one of a stranger's pods; returns the pod.
    pub fn stranger_pod(&mut self, at: i64, stranger: &Stranger<'_>, owner: &Object) -> Object {
        let source = controller_of(owner.kind);
        let creator = User::controller(source);
        let name = format!("{}-{}", owner.name, self.pen.rng.suffix(5));
        let pod =
            Object { uid: self.pen.rng.uuid(), ..Object::named("Pod", "v1", stranger.namespace, &name) };
        let target =
            Target { resource: "pods", namespace: stranger.namespace, name: &name, ..Target::default() };
        let body = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name,
            "namespace": stranger.namespace, "uid": pod.uid, "labels": {"app": stranger.name},
            "ownerReferences": [{"apiVersion": owner.api, "kind": owner.kind, "name": owner.name,
                "uid": owner.uid, "controller": true}]},
            "spec": stranger.pod_spec(), "status": {"phase": "Pending"}});
        let request =
            Request { response: Some(body.to_string()), ..Request::new(&creator, "create", target) };
        self.audit(at, &request);
        let message = format!("Created pod: {name}");
        let note =
            Note { reason: "SuccessfulCreate", message: &message, is_warning: false, source: (source, "") };
        self.event(at + SECOND / 100, owner, &note);
        pod
    }

    /// Records that a stranger's pod gets a node and starts.
    pub fn stranger_runs(&mut self, at: i64, pod: &Object, node: &str) {
        let user = scheduler();
        let binding = json!({"kind": "Binding", "apiVersion": "v1",
            "metadata": {"name": pod.name, "namespace": pod.namespace, "uid": pod.uid},
            "target": {"kind": "Node", "name": node}});
        let target = Target {
            resource: "pods",
            sub: "binding",
            namespace: &pod.namespace,
            name: &pod.name,
            ..Target::default()
        };
        let bind = Request { request: Some(binding.to_string()), ..Request::new(&user, "create", target) };
        self.audit(at, &bind);
        let message = format!("Successfully assigned {}/{} to {node}", pod.namespace, pod.name);
        let source = ("default-scheduler", "");
        let note = Note { reason: "Scheduled", message: &message, is_warning: false, source };
        self.event(at + SECOND / 100, pod, &note);
        let note = Note {
            reason: "Started",
            message: "Started container main",
            is_warning: false,
            source: ("kubelet", node),
        };
        self.event(at + 3 * SECOND, pod, &note);
    }

    /// Records that the scheduler finds no node for a stranger's pod.
    pub fn stranger_waits(&mut self, at: i64, pod: &Object, message: &str) {
        let source = ("default-scheduler", "");
        let note = Note { reason: "FailedScheduling", message, is_warning: true, source };
        self.event(at, pod, &note);
    }

    /// Has the scheduler take a pod of the fleet away for a stranger's; the pod runs on for its
    /// grace period.
    pub fn preempt(&mut self, at: i64, victim: usize, by: &Object, grace_s: i64) {
        let object = self.pod_object(victim, false);
        let node = self.cluster.pods[victim].node;
        let user = scheduler();
        let status = json!({"status": {"conditions": [{"type": "DisruptionTarget", "status": "True",
            "reason": "PreemptionByScheduler",
            "message": "default-scheduler: preempting to accommodate a higher priority pod"}]}});
        let target = Target {
            resource: "pods",
            sub: "status",
            namespace: &object.namespace,
            name: &object.name,
            ..Target::default()
        };
        let patch = Request { request: Some(status.to_string()), ..Request::new(&user, "patch", target) };
        self.audit(at, &patch);
        self.delete_pod(at + SECOND / 100, &user, victim);
        // Since 1.27 the scheduler names the preemptor by uid, before that by name.
        let message = match self.seed % 3 {
            0 => format!("Preempted by {}/{} on node {node}", by.namespace, by.name),
            _ => format!("Preempted by pod {} on node {node}", by.uid),
        };
        let source = ("default-scheduler", "");
        let note = Note { reason: "Preempted", message: &message, is_warning: false, source };
        self.event(at + SECOND / 50, &object, &note);
        self.end_pod(at + SECOND / 5, victim, grace_s);
        let nominated = json!({"status": {"nominatedNodeName": node}});
        let target = Target { namespace: &by.namespace, name: &by.name, ..target };
        let patch = Request { request: Some(nominated.to_string()), ..Request::new(&user, "patch", target) };
        self.audit(at + SECOND / 40, &patch);
    }
}
