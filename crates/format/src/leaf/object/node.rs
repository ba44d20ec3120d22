//! The state of a node. Must not know other kinds.

use crate::leaf::object::condition::{condition, explain, is_true};
use crate::leaf::object::summary::Summary;
use model::json::{at, list, text};
use serde_json::Value;

/// Conditions that a healthy node does not have.
const PROBLEMS: [&str; 4] = ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"];

/// Returns the state of a node.
pub(super) fn summary(node: &Value) -> Summary {
    let mut summary = Summary::default();
    if let Some(ready) = condition(node, "Ready") {
        let status = text(ready, "/status");
        let is_ready = is_true(node, "Ready") == Some(true);
        summary.ready = Some(is_ready);
        summary.phase = Some(if is_ready { "Ready" } else { "NotReady" }.into());
        summary.say(if is_ready { "Ready" } else { "NotReady" });
        if !is_ready {
            explain(node, ("Ready", status), &mut summary);
        }
    }
    for problem in PROBLEMS.iter().filter(|problem| is_true(node, problem) == Some(true)) {
        explain(node, (problem, "True"), &mut summary);
        summary.say(*problem);
    }
    if at(node, "/spec/unschedulable").as_bool() == Some(true) {
        summary.say("SchedulingDisabled");
    }
    for taint in list(node, "/spec/taints") {
        let value = text(taint, "/value");
        let value = if value.is_empty() { String::new() } else { format!("={value}") };
        summary.say(format!("taint {}{value}:{}", text(taint, "/key"), text(taint, "/effect")));
    }
    summary
}
