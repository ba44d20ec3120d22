//! From findings and traces to incidents: what a person would open one ticket for. Each finding belongs to
//! exactly one. Values in, values out; ids are deterministic.

// Which traces are one incident.
mod group;

// The object that fails.
mod place;

// Titles and impact in words.
mod words;

use crate::analysis::incident::group::{cause_of, groups, score_of};
use crate::analysis::incident::place::{lead, place};
use crate::analysis::incident::words::{impact, title};
use model::entity::Entity;
use model::incident::Incident;
use model::report::{Evidence, Finding, Severity, Status, Trace};
use model::time::Ts;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Log lines to read first.
const DECISIVE: usize = 6;
/// Steps of advice.
const ADVICE: usize = 5;
/// Seconds without an error after which an incident is over.
const OVER_S: f64 = 900.0;
/// Seconds around an incident in which a finding about one of its objects belongs to it.
const AROUND_S: f64 = 300.0;

/// The traces and findings of one incident.
#[derive(Default)]
struct Members<'r> {
    traces: Vec<&'r Trace>,
    findings: Vec<usize>,
}

/// Returns the incidents of findings and traces, the most serious first, of equal ones those with a trace, those
/// that go on and those whose cause is surest, and sets the incident of each.
/// `end` is the end of the data.
pub fn incidents(findings: &mut [Finding], traces: &mut [Trace], end: Ts) -> Vec<Incident> {
    let mut members: Vec<Members<'_>> = groups(traces)
        .into_iter()
        .map(|group| Members {
            traces: group.into_iter().filter_map(|at| traces.get(at)).collect(),
            findings: Vec::new(),
        })
        .collect();
    assign(findings, &mut members);
    let last = last_traces(traces);
    let mut incidents: Vec<Incident> = members.iter().map(|of| incident(of, findings, &last, end)).collect();
    let of_trace: BTreeMap<String, String> = members
        .iter()
        .zip(&incidents)
        .flat_map(|(of, incident)| of.traces.iter().map(|trace| (trace.id.clone(), incident.id.clone())))
        .collect();
    for (of, incident) in members.iter().zip(&incidents) {
        for at in &of.findings {
            if let Some(finding) = findings.get_mut(*at) {
                finding.incident.clone_from(&incident.id);
            }
        }
    }
    for trace in &mut *traces {
        trace.incident = of_trace.get(&trace.id).cloned().unwrap_or_default();
    }
    let mut scores: BTreeMap<&str, i64> = BTreeMap::new();
    for trace in traces.iter() {
        // a difference below a tenth is ignored
        scores.insert(&trace.id, (score_of(trace) * 10.0).round() as i64);
    }
    incidents.sort_by(|a, b| {
        let sureness = |of: &Incident| {
            let lead = of.cause_trace.as_deref().and_then(|trace| scores.get(trace));
            Reverse(lead.copied().unwrap_or_default())
        };
        let key = |of: &Incident| {
            let is_traced = of.cause_trace.is_some();
            (Reverse(of.severity), !is_traced, of.over_since.is_some(), sureness(of), of.first_ts)
        };
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
    incidents
}

/// Puts each finding into one incident: that of its trace, else that with one of its log lines, else that about
/// one of its objects at that time, else one with the others about the same user, else with those of its rule.
fn assign<'r>(findings: &[Finding], members: &mut Vec<Members<'r>>) {
    let mut by_trace: BTreeMap<&str, usize> = BTreeMap::new();
    let mut by_row: BTreeMap<&str, usize> = BTreeMap::new();
    let mut by_place: BTreeMap<String, Vec<(usize, Ts, Ts)>> = BTreeMap::new();
    for (at, of) in members.iter().enumerate() {
        for trace in &of.traces {
            by_trace.insert(&trace.id, at);
            if let Some(cause) = cause_of(trace) {
                by_row.entry(&cause.row_id).or_insert(at);
            }
            let best = trace.hypotheses.first().into_iter().flat_map(|best| &best.steps);
            for row in best.flat_map(|step| &step.evidence) {
                by_row.entry(&row.row_id).or_insert(at);
            }
            by_place.entry(trace.entity.label()).or_default().push((at, trace.ts, trace.last_ts));
        }
    }
    let near = |finding: &Finding| {
        let spans = by_place.get(&finding.entity.label()).filter(|_| is_object(&finding.entity))?;
        let near = spans.iter().filter(|(_, from, to)| {
            from.since_s(finding.last_ts) <= AROUND_S && finding.first_ts.since_s(*to) <= AROUND_S
        });
        near.min_by_key(|(_, from, _)| (from.0 - finding.first_ts.0).abs()).map(|(at, ..)| *at)
    };
    let mut others: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, finding) in findings.iter().enumerate() {
        let of_trace = finding.trace.as_deref().and_then(|trace| by_trace.get(trace).copied());
        let of_row = || finding.evidence.iter().find_map(|line| by_row.get(line.row_id.as_str()).copied());
        match of_trace.or_else(of_row).or_else(|| near(finding)) {
            Some(incident) => found.push((incident, at)),
            None => others.entry(actor(finding).unwrap_or(&finding.rule)).or_default().push(at),
        }
    }
    for (incident, finding) in found {
        if let Some(of) = members.get_mut(incident) {
            of.findings.push(finding);
        }
    }
    members.extend(others.into_values().map(|findings| Members { traces: Vec::new(), findings }));
}

/// Returns the user whose acts a finding is about.
fn actor(finding: &Finding) -> Option<&str> {
    finding.facts.get("username").and_then(Value::as_str).filter(|user| !user.is_empty())
}

/// Returns true for a workload, pod or node: a namespace alone is no object that fails.
fn is_object(entity: &Entity) -> bool {
    entity.workload.is_some() || entity.pod.is_some() || entity.node.is_some()
}

/// Returns the end of the last trace of each finding, by the finding's id.
fn last_traces(traces: &[Trace]) -> BTreeMap<String, Ts> {
    let mut last: BTreeMap<String, Ts> = BTreeMap::new();
    for trace in traces {
        let end = last.entry(trace.finding.clone().unwrap_or_default()).or_insert(trace.last_ts);
        *end = trace.last_ts.max(*end);
    }
    last
}

/// Returns one incident. `last` has the end of the last trace of each finding.
fn incident(of: &Members<'_>, all: &[Finding], last: &BTreeMap<String, Ts>, end: Ts) -> Incident {
    let mut findings: Vec<&Finding> = of.findings.iter().filter_map(|at| all.get(*at)).collect();
    findings.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then(a.first_ts.cmp(&b.first_ts)).then_with(|| a.id.cmp(&b.id))
    });
    let lead = lead(&of.traces);
    let started = lead.and_then(|lead| all.iter().find(|finding| lead.finding.as_ref() == Some(&finding.id)));
    let shown: Vec<&Finding> =
        if findings.is_empty() { started.into_iter().collect() } else { findings.clone() };
    let entity = match lead {
        Some(_) => place(&of.traces),
        None => common(&findings),
    };
    let onsets = of.traces.iter().map(|trace| trace.ts);
    // a finding may last the whole day, a burst of it does not; what comes after its last burst belongs to that one
    let ends = of.traces.iter().map(|trace| {
        let id = trace.finding.as_deref().unwrap_or_default();
        let finding = all.iter().find(|finding| finding.id == id && last.get(id) == Some(&trace.last_ts));
        finding.map_or(trace.last_ts, |finding| finding.last_ts.max(trace.last_ts))
    });
    let (first_ts, last_ts) = match lead {
        Some(_) => (onsets.min(), ends.max()),
        None => (findings.iter().map(|f| f.first_ts).min(), findings.iter().map(|f| f.last_ts).max()),
    };
    let (first_ts, last_ts) = (first_ts.unwrap_or_default(), last_ts.unwrap_or_default());
    let over_since = (end.since_s(last_ts) >= OVER_S).then_some(last_ts);
    let (title, title_zh) = title(&entity, lead, &shown, shown.first().and_then(|first| actor(first)));
    let first_id = lead.map(|lead| lead.id.as_str()).or_else(|| findings.first().map(|f| f.id.as_str()));
    let hash = blake3::hash(first_id.unwrap_or_default().as_bytes()).to_hex();
    let (advice, advice_zh) = advice(&shown);
    Incident {
        id: format!("i{}", hash.get(..12).unwrap_or_default()),
        title,
        title_zh,
        severity: shown.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info),
        status: status(&shown, over_since),
        first_ts,
        last_ts,
        over_since,
        entity,
        impact: impact(&of.traces, &findings),
        cause_trace: lead.map(|lead| lead.id.clone()),
        verdict: lead.map(|lead| lead.verdict),
        decisive: decisive(lead, &shown),
        findings: findings.iter().map(|finding| finding.id.clone()).collect(),
        advice,
        advice_zh,
    }
}

/// Returns what all findings have in common.
fn common(findings: &[&Finding]) -> Entity {
    let mut entity = findings.first().map(|finding| finding.entity.clone()).unwrap_or_default();
    for column in Entity::COLUMNS {
        let first = entity.part(column).map(str::to_owned);
        if findings.iter().any(|finding| finding.entity.part(column) != first.as_deref()) {
            entity.set(column, None);
        }
    }
    entity
}

/// Returns the status of the finding that ranks first: worse, new, ongoing, better.
fn status(findings: &[&Finding], over_since: Option<Ts>) -> Status {
    let order = [Status::Worse, Status::New, Status::Ongoing, Status::Better];
    let of = order.into_iter().find(|status| findings.iter().any(|finding| finding.status == *status));
    match of {
        Some(Status::Better) if over_since.is_some() => Status::Recovered,
        of => of.unwrap_or(Status::New),
    }
}

/// Returns the log lines of the chain, a line of each step, else those of the findings.
fn decisive(lead: Option<&Trace>, findings: &[&Finding]) -> Vec<Evidence> {
    let steps = lead.and_then(|lead| lead.hypotheses.first()).into_iter().flat_map(|best| &best.steps);
    let of_steps = steps.filter_map(|step| step.evidence.first());
    let of_findings = findings.iter().filter_map(|finding| finding.evidence.first());
    let mut lines: Vec<Evidence> = Vec::new();
    for line in of_steps.chain(of_findings) {
        if lines.len() < DECISIVE && lines.iter().all(|known| known.row_id != line.row_id) {
            lines.push(line.clone());
        }
    }
    lines.sort_by(|a, b| (a.ts, &a.row_id).cmp(&(b.ts, &b.row_id)));
    lines
}

/// Returns the advice of the findings in English and Chinese, each step once.
fn advice(findings: &[&Finding]) -> (Vec<String>, Vec<String>) {
    let of = |lang| {
        let mut steps: Vec<String> = Vec::new();
        for step in findings.iter().flat_map(|finding| finding.advice_in(lang)) {
            if steps.len() < ADVICE && !steps.iter().any(|known| known == step) {
                steps.push(step.to_owned());
            }
        }
        steps
    };
    (of(model::lang::Lang::En), of(model::lang::Lang::Zh))
}
