//! A callee gets a bad release: its pods are well, but it returns errors or responds too late. The
//! first to log an error is its caller, or, when the callee passes the trouble on, its caller's caller.

use crate::prelude::*;

/// (who fails, whom it calls, who was released): the last two are the same when it is one hop.
const CHAINS: [(&str, &str, &str); 8] = [
    ("pay-api", "payment-gateway", "payment-gateway"),
    ("checkout", "order-api", "order-api"),
    ("checkout", "order-api", "inventory"),
    ("checkout", "cart-api", "cart-api"),
    ("catalog", "search-api", "search-index"),
    ("order-api", "inventory", "inventory"),
    ("checkout", "pay-api", "payment-gateway"),
    ("suggest", "search-index", "search-index"),
];

pub fn plan(day: &mut Day) -> Story {
    let (caller, middle, released) = day.turn(&CHAINS, 0);
    let mut it = day.quiet_incident((caller, released), (90, 1200), &[middle]);
    (it.callee, it.is_private) = (middle, middle != released);
    if !day.seed.is_multiple_of(3) {
        day.earlier_release(it.cause - 30 * MINUTE, it.workload);
    }
    let before = day.cluster.states[it.workload].tag();
    let tag = format!("v{}.{}.0", day.pen.rng.between(4, 6), day.pen.rng.between(31, 60));
    let cause = day.set_image(it.cause, &it.user, it.workload, &tag);
    day.roll_out(it.cause, it.workload, Rollout::Good);
    let is_slow = day.pen.rng.index(2) == 1;
    let failures: &[Failure] = match (is_slow, day.pen.rng.index(3)) {
        (true, _) => &[Failure::ReadTimeout],
        (_, 0) => &[Failure::Status(500)],
        (_, 1) => &[Failure::Status(500), Failure::ReadTimeout],
        _ => &[Failure::Status(502), Failure::Status(500)],
    };
    // The released one logs its bad responses as ordinary ones; the one between warns at most.
    let (status, took) = if is_slow { ("200", "4<n4>") } else { ("500", "<ms>") };
    let lines = worded(it.of, Level::Info, "served", &[("status", status), ("took", took)]);
    day.impact(released, it.errors(-5, 40), 0.3, &lines);
    if middle != released {
        let key = if is_slow { "passed.slow" } else { "passed.error" };
        let port = it.of.port.to_string();
        let lines = worded(find(middle), Level::Warn, key, &[("callee", released), ("port", &port)]);
        day.impact(middle, it.errors(0, 40), 0.2, &lines);
    }
    day.callers_fail(&mut it, (0, 40), failures);
    it.hit.push(middle);
    day.decoys(&it);
    day.set_image(it.end, &User::on_call(), it.workload, &before);
    day.roll_out(it.end, it.workload, Rollout::Good);
    // Over two hops the error names the one between; only its warnings name the released one.
    it.unless(middle != released, cause)
}
