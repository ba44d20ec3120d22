//! An incident in words: its title and its impact, in English and Chinese.

use crate::analysis::incident::group::cause_of;
use model::entity::Entity;
use model::incident::Impact;
use model::lang::Lang;
use model::report::{Finding, Trace, Verdict};
use std::collections::BTreeSet;

/// Rule whose findings count requests that failed.
const REQUESTS: &str = "http_5xx_burst";

/// Returns the title in English and Chinese: the failure, its place and whose operation came before;
/// without a trace the acts of `actor`.
pub fn title(
    entity: &Entity,
    lead: Option<&Trace>,
    findings: &[&Finding],
    actor: Option<&str>,
) -> (String, String) {
    let at_place = findings.iter().find(|finding| finding.entity.label() == entity.label());
    let first = at_place.or_else(|| findings.first());
    let of = |lang| first.map(|finding| finding.title_in(lang)).unwrap_or_default();
    let label = entity.label();
    let Some((lead, cause)) = lead.and_then(|lead| Some((lead, cause_of(lead)?))) else {
        if let Some(state) = lead.and_then(|lead| lead.hypotheses.first()?.state.as_ref()) {
            return (state.text_in(Lang::En), state.text_in(Lang::Zh));
        }
        let n = findings.len();
        let rules: BTreeSet<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
        return match (lead, actor) {
            (None, Some(actor)) if rules.len() > 1 => {
                let (en, zh) = (of(Lang::En), of(Lang::Zh));
                (format!("{actor}: {en}, and more ({n} findings)"), format!("{actor}：{zh}等（{n} 个异常）"))
            }
            (None, _) if n > 1 => {
                (format!("{} ({n} findings)", of(Lang::En)), format!("{}（{n} 个异常）", of(Lang::Zh)))
            }
            _ => (format!("{label}: {}", of(Lang::En)), format!("{label}：{}", of(Lang::Zh))),
        };
    };
    let slash = if cause.namespace.is_empty() { "" } else { "/" };
    let target = format!("{} {}{slash}{}", cause.resource, cause.namespace, cause.name);
    let change = cause.change.as_deref().map(|change| format!(" ({change})")).unwrap_or_default();
    let (after, after_zh) = match lead.verdict {
        Verdict::Confirmed => ("after", "起因"),
        _ => ("probably after", "可能起因"),
    };
    let is_eviction = cause.operation == "evict";
    let (who, verb) = (&cause.username, if is_eviction { "evict" } else { cause.verb.as_str() });
    (
        format!("{label} fails {after} {verb} {target} by {who}{change}"),
        format!("{label} 异常，{after_zh}：{who} {verb} {target}{change}"),
    )
}

/// Returns what an incident affected.
pub fn impact(traces: &[&Trace], findings: &[&Finding]) -> Impact {
    let entities = || traces.iter().map(|trace| &trace.entity).chain(findings.iter().map(|f| &f.entity));
    let workloads: BTreeSet<String> =
        entities().filter(|entity| entity.workload.is_some()).map(Entity::label).collect();
    let pods: BTreeSet<_> =
        entities().filter_map(|e| Some((e.namespace.as_ref()?, e.pod.as_ref()?))).collect();
    let nodes: BTreeSet<String> = entities().filter_map(|entity| entity.node.clone()).collect();
    let counted = findings.iter().filter(|finding| finding.rule.ends_with(REQUESTS));
    let failed = counted.map(|finding| finding.count).reduce(i64::saturating_add);
    let (n, p, k) = (workloads.len(), pods.len(), nodes.len());
    let some = |n: usize, one: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {one}s")),
    };
    let requests = failed.map(|failed| format!("{failed} requests failed"));
    let parts = [some(n, "workload"), some(p, "pod"), some(k, "node"), requests];
    let some_zh = |n: usize, unit: &str| (n > 0).then(|| format!("{n} {unit}"));
    let requests_zh = failed.map(|failed| format!("{failed} 个请求失败"));
    let parts_zh = [some_zh(n, "个工作负载"), some_zh(p, "个 Pod"), some_zh(k, "个节点"), requests_zh];
    Impact {
        pods: p as u64,
        workloads: workloads.into_iter().collect(),
        nodes: nodes.into_iter().collect(),
        requests_failed: failed,
        words: parts.into_iter().flatten().collect::<Vec<_>>().join(", "),
        words_zh: parts_zh.into_iter().flatten().collect::<Vec<_>>().join("，"),
    }
}
