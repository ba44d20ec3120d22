//! The symptoms of a lowered memory limit with no operation behind them: load grew.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.incident("pay-api", (600, 1500));
    day.surge = Some(((it.symptom - 20 * MINUTE, it.end + 20 * MINUTE), 2.3));
    let message = "heap is at 9<n2> of 10000, tps=1<n4> and rising";
    let warning = content(it.of, Level::Warn, "Metrics", (message, ""));
    day.impact("pay-api", (it.symptom - 9 * MINUTE, it.symptom), 0.02, &[warning]);
    day.out_of_memory(&mut it);
    day.decoys(&it);
    day.scale(it.end, &User::on_call(), it.workload, 8);
    it.inconclusive()
}
