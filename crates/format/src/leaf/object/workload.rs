//! The states of workloads: how many of their pods are ready, and why not. Must not know other kinds.

use crate::leaf::object::condition::{condition, explain, is_true};
use crate::leaf::object::summary::{Summary, int, owned};
use model::json::at;
use serde_json::Value;

/// Returns the state of a Deployment, ReplicaSet, StatefulSet or DaemonSet.
pub(super) fn summary(object: &Value) -> Summary {
    let mut summary = Summary::default();
    if !at(object, "/status").is_object() {
        if let Some(replicas) = int(object, "/spec/replicas") {
            summary.say(format!("{replicas} replica{} declared", if replicas == 1 { "" } else { "s" }));
        }
        return summary;
    }
    // a number that is zero is left out
    let desired = int(object, "/status/desiredNumberScheduled").or_else(|| int(object, "/spec/replicas"));
    let desired = desired.or_else(|| int(object, "/status/replicas")).unwrap_or(0);
    let status = |path: &str| int(object, path);
    let ready = status("/status/readyReplicas").or_else(|| status("/status/numberReady"));
    let ready = ready.or_else(|| status("/status/availableReplicas")).unwrap_or(0);
    summary.ready = Some(ready >= desired);
    summary.say(format!("{ready} of {desired} ready"));
    for problem in [("Progressing", "False"), ("ReplicaFailure", "True"), ("Available", "False")] {
        explain(object, problem, &mut summary);
    }
    let seen = int(object, "/status/observedGeneration");
    if seen.zip(int(object, "/metadata/generation")).is_some_and(|(seen, own)| seen < own) {
        summary.say("its last change is not observed yet");
    }
    summary
}

/// Returns the state of a Job.
pub(super) fn job(object: &Value) -> Summary {
    let mut summary = Summary::default();
    let status = |path: &str| int(object, path).unwrap_or(0);
    let phase = match (is_true(object, "Complete"), is_true(object, "Failed"), is_true(object, "Suspended")) {
        (Some(true), ..) => Some("Complete"),
        (_, Some(true), _) => Some("Failed"),
        (.., Some(true)) => Some("Suspended"),
        _ if status("/status/active") > 0 => Some("Running"),
        _ => None,
    };
    summary.phase = phase.map(str::to_owned).or_else(|| owned(object, "/status/phase"));
    if condition(object, "Complete").or_else(|| condition(object, "Failed")).is_some() {
        summary.ready = Some(phase == Some("Complete"));
    }
    summary.say(summary.phase.clone().unwrap_or_default());
    explain(object, ("Failed", "True"), &mut summary);
    if at(object, "/status").is_object() {
        let (done, failed) = (status("/status/succeeded"), status("/status/failed"));
        summary.say(format!("{done} succeeded, {failed} failed"));
    }
    summary
}
