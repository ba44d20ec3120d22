//! Components of the cluster itself: schedulers and controllers that do not act, and pods for each node that run on
//! none. Must not know on which nodes a pod fits.

use crate::Broken;
use crate::check::{Cluster, Said, is_well};
use crate::object::{Object, labels, pairs};
use crate::snapshot::Owner;
use model::json::text;
use serde_json::{Map, Value};

/// The namespace of the cluster's own workloads.
const SYSTEM: &str = "kube-system";
/// Workloads of `kube-system` that all pods depend on.
const CORE: [&str; 12] = [
    "antrea-agent",
    "aws-node",
    "calico-node",
    "canal",
    "cilium",
    "coredns",
    "kindnet",
    "kube-dns",
    "kube-flannel-ds",
    "kube-proxy",
    "node-local-dns",
    "weave-net",
];
/// Parts of the names of labels for nodes that a cluster need not have.
const SPECIAL: [&str; 5] = ["accelerator", "gpu", "nvidia", "kubernetes.io/arch", "kubernetes.io/os"];

/// Beginnings of the names of the pods of a control plane.
const PLANE: [&str; 4] = ["etcd-", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/// Returns such components.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let sets = cluster.snapshot.of("DaemonSet");
    let sets = sets.filter_map(|set| Some(nowhere(cluster, set)?.of_owner(&Owner::of(set), set)));
    sets.chain(controllers(cluster)).collect()
}

/// Returns true for a workload that all pods depend on.
pub(super) fn is_core(workload: &Object) -> bool {
    workload.namespace() == SYSTEM && CORE.contains(&workload.name())
}

/// Returns the fault of a DaemonSet that is to run on no node.
fn nowhere(cluster: &Cluster<'_>, set: &Object) -> Option<Said> {
    if set.int("/status/desiredNumberScheduled") != Some(0) {
        return None;
    }
    let selector = labels(&set.value, "/spec/template/spec/nodeSelector");
    let has = |node: &Object, key: &str, value: &Value| {
        labels(&node.value, "/metadata/labels").is_some_and(|labels| labels.get(key) == Some(value))
    };
    let is_met = |selector: &Map<String, Value>| {
        cluster.snapshot.of("Node").any(|node| selector.iter().all(|(key, value)| has(node, key, value)))
    };
    let is_special =
        |selector: &Map<String, Value>| selector.keys().any(|key| SPECIAL.iter().any(|it| key.contains(it)));
    let unmet = selector.filter(|selector| !is_met(selector));
    let strength = match (is_core(set), unmet) {
        (true, Some(_)) => 0.95,
        (true, None) => 0.85,
        (false, Some(selector)) if set.namespace() != SYSTEM && !is_special(selector) => 0.6,
        _ => return None,
    };
    let (what, zh) = match unmet {
        Some(selector) => (
            format!("runs on no node: it selects nodes with {}", pairs(selector)),
            format!("没有在任何节点上运行：节点选择器为 {}", pairs(selector)),
        ),
        None => ("runs on no node".to_owned(), "没有在任何节点上运行".to_owned()),
    };
    Some(Said { reason: "RunsNowhere", strength, what, zh })
}

/// Returns the pod of a component of the control plane: `None` if it is not known, `Err` with its name if it does not
/// run.
fn component<'s>(cluster: &Cluster<'s>, name: &str) -> Option<Result<&'s Object, String>> {
    let mut pods =
        cluster.snapshot.within("Pod", SYSTEM).filter(|pod| pod.name().starts_with(name)).peekable();
    if let Some(first) = pods.peek() {
        let first = *first;
        return Some(Ok(pods.find(|pod| is_well(pod)).unwrap_or(first)));
    }
    // a managed control plane shows none of them
    let is_shown =
        |part: &&&str| cluster.snapshot.within("Pod", SYSTEM).any(|pod| pod.name().starts_with(**part));
    let shows_plane = PLANE.iter().filter(is_shown).nth(1).is_some();
    shows_plane.then(|| Err(name.to_owned()))
}

/// Returns the scheduler that does nothing for a pod that waits. Of a pod that is `silent` nothing is known that a
/// scheduler would have said.
pub(super) fn scheduler(cluster: &Cluster<'_>, owner: &Owner, pod: &Object, silent: bool) -> Option<Broken> {
    let of_template = cluster.specs.get(owner).map_or("", |spec| text(spec.pod, "/schedulerName"));
    let wanted = Some(pod.text("/spec/schedulerName")).filter(|it| !it.is_empty()).unwrap_or(of_template);
    if !matches!(wanted, "" | "default-scheduler" | "kube-scheduler") {
        return own_scheduler(cluster, owner, pod, (wanted, silent));
    }
    let key = |name: &str| ("Pod".to_owned(), SYSTEM.to_owned(), name.to_owned());
    let said = |strength| silence(owner, strength);
    match component(cluster, "kube-scheduler") {
        Some(Ok(runs)) if is_well(runs) => silent.then(|| said(0.5).named(key(runs.name()), pod)),
        Some(Ok(fails)) => Some(said(0.9).named(key(fails.name()), fails)),
        Some(Err(name)) => {
            let what = format!("does not run, and pods wait ({})", owner.name);
            let zh = format!("没有运行，而 Pod（{}）在等待调度", owner.name);
            Some(Said { what, zh, ..said(0.85) }.named(key(&name), pod))
        }
        None => silent.then(|| said(0.75).named(key("kube-scheduler"), pod)),
    }
}

/// Returns the fault of a scheduler that lets the pods of a workload wait.
fn silence(owner: &Owner, strength: f64) -> Said {
    Said {
        reason: "SchedulerSilent",
        strength,
        what: format!("reports nothing on pods that wait ({})", owner.name),
        zh: format!("对等待调度的 Pod（{}）没有任何反应", owner.name),
    }
}

/// Returns the fault of a workload that waits for a scheduler of its own, or that scheduler.
fn own_scheduler(
    cluster: &Cluster<'_>,
    owner: &Owner,
    pod: &Object,
    (wanted, silent): (&str, bool),
) -> Option<Broken> {
    let workloads = ["Deployment", "DaemonSet", "StatefulSet"];
    let mut runs = cluster.snapshot.of("Pod").filter(|pod| pod.name().contains(wanted)).peekable();
    if let Some(first) = runs.peek() {
        let key = first.key.clone();
        let strength = if runs.any(is_well) { 0.5 } else { 0.85 };
        return (silent || strength > 0.5).then(|| silence(owner, strength).named(key, pod));
    }
    let is_there = workloads
        .iter()
        .any(|kind| cluster.snapshot.of(kind).any(|workload| workload.name().contains(wanted)));
    (!is_there).then(|| {
        let said = Said {
            reason: "NoSuchScheduler",
            strength: if silent { 0.85 } else { 0.75 },
            what: format!("its pods wait for the scheduler {wanted}, which is not seen to run"),
            zh: format!("其 Pod 等待调度器 {wanted}，而未见其运行"),
        };
        said.of_owner(owner, pod)
    })
}

/// Returns the controller manager that makes no pods for a Deployment although nothing refuses them.
fn controllers(cluster: &Cluster<'_>) -> Option<Broken> {
    let manager = match component(cluster, "kube-controller-manager")? {
        Ok(pod) if is_well(pod) => return None,
        Ok(pod) => pod.name().to_owned(),
        Err(name) => name,
    };
    let waits = |deployment: &&Object| {
        deployment.int("/spec/replicas").is_some_and(|wanted| wanted > 0)
            && deployment.int("/status/updatedReplicas").unwrap_or(0) == 0
            && deployment.list("/status/conditions").is_empty()
            && cluster.pods.get(&Owner::of(deployment)).is_none_or(Vec::is_empty)
            && cluster
                .snapshot
                .of("ReplicaSet")
                .all(|set| cluster.snapshot.owner(set) != Owner::of(deployment))
    };
    let deployment = cluster.snapshot.of("Deployment").find(waits)?;
    let said = Said {
        reason: "ControllerSilent",
        strength: 0.85,
        what: format!("does not run or fails: no pods are made for {}", deployment.name()),
        zh: format!("未运行或异常：没有为 {} 创建 Pod", deployment.name()),
    };
    Some(said.named(("Pod".to_owned(), SYSTEM.to_owned(), manager), deployment))
}
