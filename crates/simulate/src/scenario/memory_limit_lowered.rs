//! A person lowers the memory limit of `pay-api`; as traffic rises its pods are killed.

use crate::act::Rollout;
use crate::day::Day;
use crate::scenario::{Scenario, Story, cause, out_of_memory, someone, times};
use serde_json::json;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "memory_limit_lowered",
    about: "a person lowers pay-api's memory limit from 512Mi to 128Mi; OOM kills minutes later, checkout fails",
    plan,
};

fn plan(day: &mut Day) -> Story {
    let at = times(day, (180, 1500));
    day.earlier_release(at.symptom, "pay-api");
    day.is_incident = true;
    let pay = day.cluster.find("pay-api");
    let user = someone(&mut day.pen.rng);
    let id = set_memory(day, at.cause, &user, pay, 128);
    day.roll_out(at.cause, pay, Rollout::Good);
    let symptom = out_of_memory(day, "pay-api", at.symptom, at.end);
    day.red_herrings(at.cause, at.symptom, "pay-api", &["checkout"]);
    day.is_incident = false;
    set_memory(day, at.end, &Day::on_call(), pay, 512);
    day.roll_out(at.end, pay, Rollout::Good);
    Story {
        symptom,
        cause: cause(id, at.cause, &user, ("deployments", "shop", "pay-api")),
        verdict: "confirmed",
    }
}

/// Sets a workload's memory limit and records the patch; returns the audit id.
pub(super) fn set_memory(
    day: &mut Day,
    at: i64,
    user: &crate::scenario::User,
    workload: usize,
    memory_mib: u32,
) -> String {
    let state = &mut day.cluster.states[workload];
    state.memory_mib = memory_mib;
    let resources = json!({"limits": {"memory": format!("{memory_mib}Mi")}, "requests": {"memory": format!("{}Mi", memory_mib / 2)}});
    let patch = json!({"spec": {"template": {"spec": {"containers": [{"name": state.workload.name, "resources": resources}]}}}});
    day.patch(at, user, workload, &patch)
}
