//! What people do to the rules a cluster lives by: autoscalers, roles, admission webhooks, API
//! kinds; and what the API server and the controllers then answer and do.

use crate::audit::{Request, Target, User};
use crate::day::Day;
use crate::event::{Note, Object};
use crate::text::SECOND;
use serde_json::{Value, json};

const AUTOSCALER: &str = "horizontal-pod-autoscaler";

impl Day {
    /// Records a request about any object and its answer, when there are bodies; returns the audit id.
    pub fn ask(
        &mut self,
        at: i64,
        user: &User,
        verb: &str,
        target: Target<'_>,
        (request, response): (Option<Value>, Option<Value>),
    ) -> String {
        let query = match verb {
            "patch" | "update" | "create" if user.agent.starts_with("kubectl") => {
                "fieldManager=kubectl-client-side-apply&fieldValidation=Strict"
            }
            _ => "",
        };
        let request = Request {
            query,
            request: request.map(|body| body.to_string()),
            response: response.map(|body| body.to_string()),
            ..Request::new(user, verb, target)
        };
        self.audit(at, &request)
    }

    /// Records a request that the API server did not serve, with its code and message.
    pub fn fail_to_ask(
        &mut self,
        at: i64,
        user: &User,
        verb: &str,
        target: Target<'_>,
        (code, message): (u16, &str),
    ) {
        self.audit(at, &Request { code, message, ..Request::new(user, verb, target) });
    }

    /// Sets `spec.replicas` of a Deployment by an apply of its manifest; returns the audit id of the patch.
    pub fn resize(&mut self, at: i64, user: &User, workload: usize, replicas: usize) -> String {
        let alive = self.cluster.alive(workload, at);
        let state = &mut self.cluster.states[workload];
        state.replicas = replicas;
        let (of, hash, grace_s) = (state.workload, state.set.0.clone(), state.grace_s);
        let id = self.patch(at, user, workload, &json!({"spec": {"replicas": replicas}}));
        let way = if replicas > alive.len() { "up" } else { "down" };
        let scaled =
            format!("Scaled {way} replica set {}-{hash} to {replicas} from {}", of.name, alive.len());
        self.scaling_event(at + SECOND / 10, workload, &scaled);
        for replica in alive.len()..replicas {
            let start = self.after(at, 1, 2);
            self.start_pod(start, workload, replica, true);
        }
        for pod in alive.iter().skip(replicas) {
            self.stop_pod(at + SECOND / 5, *pod, grace_s);
        }
        id
    }

    /// Records a patch of a workload's HorizontalPodAutoscaler; returns the audit id.
    pub fn set_bounds(&mut self, at: i64, user: &User, workload: usize, low: usize, high: usize) -> String {
        let of = self.cluster.states[workload].workload;
        let target = autoscaler(of.namespace, of.name, "");
        let spec = json!({"scaleTargetRef": {"apiVersion": "apps/v1", "kind": of.kind_name(), "name": of.name}, "minReplicas": low, "maxReplicas": high});
        let body = json!({"kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v2", "metadata": {"name": of.name, "namespace": of.namespace}, "spec": spec, "status": {"currentReplicas": self.cluster.states[workload].replicas}});
        self.ask(
            at,
            user,
            "patch",
            target,
            (Some(json!({"spec": {"minReplicas": low, "maxReplicas": high}})), Some(body)),
        )
    }

    /// Lets a workload's autoscaler give it a new size, and say why.
    pub fn rescale(&mut self, at: i64, workload: usize, replicas: usize, why: &str) {
        let user = User::controller(AUTOSCALER);
        let of = self.cluster.states[workload].workload;
        self.scale(at, &user, workload, replicas);
        let object = Object::named("HorizontalPodAutoscaler", "autoscaling/v2", of.namespace, of.name);
        let message = format!("New size: {replicas}; reason: {why}");
        self.event(
            at + SECOND / 20,
            &object,
            &Note {
                reason: "SuccessfulRescale",
                message: &message,
                is_warning: false,
                source: (AUTOSCALER, ""),
            },
        );
        let status = autoscaler(of.namespace, of.name, "status");
        self.ask(at + SECOND / 15, &user, "update", status, (None, None));
    }

    /// Records that the owner of a workload's pods cannot make one: the refused request and the event.
    pub fn fail_to_create(&mut self, at: i64, workload: usize, why: &str) {
        let state = &self.cluster.states[workload];
        let of = state.workload;
        let (set, set_uid) = (format!("{}-{}", of.name, state.set.0), state.set.1.clone());
        let mut object = self.workload_object(workload);
        let (source, message) = if object.kind == "StatefulSet" {
            let name = of.name;
            let message = format!("create Pod {name}-0 in StatefulSet {name} failed error: {why}");
            ("statefulset-controller", message)
        } else {
            (object.kind, object.name, object.uid) = ("ReplicaSet", set, set_uid);
            ("replicaset-controller", format!("Error creating: {why}"))
        };
        let target = Target { resource: "pods", namespace: of.namespace, ..Target::default() };
        self.fail_to_ask(at - SECOND / 20, &User::controller(source), "create", target, (500, why));
        self.event(
            at,
            &object,
            &Note { reason: "FailedCreate", message: &message, is_warning: true, source: (source, "") },
        );
    }
}

fn autoscaler<'a>(namespace: &'a str, name: &'a str, sub: &'a str) -> Target<'a> {
    Target { group: "autoscaling", resource: "horizontalpodautoscalers", sub, namespace, name }
}
