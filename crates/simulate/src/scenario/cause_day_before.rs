//! The operation is of the evening before: its audit record lies in an object of that day, and
//! what it does shows only after midnight, when a nightly load or a reload comes.

use crate::day::Day;
use crate::scenario::deed::{JAVA, break_config, lower_memory};
use crate::scenario::fallout::{Strike, author, variant, victim};
use crate::scenario::{Scenario, Story, Times, env_removed};
use crate::text::HOUR;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "cause_day_before",
    about: "a change made before midnight breaks a workload after it; its audit record is of the day before",
    plan,
};

fn plan(day: &mut Day) -> Story {
    day.lead = 2 * HOUR;
    let symptom = day.time_between(0.17, 2.0);
    let cause = day.after(day.from, -90 * 60, -20 * 60);
    let at = Times { cause, symptom, end: day.after(symptom, 25 * 60, 50 * 60) };
    let (victims, strike): (&[&'static str], Strike) = match day.seed % 3 {
        0 => (&JAVA, lower_memory),
        1 => (&["order-api", "cart-api", "payment-gateway"], break_config),
        _ => (&["inventory", "payment-gateway", "pay-api"], env_removed::strike_later),
    };
    let turn = variant(day, 3, victims.len() as u64) as usize;
    let of = victim(day, &victims[turn..=turn]);
    let user = author(day, of.of.namespace);
    let struck = strike(day, &at, &user, of);
    day.distract(at.cause, struck.symptom, &user, &[of.of.name]);
    Story { symptom: struck.symptom, cause: struck.cause, verdict: "confirmed" }
}
