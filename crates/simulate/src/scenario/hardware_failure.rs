//! A machine dies: its kubelet falls silent, the node turns NotReady, its pods are given up
//! minutes later. No operation is behind it.

use crate::complaint::Failure;
use crate::day::Day;
use crate::decoy::Around;
use crate::event::Note;
use crate::fleet::{FLEET, Kind};
use crate::scenario::plot::{Broken, LONE, node_times, spread};
use crate::scenario::{Scenario, Story};
use crate::text::{MINUTE, SECOND};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "hardware_failure",
    about: "a node dies and turns NotReady; callers of what ran there time out; nobody did anything",
    plan,
};

/// What the kernel said last, as node-problem-detector reports it.
const OMENS: [(&str, &str); 3] = [
    ("TaskHung", "task kworker/u8:2:1187 blocked for more than 120 seconds."),
    ("KernelOops", "BUG: unable to handle kernel NULL pointer dereference at 0000000000000008"),
    ("IOError", "Buffer I/O error on dev vdb, logical block 7340288, lost async page write"),
];

fn plan(day: &mut Day) -> Story {
    let (caller, victim) = LONE[(day.seed as usize + 2) % LONE.len()];
    let workload = day.cluster.find(victim);
    day.thin_out(workload);
    let (node, at) = node_times(day, (240, 900), &[caller, victim]);
    day.settle(node, victim, &[caller]);
    day.cluster.closed.push(node);
    let died = day.after(at.symptom, -6, -3);
    day.node_decoys((at.cause, at.symptom), &Day::on_call(), node, &[caller, victim]);
    // Whoever calls the callee fails as well: innocent changes leave them alone.
    let callers: Vec<&str> = FLEET.iter().filter(|w| w.calls.contains(&victim)).map(|w| w.name).collect();
    day.decoys(&Around {
        cause: at.cause,
        symptom: at.symptom,
        target: victim,
        victim: caller,
        involved: &callers,
        user: "",
        elsewhere: "monitoring",
        can_roll: true,
    });

    day.is_incident = true;
    let turn = day.seed as usize % (OMENS.len() + 1);
    if let Some((reason, message)) = OMENS.get(turn) {
        day.node_says(died - 8 * SECOND, node, (reason, message), "kernel-monitor", true);
    }
    let lost = day.pods_on(node, died);
    for pod in 0..day.cluster.pods.len() {
        let is_daemon = FLEET[day.cluster.pods[pod].workload].kind == Kind::DaemonSet;
        if is_daemon && day.cluster.pods[pod].node == node {
            day.cluster.pods[pod].down.push((died, at.end));
        }
    }
    for pod in &lost {
        day.cluster.pods[*pod].to = died;
    }
    let noticed = died + day.pen.rng.between(42, 50) * SECOND;
    lose(day, node, noticed, &lost);
    let given_up = noticed + 5 * MINUTE;
    let up = give_up(day, node, (given_up, at.end), (&lost, workload));
    let first = if day.seed % 2 == 1 { Failure::ConnectTimeout } else { Failure::ReadTimeout };
    let failures = &[first, Failure::ConnectTimeout];
    let span = (at.symptom, up);
    let (symptom, _) =
        spread(day, &Broken { caller, callee: victim, span, failures, share: 0.4, is_private: false });
    day.node_says(
        at.end,
        node,
        (
            "Rebooted",
            &format!("Node {node} has been rebooted, boot id: 6d1f2c7e-51aa-4c0e-9c39-0d6f1a2b9e70"),
        ),
        "kubelet",
        true,
    );
    day.node_says(
        at.end + 2 * SECOND,
        node,
        ("NodeReady", &format!("Node {node} status is now: NodeReady")),
        "kubelet",
        false,
    );
    day.controller_untaints(at.end + 3 * SECOND, node);
    day.is_incident = false;
    Story { symptom, cause: None, verdict: "inconclusive" }
}

/// The controllers notice that the kubelet no longer reports.
fn lose(day: &mut Day, node: &str, at: i64, lost: &[usize]) {
    let message = format!("Node {node} status is now: NodeNotReady");
    day.node_says(at, node, ("NodeNotReady", &message), "node-controller", false);
    day.controller_taints(at + SECOND / 20, node, "node.kubernetes.io/unreachable", "NoExecute");
    for pod in lost {
        let object = day.pod_object(*pod, false);
        let note = Note {
            reason: "NodeNotReady",
            message: "Node is not ready",
            is_warning: true,
            source: ("node-controller", ""),
        };
        day.event(at + SECOND / 10, &object, &note);
    }
}

/// The pods are deleted after their toleration; all but a StatefulSet's come up elsewhere, that
/// one when somebody has made sure that the machine is dead. Returns when the victim is back.
fn give_up(day: &mut Day, node: &str, (at, end): (i64, i64), (lost, victim): (&[usize], usize)) -> i64 {
    let mut back = end;
    for (i, pod) in lost.iter().enumerate() {
        let at = at + i as i64 * SECOND / 4;
        day.taint_evicts(at, *pod);
        let of = day.cluster.pods[*pod].workload;
        let is_held = FLEET[of].kind == Kind::StatefulSet;
        if is_held {
            day.delete_pod(end - 12 * SECOND, &Day::on_call(), *pod);
        }
        let made = if is_held { end - 11 * SECOND } else { at + SECOND / 2 };
        let next = day.replace_pod(made, *pod, node);
        if of == victim {
            back = day.cluster.pods[next].from;
        }
    }
    back
}
