//! Somebody deploys a workload of high priority into a full cluster: the scheduler removes a pod
//! of lower priority for it, and that one finds no other node.

use crate::prelude::*;

const NEWCOMERS: [(&str, &str, &str); 4] = [
    ("ci", "load-generator", "build-critical"),
    ("search", "vector-index", "business-critical"),
    ("payments", "fraud-model", "business-critical"),
    ("monitoring", "trace-store", "observability-high"),
];
const WAITS: &str = "0/6 nodes are available: 6 Insufficient cpu. no new claims to deallocate, preemption: 0/6 nodes are available: 5 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.";

pub fn plan(day: &mut Day) -> Story {
    let (mut it, pod, node) = day.single_incident(day.turn(&SINGLES, 4), (10, 75));
    let foreign = NEWCOMERS.into_iter().filter(|(namespace, ..)| *namespace != it.of.namespace);
    let (namespace, name, priority) = day.pick(foreign.collect());
    it.user = day.pick(owners(namespace));
    (it.elsewhere, it.can_roll) = (namespace, false);
    let pods = 2 + day.pen.rng.index(3);
    let new = AdHoc { resource: "deployments", namespace, name, cpu: "6", priority, pods };
    let cause = day.create_ad_hoc(it.cause, &it.user, &new);
    for i in 0..pods {
        let made = it.cause + (3 + i as i64) * SECOND / 10;
        let made_pod = day.ad_hoc_pod(made, &new, &new.owner(0));
        if i > 0 {
            let free = day.bystander(node, &[it.of.name, it.caller], it.cause);
            day.ad_hoc_runs(made + SECOND / 20, &made_pod, free);
            continue;
        }
        day.event(made + SECOND / 20, &made_pod, "default-scheduler", ("FailedScheduling", WAITS));
        day.preempt(made + SECOND, pod, &made_pod, it.grace_s() - 1);
        day.ad_hoc_runs(it.symptom + SECOND, &made_pod, node);
    }
    let created = it.created(it.cause + 2 * SECOND);
    day.comes_back_late((&it, node), created, FULL, (it.end + 31 * SECOND, it.end + 40 * SECOND));
    day.callers_fail(&mut it, (0, 40), day.gone());
    day.decoys(&it);
    day.delete_ad_hoc(it.end, &new);
    it.confirmed(cause)
}
