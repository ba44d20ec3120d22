//! A person drains a node that runs the only pod of a workload: it is evicted, and the next one
//! finds no node, or waits for its volume.

use crate::prelude::*;

const WRONG_ZONE: &str = "0/6 nodes are available: 1 node(s) were unschedulable, 5 node(s) had volume node affinity conflict. no new claims to deallocate, preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling.";

pub fn plan(day: &mut Day) -> Story {
    let (mut it, pod, node) = day.single_incident(day.turn(&SINGLES, 0), (14, 120));
    let mut users = team("platform");
    users.push(User::on_call());
    it.user = day.pick(users);
    day.drain_others(it.cause - 3 * SECOND, &it.user, node, it.workload);
    let cause = day.evict(it.cause, &it.user, pod, it.grace_s());
    let created = it.created(it.cause + SECOND / 2);
    let up = it.end + 25 * SECOND;
    if it.is_stateful() && day.pen.rng.index(2) == 1 {
        let other = day.bystander(node, &[it.caller], it.cause);
        let next = day.create_pod(created, it.workload, 0);
        day.bind_pod(created + SECOND / 20, next, other);
        wait_for_volume(day, (created + SECOND, up - 20 * SECOND), next);
        day.run_pod(up - 15 * SECOND, up, next);
    } else {
        let why = if it.is_stateful() { WRONG_ZONE } else { TOO_SMALL };
        day.comes_back_late((&it, node), created, why, (it.end + 3 * SECOND, up));
    }
    day.callers_fail(&mut it, (0, 25), day.gone());
    day.node_decoys(&it, node);
    day.cordon(it.end, &User::on_call(), node, false);
    it.confirmed(cause)
}

/// Lets a placed pod wait for a volume that its last node still holds, until it is attached.
fn wait_for_volume(day: &mut Day, (at, end): (i64, i64), pod: usize) {
    const CONTROLLER: &str = "attachdetach-controller";
    let object = day.pod_object(pod, false);
    let uid = Object::named("PersistentVolume", "", &object.name).uid;
    let held = format!(
        "Multi-Attach error for volume \"pvc-{uid}\" Volume is already exclusively attached to one node and can't be attached to another"
    );
    day.event(at, &object, CONTROLLER, ("FailedAttachVolume", &held));
    let failed = "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[]: context deadline exceeded";
    for at in day.every((at + 123 * SECOND, end), (122, 136)) {
        day.kubelet_says(at, pod, "FailedMount", failed);
    }
    let attached = format!("AttachVolume.Attach succeeded for volume \"pvc-{uid}\" ");
    day.event(end, &object, CONTROLLER, ("SuccessfulAttachVolume", &attached));
}
