//! The object that fails in an incident: what the operation changed, else the deepest one on the call path.

use crate::analysis::incident::group::{cause_of, score_of};
use model::entity::{Entity, workload_of_pod};
use model::report::{Callee, Trace};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Resources that fail themselves when they are changed.
const THEMSELVES: [&str; 4] = ["deployments", "statefulsets", "daemonsets", "services"];
/// Resources whose change fails those who use them, not what these call.
const USED: [&str; 5] = ["configmaps", "secrets", "serviceaccounts", "rolebindings", "clusterrolebindings"];

/// Returns the trace that names the cause of an incident: the surest, then the one with the highest score,
/// then the earliest.
pub fn lead<'t>(traces: &[&'t Trace]) -> Option<&'t Trace> {
    traces.iter().copied().min_by(|a, b| {
        let key = |trace: &Trace| (cause_of(trace).is_none(), trace.verdict);
        let score = score_of(b).total_cmp(&score_of(a));
        key(a).cmp(&key(b)).then(score).then_with(|| (a.ts, &a.id).cmp(&(b.ts, &b.id)))
    })
}

/// Returns the object that fails.
pub fn place(traces: &[&Trace]) -> Entity {
    let Some(lead) = lead(traces) else { return Entity::default() };
    let cluster = lead.entity.cluster.clone();
    let at = |namespace: &str, workload: &str| Entity {
        cluster: cluster.clone(),
        namespace: Some(namespace.to_owned()),
        workload: Some(workload.to_owned()),
        ..Entity::default()
    };
    match cause_of(lead).map(|cause| (cause.resource.as_str(), cause)) {
        Some(("pods", cause)) => at(&cause.namespace, workload_of_pod(&cause.name, None)),
        Some(("nodes", cause)) => Entity { cluster, node: Some(cause.name.clone()), ..Entity::default() },
        Some((resource, cause)) if THEMSELVES.contains(&resource) => at(&cause.namespace, &cause.name),
        Some((resource, _)) if USED.contains(&resource) => lead.entity.clone(),
        _ => deepest(traces)
            .map_or_else(|| lead.entity.clone(), |(namespace, workload)| at(namespace, workload)),
    }
}

/// Returns the callee that most traces name and that calls no other itself; `None` if nothing is called.
fn deepest<'t>(traces: &[&'t Trace]) -> Option<(&'t str, &'t str)> {
    let mut named: BTreeMap<(&'t str, &'t str), usize> = BTreeMap::new();
    for Callee { namespace, workload, .. } in traces.iter().flat_map(|trace| trace.calls.iter()) {
        *named.entry((namespace, workload)).or_default() += 1;
    }
    let calls_none = |place: &(&str, &str)| {
        let of = traces.iter().filter(|trace| {
            (trace.entity.namespace.as_deref(), trace.entity.workload.as_deref())
                == (Some(place.0), Some(place.1))
        });
        of.clone().all(|trace| trace.calls.is_empty())
    };
    named
        .iter()
        .filter(|(place, _)| calls_none(place))
        .max_by_key(|(place, n)| (**n, Reverse(**place)))
        .map(|(place, _)| *place)
}
