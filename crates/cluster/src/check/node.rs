//! Nodes that are not ready, and pods that fit on no node.

use crate::Broken;
use crate::check::component::scheduler;
use crate::check::{Cluster, Said};
use crate::fit::{Misfit, is_cordoned, is_ready, misfit};
use crate::object::{Object, labels};
use crate::snapshot::Owner;
use model::json::{list, text};

/// Conditions of a node that are trouble when they hold.
const TROUBLES: [&str; 5] =
    ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable", "KernelDeadlock"];

/// Workloads whose pods wait that are looked at, and nodes for each.
const PENDING: usize = 1000;
const NODES: usize = 1000;

/// Returns such nodes, and the workloads or nodes for which pods wait.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let mut found: Vec<Broken> =
        cluster.snapshot.of("Node").filter_map(|node| Some(state(node)?.of(node))).collect();
    let pending = cluster.pods.iter().filter_map(|(owner, pods)| Some((owner, most_known(pods)?)));
    for (owner, pod) in pending.take(PENDING) {
        found.extend(unplaced(cluster, owner, pod));
    }
    found
}

/// Returns the pod that no node was chosen for of which most is known.
fn most_known<'s>(pods: &[&'s Object]) -> Option<&'s Object> {
    let known = |pod: &&Object| (pod.condition("PodScheduled").is_some(), pod.is_detailed);
    pods.iter().copied().filter(|pod| is_pending(pod)).max_by_key(known)
}

fn state(node: &Object) -> Option<Said> {
    if is_ready(node) == Some(false) {
        let ready = node.condition("Ready");
        let why = ready.map_or("", |ready| text(ready, "/message"));
        let colon = if why.is_empty() { "" } else { ": " };
        return Some(Said {
            reason: "NodeNotReady",
            strength: 1.0,
            what: format!("is not ready{colon}{why}"),
            zh: format!("节点未就绪{colon}{why}"),
        });
    }
    let holds = |kind: &&str| node.condition(kind).is_some_and(|it| text(it, "/status") == "True");
    let trouble = TROUBLES.into_iter().find(holds)?;
    Some(Said {
        reason: "NodePressure",
        strength: 0.9,
        what: format!("has the condition {trouble}"),
        zh: format!("节点处于 {trouble} 状态"),
    })
}

/// Returns true for a pod that no node was chosen for.
fn is_pending(pod: &Object) -> bool {
    let is_scheduled = pod.condition("PodScheduled").is_some_and(|it| text(it, "/status") == "True");
    let shown = pod.text("/status/shown");
    !is_scheduled
        && pod.text("/spec/nodeName").is_empty()
        && (pod.text("/status/phase") == "Pending" && matches!(shown, "" | "Pending") || shown == "Pending")
}

fn is_control_plane(node: &Object) -> bool {
    let roles = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];
    labels(&node.value, "/metadata/labels")
        .is_some_and(|labels| roles.iter().any(|role| labels.contains_key(*role)))
}

/// Returns true for a node of which enough is known to say that a pod does not fit.
fn is_described(node: &Object) -> bool {
    node.is_detailed || is_cordoned(node) || labels(&node.value, "/metadata/labels").is_some()
}

/// Returns why a pod waits: no node has the resources or labels that it requests, or nodes refuse it.
fn unplaced(cluster: &Cluster<'_>, owner: &Owner, pod: &Object) -> Vec<Broken> {
    let needs = pod.at("/spec");
    let has_needs = !list(needs, "/containers").is_empty();
    let needs = if has_needs { needs } else { cluster.specs.get(owner).map_or(needs, |spec| spec.pod) };
    let mut refusals: Vec<(&Object, Misfit)> = Vec::new();
    let mut may_fit = false;
    for node in cluster.snapshot.of("Node").filter(|node| is_described(node)).take(NODES) {
        match misfit(needs, node) {
            Some(misfit) => refusals.push((node, misfit)),
            None if node.is_detailed => return reported(cluster, owner, pod),
            // its taints and its size are not known, but those of control planes
            None => may_fit |= !is_control_plane(node),
        }
    }
    let own: Vec<&Misfit> =
        refusals.iter().map(|(_, misfit)| misfit).filter(|misfit| is_of_pod(misfit)).collect();
    let of_nodes: Vec<&(&Object, Misfit)> =
        refusals.iter().filter(|(_, m)| matches!(m, Misfit::Cordoned)).collect();
    if !of_nodes.is_empty() {
        return of_nodes.into_iter().map(|(node, _)| cordoned(owner).of(node)).collect();
    }
    if may_fit {
        return reported(cluster, owner, pod);
    }
    // the taints of control planes are always there
    let tainted = refusals.iter().filter_map(|(node, misfit)| match misfit {
        Misfit::Taint(taint)
            if !taint.contains("control-plane") && !taint.contains("role.kubernetes.io/master") =>
        {
            Some(tainted(taint, owner).of(node))
        }
        _ => None,
    });
    let tainted: Vec<Broken> = tainted.collect();
    match (tainted.is_empty(), own.first()) {
        (false, _) => tainted,
        (true, Some(first)) => vec![asks(first, own.len()).of_owner(owner, pod)],
        (true, None) => reported(cluster, owner, pod),
    }
}

fn is_of_pod(misfit: &Misfit) -> bool {
    matches!(misfit, Misfit::Labels(_) | Misfit::Size(..))
}

fn asks(misfit: &Misfit, nodes: usize) -> Said {
    let (what, zh) = match misfit {
        Misfit::Size(resource, requested, has) => (
            format!("requests {requested} {resource}; no node has more than {has}"),
            format!("请求 {requested} {resource}，没有节点超过 {has}"),
        ),
        Misfit::Labels(labels) => (
            format!("requires nodes with {labels}; none of {nodes} nodes has it"),
            format!("要求节点带有 {labels}，{nodes} 个节点都不满足"),
        ),
        _ => (String::new(), String::new()),
    };
    Said { reason: "NoNodeFits", strength: 1.0, what, zh }
}

fn cordoned(owner: &Owner) -> Said {
    Said {
        reason: "NodeCordoned",
        strength: 0.95,
        what: format!("is cordoned (unschedulable); pods of {} wait", owner.name),
        zh: format!("节点被设为不可调度，{} 的 Pod 无法调度", owner.name),
    }
}

fn tainted(taint: &str, owner: &Owner) -> Said {
    Said {
        reason: "NodeTainted",
        strength: 0.95,
        what: format!("has the taint {taint}, which the pods of {} do not tolerate", owner.name),
        zh: format!("节点带有污点 {taint}，{} 的 Pod 不容忍", owner.name),
    }
}

/// Returns the scheduler's report on a pod; the scheduler itself if it reports nothing.
fn reported(cluster: &Cluster<'_>, owner: &Owner, pod: &Object) -> Vec<Broken> {
    let message = pod.condition("PodScheduled").map_or("", |it| text(it, "/message"));
    let message = if message.is_empty() { pod.reported("PodScheduled") } else { message };
    if !message.is_empty() {
        let said = Said {
            reason: "Unschedulable",
            strength: 0.8,
            what: format!("its pod cannot be scheduled: {message}"),
            zh: format!("Pod 无法调度：{message}"),
        };
        return vec![said.of_owner(owner, pod)];
    }
    if pod.condition("PodScheduled").is_some_and(|it| text(it, "/status") == "False") {
        let said = Said {
            reason: "Unschedulable",
            strength: 0.6,
            what: "its pod waits to be scheduled; why is not shown".to_owned(),
            zh: "Pod 等待调度，原因未显示".to_owned(),
        };
        return vec![said.of_owner(owner, pod)];
    }
    let is_silent = pod.is_detailed && pod.list("/status/conditions").is_empty();
    scheduler(cluster, owner, pod, is_silent).into_iter().collect()
}
