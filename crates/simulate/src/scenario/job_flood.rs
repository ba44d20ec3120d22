//! Somebody creates a Job or CronJob with a huge parallelism: its pods fill the nodes, and a
//! workload that must grow finds no room, or starves where it is.

use crate::prelude::*;

const JOBS: [(&str, &str); 4] = [
    ("ci", "load-test"),
    ("search", "reindex-all"),
    ("payments", "reconcile-history"),
    ("ci", "image-rescan"),
];

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.quiet_incident(day.turn(&GROWING, 0), (330, 900), &[]);
    let foreign = JOBS.into_iter().filter(|(namespace, _)| *namespace != it.of.namespace);
    let (namespace, name) = day.pick(foreign.collect());
    it.user = day.pick(owners(namespace));
    (it.elsewhere, it.can_roll) = (namespace, false);
    let (resource, cpu) = (day.pick(vec!["jobs", "cronjobs"]), day.pick(vec!["1", "2", "500m"]));
    let jobs = AdHoc { resource, namespace, name, cpu, priority: "", pods: day.pick(vec![120, 200, 300]) };
    let cause = day.create_ad_hoc(it.cause, &it.user, &jobs);
    flood(day, it.cause, &jobs);
    let is_starved = day.pen.rng.index(2) == 1;
    let mut waiting = Vec::new();
    if is_starved {
        // Its pods get too little CPU to respond to their probes in time.
        day.miss_probes(&it, "Readiness");
        day.callers_fail(&mut it, (0, 60), &[Failure::ReadTimeout, Failure::ConnectTimeout]);
    } else {
        waiting = grow_in_vain(day, &it);
        day.callers_fail(&mut it, (0, 60), &[Failure::ReadTimeout, Failure::Status(503)]);
    }
    day.decoys(&it);
    day.delete_ad_hoc(it.end, &jobs);
    for pod in waiting {
        let node = day.pick(NODES.to_vec());
        day.bind_pod(it.end + 30 * SECOND, pod, node);
        day.run_pod(it.end + 32 * SECOND, it.end + 36 * SECOND, pod);
    }
    // Nothing names both the jobs and the workload: only the nodes and the time tie them.
    it.unless(true, cause)
}

/// Makes a sample of the pods: some run on every node, the last ones find no room.
fn flood(day: &mut Day, created: i64, jobs: &AdHoc<'_>) {
    // A CronJob of every five minutes first runs at the next mark.
    let mark = created - created.rem_euclid(5 * MINUTE) + 5 * MINUTE;
    let at = if jobs.resource == "cronjobs" { mark } else { created };
    let owner = jobs.owner(at / MINUTE);
    for i in 0..48 {
        let made = at + (2 + i) * SECOND / 4;
        let pod = day.ad_hoc_pod(made, jobs, &owner);
        match i {
            0..36 => day.ad_hoc_runs(made + SECOND / 20, &pod, NODES[i as usize % NODES.len()]),
            _ => day.event(made + SECOND / 20, &pod, "default-scheduler", ("FailedScheduling", FULL)),
        }
    }
}

/// Has the autoscaler ask for two more pods, which find no room; returns them.
fn grow_in_vain(day: &mut Day, it: &Incident) -> Vec<usize> {
    let tried = day.after(it.symptom, -90, -40);
    let why = "cpu resource utilization (percentage of request) above target";
    day.autoscale(tried, it.workload, it.of.replicas + 2, why);
    let mut waiting = Vec::new();
    for replica in it.of.replicas..it.of.replicas + 2 {
        let pod = day.create_pod(tried + SECOND / 2, it.workload, replica);
        day.fail_scheduling((tried + SECOND, it.end), pod, FULL);
        waiting.push(pod);
    }
    waiting
}
