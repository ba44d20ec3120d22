//! Policies that hold back what they select: budgets that allow no disruption, autoscalers without metrics, network
//! policies that let nobody in.

use crate::Broken;
use crate::check::{Cluster, Said};
use crate::fit::is_cordoned;
use crate::object::{Object, is_selected, labels, plain};
use crate::snapshot::Owner;
use model::json::{at, list, text};
use serde_json::{Map, Value};

/// Policies of a namespace that are compared with each other.
const POLICIES: usize = 200;

/// Returns such policies.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let snapshot = cluster.snapshot;
    let is_draining = snapshot.of("Node").any(is_cordoned);
    let budgets = snapshot
        .of("PodDisruptionBudget")
        .filter_map(|budget| Some(exhausted(budget, is_draining)?.of(budget)));
    let scalers = snapshot
        .of("HorizontalPodAutoscaler")
        .filter_map(|scaler| Some(blind(scaler).or_else(|| at_maximum(scaler))?.of(scaler)));
    let policies = snapshot.of("NetworkPolicy").filter_map(|policy| {
        let said = misdirected(cluster, policy).or_else(|| closed(cluster, policy));
        Some(said.or_else(|| without_dns(cluster, policy))?.of(policy))
    });
    budgets.chain(scalers).chain(policies).collect()
}

/// Returns a budget that allows no disruption; while a node is drained it keeps the drain from ending.
fn exhausted(budget: &Object, is_draining: bool) -> Option<Said> {
    let allowed = budget.int("/status/disruptionsAllowed")?;
    (allowed == 0).then(|| Said {
        reason: "NoDisruptionAllowed",
        strength: if is_draining { 0.85 } else { 0.3 },
        what: "allows no disruption: pods that it selects cannot be evicted".to_owned(),
        zh: "不允许任何中断：所选 Pod 无法被驱逐".to_owned(),
    })
}

/// Returns an autoscaler that has no metrics to scale by.
fn blind(scaler: &Object) -> Option<Said> {
    let active = scaler.condition("ScalingActive").filter(|it| text(it, "/status") == "False")?;
    let reason = text(active, "/reason");
    // at zero replicas it is switched off
    (reason != "ScalingDisabled").then(|| {
        let message = text(active, "/message");
        Said {
            reason: "AutoscalerBlind",
            strength: 0.7,
            what: format!("cannot scale ({reason}): {message}"),
            zh: format!("无法伸缩（{reason}）：{message}"),
        }
    })
}

/// Returns a policy of certain pods that lets nobody in, where no other policy of those pods lets somebody in.
fn closed(cluster: &Cluster<'_>, policy: &Object) -> Option<Said> {
    let selector = labels(&policy.value, "/spec/podSelector/matchLabels")?;
    let lets_in = |policy: &Object| !policy.list("/spec/ingress").is_empty();
    let is_of_ingress = list(&policy.value, "/spec/policyTypes").iter().any(|kind| kind == "Ingress");
    if lets_in(policy) || !is_of_ingress {
        return None;
    }
    let namespace = policy.namespace();
    if cluster.specs_of(namespace).all(|spec| spec.labels.is_none()) {
        return by_name(cluster, namespace, selector);
    }
    let selected = cluster
        .specs_of(namespace)
        .filter_map(|spec| spec.labels)
        .find(|labels| is_selected(labels, selector))?;
    let is_opened = cluster.snapshot.within("NetworkPolicy", namespace).take(POLICIES).any(|other| {
        let wanted = labels(&other.value, "/spec/podSelector/matchLabels");
        lets_in(other) && wanted.is_none_or(|wanted| is_selected(selected, wanted))
    });
    (!is_opened).then(|| lets_nobody_in(0.75))
}

/// Returns a policy that lets its pods reach DNS alone, or lets in only pods that do not exist.
fn misdirected(cluster: &Cluster<'_>, policy: &Object) -> Option<Said> {
    let egress = policy.list("/spec/egress");
    let is_dns = |rule: &Value| {
        let ports = list(rule, "/ports");
        !ports.is_empty() && ports.iter().all(|port| plain(at(port, "/port")) == "53")
    };
    let is_of_egress = list(&policy.value, "/spec/policyTypes").iter().any(|kind| kind == "Egress");
    let namespace = policy.namespace();
    // of policies that are made to be added up, one alone says little
    let is_of_all = labels(&policy.value, "/spec/podSelector/matchLabels").is_none();
    let mut others = cluster
        .snapshot
        .within("NetworkPolicy", namespace)
        .take(POLICIES)
        .filter(|other| other.key != policy.key);
    if others.any(|other| {
        !other.list("/spec/ingress").is_empty() || other.list("/spec/egress").iter().any(|rule| !is_dns(rule))
    }) {
        return None;
    }
    if is_of_egress && egress.iter().all(is_dns) {
        return Some(Said {
            reason: "PolicyLetsNothingOut",
            strength: if is_of_all { 0.45 } else { 0.7 },
            what: "lets the pods that it selects reach nothing, or nothing but DNS".to_owned(),
            zh: "所选 Pod 无法访问任何目标，或只能访问 DNS".to_owned(),
        });
    }
    if is_of_all {
        return None;
    }
    let peers = policy.list("/spec/ingress").iter().flat_map(|rule| list(rule, "/from"));
    let mut peers = peers.peekable();
    peers.peek()?;
    let is_nobody = |peer: &Value| {
        let Some(wanted) = labels(peer, "/podSelector/matchLabels") else { return false };
        at(peer, "/namespaceSelector").is_null()
            && !cluster.unlabelled.contains(namespace)
            && !cluster.specs_of(namespace).filter_map(|spec| spec.labels).any(|own| is_selected(own, wanted))
    };
    peers.all(is_nobody).then(|| Said {
        reason: "PolicyLetsNobodyIn",
        strength: 0.75,
        what: "lets in only pods with labels that no pod has".to_owned(),
        zh: "只允许带有某些标签的 Pod 访问，而没有任何 Pod 带有这些标签".to_owned(),
    })
}

/// Returns a policy that lets its pods reach something, but no DNS, where no other policy of its namespace does.
fn without_dns(cluster: &Cluster<'_>, policy: &Object) -> Option<Said> {
    let allows = |rule: &Value| {
        let (ports, to) = (list(rule, "/ports"), list(rule, "/to"));
        let is_elsewhere = |peer: &Value| !at(peer, "/namespaceSelector").is_null();
        // the servers of names are in another namespace, or have an address that is not known
        let is_far =
            to.is_empty() || to.iter().any(|peer| is_elsewhere(peer) || !at(peer, "/ipBlock").is_null());
        let is_port = |port: &Value| {
            let (first, last) = (at(port, "/port"), at(port, "/endPort").as_i64());
            let within = first.as_i64().zip(last).is_some_and(|(first, last)| (first..=last).contains(&53));
            within || matches!(plain(first).as_str(), "" | "53" | "dns" | "dns-tcp")
        };
        is_far && (ports.is_empty() || ports.iter().any(is_port))
    };
    let mut all = cluster.snapshot.within("NetworkPolicy", policy.namespace()).take(POLICIES);
    let egress = policy.list("/spec/egress");
    if egress.is_empty() || all.any(|other| other.list("/spec/egress").iter().any(allows)) {
        return None;
    }
    Some(Said {
        reason: "PolicyWithoutDns",
        strength: 0.75,
        what: "lets its pods reach only certain ports or pods: none of its namespace's rules of egress allows DNS \
               (port 53)"
            .to_owned(),
        zh: "出站规则只放行部分端口或 Pod，该命名空间没有规则放行 DNS（53 端口）".to_owned(),
    })
}

/// Returns an autoscaler that would add pods but for its maximum.
fn at_maximum(scaler: &Object) -> Option<Said> {
    let limited = scaler.condition("ScalingLimited").filter(|it| text(it, "/status") == "True")?;
    let most = scaler.int("/spec/maxReplicas")?;
    (text(limited, "/reason") == "TooManyReplicas" && scaler.int("/status/currentReplicas") == Some(most))
        .then(|| Said {
            reason: "AtMaximum",
            strength: 0.55,
            what: format!("needs more pods than its maximum of {most}"),
            zh: format!("所需副本数超过上限 {most}"),
        })
}

/// Returns the same of a policy whose pods show no labels: it most likely selects the workload of that name.
fn by_name(cluster: &Cluster<'_>, namespace: &str, selector: &Map<String, Value>) -> Option<Said> {
    let is_named = |owner: &Owner| {
        owner.namespace == namespace && selector.values().any(|value| value.as_str() == Some(&owner.name))
    };
    let is_alone = cluster.snapshot.within("NetworkPolicy", namespace).nth(1).is_none();
    (is_alone && cluster.pods.keys().any(is_named)).then(|| lets_nobody_in(0.6))
}

fn lets_nobody_in(strength: f64) -> Said {
    Said {
        reason: "PolicyLetsNobodyIn",
        strength,
        what: "lets no traffic into the pods that it selects".to_owned(),
        zh: "不允许任何流量进入所选 Pod".to_owned(),
    }
}
