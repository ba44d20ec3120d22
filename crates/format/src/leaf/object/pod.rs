//! The state of a pod, from the states of its containers. Must not know other kinds.

use crate::leaf::object::condition::{explain, is_true};
use crate::leaf::object::summary::{Summary, int, owned, short};
use model::json::{at, list, text};
use serde_json::Value;

/// Reasons of waiting that only say that a pod starts.
const STARTING: [&str; 2] = ["ContainerCreating", "PodInitializing"];

/// Returns the state of a pod.
pub(super) fn summary(pod: &Value) -> Summary {
    let mut summary = Summary { phase: owned(pod, "/status/phase"), ..Summary::default() };
    let containers = list(pod, "/status/containerStatuses");
    let all: Vec<&Value> = list(pod, "/status/initContainerStatuses").iter().chain(containers).collect();
    let is_over = matches!(summary.phase.as_deref(), Some("Succeeded"));
    if at(pod, "/status").is_object() && !is_over {
        let are_ready = || (!containers.is_empty()).then(|| containers.iter().all(is_ready));
        let is_pending = || (summary.phase.as_deref() == Some("Pending")).then_some(false);
        summary.ready = is_true(pod, "Ready").or_else(are_ready).or_else(is_pending);
    }
    summary.because(text(pod, "/status/reason"));
    for status in all.iter().filter(|status| !is_starting(status)) {
        summary.because(text(status, "/state/waiting/reason"));
        end(status, "/state/terminated", &mut summary);
    }
    for status in &all {
        if int(status, "/restartCount").unwrap_or(0) > 0 || !is_ready(status) {
            end(status, "/lastState/terminated", &mut summary);
        }
    }
    for status in all.iter().filter(|status| is_starting(status)) {
        summary.because(text(status, "/state/waiting/reason"));
    }
    explain(pod, ("PodScheduled", "False"), &mut summary);
    let message =
        all.iter().map(|status| text(status, "/state/waiting/message")).find(|text| !text.is_empty());
    if at(pod, "/metadata/deletionTimestamp").is_string() {
        summary.say("terminating");
    }
    if summary.words.is_empty() {
        summary.say(text(pod, "/status/phase"));
    }
    let restarts = all.iter().filter_map(|status| int(status, "/restartCount")).reduce(|sum, one| sum + one);
    summary.restarts = restarts;
    let not_ready = containers.iter().filter(|status| !is_ready(status)).count();
    if not_ready > 0 && !is_over {
        summary.say(format!("{} of {} containers ready", containers.len() - not_ready, containers.len()));
    }
    if let Some(restarts) = restarts.filter(|restarts| *restarts > 0) {
        summary.say(format!("{restarts} restart{}", if restarts == 1 { "" } else { "s" }));
    }
    summary.say(short(message.unwrap_or("")));
    summary
}

fn is_starting(status: &Value) -> bool {
    STARTING.contains(&text(status, "/state/waiting/reason"))
}

fn is_ready(status: &Value) -> bool {
    at(status, "/ready").as_bool().unwrap_or(false)
}

/// Notes how a container ended, unless all went well.
fn end(status: &Value, path: &str, summary: &mut Summary) {
    let state = at(status, path);
    let (code, reason) = (int(state, "/exitCode"), text(state, "/reason"));
    if state.is_null() || code.is_none_or(|code| code == 0) && matches!(reason, "Completed" | "") {
        return;
    }
    if summary.exit_code.is_none() {
        summary.exit_code = code;
        let code = code.map_or_else(String::new, |code| format!("exit {code} "));
        summary.say(format!("{code}{reason}").trim());
    }
    if !matches!(reason, "" | "Error") || summary.reason.is_none() {
        let reason = if reason.is_empty() { "Error" } else { reason };
        summary.reason.get_or_insert_with(|| reason.to_owned());
    }
}
