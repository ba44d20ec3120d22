//! Somebody taints a node with NoExecute: the taint manager deletes the pods that do not tolerate
//! it, and one of them has nowhere to go.

use crate::complaint::Failure;
use crate::day::Day;
use crate::decoy::Around;
use crate::fleet::Kind;
use crate::scenario::plot::{Broken, LONE, Operation, node_times, spread, story};
use crate::scenario::{Scenario, Story};
use crate::text::{MINUTE, SECOND};
use serde_json::json;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "node_tainted",
    about: "a NoExecute taint on a node drives a workload's only pod away; the next one stays Pending",
    plan,
};

const TAINTS: [(&str, &str); 4] =
    [("dedicated", "gpu"), ("maintenance", "true"), ("team", "data"), ("spot", "reclaim")];

fn plan(day: &mut Day) -> Story {
    let (caller, victim) = LONE[(day.seed as usize + 5) % LONE.len()];
    let workload = day.cluster.find(victim);
    let pod = day.thin_out(workload);
    let (node, at) = node_times(day, (12, 90), &[caller, victim]);
    day.settle(node, victim, &[caller]);
    day.cluster.closed.push(node);
    let (key, value) = TAINTS[day.pen.rng.index(TAINTS.len())];
    let mut users = Day::team("platform");
    users.push(crate::audit::User::account("ops", "node-labeller", "node-labeller/0.9"));
    let user = users.swap_remove(day.pen.rng.index(users.len()));

    day.is_incident = true;
    let taint = json!({"spec": {"taints": [{"key": key, "value": value, "effect": "NoExecute"}]}});
    let id = day.patch_node(at.cause, &user, node, &taint);
    let grace_s = (at.symptom - at.cause) / SECOND - 2;
    for (i, lost) in day.pods_on(node, at.cause).into_iter().enumerate() {
        let gone = at.cause + (2 + i as i64) * SECOND / 5;
        day.taint_evicts(gone, lost);
        if lost == pod {
            day.end_pod(gone + SECOND / 10, lost, grace_s);
        } else {
            day.end_pod(gone + SECOND / 10, lost, 2);
            day.replace_pod(gone + SECOND / 4, lost, node);
        }
    }
    let of = day.cluster.states[workload].workload;
    let created = if of.kind == Kind::StatefulSet { at.symptom } else { at.cause + 3 * SECOND };
    let next = day.create_pod(created, workload, 0);
    let rest = if of.kind == Kind::StatefulSet && day.seed % 2 == 1 {
        "node(s) had volume node affinity conflict"
    } else {
        "Insufficient memory"
    };
    let why = format!(
        "0/6 nodes are available: 1 node(s) had untolerated taint {{{key}: {value}}}, 5 {rest}. preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling."
    );
    day.fail_scheduling(created, at.end, next, &why);
    let up = at.end + 20 * SECOND;
    day.bind_pod(at.end + 2 * SECOND, next, node);
    day.run_pod(at.end + 4 * SECOND, up, next);
    let failures: &[Failure] =
        if day.seed % 3 == 1 { &[Failure::ConnectTimeout, Failure::Refused] } else { &[Failure::Refused] };
    let span = (at.symptom, up);
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
        elsewhere: "",
        can_roll: at.symptom - at.cause > MINUTE,
    });
    day.patch_node(at.end, &Day::on_call(), node, &json!({"spec": {"taints": null}}));
    let operation = Operation { id, at: at.cause, user: &user, verb: "patch", object: ("nodes", "", node) };
    story(symptom, operation, "confirmed")
}
