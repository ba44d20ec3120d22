//! The clocks of the nodes are up to two minutes off the API server's: the stamps of pods and
//! kubelets may lie before the operation behind them.

use crate::prelude::*;

const VICTIMS: [&str; 5] = ["inventory", "payments-db", "cart-redis", "payment-gateway", "order-api"];

pub fn plan(day: &mut Day) -> Story {
    for node in NODES {
        let ahead_ms = day.pen.rng.between(-120_000, 120_000);
        day.clocks.insert(node, ahead_ms * 1000);
    }
    let mut it = day.incident(day.turn(&VICTIMS, 0), (35, 100));
    // Two days in three those that fail first run on slow clocks.
    if !day.seed.is_multiple_of(3) {
        slow_down_callers(day, &it);
    }
    let replicas = day.cluster.states[it.workload].replicas;
    // The last pod responds until its grace period is over.
    day.cluster.states[it.workload].grace_s = it.grace_s();
    let cause = day.scale(it.cause, &it.user, it.workload, 0);
    day.callers_fail(&mut it, (0, 20), &[Failure::Refused]);
    let first = it.first.map_or("", |(_, pod)| day.cluster.pods[pod].node);
    let stamped = day.clock(first, it.symptom);
    // The last records before the error are innocent on either clock.
    it.before = (it.cause.min(stamped - 200 * SECOND), stamped);
    day.decoys(&it);
    day.scale(it.end, &User::on_call(), it.workload, replicas);
    // An effect that is stamped before its cause has no order to confirm.
    let is_early = stamped < it.cause;
    it.unless(is_early, cause)
}

/// Sets the clocks of a workload's callers back by more than the time from cause to symptom.
fn slow_down_callers(day: &mut Day, it: &Incident) {
    let gap_ms = (it.symptom - it.cause) / 1000;
    for caller in callers(&[it.of.name]) {
        for pod in day.cluster.up(index_of(caller), it.symptom) {
            let behind_ms = day.pen.rng.between(gap_ms + 3_000, 120_000);
            day.clocks.insert(day.cluster.pods[pod].node, -behind_ms * 1000);
        }
    }
}
