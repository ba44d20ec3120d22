//! An admission webhook that must answer, and whose service is down, is put before the creation
//! of a workload's pods. Nothing happens until pods have to be replaced: then none can be made.

use crate::app::Fault;
use crate::audit::{Target, User};
use crate::day::Day;
use crate::event::Note;
use crate::fleet::Kind;
use crate::scenario::fallout::{Victim, author, callers_fail, variant, victim};
use crate::scenario::{Scenario, Story, Times, cause_by, times};
use crate::text::{MINUTE, SECOND};
use serde_json::json;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "admission_webhook_failing",
    about: "a validating webhook whose service is down blocks new pods; replaced ones do not come back",
    plan,
};

const VICTIMS: [&str; 5] = ["cart-redis", "catalog", "payment-gateway", "order-api", "inventory"];

fn plan(day: &mut Day) -> Story {
    let at = times(day, (240, 1700));
    let of = victim(day, &VICTIMS);
    let name = of.of.name;
    // Policies come from the platform's people, the pipeline or GitOps.
    let user = author(day, "platform");
    let (way, verb) =
        (variant(day, VICTIMS.len(), 2), if day.pen.rng.index(2) == 0 { "create" } else { "patch" });
    let why = format!(
        "Internal error occurred: failed calling webhook \"pods.policy.example.com\": failed to call webhook: Post \"https://policy-guard.policy.svc:443/validate?timeout=10s\": {}",
        [
            "no endpoints available for service \"policy-guard\"",
            "dial tcp 172.20.31.7:443: connect: connection refused",
            "context deadline exceeded"
        ][day.pen.rng.index(3)]
    );
    day.is_incident = true;
    let id = put_before(day, (at.cause, "Fail"), (&user, verb), name);
    if way == 0 {
        evict(day, &at, of, &why);
    } else {
        replace(day, &at, of, &why);
    }
    let span = (at.symptom, at.end + MINUTE / 3);
    let symptom = callers_fail(day, name, span, &[Fault::Refused, Fault::Unavailable], 0.35);
    day.distract(at.cause, symptom, &user, &[name]);
    day.is_incident = false;
    put_before(day, (at.end, "Ignore"), (&Day::on_call(), "patch"), name);
    for replica in 0..of.of.replicas {
        let start = day.after(at.end, 3, 12);
        day.start_pod(start, of.index, replica, true);
    }
    // Whoever replaces the pods by hand is a rival: it triggers what the webhook caused.
    let verdict = if way == 0 { "confirmed" } else { "likely" };
    let object = ("validatingwebhookconfigurations", "", "policy-guard");
    Story { symptom, cause: cause_by(verb, id, at.cause, &user, object), verdict }
}

/// Writes the webhook's configuration with a failure policy; returns the audit id.
fn put_before(day: &mut Day, (at, policy): (i64, &str), (user, verb): (&User, &str), name: &str) -> String {
    let webhook = json!({
        "name": "pods.policy.example.com",
        "clientConfig": {"service": {"namespace": "policy", "name": "policy-guard", "path": "/validate", "port": 443}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
        // A policy is tried on one workload first.
        "objectSelector": {"matchLabels": {"app": name}},
        "failurePolicy": policy, "sideEffects": "None", "timeoutSeconds": 10,
    });
    let body = json!({"kind": "ValidatingWebhookConfiguration", "apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": "policy-guard"}, "webhooks": [webhook]});
    let target = Target {
        group: "admissionregistration.k8s.io",
        resource: "validatingwebhookconfigurations",
        name: "policy-guard",
        ..Target::default()
    };
    let request = if verb == "patch" { json!({"webhooks": body["webhooks"]}) } else { body.clone() };
    day.ask(at, user, verb, target, (Some(request), Some(body)))
}

/// Lets the kubelet evict the pods one by one for what they wrote to disk, the last at the symptom.
fn evict(day: &mut Day, at: &Times, of: Victim, why: &str) {
    let pods = day.cluster.up(of.index, at.cause);
    let count = pods.len() as i64;
    for (i, pod) in pods.into_iter().enumerate() {
        let gone = at.symptom - SECOND - (at.symptom - at.cause) * (count - 1 - i as i64) / (count + 1);
        let message = "Pod ephemeral local storage usage exceeds the total limit of containers 2Gi. ";
        let (object, node) = (day.pod_object(pod, false), day.cluster.pods[pod].node);
        let note = Note { reason: "Evicted", message, is_warning: true, source: ("kubelet", node) };
        day.event(gone - SECOND, &object, &note);
        let killing = format!("Stopping container {}", of.of.name);
        day.kubelet_says(gone - SECOND, pod, "Killing", &killing, false);
        day.pod_status(gone, pod, &json!({"phase": "Failed", "reason": "Evicted", "message": message}));
        day.cluster.pods[pod].to = gone;
        fail_until(day, gone + SECOND / 2, at.end, of, why);
    }
}

/// Lets someone replace the pods: a pod of a StatefulSet is deleted, a Deployment is restarted.
fn replace(day: &mut Day, at: &Times, of: Victim, why: &str) {
    let by = author(day, of.of.namespace);
    let start = at.symptom - day.pen.rng.between(34, 70) * SECOND;
    let grace_s = (at.symptom - start) / SECOND - 2;
    let pods = day.cluster.up(of.index, start);
    if of.of.kind == Kind::Deployment {
        day.cluster.states[of.index].max_unavailable = "100%";
        day.restart_rollout(start, &by, of.index);
        let old = day.cluster.states[of.index].set.0.clone();
        day.cluster.states[of.index].set = (day.pen.rng.suffix(9), day.pen.rng.uuid());
        let new = day.cluster.states[of.index].set.0.clone();
        let (name, replicas) = (of.of.name, pods.len());
        day.scaling_event(
            start + SECOND / 9,
            of.index,
            &format!("Scaled up replica set {name}-{new} to {replicas}"),
        );
        day.scaling_event(
            start + SECOND / 2,
            of.index,
            &format!("Scaled down replica set {name}-{old} to 0"),
        );
    }
    for pod in pods {
        if of.of.kind == Kind::StatefulSet {
            let name = day.cluster.pods[pod].name.clone();
            let target =
                Target { resource: "pods", namespace: of.of.namespace, name: &name, ..Target::default() };
            day.ask(start, &by, "delete", target, (None, None));
            day.kubelet_says(
                start + SECOND / 2,
                pod,
                "Killing",
                &format!("Stopping container {}", of.of.name),
                false,
            );
            day.cluster.pods[pod].to = start + grace_s * SECOND;
        } else {
            day.stop_pod(start + SECOND, pod, grace_s);
        }
    }
    let first = if of.of.kind == Kind::StatefulSet { start + grace_s * SECOND } else { start + SECOND };
    fail_until(day, first, at.end, of, why);
}

/// Lets the owner try again and again, ever more slowly.
fn fail_until(day: &mut Day, from: i64, end: i64, of: Victim, why: &str) {
    let (mut at, mut wait_ms) = (from, 40);
    while at < end {
        day.fail_to_create(at, of.index, why);
        at += wait_ms * 1000;
        wait_ms = (wait_ms * 2).min(330_000);
    }
}
