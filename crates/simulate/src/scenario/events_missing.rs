//! A known incident whose events nobody can see: the exporter was down around it. The operation
//! and the errors are there, the events between them are not.

use crate::prelude::*;

/// Who is struck, how, and the seconds from cause to symptom.
const STRIKES: [([&str; 3], Strike, (i64, i64)); 4] = [
    (JAVA, lower_memory, (180, 1200)),
    (["cart-api", "pay-api", "payment-gateway"], scale_to_one, (180, 1200)),
    (["order-api", "inventory", "payment-gateway"], break_config, (180, 1200)),
    (["payment-gateway", "catalog", "cart-api"], remove_env, (20, 45)),
];

pub fn plan(day: &mut Day) -> Story {
    let (victims, strike, gap_s) = day.turn(&STRIKES, 0);
    let mut it = day.incident(victims[day.variant(4, 3) as usize], gap_s);
    let whole = |point: i64| point - point.rem_euclid(MINUTE);
    let before = day.after(it.cause, -90 * 60, -10 * 60);
    let after = day.after(it.end, 10 * 60, 60 * 60);
    day.missing.push((Log::Event, (whole(before), whole(after))));
    let cause = strike(day, &mut it);
    day.decoys(&it);
    it.unless(true, cause)
}
