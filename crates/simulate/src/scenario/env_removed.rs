//! A patch takes an environment variable from a workload that needs it: the new pods crash as
//! they start, or fail when a request first needs it.

use crate::prelude::*;

const VICTIMS: [&str; 5] = ["pay-api", "order-api", "cart-api", "payment-gateway", "inventory"];

pub fn plan(day: &mut Day) -> Story {
    let is_lazy = day.variant(VICTIMS.len(), 2) == 1;
    let (gap_s, strike): (_, Strike) =
        if is_lazy { ((150, 1400), remove_env_needed_later) } else { ((14, 60), remove_env) };
    let mut it = day.incident(day.turn(&VICTIMS, 0), gap_s);
    let cause = strike(day, &mut it);
    day.decoys(&it);
    it.confirmed(cause)
}
