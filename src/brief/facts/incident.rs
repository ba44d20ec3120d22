//! The facts of an incident and of its findings.

use crate::brief::digest::Group;
use crate::brief::facts::trace::add_trace;
use crate::brief::facts::{Fact, FactKind};
use crate::brief::labels;
use crate::brief::notation::{LocalTime, short_id};
use crate::brief::outline::Outline;
use model::incident::Incident;
use model::lang::Lang;
use model::report::Finding;
use redact::sanitize::plain;
use serde_json::{Map, Value, json};

/// The most findings of one group that get a fact of their own.
const GROUP_FINDINGS: usize = 5;
/// The most characters of a step of the advice.
const ADVICE: usize = 280;
/// The most log lines of a finding, and characters of one.
const SAMPLES: usize = 2;
const SAMPLE: usize = 160;
/// The most columns of a rule, and characters of one.
const DETAILS: usize = 6;
const DETAIL: usize = 80;
/// The most episodes of a finding.
const BURSTS: usize = 3;
/// The most workloads listed as affected.
const AFFECTED: usize = 8;

/// Adds the facts of a group's findings and of its trace.
pub(super) fn add_group(outline: &Outline, group: &Group, lang: Lang, facts: &mut Vec<Fact>) {
    let report = outline.report;
    let findings: Vec<&Finding> =
        group.findings.iter().filter_map(|id| report.findings.iter().find(|f| f.id == *id)).collect();
    let first = findings.first();
    if let Some(incident) = first.and_then(|first| report.incidents.iter().find(|of| of.id == first.incident))
    {
        facts.push(of_incident(incident, &outline.local, lang));
    }
    for (at, finding) in findings.iter().take(GROUP_FINDINGS).enumerate() {
        facts.push(of_finding(outline, finding, lang, (at == 0).then_some(group)));
    }
    if let Some(trace) = report.traces.iter().find(|trace| Some(&trace.id) == group.trace.as_ref()) {
        add_trace(outline, trace, lang, facts);
    }
}

/// Adds the facts of a group's other findings and traces.
pub(super) fn add_rest(outline: &Outline, group: &Group, lang: Lang, facts: &mut Vec<Fact>) {
    let report = outline.report;
    let is_of = |id: &String| group.findings.contains(id);
    for finding in group.findings.iter().skip(GROUP_FINDINGS) {
        let finding = report.findings.iter().find(|of| of.id == *finding);
        facts.extend(finding.map(|finding| of_finding(outline, finding, lang, None)));
    }
    let others = report.traces.iter().filter(|trace| Some(&trace.id) != group.trace.as_ref());
    for trace in others.filter(|trace| trace.finding.as_ref().is_some_and(is_of)) {
        add_trace(outline, trace, lang, facts);
    }
}

/// Returns the fact of an incident: where, since when, until when, and whom it affects.
fn of_incident(incident: &Incident, local: &LocalTime, lang: Lang) -> Fact {
    let impact = lang.pick(&incident.impact.words_zh, &incident.impact.words);
    let affected: Vec<String> =
        incident.impact.workloads.iter().take(AFFECTED).map(|name| plain(name, 80)).collect();
    let line = json!({
        "severity": incident.severity.name_in(lang), "status": labels::status(incident.status, lang),
        "title": plain(lang.pick(&incident.title_zh, &incident.title), 200),
        "place": plain(&incident.entity.label(), 120),
        "onset": local.clock(incident.first_ts), "last": local.clock(incident.last_ts),
        "over_since": incident.over_since.map(|ts| local.clock(ts)),
        "state": match incident.over_since {
            Some(_) => lang.pick("已停止", "over"),
            None => lang.pick("仍在持续", "still going on when the data ends"),
        },
        "impact": plain(impact, 120), "affected": affected,
        "requests_failed": incident.impact.requests_failed, "findings": incident.findings.len(),
    });
    let mut fact = Fact::new(format!("I:{}", short_id(&incident.id)), FactKind::Incident, line);
    (fact.severity, fact.status) = (Some(incident.severity), Some(incident.status));
    fact.verdict = incident.verdict;
    fact.lags_s.push(incident.last_ts.since_s(incident.first_ts));
    fact
}

/// Returns the fact of a finding; with `group`, how many findings and objects that affects.
fn of_finding(outline: &Outline, finding: &Finding, lang: Lang, group: Option<&Group>) -> Fact {
    let (entity, local) = (&finding.entity, &outline.local);
    let name = |part: &Option<String>| part.as_deref().map(|name| plain(name, 120));
    let advice: Vec<String> = finding.advice_in(lang).iter().map(|one| plain(one, ADVICE)).collect();
    let samples: Vec<String> =
        finding.evidence.iter().take(SAMPLES).map(|line| plain(&line.text, SAMPLE)).collect();
    let reach = group.filter(|group| group.findings.len() > 1).map(|group| {
        json!({ "findings": group.findings.len(), "workloads": group.reach.workloads,
            "namespaces": group.reach.namespaces, "nodes": group.reach.nodes })
    });
    let line = json!({
        "severity": finding.severity.name_in(lang), "status": labels::status(finding.status, lang),
        "about": plain(&entity.label(), 120), "namespace": name(&entity.namespace),
        "workload": name(&entity.workload), "pod": name(&entity.pod), "node": name(&entity.node),
        "from": local.clock(finding.first_ts), "to": local.clock(finding.last_ts), "lines": finding.count,
        "title": plain(finding.title_in(lang), 120), "what": plain(finding.summary_in(lang), 240),
        "why": plain(finding.why_in(lang), 160), "advice": advice, "group": reach, "samples": samples,
        "details": details(finding),
        "who": finding.facts.get("username").and_then(Value::as_str).map(|who| plain(who, 120)),
        "bursts": bursts(finding, local),
        "trace": finding.trace.as_deref().map(|id| format!("T:{}", short_id(id))),
    });
    let mut fact = Fact::new(format!("F:{}", short_id(&finding.id)), FactKind::Finding, line);
    if finding.agent == "audit" {
        // who did what to which object: names that the cluster knows, no text of a log
        fact.trusted.push_str(&finding.summary_in(lang).to_lowercase());
    }
    (fact.severity, fact.status) = (Some(finding.severity), Some(finding.status));
    let trace = outline.report.traces.iter().find(|trace| finding.trace.as_ref() == Some(&trace.id));
    fact.verdict = trace.map(|trace| trace.verdict);
    fact.lags_s.push(finding.last_ts.since_s(finding.first_ts));
    fact
}

/// Returns the short values of a rule's own columns, but for the user, who has a key of its own.
fn details(finding: &Finding) -> Option<Value> {
    let fields = finding.facts.iter().filter(|(key, _)| !key.ends_with("_zh") && *key != "username");
    let short = fields.filter_map(|(key, value)| match value {
        Value::String(text) if !text.is_empty() && text.chars().count() <= DETAIL => {
            Some((key.clone(), plain(text, DETAIL).into()))
        }
        Value::Number(_) => Some((key.clone(), value.clone())),
        _ => None,
    });
    let fields: Map<String, Value> = short.take(DETAILS).collect();
    (!fields.is_empty()).then_some(Value::Object(fields))
}

/// Returns the first episodes of a finding that has several.
fn bursts(finding: &Finding, local: &LocalTime) -> Vec<Value> {
    let episodes = finding.episodes.iter().filter(|_| finding.episodes.len() > 1).take(BURSTS);
    episodes
        .map(|one| json!({ "from": local.clock(one.first_ts), "to": local.clock(one.last_ts), "lines": one.count }))
        .collect()
}
