//! The verdict of a trace, with its reasons. It is `confirmed` only when link and mechanism are
//! certain, in order of time, with complete data and no rival near. Decided by code alone.

use crate::analysis::trace::candidate::{Candidate, TICK_S};
use crate::analysis::trace::link::SURE_IDENTITY;
use crate::analysis::trace::operations::LinkedOperation;
use crate::analysis::trace::reason::{ReasonKind, span};
use crate::analysis::trace::state::StateCandidate;
use crate::analysis::trace::{Context, LinkedStart};
use model::lang::Lang;
use model::report::{Reason, Verdict};

/// Score below which the best candidate is not named as the cause.
pub const LIKELY: f64 = 0.35;
/// Ratio to the best score from which the second candidate is a rival.
const RIVAL: f64 = 0.72;
/// Ratio to the best score from which the second candidate is equally likely.
const LEVEL: f64 = 0.85;
/// Strength from which a mechanism is certain.
const SURE_MECHANISM: f64 = 0.75;
/// Strength from which a mechanism is certain without an event between, or despite missing data.
const SURE_ALONE: f64 = 0.9;
/// The same where the errors began with the operation.
const SURE_WITH_ONSET: f64 = 0.85;

/// Seconds between the last event that shows the effect and a symptom that it no longer explains by itself.
const CALM_S: f64 = 300.0;

/// Strength from which a line says what is wrong.
pub const SURE_STATE: f64 = 0.9;
/// Seconds after the onset within which a state that was there is reported.
const REPORTED_S: f64 = 60.0;
/// Seconds before the onset within which a state that is still there is seen.
const PRESENT_S: f64 = 900.0;

/// The hours around a start without data.
struct Gaps {
    audit: Vec<String>,
    event: Vec<String>,
}

/// Returns the verdict of a start with its reasons. `candidates` and `states` are sorted, best first; a state counts
/// only where no operation is named.
pub fn verdict(
    linked: &LinkedStart<'_>,
    candidates: &[Candidate<'_>],
    states: &[StateCandidate<'_>],
    context: &Context<'_>,
) -> (Verdict, Vec<Reason>) {
    let best = candidates.first().filter(|best| best.score >= LIKELY);
    let gaps = gaps(linked, best, context);
    let mut reasons = Vec::new();
    if !gaps.audit.is_empty() {
        reasons.push(ReasonKind::NoAuditData(gaps.audit.join(", ")));
    }
    if !gaps.event.is_empty() {
        reasons.push(ReasonKind::NoEventData(gaps.event.join(", ")));
    }
    let verdict = match best {
        None => {
            reasons.extend(without_cause(linked, &gaps));
            // where an audit log is kept, it would have the operation
            let is_kept = !context.row_slots.is_without_audit();
            let state = states.first().filter(|best| best.score >= LIKELY && !is_kept);
            state.map_or(Verdict::Inconclusive, |best| with_state(linked, best, states, &gaps, &mut reasons))
        }
        Some(best) => with_cause(linked, best, candidates.get(1), &gaps, &mut reasons),
    };
    (verdict, reasons.iter().map(ReasonKind::reason).collect())
}

/// Returns the hours without data between the best candidate and the symptom: at most six hours of
/// audit and two of events, and two of both without a candidate.
fn gaps(linked: &LinkedStart<'_>, best: Option<&Candidate<'_>>, context: &Context<'_>) -> Gaps {
    let start = linked.start.ts;
    let two_hours = start.plus_s(-7200);
    let since = best.map_or(two_hours, |best| best.operation.evidence.ts.min(start));
    let slots = context.row_slots;
    Gaps {
        audit: slots.audit_gap(since.max(start.plus_s(-6 * 3600)), start, context.zone),
        event: slots.event_gap(since.max(two_hours), start, context.zone),
    }
}

/// Returns the reasons of a verdict without a cause.
fn without_cause(linked: &LinkedStart<'_>, gaps: &Gaps) -> Vec<ReasonKind> {
    let mut reasons = Vec::new();
    let own = linked.events.iter().filter(|event| event.hop == 0);
    if let Some(event) = own.max_by(|a, b| a.identity.total_cmp(&b.identity)) {
        reasons.push(ReasonKind::EventsOnly(format!("{} ({})", event.reason, event.object)));
    }
    if gaps.audit.is_empty() {
        reasons.push(ReasonKind::NoOperation);
    }
    reasons
}

/// Returns the verdict on the object that is wrong and adds its reasons.
fn with_state(
    linked: &LinkedStart<'_>,
    best: &StateCandidate<'_>,
    states: &[StateCandidate<'_>],
    gaps: &Gaps,
    reasons: &mut Vec<ReasonKind>,
) -> Verdict {
    let mut doubts = Vec::new();
    if best.strength < SURE_STATE || best.state.name.is_empty() {
        doubts.push(ReasonKind::StateSymptom);
    }
    let since_s = linked.start.ts.since_s(best.seen.evidence.ts);
    if best.first.since_s(linked.start.ts) > REPORTED_S || since_s > PRESENT_S {
        doubts.push(ReasonKind::StateLate);
    }
    if best.hop > 1 || best.seen.link.1 < SURE_IDENTITY || !best.seen.is_mentioned {
        doubts.push(ReasonKind::StateAway);
    }
    if let Some(rival) =
        states.iter().find(|other| other.is_rival_of(best) && other.score >= RIVAL * best.score)
    {
        doubts.push(ReasonKind::StateRival(rival.state.text_in(Lang::En)));
    }
    let is_certain = doubts.is_empty() && gaps.event.is_empty();
    reasons.append(&mut doubts);
    if !is_certain {
        return Verdict::Likely;
    }
    reasons.push(ReasonKind::StateNamed);
    Verdict::Confirmed
}

/// Returns the verdict on the best candidate and adds its reasons.
fn with_cause(
    linked: &LinkedStart<'_>,
    best: &Candidate<'_>,
    second: Option<&Candidate<'_>>,
    gaps: &Gaps,
    reasons: &mut Vec<ReasonKind>,
) -> Verdict {
    let second = second.filter(|second| !is_trigger_of(second.operation, best.operation));
    let rival = second.map_or(0.0, |second| second.score / best.score);
    if rival >= LEVEL {
        reasons.push(ReasonKind::RivalsLevel);
        return Verdict::Inconclusive;
    }
    if !gaps.audit.is_empty() && (best.event.is_none() || best.strength < SURE_ALONE) {
        // an operation in those hours may be the cause
        return Verdict::Inconclusive;
    }
    let mut doubts = Vec::new();
    if let Some(second) = second.filter(|_| rival >= RIVAL) {
        doubts.push(ReasonKind::Rival(second.operation.sentence().0));
    }
    doubts.extend(doubts_about(linked, best));
    let is_certain = doubts.is_empty() && gaps.audit.is_empty() && gaps.event.is_empty();
    reasons.append(&mut doubts);
    if !is_certain {
        return Verdict::Likely;
    }
    reasons.extend([ReasonKind::Link(best.operation.link), best.mechanism_reason(), ReasonKind::NoRival]);
    Verdict::Confirmed
}

/// Returns what keeps a candidate from being confirmed, apart from rivals and missing data.
fn doubts_about(linked: &LinkedStart<'_>, best: &Candidate<'_>) -> Vec<ReasonKind> {
    let mut doubts = Vec::new();
    let start = linked.start.ts;
    let first_effect = best.event.map_or(start, |event| event.evidence.ts.min(start));
    let early_s = best.operation.evidence.ts.since_s(first_effect);
    if early_s > TICK_S {
        doubts.push(ReasonKind::BeforeCause(span(early_s)));
    }
    if let Some(trigger) = trigger(linked, best).filter(|trigger| !is_trigger_of(trigger, best.operation)) {
        doubts.push(ReasonKind::Trigger(trigger.sentence().0));
    }
    if best.identity < SURE_IDENTITY && !best.is_quoted {
        doubts.push(ReasonKind::WeakIdentity);
    }
    if best.strength < SURE_MECHANISM {
        doubts.push(ReasonKind::WeakMechanism);
    }
    doubts.extend(best.failing_callee.clone().map(ReasonKind::CalleeFails));
    let calm_s = best.event.map_or(0.0, |event| start.since_s(event.evidence.ts));
    if calm_s > CALM_S {
        doubts.push(ReasonKind::EffectEarlier(span(calm_s)));
    }
    let sure = if best.began == Some(true) { SURE_WITH_ONSET } else { SURE_ALONE };
    if best.event.is_none() && (best.strength < sure || best.began == Some(false)) {
        doubts.push(ReasonKind::NoEventBetween);
    }
    doubts
}

/// Returns true if an operation only brought a change to light: what pods read at their start, and what is asked
/// when they are created, takes effect at the next restart.
fn is_trigger_of(operation: &LinkedOperation, cause: &LinkedOperation) -> bool {
    let is_latent = matches!(cause.class.as_str(), "config" | "quota" | "webhook" | "storage" | "rbac");
    let restarts = operation.change.is_restart()
        || operation.object.resource == "pods" && matches!(operation.class.as_str(), "delete" | "evict");
    is_latent && restarts && operation.evidence.ts >= cause.evidence.ts
}

/// Returns the restart that brought a change of configuration to light, the last one before its effect.
pub fn restart_between<'o>(
    linked: &LinkedStart<'o>,
    candidate: &Candidate<'_>,
) -> Option<&'o LinkedOperation> {
    let entity = &linked.start.entity;
    let failed = match candidate.event {
        Some(event) => event.workload.as_deref(),
        None => entity.workload.as_deref(),
    };
    let effect = candidate.event.map_or(linked.start.ts, |event| event.evidence.ts);
    linked.operations.iter().rfind(|operation| {
        is_trigger_of(operation, candidate.operation)
            && operation.workload.as_deref() == failed
            && operation.evidence.ts.since_s(effect) <= TICK_S
    })
}

/// Returns a later change of the workload that failed: it may have made the damage of the first
/// one visible, or may be the cause itself.
fn trigger<'o>(linked: &LinkedStart<'o>, best: &Candidate<'_>) -> Option<&'o LinkedOperation> {
    let cause = best.operation;
    let effect = best.event.map_or(linked.start.ts, |event| event.evidence.ts.max(cause.evidence.ts));
    let has_failed = |workload: &str| match best.event {
        Some(event) => event.workload.as_deref() == Some(workload),
        None => linked.start.entity.workload.as_deref() == Some(workload),
    };
    let is_same_change = |o: &LinkedOperation| {
        o.audit_id == cause.audit_id
            || o.username == cause.username && o.workload == cause.workload && o.workload.is_some()
            || o.is_one_drain(cause)
    };
    linked.operations.iter().find(|o| {
        let replaces_pods =
            matches!(o.class.as_str(), "image" | "rollout" | "delete" | "update" | "scale" | "evict");
        replaces_pods
            && !o.is_nothing()
            && !is_same_change(o)
            && o.workload.as_deref().is_some_and(has_failed)
            && o.evidence.ts > cause.evidence.ts
            && o.evidence.ts.since_s(effect) <= TICK_S
    })
}
