//! Somebody deletes a StorageClass or a claim. Nothing happens until the pod that uses it must be
//! made anew: then its volume is never made, or its claim is on its way out.

use crate::audit::User;
use crate::complaint::Failure;
use crate::day::Day;
use crate::decoy::Around;
use crate::scenario::plot::{Broken, Operation, node_times, spread, story};
use crate::scenario::{Scenario, Story};
use crate::storage::claim_name;
use crate::text::SECOND;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "storage_class_changed",
    about: "a StorageClass or a claim is deleted; the pod that needs it cannot come back when it must",
    plan,
};

const PAIRS: [(&str, &str, bool); 6] = [
    ("cart-api", "cart-redis", true),
    ("order-api", "orders-db", false),
    ("suggest", "search-index", true),
    ("ledger", "payments-db", false),
    ("inventory", "inventory-db", false),
    ("payment-gateway", "payments-db", false),
];
const UNBOUND: &str = "0/6 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling.";

fn plan(day: &mut Day) -> Story {
    let (caller, victim, is_class) = PAIRS[day.seed as usize % PAIRS.len()];
    let workload = day.cluster.find(victim);
    let pod = day.thin_out(workload);
    let (node, at) = node_times(day, (150, 1500), &[caller, victim]);
    day.settle(node, victim, &[caller]);
    let of = day.cluster.states[workload].workload;
    let name = day.cluster.pods[pod].name.clone();
    let class = ["cbs-ssd", "cbs-hssd", "local-nvme"][day.pen.rng.index(3)];
    let mut users = Day::team("platform");
    users.extend(Day::team(if is_class { "platform" } else { of.namespace }));
    users.push(Day::gitops());
    let user = users.swap_remove(day.pen.rng.index(users.len()));
    let claim = if is_class { format!("{name}-data") } else { claim_name(&day.cluster.pods[pod]) };

    day.is_incident = true;
    let (id, object) = if is_class {
        (day.delete_class(at.cause, &user, class), ("storageclasses", "", class))
    } else {
        let id = day.delete_claim(at.cause, &user, (of.namespace, &claim));
        (id, ("persistentvolumeclaims", of.namespace, claim.as_str()))
    };
    let is_restart = day.pen.rng.index(3) == 1;
    let lost = at.symptom - 2 * SECOND;
    if is_restart {
        day.restart_rollout(lost - 4 * SECOND, &User::ci(), workload);
        day.stop_pod(lost - 3 * SECOND, pod, 1);
    } else {
        day.short_of_memory(lost - SECOND, node);
        let message = day.memory_eviction(pod);
        day.kubelet_evicts(lost - SECOND, pod, &message);
    }
    let up = at.end + 30 * SECOND;
    if is_class {
        // A generic ephemeral volume: its claim comes and goes with the pod.
        let next = day.create_pod(lost + SECOND, workload, 0);
        let controller = User::controller("ephemeral-volume-controller");
        day.create_claim(lost + 5 * SECOND / 4, &controller, (of.namespace, &claim), class);
        let why = format!("storageclass.storage.k8s.io \"{class}\" not found");
        let failing = ("ProvisioningFailed", why.as_str());
        day.provisioning_fails(lost + 3 * SECOND / 2, at.end, (of.namespace, &claim), failing);
        day.fail_scheduling(lost + 4 * SECOND / 3, at.end, next, UNBOUND);
        day.is_incident = false;
        day.create_class(at.end, &Day::on_call(), class, "com.tencent.cloud.csi.cbs");
        day.bind_pod(at.end + 9 * SECOND, next, node);
        day.run_pod(at.end + 12 * SECOND, up, next);
    } else {
        let refusal = format!("pvc {claim} is being deleted");
        day.fail_create(lost + SECOND, at.end, workload, &name, &refusal);
        day.is_incident = false;
        let controller = User::controller("statefulset-controller");
        day.create_claim(at.end + 4 * SECOND, &controller, (of.namespace, &claim), class);
        let next = day.create_pod(at.end + 4 * SECOND + SECOND / 3, workload, 0);
        day.bind_pod(at.end + 9 * SECOND, next, node);
        day.run_pod(at.end + 12 * SECOND, up, next);
    }
    let failures: &[Failure] =
        if day.seed % 2 == 1 { &[Failure::Refused] } else { &[Failure::Refused, Failure::ConnectTimeout] };
    let span = (at.symptom, up);
    let (symptom, hit) =
        spread(day, &Broken { caller, callee: victim, span, failures, share: 0.4, is_private: false });
    day.decoys(&Around {
        cause: at.cause,
        symptom: at.symptom,
        target: victim,
        victim: caller,
        involved: &hit,
        user: &user.name,
        elsewhere: if is_class { "" } else { "monitoring" },
        can_roll: true,
    });
    let operation = Operation { id, at: at.cause, user: &user, verb: "delete", object };
    // A restart just before the error is a rival: it triggers what the deletion caused.
    story(symptom, operation, if is_restart { "likely" } else { "confirmed" })
}
