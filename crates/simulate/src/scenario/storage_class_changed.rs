//! Somebody deletes a StorageClass or a claim. Nothing happens until the pod that uses it must be
//! made anew: then its volume is never made, or its claim is on its way out.

use crate::prelude::*;

/// (caller, workload, whether its class is deleted, not its claim).
const PAIRS: [(&str, &str, bool); 6] = [
    ("cart-api", "cart-redis", true),
    ("order-api", "orders-db", false),
    ("suggest", "search-index", true),
    ("ledger", "payments-db", false),
    ("inventory", "inventory-db", false),
    ("payment-gateway", "payments-db", false),
];
const UNBOUND: &str = "0/6 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found";

pub fn plan(day: &mut Day) -> Story {
    let (caller, victim, is_class) = day.turn(&PAIRS, 0);
    let (mut it, pod, node) = day.single_incident((caller, victim), (150, 1500));
    let namespace = it.of.namespace;
    let class = day.pick(vec!["cbs-ssd", "cbs-hssd", "local-nvme"]);
    it.user = day.pick(admins(if is_class { "platform" } else { namespace }));
    it.elsewhere = if is_class { "" } else { "monitoring" };
    let name = &day.cluster.pods[pod].name;
    let claim = if is_class { format!("{name}-data") } else { format!("data-{name}") };
    let target = match is_class {
        true => Target::new("storageclasses", "", class),
        false => Target::new("persistentvolumeclaims", namespace, &claim),
    };
    let cause = day.change(it.cause, &it.user, ("delete", target), Value::Null);
    let is_restart = day.pen.rng.index(3) == 1;
    let lost = it.symptom - 2 * SECOND;
    if is_restart {
        day.restart_rollout(lost - 4 * SECOND, &User::ci(), it.workload);
        day.stop_pod(lost - 3 * SECOND, pod, 1);
    } else {
        day.memory_evicts(lost - SECOND, pod);
    }
    let up = it.end + 30 * SECOND;
    if is_class {
        // A generic ephemeral volume: its claim comes and goes with the pod.
        day.comes_back_late((&it, node), lost + SECOND, UNBOUND, (it.end + 9 * SECOND, up));
        claim_volume(day, lost + SECOND, "ephemeral-volume-controller", (namespace, &claim), class);
        lack_class(day, (lost + SECOND, it.end), (namespace, &claim), class);
    } else {
        day.fail_create((lost + SECOND, it.end), it.workload, &format!("pvc {claim} is being deleted"));
        claim_volume(day, it.end + 4 * SECOND, "statefulset-controller", (namespace, &claim), class);
        let next = day.create_pod(it.end + 4 * SECOND + SECOND / 3, it.workload, 0);
        day.bind_pod(it.end + 9 * SECOND, next, node);
        day.run_pod(it.end + 12 * SECOND, up, next);
    }
    day.callers_fail(&mut it, (0, 30), day.gone());
    day.decoys(&it);
    // A restart just before the error is a rival: it triggers the failure that the deletion caused.
    it.unless(is_restart, cause)
}

/// Lets a claim wait for a class that is gone, until somebody brings it back.
fn lack_class(day: &mut Day, (at, end): (i64, i64), (namespace, claim): (&str, &str), class: &str) {
    let object = Object::named("PersistentVolumeClaim", namespace, claim);
    let message = format!("storageclass.storage.k8s.io \"{class}\" not found");
    for at in day.retries((at + SECOND / 2, end), (15, 240)) {
        day.event(at, &object, "persistentvolume-controller", ("ProvisioningFailed", &message));
    }
    let body = json!({"provisioner": "com.tencent.cloud.csi.cbs", "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate", "parameters": {"diskType": "CLOUD_SSD"}});
    day.change(end, &User::on_call(), ("create", Target::new("storageclasses", "", class)), body);
}

/// Has a controller create a claim for a pod.
fn claim_volume(day: &mut Day, at: i64, controller: &str, (namespace, name): (&str, &str), class: &str) {
    let body = json!({"spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": class,
        "resources": {"requests": {"storage": "50Gi"}}}, "status": {"phase": "Pending"}});
    let target = Target::new("persistentvolumeclaims", namespace, name);
    day.change(at, &User::controller(controller), ("create", target), body);
}
