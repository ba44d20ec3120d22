//! A person points the liveness probe of `cart-api` at a path that it does not serve; the kubelet
//! kills healthy pods over and over, and callers get 503.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.incident("cart-api", (180, 540));
    it.user = day.pick(team("shop"));
    day.earlier_release(it.symptom, it.workload);
    // Three failed probes after the delay end just before the symptom.
    let period_s = 15;
    let delay_s = it.grace_s() - 3 * period_s - 8;
    let probe = Probe { path: "/live", timeout_s: 1, period_s, delay_s };
    let cause = day.set_probe(it.cause, &it.user, it.workload, probe);
    let pods = day.roll_out(it.cause, it.workload, Rollout::Good);
    day.fail_probes(&mut it, &pods);
    day.decoys(&it);
    day.set_probe(it.end, &User::on_call(), it.workload, Probe::GOOD);
    day.roll_out(it.end, it.workload, Rollout::Good);
    it.confirmed(cause)
}
