//! An automation upgrades the nodes one by one: cordon, drain, a new machine under the old name.
//! One workload's only pod lands late, on a cold node.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    let (mut it, pod, node) = day.single_incident(day.turn(&SINGLES, 7), (15, 100));
    it.user = match day.seed % 3 {
        0 => User::account("ops", "node-upgrader", "node-upgrader/1.8.2"),
        1 => User::account("kube-upgrade", "nodepool-operator", "nodepool-operator/v0.14.0"),
        _ => User::ci(),
    };
    // The node before went well: nothing on it was alone.
    let earlier = day.bystander(node, &[it.caller, it.of.name], it.cause);
    let (closed, open) = (it.cause - 9 * MINUTE, it.cause - 3 * MINUTE);
    if !day.cluster.pods.iter().any(|pod| pod.node == earlier && (closed..open).contains(&pod.from)) {
        day.cordon(closed, &it.user, earlier, true);
        day.cordon(open, &it.user, earlier, false);
    }
    day.drain_others(it.cause - 4 * SECOND, &it.user, node, it.workload);
    let cause = day.evict(it.cause, &it.user, pod, it.grace_s());
    let created = it.created(it.cause + SECOND / 2);
    replace(day, (it.symptom + 40 * SECOND, it.end - 20 * SECOND), &it.user, node);
    day.cordon(it.end, &it.user, node, false);
    // Nothing is cached on a new machine.
    day.comes_back_late((&it, node), created, TOO_SMALL, (it.end + 3 * SECOND, it.end + 70 * SECOND));
    day.callers_fail(&mut it, (0, 70), day.gone());
    day.node_decoys(&it, node);
    it.confirmed(cause)
}

/// Removes the old node's object; the new machine's kubelet registers under the same name.
fn replace(day: &mut Day, (gone, back): (i64, i64), user: &User, node: &'static str) {
    const CONTROLLER: &str = "node-controller";
    let target = Target::new("nodes", "", node);
    day.change(gone, user, ("delete", target), Value::Null);
    let removed = format!("Node {node} event: Removing Node {node} from Controller");
    day.node_says(gone + 4 * SECOND, node, CONTROLLER, ("RemovingNode", &removed));
    day.daemons_down(node, (gone, back + 8 * SECOND));
    day.node_says(back - SECOND, node, "kubelet", ("Starting", "Starting kubelet."));
    let body = json!({"spec": {}, "status": {"nodeInfo": {"kubeletVersion": "v1.37.0"}}});
    day.change(back, &User::kubelet(node), ("create", target), body);
    let registered = format!("Node {node} event: Registered Node {node} in Controller");
    day.node_says(back + SECOND, node, CONTROLLER, ("RegisteredNode", &registered));
    day.node_is_now(back + 6 * SECOND, node, "kubelet", "NodeReady");
}
