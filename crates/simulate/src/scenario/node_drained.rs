//! A person drains a node that runs the only pod of a workload: it is evicted, and the next one
//! finds no node, or waits for its volume.

use crate::complaint::Failure;
use crate::day::Day;
use crate::decoy::Around;
use crate::fleet::Kind;
use crate::scenario::plot::{Broken, LONE, Operation, node_times, spread, story};
use crate::scenario::{Scenario, Story};
use crate::text::{MINUTE, SECOND};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "node_drained",
    about: "a person drains the node of a workload's only pod; the next one is late, callers fail",
    plan,
};

pub(super) const TOO_SMALL: &str = "0/6 nodes are available: 1 node(s) were unschedulable, 5 Insufficient memory. preemption: 0/6 nodes are available: 1 Preemption is not helpful for scheduling, 5 No preemption victims found for incoming pod.";
const WRONG_ZONE: &str = "0/6 nodes are available: 1 node(s) were unschedulable, 5 node(s) had volume node affinity conflict. preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling.";

fn plan(day: &mut Day) -> Story {
    let (caller, victim) = LONE[day.seed as usize % LONE.len()];
    let workload = day.cluster.find(victim);
    let pod = day.thin_out(workload);
    let (node, at) = node_times(day, (14, 120), &[caller, victim]);
    day.settle(node, victim, &[caller]);
    day.cluster.closed.push(node);
    let mut users = Day::team("platform");
    users.push(Day::on_call());
    let user = users.swap_remove(day.pen.rng.index(users.len()));

    day.is_incident = true;
    day.cordon(at.cause - 4 * SECOND, &user, node, true);
    day.drain_others(at.cause - 3 * SECOND, &user, node, workload);
    let of = day.cluster.states[workload].workload;
    let name = day.cluster.pods[pod].name.clone();
    let grace_s = (at.symptom - at.cause) / SECOND - 2;
    let id = day.evict(at.cause, &user, pod, grace_s);
    // A StatefulSet's next pod has the name of the last one and must wait until that is gone.
    let created = if of.kind == Kind::StatefulSet { at.symptom } else { at.cause + SECOND / 2 };
    let next = day.create_pod(created, workload, 0);
    let up = at.end + 25 * SECOND;
    if of.kind == Kind::StatefulSet && day.pen.rng.index(2) == 1 {
        let other = day.bystander(node, &[caller], at.cause);
        day.bind_pod(created + SECOND / 20, next, other);
        day.volume_is_held(created + SECOND, up - 20 * SECOND, next);
        day.run_pod(up - 15 * SECOND, up, next);
    } else {
        let why = if of.kind == Kind::StatefulSet { WRONG_ZONE } else { TOO_SMALL };
        day.fail_scheduling(created, at.end, next, why);
        day.bind_pod(at.end + 3 * SECOND, next, node);
        day.run_pod(at.end + 5 * SECOND, up, next);
    }
    let failures: &[Failure] =
        if day.seed % 2 == 1 { &[Failure::Refused] } else { &[Failure::Refused, Failure::ConnectTimeout] };
    let broken =
        Broken { caller, callee: victim, span: (at.symptom, up), failures, share: 0.4, is_private: false };
    let (symptom, hit) = spread(day, &broken);
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
    day.cordon(at.end, &Day::on_call(), node, false);
    let operation =
        Operation { id, at: at.cause, user: &user, verb: "create", object: ("pods", of.namespace, &name) };
    story(symptom, operation, "confirmed")
}
