//! The clocks of the nodes are up to two minutes off the API server's: what pods and kubelets
//! stamp may lie before the operation that caused it.

use crate::app::Fault;
use crate::cluster::NODES;
use crate::day::Day;
use crate::herring::callers;
use crate::scenario::fallout::{author, callers_fail, victim};
use crate::scenario::{Scenario, Story, cause_by, times};
use crate::text::SECOND;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "clock_skew",
    about: "a workload is scaled to zero while node clocks are up to 120 s off: errors may be stamped before it",
    plan,
};

const VICTIMS: [&str; 5] = ["inventory", "payments-db", "cart-redis", "payment-gateway", "order-api"];

fn plan(day: &mut Day) -> Story {
    for node in NODES {
        let ahead_ms = day.pen.rng.between(-120_000, 120_000);
        day.clocks.insert(node, ahead_ms * 1000);
    }
    let at = times(day, (35, 100));
    let of = victim(day, &VICTIMS);
    // Two days in three those that fail first run on slow clocks.
    if !day.seed.is_multiple_of(3) {
        slow_down(day, of.of.name, at.symptom, (at.symptom - at.cause) / 1000);
    }
    let user = author(day, of.of.namespace);
    day.is_incident = true;
    let state = &mut day.cluster.states[of.index];
    // The last pod answers until its grace period is over.
    state.grace_s = (at.symptom - at.cause) / SECOND - 2;
    let replicas = state.replicas;
    let id = day.scale(at.cause, &user, of.index, 0);
    let span = (at.symptom, at.end + 20 * SECOND);
    let symptom = callers_fail(day, of.of.name, span, &[Fault::Refused], 0.4);
    let node = day.cluster.pods[symptom.1].node;
    let stamped = day.clock(node, symptom.0);
    let verb = if user.agent.starts_with("kubectl") { "patch" } else { "update" };
    let object = (of.of.resource(), of.of.namespace, of.of.name);
    let cause = cause_by(verb, id, at.cause, &user, object);
    // What is stamped last before the error is innocent, on either clock.
    let from = at.cause.min(stamped - 200 * SECOND);
    day.distract(from, (stamped, symptom.1), &user, &[of.of.name]);
    day.is_incident = false;
    day.cluster.states[of.index].grace_s = 30;
    day.scale(at.end, &Day::on_call(), of.index, replicas);
    // An effect that is stamped before its cause has no order to confirm.
    let verdict = if stamped < at.cause { "likely" } else { "confirmed" };
    Story { symptom, cause, verdict }
}

/// Sets the clocks of a workload's callers back by more than the time from cause to symptom.
fn slow_down(day: &mut Day, name: &str, symptom: i64, gap_ms: i64) {
    for caller in callers(&[name]) {
        for pod in day.cluster.up(day.cluster.find(caller), symptom) {
            let behind_ms = day.pen.rng.between(gap_ms + 3_000, 120_000);
            day.clocks.insert(day.cluster.pods[pod].node, -behind_ms * 1000);
        }
    }
}
