//! A person lowers the memory limit of `pay-api`; as traffic rises its pods are killed.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.incident("pay-api", (180, 1500));
    it.user = day.pick(team("shop"));
    day.earlier_release(it.symptom, it.workload);
    let cause = lower_memory(day, &mut it);
    day.decoys(&it);
    it.confirmed(cause)
}
