//! An admission webhook that must respond, and whose service is down, is put before the creation
//! of a workload's pods. Nothing happens until pods have to be replaced: then none can be made.

use crate::prelude::*;

const VICTIMS: [&str; 5] = ["cart-redis", "catalog", "payment-gateway", "order-api", "inventory"];
const DOWN: [&str; 3] = [
    "no endpoints available for service \"policy-guard\"",
    "dial tcp 172.20.31.7:443: connect: connection refused",
    "context deadline exceeded",
];

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.incident(day.turn(&VICTIMS, 0), (240, 1700));
    // Policies come from the platform's people, the pipeline or GitOps.
    it.user = day.pick(owners("platform"));
    let is_evicted = day.variant(VICTIMS.len(), 2) == 0;
    let verb = day.pick(vec!["create", "patch"]);
    let why = format!(
        "Internal error occurred: failed calling webhook \"pods.policy.example.com\": failed to call webhook: Post \"https://policy-guard.policy.svc:443/validate?timeout=10s\": {}",
        day.pick(DOWN.to_vec())
    );
    let cause = put_before(day, it.cause, &it.user, (verb, "Fail"), it.of.name);
    let missed = if is_evicted { evict(day, &it) } else { replace(day, &it) };
    day.fail_create((missed, it.end), it.workload, &why);
    day.callers_fail(&mut it, (0, 20), &[Failure::Refused, Failure::Status(503)]);
    day.decoys(&it);
    put_before(day, it.end, &User::on_call(), ("patch", "Ignore"), it.of.name);
    day.fit_pods(it.end + 3 * SECOND, it.workload);
    it.confirmed(cause)
}

/// Writes the webhook's configuration with a failure policy.
fn put_before(day: &mut Day, at: i64, user: &User, (verb, policy): (&str, &str), name: &str) -> Cause {
    let service = json!({"namespace": "policy", "name": "policy-guard", "path": "/validate", "port": 443});
    let rule =
        json!({"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]});
    let webhook = json!({
        "name": "pods.policy.example.com", "clientConfig": {"service": service}, "rules": [rule],
        // A policy is tried on one workload first.
        "objectSelector": {"matchLabels": {"app": name}},
        "failurePolicy": policy, "sideEffects": "None", "timeoutSeconds": 10,
    });
    let target = Target::new("validatingwebhookconfigurations", "", "policy-guard");
    day.change(at, user, (verb, target), json!({"webhooks": [webhook]}))
}

/// Lets the kubelet evict the pods one by one for their use of the disk, the last at the symptom.
/// Returns when the first is missed.
fn evict(day: &mut Day, it: &Incident) -> i64 {
    let pods = day.cluster.up(it.workload, it.cause);
    let count = pods.len() as i64;
    let mut first = it.symptom;
    for (i, pod) in pods.into_iter().enumerate() {
        let gone = it.symptom - SECOND - (it.symptom - it.cause) * (count - 1 - i as i64) / (count + 1);
        let message = "Pod ephemeral local storage usage exceeds the total limit of containers 2Gi. ";
        day.kubelet_evicts(gone - SECOND, pod, message);
        first = first.min(gone + SECOND);
    }
    first
}

/// Lets someone replace the pods: a pod of a StatefulSet is deleted, a Deployment is restarted.
/// Returns when the first is missed.
fn replace(day: &mut Day, it: &Incident) -> i64 {
    let by = day.pick(owners(it.of.namespace));
    let start = it.symptom - day.pen.rng.between(34, 70) * SECOND;
    if !it.is_stateful() {
        day.drain_by(it.workload, start, it.symptom);
        day.restart_rollout(start, &by, it.workload);
        day.roll_out(start, it.workload, Rollout::Refused);
        return start + SECOND;
    }
    for pod in day.cluster.up(it.workload, start) {
        day.remove_pod(start, &by, pod);
        day.end_pod(start + SECOND / 2, pod, (it.symptom - start) / SECOND - 2);
    }
    it.symptom - SECOND
}
