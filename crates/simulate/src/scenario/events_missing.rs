//! A known incident whose events nobody can see: the exporter was down around it. The operation
//! and the errors are there, what happened between them is not.

use crate::day::{Day, Log};
use crate::scenario::deed::{break_config, lower_memory};
use crate::scenario::fallout::{Strike, author, variant, victim};
use crate::scenario::{Scenario, Story, env_removed, replicas_cut, times};
use crate::text::MINUTE;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "events_missing",
    about: "a known incident for which no events arrive: only the operation and the errors are in the data",
    plan,
};

fn plan(day: &mut Day) -> Story {
    let (victims, strike): (&[&'static str], Strike) = match day.seed % 4 {
        0 => (&["pay-api", "order-api", "catalog"], lower_memory),
        1 => (&["cart-api", "pay-api", "payment-gateway"], replicas_cut::strike),
        2 => (&["order-api", "inventory", "payment-gateway"], break_config),
        _ => (&["payment-gateway", "catalog", "cart-api"], env_removed::strike),
    };
    let mut at = times(day, (180, 1200));
    if day.seed % 4 == 3 {
        at.cause = day.after(at.symptom, -45, -20);
    }
    let turn = variant(day, 4, victims.len() as u64) as usize;
    let of = victim(day, &victims[turn..=turn]);
    let user = author(day, of.of.namespace);
    let whole = |point: i64| point - point.rem_euclid(MINUTE);
    let before = day.after(at.cause, -90 * 60, -10 * 60);
    let after = day.after(at.end, 10 * 60, 60 * 60);
    day.missing.push((Log::Event, (whole(before), whole(after))));
    let struck = strike(day, &at, &user, of);
    day.distract(at.cause, struck.symptom, &user, &[of.of.name]);
    Story { symptom: struck.symptom, cause: struck.cause, verdict: "likely" }
}
