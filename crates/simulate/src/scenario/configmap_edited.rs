//! A person breaks `order-api-config`: a host that does not exist, broken YAML, a missing key. The
//! pods read it minutes later, on a reload or after a restart, and crash.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.incident("order-api", (180, 1500));
    it.user = day.pick(team("shop"));
    day.earlier_release(it.symptom, it.workload);
    let is_restart = day.variant(2, 2) == 1;
    if is_restart {
        let restart = day.after(it.symptom, -75, -60);
        day.restart(restart, &it.user, it.workload);
    }
    let cause = break_config(day, &mut it);
    day.decoys(&it);
    // A restart a minute before the symptom is no rival: it only brings the edit to light.
    it.confirmed(cause)
}
