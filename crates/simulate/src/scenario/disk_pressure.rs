//! A node's disk fills with an application's logs: the kubelet reports pressure and evicts, and
//! whoever writes there fails. No operation is behind it.

use crate::app::{Level, content};
use crate::complaint::Failure;
use crate::day::Day;
use crate::decoy::Around;
use crate::fleet::{FLEET, Kind, Style};
use crate::scenario::plot::{Broken, LONE, node_times, spread};
use crate::scenario::{Scenario, Story, Times};
use crate::text::{MINUTE, SECOND};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "disk_pressure",
    about: "an application's logs fill a node's disk; pods are evicted, callers fail; nobody did anything",
    plan,
};

const TAINTED: &str = "0/6 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }, 5 Insufficient memory. preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling.";

fn plan(day: &mut Day) -> Story {
    let (caller, victim) = LONE[(day.seed as usize + 8) % LONE.len()];
    let workload = day.cluster.find(victim);
    let pod = day.thin_out(workload);
    let (node, at) = node_times(day, (240, 1200), &[caller, victim]);
    day.settle(node, victim, &[caller]);
    day.cluster.closed.push(node);
    let callers: Vec<&str> = FLEET.iter().filter(|w| w.calls.contains(&victim)).map(|w| w.name).collect();
    day.node_decoys((at.cause, at.symptom), &Day::on_call(), node, &[caller, victim]);
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
    let of = day.cluster.states[workload].workload;
    let evicted = day.after(at.symptom, -4, -2);
    let full = evicted - day.pen.rng.between(20, 90) * SECOND;
    // What writes business logs says so itself before it is evicted.
    let is_outspoken = of.is_business() && day.seed % 2 == 1;
    let own = if is_outspoken { Some(cannot_write(day, pod, full)) } else { None };
    fill(day, node, full, &at);
    if of.style == Style::Postgres {
        let line =
            "<dash> CST [<n4>] ERROR:  could not extend file \"base/16384/24712\": No space left on device";
        day.print(
            full + 2 * SECOND,
            pod,
            "stderr",
            &[line, "<dash> CST [<n4>] HINT:  Check free disk space."],
        );
    }
    let used = day.pen.rng.between(14_000_000, 38_000_000);
    let message = format!(
        "The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 8{}Ki. Container {victim} was using {used}Ki, request is 0, has larger consumption of ephemeral-storage. ",
        used % 1_000_000
    );
    day.kubelet_evicts(evicted, pod, &message);
    let next = day.create_pod(evicted + 3 * SECOND / 2, workload, 0);
    let up = at.end + 20 * SECOND;
    let is_placed = of.kind == Kind::Deployment && day.seed.is_multiple_of(3);
    if is_placed {
        let other = day.bystander(node, &[caller], at.cause);
        day.bind_pod(evicted + 2 * SECOND, next, other);
        day.run_pod(evicted + 3 * SECOND, up, next);
    } else {
        day.fail_scheduling(evicted + 2 * SECOND, at.end, next, TAINTED);
        day.bind_pod(at.end + SECOND, next, node);
        day.run_pod(at.end + 2 * SECOND, up, next);
    }
    let failures = &[Failure::Refused, Failure::ConnectTimeout];
    let span = (at.symptom, up);
    let (symptom, _) =
        spread(day, &Broken { caller, callee: victim, span, failures, share: 0.4, is_private: false });
    let message = format!("Node {node} status is now: NodeHasNoDiskPressure");
    day.node_says(at.end, node, ("NodeHasNoDiskPressure", &message), "kubelet", false);
    day.controller_untaints(at.end + SECOND / 3, node);
    day.is_incident = false;
    Story { symptom: own.unwrap_or(symptom), cause: None, verdict: "inconclusive" }
}

/// The kubelet runs out of room: it tries to free some, reports, and is tainted.
fn fill(day: &mut Day, node: &str, at: i64, times: &Times) {
    let freed = "Failed to garbage collect required amount of images. Attempted to free 6442450944 bytes, but only found 0 bytes eligible to free.";
    day.node_says(at - 4 * MINUTE, node, ("FreeDiskSpaceFailed", freed), "kubelet", true);
    let mut seen = at;
    while seen < times.end {
        let what = ("EvictionThresholdMet", "Attempting to reclaim ephemeral-storage");
        day.node_says(seen, node, what, "kubelet", true);
        seen = day.after(seen, 240, 330);
    }
    let message = format!("Node {node} status is now: NodeHasDiskPressure");
    day.node_says(at + 3 * SECOND, node, ("NodeHasDiskPressure", &message), "kubelet", false);
    day.controller_taints(at + 4 * SECOND, node, "node.kubernetes.io/disk-pressure", "NoSchedule");
}

/// The pod itself cannot write any more; returns its first error.
fn cannot_write(day: &mut Day, pod: usize, at: i64) -> (i64, usize) {
    let of = day.cluster.states[day.cluster.pods[pod].workload].workload;
    let (message, stack) = match of.style {
        Style::Java => (
            "request <n8> failed: java.io.IOException: No space left on device",
            "java.io.UncheckedIOException: java.io.IOException: No space left on device\n\tat java.base/sun.nio.ch.FileDispatcherImpl.write0(Native Method)\n\tat java.base/java.io.FileOutputStream.write(FileOutputStream.java:367)",
        ),
        _ => ("cannot spool request <n8>: write /data/spool/<hex8>: no space left on device", ""),
    };
    let line = content(of, Level::Error, "spool.Writer", message, stack);
    for i in 0..5 {
        day.say(at + i * 2 * SECOND, pod, &line);
    }
    (at, pod)
}
