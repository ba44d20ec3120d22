//! Someone scales a workload that others call to zero; when its last pod has drained they fail,
//! one of them in another namespace's logs than the change.

use crate::app::Fault;
use crate::day::Day;
use crate::scenario::{Scenario, Story, calls_fail, cause, customers_see, someone, times};
use crate::text::{MINUTE, SECOND};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "dependency_scaled_down",
    about: "a person scales payments-db or inventory to 0; its callers get connection refused",
    plan,
};

fn plan(day: &mut Day) -> Story {
    let at = times(day, (180, 600));
    // (scaled to zero, its first caller, another caller, who calls those)
    let (name, caller, other, behind) = match day.seed % 2 {
        1 => ("payments-db", "payment-gateway", "ledger", "pay-api"),
        _ => ("inventory", "order-api", "checkout", "checkout"),
    };
    day.is_incident = true;
    let workload = day.cluster.find(name);
    let state = &mut day.cluster.states[workload];
    // A database shuts down smartly: it waits for its sessions until the grace period is over.
    state.grace_s = (at.symptom - at.cause) / SECOND - 2;
    let (of, replicas) = (state.workload, state.replicas);
    // People change what their team owns; the platform's people own the databases.
    let user = if name == "payments-db" { Day::person(5) } else { someone(&mut day.pen.rng) };
    let id = day.scale(at.cause, &user, workload, 0);
    let span = (at.symptom, at.end + 20 * SECOND);
    let symptom = calls_fail(day, caller, name, span, &[Fault::Refused], 0.4);
    calls_fail(day, other, name, (at.symptom + SECOND, span.1), &[Fault::Refused], 0.3);
    calls_fail(
        day,
        behind,
        caller,
        (at.symptom + 4 * SECOND, span.1),
        &[Fault::Timeout, Fault::Unavailable],
        0.2,
    );
    customers_see(day, "checkout", (at.symptom + 5 * SECOND, span.1 + MINUTE / 2), 504, 0.05);
    day.red_herrings(at.cause, at.symptom, name, &[caller, other, behind]);
    day.is_incident = false;
    day.cluster.states[workload].grace_s = 30;
    day.scale(at.end, &Day::on_call(), workload, replicas);
    Story {
        symptom,
        cause: cause(id, at.cause, &user, (of.resource(), of.namespace, name)),
        verdict: "confirmed",
    }
}
