//! Somebody taints a node with NoExecute: the taint manager deletes the pods that do not tolerate
//! it, and one of them has nowhere to go.

use crate::prelude::*;

const TAINTS: [(&str, &str); 4] =
    [("dedicated", "gpu"), ("maintenance", "true"), ("team", "data"), ("spot", "reclaim")];

pub fn plan(day: &mut Day) -> Story {
    let (mut it, pod, node) = day.single_incident(day.turn(&SINGLES, 5), (12, 90));
    let (key, value) = day.pick(TAINTS.to_vec());
    let mut users = team("platform");
    users.push(User::account("ops", "node-labeller", "node-labeller/0.9"));
    (it.user, it.elsewhere) = (day.pick(users), "");
    let taint = json!({"spec": {"taints": [{"key": key, "value": value, "effect": "NoExecute"}]}});
    let cause = day.patch_node(it.cause, &it.user, node, taint);
    for (i, lost) in day.pods_on(node, it.cause).into_iter().enumerate() {
        let gone = it.cause + (2 + i as i64) * SECOND / 5;
        day.taint_evicts(gone, lost);
        day.end_pod(gone + SECOND / 10, lost, if lost == pod { it.grace_s() } else { 2 });
        if lost != pod {
            day.replace_pod(gone + SECOND / 4, lost, node);
        }
    }
    let is_zonal = it.is_stateful() && day.seed % 2 == 1;
    let rest = if is_zonal { "node(s) had volume node affinity conflict" } else { "Insufficient memory" };
    let why = format!(
        "0/6 nodes are available: 1 node(s) had untolerated taint(s), 5 {rest}. no new claims to deallocate, preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling."
    );
    let created = it.created(it.cause + 3 * SECOND);
    day.comes_back_late((&it, node), created, &why, (it.end + 2 * SECOND, it.end + 20 * SECOND));
    day.callers_fail(&mut it, (0, 20), day.gone());
    day.node_decoys(&it, node);
    day.patch_node(it.end, &User::on_call(), node, json!({"spec": {"taints": null}}));
    it.confirmed(cause)
}
