//! Somebody creates a Job or CronJob with a huge parallelism: its pods fill the nodes, and a
//! workload that must grow finds no room, or starves where it is.

use crate::cluster::NODES;
use crate::complaint::Failure;
use crate::day::Day;
use crate::decoy::Around;
use crate::scenario::plot::{Broken, Operation, pods_of, quiet_times, spread, story};
use crate::scenario::{Scenario, Story, Times};
use crate::stranger::Stranger;
use crate::text::{MINUTE, SECOND};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "job_flood",
    about: "a Job or CronJob of huge parallelism fills the nodes; a workload cannot grow, or starves",
    plan,
};

const PAIRS: [(&str, &str); 6] = [
    ("checkout", "order-api"),
    ("pay-api", "payment-gateway"),
    ("order-api", "inventory"),
    ("checkout", "pay-api"),
    ("checkout", "cart-api"),
    ("checkout", "catalog"),
];
const JOBS: [(&str, &str); 4] = [
    ("ci", "load-test"),
    ("search", "reindex-all"),
    ("payments", "reconcile-history"),
    ("ci", "image-rescan"),
];
const FULL: &str = "0/6 nodes are available: 6 Insufficient cpu. preemption: 0/6 nodes are available: 6 No preemption victims found for incoming pod.";

fn plan(day: &mut Day) -> Story {
    let (caller, victim) = PAIRS[day.seed as usize % PAIRS.len()];
    let workload = day.cluster.find(victim);
    let of = day.cluster.states[workload].workload;
    let at = quiet_times(day, (330, 900), pods_of(&[caller, victim]));
    let is_cron = day.pen.rng.index(2) == 1;
    let turn = day.pen.rng.index(JOBS.len());
    let others = (0..JOBS.len()).map(|i| JOBS[(turn + i) % JOBS.len()]);
    let (namespace, name) =
        others.into_iter().find(|(namespace, _)| *namespace != of.namespace).unwrap_or(JOBS[0]);
    let user = day.owner_of(namespace);
    let kind = if is_cron { "CronJob" } else { "Job" };
    let stranger = Stranger {
        kind,
        namespace,
        name,
        cpu: ["1", "2", "500m"][day.pen.rng.index(3)],
        priority: "",
        pods: [120, 200, 300][day.pen.rng.index(3)],
    };

    day.is_incident = true;
    let id = day.welcome(at.cause, &user, &stranger);
    // A CronJob of every five minutes first runs at the next mark.
    let mark = at.cause - at.cause.rem_euclid(5 * MINUTE) + 5 * MINUTE;
    flood(day, if is_cron { mark } else { at.cause }, &stranger);
    let is_starved = day.pen.rng.index(2) == 1;
    let replicas = day.cluster.states[workload].replicas;
    let mut waiting = Vec::new();
    if is_starved {
        starve(day, &at, workload);
    } else {
        let asked = day.after(at.symptom, -90, -40);
        day.ask_for_more(asked, workload, replicas + 2);
        for replica in replicas..replicas + 2 {
            let pod = day.create_pod(asked + SECOND / 2, workload, replica);
            day.fail_scheduling(asked + SECOND, at.end, pod, FULL);
            waiting.push(pod);
        }
    }
    let failures =
        &[Failure::ReadTimeout, if is_starved { Failure::ConnectTimeout } else { Failure::Status(503) }];
    let span = (at.symptom, at.end + MINUTE);
    let (symptom, hit) =
        spread(day, &Broken { caller, callee: victim, span, failures, share: 0.3, is_private: false });
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
    day.dismiss(at.end, &Day::on_call(), &stranger);
    for pod in waiting {
        let node = NODES[day.pen.rng.index(NODES.len())];
        day.bind_pod(at.end + 30 * SECOND, pod, node);
        day.run_pod(at.end + 32 * SECOND, at.end + 36 * SECOND, pod);
    }
    let resource = if is_cron { "cronjobs" } else { "jobs" };
    let object = (resource, namespace, name);
    let operation = Operation { id, at: at.cause, user: &user, verb: "create", object };
    // Nothing names both the jobs and the workload: only the nodes and the time tie them.
    story(symptom, operation, "likely")
}

/// Makes a sample of the pods: some run on every node, the last ones find no room.
fn flood(day: &mut Day, at: i64, stranger: &Stranger<'_>) {
    let run = if stranger.kind == "CronJob" { (at / MINUTE).to_string() } else { String::new() };
    let owner = stranger.owner(&run);
    for i in 0..48 {
        let made = at + (2 + i) * SECOND / 4;
        let pod = day.stranger_pod(made, stranger, &owner);
        if i < 36 {
            day.stranger_runs(made + SECOND / 20, &pod, NODES[i as usize % NODES.len()]);
        } else {
            day.stranger_waits(made + SECOND / 20, &pod, FULL);
        }
    }
}

/// Its pods get too little CPU to answer their probes in time.
fn starve(day: &mut Day, at: &Times, workload: usize) {
    let (mut seen, mut wait) = (at.symptom - 25 * SECOND, 20);
    while seen < at.end {
        for pod in day.cluster.up(workload, seen) {
            let port = day.cluster.states[workload].workload.port;
            let message = format!(
                "Readiness probe failed: Get \"http://{}:{port}/healthz\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                day.cluster.pods[pod].ip
            );
            day.kubelet_says(seen, pod, "Unhealthy", &message, true);
        }
        seen = day.after(seen, wait, wait + 10);
        wait = (wait * 2).min(240);
    }
}
