//! The chain of steps of a hypothesis, cause first: the operation, the events that follow from it,
//! the first error of a callee, the symptom. Each step has a log line as evidence.

use crate::analysis::trace::LinkedStart;
use crate::analysis::trace::candidate::{Candidate, SKEW_S};
use crate::analysis::trace::errors::Errors;
use crate::analysis::trace::events::LinkedEvent;
use crate::analysis::trace::link::{LinkKind, SURE_IDENTITY};
use crate::analysis::trace::operations::LinkedOperation;
use crate::analysis::trace::reason::{ReasonKind, span};
use crate::analysis::trace::start::Start;
use crate::analysis::trace::state::StateCandidate;
use crate::analysis::trace::verdict::{SURE_STATE, restart_between};
use model::report::{Cause, Evidence, Hypothesis, Link, Step, StepKind};
use model::time::Ts;

/// Events beside the one that ties the operation to the symptom.
const OTHER_EVENTS: usize = 2;

/// Returns the hypothesis that a candidate is the cause.
pub fn hypothesis(linked: &LinkedStart<'_>, candidate: &Candidate<'_>, errors: &Errors) -> Hypothesis {
    let operation = candidate.operation;
    let lag = span(linked.start.ts.since_s(operation.evidence.ts));
    let reasons = [ReasonKind::Link(operation.link), candidate.mechanism_reason(), ReasonKind::Lag(lag)];
    Hypothesis {
        score: (candidate.score * 1000.0).round() / 1000.0,
        cause: Some(cause(operation)),
        trigger: restart_between(linked, candidate).map(cause),
        restored_by: None, // named once the end of the symptom is known
        state: None,
        reasons: reasons.iter().map(ReasonKind::reason).collect(),
        steps: steps(linked, Some(candidate), errors),
    }
}

/// Returns the hypothesis of a start that events explain and no operation does.
pub fn without_operation(linked: &LinkedStart<'_>, errors: &Errors) -> Hypothesis {
    Hypothesis {
        score: 0.0,
        cause: None,
        trigger: None,
        restored_by: None,
        state: None,
        reasons: vec![ReasonKind::NoOperation.reason()],
        steps: steps(linked, None, errors),
    }
}

/// Returns the hypothesis that an object is wrong: the line that says so, and the symptom.
pub fn of_state(start: &Start, candidate: &StateCandidate<'_>) -> Hypothesis {
    let seen = &candidate.seen;
    let line = seen.evidence.text.lines().next().unwrap_or("");
    let lead = if seen.reason.is_empty() { candidate.place.1.as_str() } else { seen.reason };
    let what = format!("{lead}: {line}");
    let shown = Draft {
        kind: if candidate.is_event() { StepKind::Event } else { StepKind::Error },
        zh: what.clone(),
        what,
        who: if seen.object.is_empty() { candidate.place.1.clone() } else { seen.object.to_owned() },
        link: seen.link.0,
        evidence: vec![seen.evidence.clone()],
        ts: seen.evidence.ts,
    };
    let symptom = Draft { link: seen.link.0, ..of_symptom(start, None) };
    // an own line of the symptom says both
    let is_own = start.evidence.iter().any(|line| line.row_id == seen.evidence.row_id);
    let drafts = if is_own { vec![symptom] } else { vec![shown, symptom] };
    let is_said = candidate.strength >= SURE_STATE;
    let reason = if is_said { ReasonKind::StateNamed } else { ReasonKind::StateSymptom };
    Hypothesis {
        score: (candidate.score * 1000.0).round() / 1000.0,
        cause: None,
        trigger: None,
        restored_by: None,
        state: Some(candidate.state.clone()),
        reasons: vec![reason.reason()],
        steps: numbered(start, drafts),
    }
}

/// Returns an operation as a report names it.
pub fn cause(operation: &LinkedOperation) -> Cause {
    let field = operation.change.decisive();
    // the value of a variable may be secret
    let shown = field.as_ref().filter(|field| !field.path.contains(".env["));
    Cause {
        audit_id: operation.audit_id.clone(),
        ts: operation.evidence.ts,
        username: operation.username.clone(),
        verb: operation.verb.clone(),
        resource: operation.object.resource.clone(),
        namespace: operation.object.namespace.clone(),
        name: operation.object.name.clone(),
        operation: operation.class.clone(),
        change: operation.change.text(),
        field: field.as_ref().map(|field| field.path.clone()),
        old: shown.and_then(|field| field.old.clone()),
        new: shown.and_then(|field| field.new.clone()),
        on_behalf_of: operation.on_behalf_of.clone(),
        row_id: operation.evidence.row_id.clone(),
    }
}

/// A step without its id and its lag.
struct Draft {
    kind: StepKind,
    what: String,
    zh: String,
    who: String,
    link: LinkKind,
    evidence: Vec<Evidence>,
    ts: Ts,
}

fn steps(linked: &LinkedStart<'_>, candidate: Option<&Candidate<'_>>, errors: &Errors) -> Vec<Step> {
    let mut drafts = Vec::new();
    let mut from = Ts(i64::MIN);
    if let Some(candidate) = candidate {
        from = candidate.operation.evidence.ts.plus_s(-(SKEW_S as i64));
        drafts.push(of_operation(candidate.operation));
        drafts.extend(restart_between(linked, candidate).map(of_operation));
    }
    let events = events_between(linked, candidate, from);
    drafts.extend(events.iter().map(|event| of_event(event)));
    if let Some(candidate) = candidate {
        drafts.extend(of_callee(linked.start, candidate.operation, from, errors));
    }
    drafts.push(of_symptom(linked.start, events.last().copied()));
    numbered(linked.start, drafts)
}

/// Returns the events of a chain: the one that ties the operation to the symptom, and before the
/// symptom up to two others of other reasons on the same workload.
fn events_between<'e>(
    linked: &LinkedStart<'e>,
    candidate: Option<&Candidate<'e>>,
    from: Ts,
) -> Vec<&'e LinkedEvent> {
    let tie = candidate.and_then(|candidate| candidate.event);
    if candidate.is_some() && tie.is_none() {
        return Vec::new(); // no mechanism ties these events to the operation
    }
    let hop = tie.map_or(0, |event| event.hop);
    let to = if candidate.is_some() { linked.start.ts } else { Ts(i64::MAX) };
    let is_near = |event: &&LinkedEvent| {
        (from..=to).contains(&event.evidence.ts) && event.hop == hop && event.identity >= SURE_IDENTITY
    };
    let mut events: Vec<&LinkedEvent> = Vec::new();
    for event in linked.events.iter().filter(is_near) {
        let is_other = tie.is_none_or(|tie| tie.reason != event.reason && tie.workload == event.workload);
        if is_other && events.len() < OTHER_EVENTS && events.iter().all(|e| e.reason != event.reason) {
            events.push(event);
        }
    }
    events.extend(tie);
    events.sort_by_key(|event| (event.evidence.ts, event.evidence.row_id.clone()));
    events
}

fn of_operation(operation: &LinkedOperation) -> Draft {
    let (what, zh) = operation.sentence();
    Draft {
        kind: StepKind::Operation,
        what,
        zh,
        who: operation.username.clone(),
        link: operation.link,
        ts: operation.evidence.ts,
        evidence: vec![operation.evidence.clone()],
    }
}

fn of_event(event: &LinkedEvent) -> Draft {
    let line = event.evidence.text.lines().next().unwrap_or("");
    let what = format!("{}: {line}", event.reason);
    Draft {
        kind: StepKind::Event,
        zh: what.clone(),
        what,
        who: event.object.clone(),
        link: event.link,
        ts: event.evidence.ts,
        evidence: vec![event.evidence.clone()],
    }
}

/// Returns the first error of a changed workload that the start only calls, up to ten minutes after
/// the symptom.
fn of_callee(start: &Start, operation: &LinkedOperation, from: Ts, errors: &Errors) -> Option<Draft> {
    let workload = operation.workload.as_deref().filter(|_| operation.hop > 0)?;
    let namespace = &operation.object.namespace;
    let first = errors.first_in(namespace, workload, from, start.ts.plus_s(600))?;
    let line = first.text.lines().next().unwrap_or("").to_owned();
    let who = format!("{namespace}/{workload}");
    Some(Draft {
        kind: StepKind::Error,
        what: format!("{who}: {line}"),
        zh: format!("{who}：{line}"),
        who,
        link: LinkKind::SameWorkload,
        ts: first.ts,
        evidence: vec![first.clone()],
    })
}

fn of_symptom(start: &Start, last_event: Option<&LinkedEvent>) -> Draft {
    Draft {
        kind: if start.is_event { StepKind::Event } else { StepKind::Error },
        what: start.what.clone(),
        zh: start.zh.clone(),
        who: start.entity.label(),
        link: last_event.map_or(LinkKind::SameWorkload, |event| event.link),
        ts: start.ts,
        evidence: start.evidence.clone(),
    }
}

/// Adds ids, and the link and lag from each step to the next.
fn numbered(start: &Start, drafts: Vec<Draft>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut cause_link: Option<LinkKind> = None;
    for draft in drafts {
        let link = steps.last().map(|before| Link {
            // the link of the operation is the one from it to the next step
            kind: cause_link.take().unwrap_or(draft.link).name().to_owned(),
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
