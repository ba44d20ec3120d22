//! Somebody deploys a workload of high priority into a full cluster: the scheduler takes a pod
//! of lower priority away for it, and that one finds no other node.

use crate::complaint::Failure;
use crate::day::Day;
use crate::decoy::Around;
use crate::fleet::Kind;
use crate::scenario::plot::{Broken, LONE, Operation, pods_of, quiet_times, spread, story};
use crate::scenario::{Scenario, Story};
use crate::stranger::Stranger;
use crate::text::{MINUTE, SECOND};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "priority_preemption",
    about: "a new workload of high priority preempts another's only pod, which then stays Pending",
    plan,
};

const NEWCOMERS: [(&str, &str, &str); 4] = [
    ("ci", "load-generator", "build-critical"),
    ("search", "vector-index", "business-critical"),
    ("payments", "fraud-model", "business-critical"),
    ("monitoring", "trace-store", "observability-high"),
];
const FULL: &str = "0/6 nodes are available: 6 Insufficient cpu. preemption: 0/6 nodes are available: 6 No preemption victims found for incoming pod.";

fn plan(day: &mut Day) -> Story {
    let (caller, victim) = LONE[(day.seed as usize + 4) % LONE.len()];
    let workload = day.cluster.find(victim);
    let pod = day.thin_out(workload);
    let at = quiet_times(day, (10, 75), pods_of(&[caller, victim]));
    let of = day.cluster.states[workload].workload;
    let turn = day.pen.rng.index(NEWCOMERS.len());
    let others = (0..NEWCOMERS.len()).map(|i| NEWCOMERS[(turn + i) % NEWCOMERS.len()]);
    let (namespace, name, priority) =
        others.into_iter().find(|(namespace, ..)| *namespace != of.namespace).unwrap_or(NEWCOMERS[0]);
    let user = day.owner_of(namespace);
    let pods = 2 + day.pen.rng.index(3);
    let stranger = Stranger { kind: "Deployment", namespace, name, cpu: "6", priority, pods };

    day.is_incident = true;
    let id = day.welcome(at.cause, &user, &stranger);
    let owner = stranger.owner("7d9c6b5f48");
    let node = day.cluster.pods[pod].node;
    let grace_s = (at.symptom - at.cause) / SECOND - 3;
    for i in 0..pods {
        let made = at.cause + (3 + i as i64) * SECOND / 10;
        let new = day.stranger_pod(made, &stranger, &owner);
        if i > 0 {
            let free = day.bystander(node, &[victim, caller], at.cause);
            day.stranger_runs(made + SECOND / 20, &new, free);
            continue;
        }
        let why = "0/6 nodes are available: 6 Insufficient cpu. preemption: 0/6 nodes are available: 5 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.";
        day.stranger_waits(made + SECOND / 20, &new, why);
        day.preempt(made + SECOND, pod, &new, grace_s);
        day.stranger_runs(at.symptom + SECOND, &new, node);
    }
    let created = if of.kind == Kind::StatefulSet { at.symptom } else { at.cause + 2 * SECOND };
    let next = day.create_pod(created, workload, 0);
    day.fail_scheduling(created, at.end, next, FULL);
    let up = at.end + 40 * SECOND;
    day.bind_pod(at.end + 31 * SECOND, next, node);
    day.run_pod(at.end + 33 * SECOND, up, next);
    let failures: &[Failure] =
        if day.seed % 2 == 1 { &[Failure::Refused] } else { &[Failure::Refused, Failure::ConnectTimeout] };
    let span = (at.symptom, up);
    let (symptom, hit) =
        spread(day, &Broken { caller, callee: victim, span, failures, share: 0.4, is_private: false });
    day.is_incident = false;
    day.decoys(&Around {
        cause: at.cause,
        symptom: at.symptom,
        target: victim,
        victim: caller,
        involved: &hit,
        user: &user.name,
        elsewhere: namespace,
        can_roll: false,
    });
    day.dismiss(at.end.max(at.cause + MINUTE), &Day::on_call(), &stranger);
    let operation =
        Operation { id, at: at.cause, user: &user, verb: "create", object: ("deployments", namespace, name) };
    story(symptom, operation, "confirmed")
}
