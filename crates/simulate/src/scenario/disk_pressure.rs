//! A node's disk fills with an application's logs: the kubelet reports pressure and evicts, and
//! whoever writes there fails. No operation is behind it.

use crate::prelude::*;

const TAINTED: &str = "0/6 nodes are available: 1 node(s) had untolerated taint(s), 5 Insufficient memory. no new claims to deallocate, preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling.";

pub fn plan(day: &mut Day) -> Story {
    let (mut it, pod, node) = day.single_incident(day.turn(&SINGLES, 8), (240, 1200));
    day.node_decoys(&it, node);
    let evicted = day.after(it.symptom, -4, -2);
    let full = evicted - day.pen.rng.between(20, 90) * SECOND;
    let lines = own_errors(it.of, "disk", &[]);
    if it.of.is_business() && day.seed % 2 == 1 {
        // A writer of business logs says so itself before it is evicted.
        it.first = Some((full, pod));
        (0..5).for_each(|i| day.say(full + i * 2 * SECOND, pod, &lines[0]));
    }
    fill(day, node, (full, it.end));
    if it.of.style == Style::Postgres {
        day.print(full + 2 * SECOND, pod, "stderr", &[&lines[0], &lines[1]]);
    }
    let used = day.pen.rng.between(14_000_000, 38_000_000);
    let message = format!(
        "The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 8{}Ki. Container {} was using {used}Ki, request is 0, has larger consumption of ephemeral-storage. ",
        used % 1_000_000,
        it.of.name
    );
    day.kubelet_evicts(evicted, pod, &message);
    let (created, up) = (evicted + 3 * SECOND / 2, it.end + 20 * SECOND);
    if !it.is_stateful() && day.seed.is_multiple_of(3) {
        let next = day.create_pod(created, it.workload, 0);
        let other = day.bystander(node, &[it.caller], it.cause);
        day.bind_pod(evicted + 2 * SECOND, next, other);
        day.run_pod(evicted + 3 * SECOND, up, next);
    } else {
        day.comes_back_late((&it, node), created, TAINTED, (it.end + SECOND, up));
    }
    day.callers_fail(&mut it, (0, 20), &[Failure::Refused, Failure::ConnectTimeout]);
    day.node_is_now(it.end, node, "kubelet", "NodeHasNoDiskPressure");
    day.controller_taints(it.end + SECOND / 3, node, None);
    it.inconclusive()
}

/// Records that the kubelet runs out of room: it tries to free some, reports, and is tainted.
fn fill(day: &mut Day, node: &'static str, (at, end): (i64, i64)) {
    let freed = "Failed to garbage collect required amount of images. Attempted to free 6442450944 bytes, but only found 0 bytes eligible to free.";
    day.node_says(at - 4 * MINUTE, node, "kubelet", ("FreeDiskSpaceFailed", freed));
    for seen in day.every((at, end), (240, 330)) {
        let reclaim = ("EvictionThresholdMet", "Attempting to reclaim ephemeral-storage");
        day.node_says(seen, node, "kubelet", reclaim);
    }
    day.node_is_now(at + 3 * SECOND, node, "kubelet", "NodeHasDiskPressure");
    let taint = ("node.kubernetes.io/disk-pressure", "NoSchedule");
    day.controller_taints(at + 4 * SECOND, node, Some(taint));
}
