//! The operation is of the evening before: its audit record lies in an object of that day, and
//! its effect shows only after midnight, when a nightly load or a reload comes.

use crate::prelude::*;

const STRIKES: [([&str; 3], Strike); 3] = [
    (JAVA, lower_memory),
    (["order-api", "cart-api", "payment-gateway"], break_config),
    (["inventory", "payment-gateway", "pay-api"], remove_env_needed_later),
];

pub fn plan(day: &mut Day) -> Story {
    day.lead = 2 * HOUR;
    let symptom = day.time_between(0.17, 2.0);
    let gap_s = (symptom - day.after(day.from, -90 * 60, -20 * 60)) / SECOND;
    let (victims, strike) = day.turn(&STRIKES, 0);
    let mut it = day.incident_at(symptom, victims[day.variant(3, 3) as usize], (gap_s, gap_s));
    let cause = strike(day, &mut it);
    day.decoys(&it);
    it.confirmed(cause)
}
