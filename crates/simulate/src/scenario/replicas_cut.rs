//! Someone cuts a workload to one pod in the busy hour. It does not vanish: the pod that is left
//! responds too late or not at all, and so its callers fail.

use crate::prelude::*;

const VICTIMS: [&str; 5] = ["pay-api", "order-api", "cart-api", "payment-gateway", "catalog"];

pub fn plan(day: &mut Day) -> Story {
    let busy = if day.pen.rng.index(3) == 0 { 15.0 } else { 9.8 };
    let symptom = day.time_between(busy, busy + 2.0);
    let mut it = day.incident_at(symptom, day.turn(&VICTIMS, 0), (60, 700));
    let is_scaled = day.variant(VICTIMS.len(), 2) == 0;
    let cause = if is_scaled { scale_to_one(day, &mut it) } else { apply_one_replica(day, &mut it) };
    day.decoys(&it);
    it.unseen(cause)
}
