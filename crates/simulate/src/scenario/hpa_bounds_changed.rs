//! Someone lowers the upper bound of an autoscaler in the busy hour. The controller obeys within
//! seconds and scales down; that is a consequence, the patch of the bounds is the cause.

use crate::day::Day;
use crate::scenario::fallout::{author, variant, victim};
use crate::scenario::{Scenario, Story, Times, cause, replicas_cut};
use crate::text::SECOND;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "hpa_bounds_changed",
    about: "an autoscaler's maxReplicas is lowered in the busy hour; the controller scales down, the rest drowns",
    plan,
};

const VICTIMS: [&str; 5] = ["pay-api", "order-api", "catalog", "payment-gateway", "cart-api"];
const BUSY: &str = "cpu resource utilization (percentage of request) above target";
const BOUND: &str = "Current number of replicas above Spec.MaxReplicas";

fn plan(day: &mut Day) -> Story {
    let of = victim(day, &VICTIMS);
    let (index, replicas) = (of.index, of.of.replicas);
    let morning = day.time_between(8.2, 8.9);
    day.rescale(morning, index, replicas + 2, BUSY);
    let symptom = day.time_between(9.8, 11.9);
    let at =
        Times { cause: day.after(symptom, -600, -75), symptom, end: day.after(symptom, 25 * 60, 50 * 60) };
    let user = author(day, of.of.namespace);
    let high = 1 + variant(day, VICTIMS.len(), 2) as usize;
    day.is_incident = true;
    let id = day.set_bounds(at.cause, &user, index, 1, high);
    // The controller looks every fifteen seconds.
    let sync = day.after(at.cause, 1, 15);
    day.rescale(sync, index, high, BOUND);
    let symptom = replicas_cut::drown(day, &at, of);
    day.distract(at.cause, symptom, &user, &[of.of.name]);
    day.is_incident = false;
    day.set_bounds(at.end, &Day::on_call(), index, replicas, 2 * replicas + 2);
    day.rescale(at.end + 9 * SECOND, index, replicas + 2, BUSY);
    let object = ("horizontalpodautoscalers", of.of.namespace, of.of.name);
    Story { symptom, cause: cause(id, at.cause, &user, object), verdict: "confirmed" }
}
