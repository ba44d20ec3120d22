//! Someone scales a workload that others call to zero; when its last pod has drained they fail,
//! and whoever calls them, up to other namespaces than the change's.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    // People change workloads of their team; the platform's people own the databases.
    let (name, owner) = day.turn(&[("inventory", "shop"), ("payments-db", "platform")], 0);
    let mut it = day.incident(name, (180, 600));
    it.user = day.pick(team(owner));
    let replicas = day.cluster.states[it.workload].replicas;
    // A database shuts down smartly: it waits for its sessions until the grace period is over.
    day.cluster.states[it.workload].grace_s = it.grace_s();
    let cause = day.scale(it.cause, &it.user, it.workload, 0);
    day.callers_fail(&mut it, (0, 20), &[Failure::Refused]);
    day.decoys(&it);
    day.scale(it.end, &User::on_call(), it.workload, replicas);
    it.confirmed(cause)
}
