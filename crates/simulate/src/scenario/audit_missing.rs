//! A known incident whose cause nobody can name: the audit shipper was down around it, so the
//! operation is in no log. What is right to say is that the audit log has a hole there.

use crate::day::{Day, Log};
use crate::scenario::deed::{JAVA, break_config, lower_memory};
use crate::scenario::fallout::{Strike, author, variant, victim};
use crate::scenario::{Scenario, Story, times};
use crate::text::MINUTE;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "audit_missing",
    about: "a memory limit or a ConfigMap is changed while no audit logs arrive: the cause is not in the data",
    plan,
};

const STRIKES: [Strike; 2] = [lower_memory, break_config];

fn plan(day: &mut Day) -> Story {
    let at = times(day, (300, 1500));
    let of = victim(day, &JAVA);
    let user = author(day, "shop");
    let before = day.after(at.cause, -80 * 60, -15 * 60);
    // The shipper comes back long after the symptom, or between the cause and the symptom.
    let after = match variant(day, JAVA.len() * STRIKES.len(), 2) {
        0 => day.after(at.symptom, 10 * 60, 70 * 60),
        _ => at.cause + (at.symptom - at.cause) / 3,
    };
    let whole = |point: i64| point - point.rem_euclid(MINUTE);
    day.missing.push((Log::Audit, (whole(before), (whole(after)).max(whole(at.cause) + MINUTE))));
    let strike = STRIKES[variant(day, JAVA.len(), 2) as usize];
    let struck = strike(day, &at, &user, of);
    day.distract(at.cause, struck.symptom, &user, &[of.of.name]);
    Story { symptom: struck.symptom, cause: None, verdict: "inconclusive" }
}
