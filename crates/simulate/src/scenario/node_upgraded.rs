//! An automation upgrades the nodes one by one: cordon, drain, a new machine under the old name.
//! One workload's only pod lands late, on a cold node.

use crate::audit::{Target, User};
use crate::complaint::Failure;
use crate::day::Day;
use crate::decoy::Around;
use crate::fleet::Kind;
use crate::scenario::node_drained::TOO_SMALL;
use crate::scenario::plot::{Broken, LONE, Operation, node_times, spread, story};
use crate::scenario::{Scenario, Story};
use crate::text::{MINUTE, SECOND};
use serde_json::{Value, json};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "node_upgraded",
    about: "an automation replaces nodes; a workload's only pod is evicted and comes back minutes later",
    plan,
};

fn plan(day: &mut Day) -> Story {
    let (caller, victim) = LONE[(day.seed as usize + 7) % LONE.len()];
    let workload = day.cluster.find(victim);
    let pod = day.thin_out(workload);
    let (node, at) = node_times(day, (15, 100), &[caller, victim]);
    day.settle(node, victim, &[caller]);
    day.cluster.closed.push(node);
    let user = match day.seed % 3 {
        0 => User::account("ops", "node-upgrader", "node-upgrader/1.8.2"),
        1 => User::account("kube-upgrade", "nodepool-operator", "nodepool-operator/v0.14.0"),
        _ => User::ci(),
    };
    // The node before went well: nothing on it was alone.
    let earlier = day.bystander(node, &[caller, victim], at.cause);
    let (closed, open) = (at.cause - 9 * MINUTE, at.cause - 3 * MINUTE);
    if !day.cluster.pods.iter().any(|pod| pod.node == earlier && (closed..open).contains(&pod.from)) {
        day.cordon(closed, &user, earlier, true);
        day.cordon(open, &user, earlier, false);
    }

    day.is_incident = true;
    day.cordon(at.cause - 5 * SECOND, &user, node, true);
    day.drain_others(at.cause - 4 * SECOND, &user, node, workload);
    let of = day.cluster.states[workload].workload;
    let name = day.cluster.pods[pod].name.clone();
    let grace_s = (at.symptom - at.cause) / SECOND - 2;
    let id = day.evict(at.cause, &user, pod, grace_s);
    let created = if of.kind == Kind::StatefulSet { at.symptom } else { at.cause + SECOND / 2 };
    let next = day.create_pod(created, workload, 0);
    day.fail_scheduling(created, at.end, next, TOO_SMALL);
    replace(day, at.symptom + 40 * SECOND, at.end - 20 * SECOND, &user, node);
    day.cordon(at.end, &user, node, false);
    day.bind_pod(at.end + 2 * SECOND, next, node);
    // Nothing is cached on a new machine.
    let up = at.end + 70 * SECOND;
    day.run_pod(at.end + 5 * SECOND, up, next);
    let span = (at.symptom, up);
    let failures: &[Failure] =
        if day.seed % 2 == 1 { &[Failure::Refused] } else { &[Failure::Refused, Failure::ConnectTimeout] };
    let (symptom, hit) =
        spread(day, &Broken { caller, callee: victim, span, failures, share: 0.4, is_private: false });
    day.is_incident = false;
    day.node_decoys((at.cause, at.symptom), &user, node, &[caller, victim]);
    day.decoys(&Around {
        cause: at.cause,
        symptom: at.symptom,
        target: victim,
        victim: caller,
        involved: &hit,
        user: &user.name,
        elsewhere: "monitoring",
        can_roll: at.symptom - at.cause > MINUTE,
    });
    let operation =
        Operation { id, at: at.cause, user: &user, verb: "create", object: ("pods", of.namespace, &name) };
    story(symptom, operation, "confirmed")
}

/// The old node's object goes, the new machine's kubelet registers under the same name.
fn replace(day: &mut Day, gone: i64, back: i64, user: &User, node: &'static str) {
    let target = Target { resource: "nodes", name: node, ..Target::default() };
    day.change(gone, user, "delete", ("Node", target), (&Value::Null, Value::Null));
    let removed = format!("Node {node} event: Removing Node {node} from Controller");
    day.node_says(gone + 4 * SECOND, node, ("RemovingNode", &removed), "node-controller", false);
    for pod in 0..day.cluster.pods.len() {
        let of = &mut day.cluster.pods[pod];
        if of.node == node && of.owner.0 == "DaemonSet" {
            of.down.push((gone, back + 8 * SECOND));
        }
    }
    let kubelet = User::kubelet(node);
    let body = json!({"spec": {}, "status": {"nodeInfo": {"kubeletVersion": "v1.31.2"}}});
    day.node_says(back - SECOND, node, ("Starting", "Starting kubelet."), "kubelet", false);
    day.change(back, &kubelet, "create", ("Node", target), (&Value::Null, body));
    let registered = format!("Node {node} event: Registered Node {node} in Controller");
    day.node_says(back + SECOND, node, ("RegisteredNode", &registered), "node-controller", false);
    let ready = format!("Node {node} status is now: NodeReady");
    day.node_says(back + 6 * SECOND, node, ("NodeReady", &ready), "kubelet", false);
}
