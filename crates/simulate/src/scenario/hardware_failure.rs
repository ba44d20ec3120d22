//! A machine dies: its kubelet falls silent, the node turns NotReady, its pods are given up
//! minutes later. No operation is behind it.

use crate::prelude::*;

/// The last words of the kernel, as node-problem-detector reports them; one day in four there are none.
const OMENS: [(&str, &str); 4] = [
    ("TaskHung", "task kworker/u8:2:1187 blocked for more than 120 seconds."),
    ("KernelOops", "BUG: unable to handle kernel NULL pointer dereference at 0000000000000008"),
    ("IOError", "Buffer I/O error on dev vdb, logical block 7340288, lost async page write"),
    ("", ""),
];

pub fn plan(day: &mut Day) -> Story {
    let (mut it, _, node) = day.single_incident(day.turn(&SINGLES, 2), (240, 900));
    day.node_decoys(&it, node);
    let died = day.after(it.symptom, -6, -3);
    let omen = day.turn(&OMENS, 0);
    if !omen.0.is_empty() {
        day.node_says(died - 8 * SECOND, node, "kernel-monitor", omen);
    }
    let lost = day.pods_on(node, died);
    day.daemons_down(node, (died, it.end));
    for pod in &lost {
        day.cluster.pods[*pod].to = died;
    }
    let noticed = died + day.pen.rng.between(42, 50) * SECOND;
    lose(day, node, noticed, &lost);
    let up = give_up(day, (&it, node), noticed + 5 * MINUTE, &lost);
    let first = if day.seed % 2 == 1 { Failure::ConnectTimeout } else { Failure::ReadTimeout };
    let after_s = (up - it.end) / SECOND;
    day.callers_fail(&mut it, (0, after_s), &[first, Failure::ConnectTimeout]);
    let rebooted = format!("Node {node} has been rebooted, boot id: 6d1f2c7e-51aa-4c0e-9c39-0d6f1a2b9e70");
    day.node_says(it.end, node, "kubelet", ("Rebooted", &rebooted));
    day.node_is_now(it.end + 2 * SECOND, node, "kubelet", "NodeReady");
    day.controller_taints(it.end + 3 * SECOND, node, None);
    it.inconclusive()
}

/// Records that the controllers notice the silence of a kubelet.
fn lose(day: &mut Day, node: &'static str, at: i64, lost: &[usize]) {
    day.node_is_now(at, node, "node-controller", "NodeNotReady");
    day.controller_taints(at + SECOND / 20, node, Some(("node.kubernetes.io/unreachable", "NoExecute")));
    for pod in lost {
        let object = day.pod_object(*pod, false);
        day.event(at + SECOND / 10, &object, "node-controller", ("NodeNotReady", "Node is not ready"));
    }
}

/// Deletes the pods after their toleration; all but a StatefulSet's come up elsewhere, that one
/// when somebody has made sure that the machine is dead. Returns when the victim is back.
fn give_up(day: &mut Day, (it, node): (&Incident, &str), at: i64, lost: &[usize]) -> i64 {
    let end = it.end;
    let mut back = end;
    for (i, pod) in lost.iter().enumerate() {
        let at = at + i as i64 * SECOND / 4;
        day.taint_evicts(at, *pod);
        let of = day.cluster.pods[*pod].workload;
        let is_held = FLEET[of].kind == Kind::StatefulSet;
        if is_held {
            day.delete_pod(end - 12 * SECOND, &User::on_call(), *pod);
        }
        let made = if is_held { end - 11 * SECOND } else { at + SECOND / 2 };
        let next = day.replace_pod(made, *pod, node);
        if of == it.workload {
            back = day.cluster.pods[next].from;
        }
    }
    back
}
