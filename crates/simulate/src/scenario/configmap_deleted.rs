//! Someone deletes a ConfigMap that looks unused. Pods that run keep their copy; the next ones to
//! start cannot mount it, or, where it feeds variables, cannot even be configured.

use crate::act::Rollout;
use crate::app::Fault;
use crate::audit::User;
use crate::day::Day;
use crate::scenario::fallout::{Victim, author, callers_fail, variant, victim};
use crate::scenario::{Scenario, Story, Times, cause_by, times};
use crate::text::{MINUTE, SECOND};
use serde_json::json;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "configmap_deleted",
    about: "a ConfigMap is deleted; pods that start later cannot mount it or be configured, callers fail",
    plan,
};

const VICTIMS: [&str; 5] = ["catalog", "cart-api", "payment-gateway", "order-api", "inventory"];

fn plan(day: &mut Day) -> Story {
    let at = times(day, (300, 1700));
    let of = victim(day, &VICTIMS);
    let (namespace, name) = (of.of.namespace, of.of.name);
    let user = author(day, namespace);
    let way = variant(day, VICTIMS.len(), 3);
    let config = of.of.config_map();
    if way == 0 {
        day.cluster.states[of.index].env = vec![
            json!({"name": "FEATURES", "valueFrom": {"configMapKeyRef": {"name": config, "key": "features"}}}),
        ];
    }
    day.is_incident = true;
    let id = day.delete_config(at.cause, &user, (namespace, &config));
    let stuck = match way {
        0 => {
            fail_to_restart(day, &at, of, &config);
            Vec::new()
        }
        1 => {
            let by = author(day, namespace);
            fail_to_mount(day, &at, Some(&by), of, &config)
        }
        _ => fail_to_mount(day, &at, None, of, &config),
    };
    let span = (at.symptom, at.end + MINUTE);
    let symptom = callers_fail(day, name, span, &[Fault::Refused, Fault::Unavailable], 0.35);
    day.distract(at.cause, symptom, &user, &[name]);
    day.is_incident = false;
    let text = "features: v2\nupstream:\n  timeout-ms: 3000\n";
    day.create_config(at.end, &Day::on_call(), (namespace, &config), "application.yaml", text);
    (day.cluster.states[of.index].grace_s, day.cluster.states[of.index].max_unavailable) = (30, "25%");
    day.restart_rollout(at.end + 4 * SECOND, &Day::on_call(), of.index);
    day.roll_out(at.end + 4 * SECOND, of.index, Rollout::Good);
    for pod in stuck {
        day.stop_pod(at.end + 9 * SECOND, pod, 0);
    }
    // Whoever starts the pods anew is a rival: it triggers what the deletion caused.
    let verdict = if way == 0 { "confirmed" } else { "likely" };
    let object = ("configmaps", namespace, config.as_str());
    Story { symptom, cause: cause_by("delete", id, at.cause, &user, object), verdict }
}

/// Restarts or releases the workload so that every old pod goes while no new one can mount.
fn fail_to_mount(day: &mut Day, at: &Times, by: Option<&User>, of: Victim, config: &str) -> Vec<usize> {
    let start = at.symptom - day.pen.rng.between(34, 60) * SECOND;
    let state = &mut day.cluster.states[of.index];
    (state.max_unavailable, state.grace_s) = ("100%", (at.symptom - start) / SECOND - 2);
    match by {
        Some(user) => day.restart_rollout(start, user, of.index),
        None => {
            let tag = format!("v5.{}.{}", day.pen.rng.between(0, 30), day.pen.rng.between(0, 9));
            day.set_image(start, &User::ci(), of.index, &tag)
        }
    };
    let stuck = day.roll_out(start, of.index, Rollout::Stuck);
    let failed = format!("MountVolume.SetUp failed for volume \"config\" : configmap \"{config}\" not found");
    for pod in &stuck {
        let (mut retry, mut wait_ms) = (start + 4 * SECOND, 500);
        while retry < at.end {
            say_of_pod(day, retry, *pod, "FailedMount", &failed);
            wait_ms = (wait_ms * 2).min(122_000);
            retry += wait_ms * 1000;
        }
    }
    stuck
}

/// Lets containers end, as they do on any day, and fail to be configured when they restart.
fn fail_to_restart(day: &mut Day, at: &Times, of: Victim, config: &str) {
    let pods = day.cluster.up(of.index, at.cause);
    let last = pods.len().saturating_sub(1);
    let until = at.end + 10 * SECOND;
    for (i, pod) in pods.into_iter().enumerate() {
        // The last one ends at the symptom, the others on the way to it.
        let share = 0.5 + 0.4 * i as f64;
        let down = if i == last {
            at.symptom - SECOND
        } else {
            at.cause + ((at.symptom - at.cause) as f64 * share.min(0.9)) as i64
        };
        day.print(down, pod, "stderr", &["worker recycled after <n8> requests, leaving"]);
        day.cluster.pods[pod].down.push((down, until));
        let status = json!({"phase": "Running", "containerStatuses": [{
            "name": of.of.name, "ready": false,
            "state": {"waiting": {"reason": "CreateContainerConfigError", "message": format!("configmap \"{config}\" not found")}},
        }]});
        day.pod_status(down + SECOND, pod, &status);
        let mut retry = down + SECOND;
        while retry < at.end {
            let error = format!("Error: configmap \"{config}\" not found");
            day.kubelet_says(retry, pod, "Failed", &error, true);
            retry = day.after(retry, 11, 90);
        }
    }
}

/// Records what the kubelet says of a pod whose container does not exist yet.
fn say_of_pod(day: &mut Day, at: i64, pod: usize, reason: &str, message: &str) {
    let object = day.pod_object(pod, false);
    let node = day.cluster.pods[pod].node;
    let note = crate::event::Note { reason, message, is_warning: true, source: ("kubelet", node) };
    day.event(at, &object, &note);
}
