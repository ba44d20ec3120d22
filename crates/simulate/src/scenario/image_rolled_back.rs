//! Someone sets an older tag that the registry still has. It starts and passes its probes, but it
//! does not know the schema or the settings of today: requests fail, no pull does.

use crate::prelude::*;

const VICTIMS: [&str; 5] = ["order-api", "payment-gateway", "inventory", "pay-api", "ledger"];

pub fn plan(day: &mut Day) -> Story {
    // The first request that needs something the old version lacks comes soon or late.
    let gap_s = if day.seed % 2 == 1 { (45, 150) } else { (300, 1500) };
    let mut it = day.incident(day.turn(&VICTIMS, 0), gap_s);
    day.earlier_release(it.symptom, it.workload);
    let good = day.cluster.states[it.workload].tag();
    let old = format!("v2.{}.{}", day.pen.rng.between(0, 9), day.pen.rng.between(0, 9));
    let cause = day.set_image(it.cause, &it.user, it.workload, &old);
    day.roll_out(it.cause, it.workload, Rollout::Good);
    let key = ["old.schema", "old.message", "old.tenant"][day.variant(VICTIMS.len(), 3) as usize];
    let lines = own_errors(it.of, key, &[]);
    day.fails_itself(&mut it, &lines, &[Failure::Status(500)]);
    day.decoys(&it);
    day.set_image(it.end, &User::on_call(), it.workload, &good);
    day.roll_out(it.end, it.workload, Rollout::Good);
    it.confirmed(cause)
}
