//! Someone deletes a ConfigMap that looks unused. Pods that run keep their copy; the next ones to
//! start cannot mount it, or, where it feeds variables, cannot even be configured.

use crate::prelude::*;

const VICTIMS: [&str; 5] = ["catalog", "cart-api", "payment-gateway", "order-api", "inventory"];

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.incident(day.turn(&VICTIMS, 0), (300, 1700));
    let way = day.variant(VICTIMS.len(), 3);
    let config = it.of.config_map();
    if way == 0 {
        let source = json!({"configMapKeyRef": {"name": config, "key": "features"}});
        day.cluster.states[it.workload].env = vec![json!({"name": "FEATURES", "valueFrom": source})];
    }
    let target = Target::new("configmaps", it.of.namespace, &config);
    let cause = day.change(it.cause, &it.user, ("delete", target), Value::Null);
    let missing = format!("configmap \"{config}\" not found");
    let mut stuck = Vec::new();
    if way == 0 {
        fail_to_restart(day, &it, &missing);
    } else {
        stuck = fail_to_mount(day, &it, way == 1, &missing);
    }
    day.callers_fail(&mut it, (0, 60), &[Failure::Refused, Failure::Status(503)]);
    day.decoys(&it);
    let data = json!({"data": {"application.yaml": config_text(it.of)}});
    day.change(it.end, &User::on_call(), ("create", target), data);
    day.restart(it.end + 4 * SECOND, &User::on_call(), it.workload);
    for pod in stuck {
        day.stop_pod(it.end + 9 * SECOND, pod, 0);
    }
    // A release is a rival; a restart only brings the deletion to light.
    it.unless(way == 2, cause)
}

/// Restarts or releases the workload so that every old pod goes while no new one can mount.
fn fail_to_mount(day: &mut Day, it: &Incident, is_restart: bool, missing: &str) -> Vec<usize> {
    let start = it.symptom - day.pen.rng.between(34, 60) * SECOND;
    day.drain_by(it.workload, start, it.symptom);
    if is_restart {
        let by = day.pick(owners(it.of.namespace));
        day.restart_rollout(start, &by, it.workload);
    } else {
        let tag = day.new_tag();
        day.set_image(start, &User::ci(), it.workload, &tag);
    }
    let stuck = day.roll_out(start, it.workload, Rollout::Stuck);
    for pod in &stuck {
        for retry in day.retries((start + 4 * SECOND, it.end), (1, 122)) {
            let failed = format!("MountVolume.SetUp failed for volume \"config\" : {missing}");
            day.kubelet_says(retry, *pod, "FailedMount", &failed);
        }
    }
    stuck
}

/// Lets containers end, as they do on any day, and fail to be configured when they restart.
fn fail_to_restart(day: &mut Day, it: &Incident, missing: &str) {
    let pods = day.cluster.up(it.workload, it.cause);
    let last = pods.len().saturating_sub(1);
    for (i, pod) in pods.into_iter().enumerate() {
        // The last one ends at the symptom, the others on the way to it.
        let share = (0.5 + 0.4 * i as f64).min(0.9);
        let on_the_way = it.cause + ((it.symptom - it.cause) as f64 * share) as i64;
        let down = if i == last { it.symptom - SECOND } else { on_the_way };
        day.print(down, pod, "stderr", &["worker recycled after <n8> requests, leaving"]);
        day.stays_down((down, it.end + 10 * SECOND), pod, ("CreateContainerConfigError", missing));
        for retry in day.every((down + SECOND, it.end), (11, 90)) {
            day.kubelet_says(retry, pod, "Failed", &format!("Error: {missing}"));
        }
    }
}
