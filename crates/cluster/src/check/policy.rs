//! Policies that hold back what they select: budgets that allow no disruption, autoscalers without metrics, network
//! policies that let nobody in.

use crate::Broken;
use crate::check::{Cluster, Said};
use crate::fit::is_cordoned;
use crate::object::{Object, is_selected, labels};
use model::json::{list, text};

/// Policies of a namespace that are compared with each other.
const POLICIES: usize = 200;

/// Returns such policies.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let snapshot = cluster.snapshot;
    let is_draining = snapshot.of("Node").any(is_cordoned);
    let budgets = snapshot
        .of("PodDisruptionBudget")
        .filter_map(|budget| Some(exhausted(budget, is_draining)?.of(budget)));
    let scalers = snapshot.of("HorizontalPodAutoscaler").filter_map(|scaler| Some(blind(scaler)?.of(scaler)));
    let policies =
        snapshot.of("NetworkPolicy").filter_map(|policy| Some(closed(cluster, policy)?.of(policy)));
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
    let selected = cluster
        .specs_of(namespace)
        .filter_map(|spec| spec.labels)
        .find(|labels| is_selected(labels, selector))?;
    let is_opened = cluster.snapshot.within("NetworkPolicy", namespace).take(POLICIES).any(|other| {
        let wanted = labels(&other.value, "/spec/podSelector/matchLabels");
        lets_in(other) && wanted.is_none_or(|wanted| is_selected(selected, wanted))
    });
    (!is_opened).then(|| Said {
        reason: "PolicyLetsNobodyIn",
        strength: 0.75,
        what: "lets no traffic into the pods that it selects".to_owned(),
        zh: "不允许任何流量进入所选 Pod".to_owned(),
    })
}
