//! The chain of a hypothesis, cause first: the operation, the events that follow from it, the
//! errors on the way, the symptom. Every step stands on a log line.

use crate::analysis::trace::errors::Errors;
use crate::analysis::trace::judge::{SKEW_S, SURE_IDENTITY, Suspect, mechanism_reason};
use crate::analysis::trace::start::Start;
use crate::analysis::trace::{LinkedEvent, words};
use model::report::{Cause, Evidence, Hypothesis, Link, Step, StepKind};
use model::time::Ts;

/// Returns what a suspect stands for.
pub fn hypothesis(
    start: &Start,
    suspect: &Suspect<'_>,
    events: &[LinkedEvent],
    errors: &Errors,
) -> Hypothesis {
    let operation = suspect.operation;
    let lag = words::span(start.ts.since_s(operation.evidence.ts));
    Hypothesis {
        score: (suspect.score * 1000.0).round() / 1000.0,
        cause: Some(Cause {
            audit_id: operation.audit_id.clone(),
            ts: operation.evidence.ts,
            username: operation.username.clone(),
            verb: operation.verb.clone(),
            resource: operation.resource.clone(),
            namespace: operation.namespace.clone(),
            name: operation.name.clone(),
            operation: operation.operation.clone(),
            change: operation.change.text(),
            row_id: operation.evidence.row_id.clone(),
        }),
        reasons: vec![
            words::reason(&operation.link, ""),
            mechanism_reason(suspect),
            words::reason("lag", &lag),
        ],
        steps: steps(start, Some(suspect), events, errors),
    }
}

/// Returns the chain of a start that events explain and no operation does.
pub fn without_operation(start: &Start, events: &[LinkedEvent], errors: &Errors) -> Hypothesis {
    Hypothesis {
        score: 0.0,
        cause: None,
        reasons: vec![words::reason("no_operation", "")],
        steps: steps(start, None, events, errors),
    }
}

/// A step before it is numbered and linked.
struct Draft {
    kind: StepKind,
    what: String,
    zh: String,
    who: String,
    link: String,
    evidence: Vec<Evidence>,
    ts: Ts,
}

fn steps(start: &Start, suspect: Option<&Suspect<'_>>, events: &[LinkedEvent], errors: &Errors) -> Vec<Step> {
    let mut drafts = Vec::new();
    let mut from = Ts(i64::MIN);
    if let Some(suspect) = suspect {
        let operation = suspect.operation;
        from = operation.evidence.ts.plus_s(-(SKEW_S as i64));
        let (what, zh) = words::operation(operation);
        drafts.push(Draft {
            kind: StepKind::Operation,
            what,
            zh,
            who: operation.username.clone(),
            link: operation.link.clone(),
            ts: operation.evidence.ts,
            evidence: vec![operation.evidence.clone()],
        });
    }
    let told = told(start, suspect, events, from);
    drafts.extend(told.iter().map(|event| of_event(event)));
    if let Some(suspect) = suspect {
        drafts.extend(of_callee(start, suspect, from, errors));
    }
    drafts.push(Draft {
        kind: if start.is_event { StepKind::Event } else { StepKind::Error },
        what: start.what.clone(),
        zh: start.zh.clone(),
        who: start.entity.label(),
        link: told.last().map_or_else(|| "same_workload".to_owned(), |event| event.link.clone()),
        ts: start.ts,
        evidence: start.evidence.clone(),
    });
    numbered(start, drafts)
}

/// Returns the events of a chain: the one that ties the operation to the start, and up to two
/// others before the symptom that tell of trouble on the same thing.
fn told<'e>(
    start: &Start,
    suspect: Option<&Suspect<'e>>,
    events: &'e [LinkedEvent],
    from: Ts,
) -> Vec<&'e LinkedEvent> {
    let matched = suspect.and_then(|suspect| suspect.event);
    if suspect.is_some() && matched.is_none() {
        return Vec::new(); // events that no mechanism ties to the operation are no part of its chain
    }
    let hop = matched.map_or(0, |event| event.hop);
    let mut told: Vec<&LinkedEvent> = Vec::new();
    let to = if suspect.is_some() { start.ts } else { Ts(i64::MAX) };
    let is_between = |event: &&LinkedEvent| (from..=to).contains(&event.evidence.ts);
    for event in events.iter().filter(is_between).filter(|e| e.hop == hop && e.identity >= SURE_IDENTITY) {
        let is_other = matched.is_none_or(|m| m.reason != event.reason && m.workload == event.workload);
        if is_other && told.len() < 2 && told.iter().all(|t| t.reason != event.reason) {
            told.push(event);
        }
    }
    told.extend(matched);
    told.sort_by_key(|event| (event.evidence.ts, event.evidence.row_id.clone()));
    told
}

fn of_event(event: &LinkedEvent) -> Draft {
    let line = event.evidence.text.lines().next().unwrap_or("");
    let what = format!("{}: {line}", event.reason);
    Draft {
        kind: StepKind::Event,
        zh: what.clone(),
        what,
        who: event.who.clone(),
        link: event.link.clone(),
        ts: event.evidence.ts,
        evidence: vec![event.evidence.clone()],
    }
}

/// Returns the first error of a changed workload that the start only calls.
fn of_callee(start: &Start, suspect: &Suspect<'_>, from: Ts, errors: &Errors) -> Option<Draft> {
    let operation = suspect.operation;
    let workload = operation.workload.as_deref().filter(|_| operation.hop > 0)?;
    let first = errors.first_in(&operation.namespace, workload, from, start.ts.plus_s(600))?;
    let line = first.text.lines().next().unwrap_or("").to_owned();
    let who = format!("{}/{workload}", operation.namespace);
    Some(Draft {
        kind: StepKind::Error,
        what: format!("{who}: {line}"),
        zh: format!("{who}：{line}"),
        who,
        link: "same_workload".into(),
        ts: first.ts,
        evidence: vec![first.clone()],
    })
}

fn numbered(start: &Start, drafts: Vec<Draft>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut cause_link: Option<String> = None;
    for draft in drafts {
        let link = steps.last().map(|before| Link {
            // the step behind the operation hangs on it as the operation hangs on the start
            kind: cause_link.take().unwrap_or_else(|| draft.link.clone()),
            lag_s: draft.ts.since_s(before.ts),
        });
        if draft.kind == StepKind::Operation {
            cause_link = Some(draft.link);
        }
        steps.push(Step {
            id: format!("{}-{}", start.id, steps.len() + 1),
            kind: draft.kind,
            ts: draft.ts,
            what: draft.what,
            zh: draft.zh,
            who: draft.who,
            link,
            evidence: draft.evidence,
        });
    }
    steps
}
