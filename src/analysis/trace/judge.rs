//! From one start and what is linked to it to its trace: scores the operations, else the states, ranks them,
//! decides the verdict and builds a chain of steps for the best three. Values in, values out; no queries.

use crate::analysis::trace::candidate::Candidate;
use crate::analysis::trace::errors::Errors;
use crate::analysis::trace::link::SURE_IDENTITY;
use crate::analysis::trace::operations::LinkedOperation;
use crate::analysis::trace::reason::ReasonKind;
use crate::analysis::trace::start::Start;
use crate::analysis::trace::state::{StateCandidate, states};
use crate::analysis::trace::verdict::{LIKELY, verdict};
use crate::analysis::trace::{Context, LinkedStart, chain};
use model::report::{Class, Hypothesis, Reason, Trace, Verdict};

/// Hypotheses in a trace.
const HYPOTHESES: usize = 3;
/// Score below which a candidate is dropped.
const LEAST: f64 = 0.2;
/// Factor for a mechanism that matches any error, such as a release, beside a likely candidate with
/// a specific one.
const GENERIC: f64 = 0.7;
/// Seconds within which a change of the same field may mend an earlier one.
const REPAIRED_S: f64 = 7200.0;
/// Seconds before a repair in which something fails.
const FAILING_S: i64 = 120;
/// Factor for each further object of a series: many take more than one.
const SERIES: f64 = 1.01;
/// Seconds within which one apply of several objects ends.
const APPLY_S: f64 = 10.0;
/// Factor for a change that no text quotes, beside a likely candidate that one quotes.
const UNQUOTED: f64 = 0.7;
/// Seconds within which repeated operations are one change.
const REPEAT_S: f64 = 600.0;

/// Returns the trace of one start.
pub fn judge(linked: &LinkedStart<'_>, context: &Context<'_>) -> Trace {
    let start = linked.start;
    if start.is_calm {
        return trace_of(
            start,
            context,
            (Verdict::Inconclusive, vec![ReasonKind::Calm.reason()]),
            Vec::new(),
        );
    }
    let candidates = rank(linked, context);
    // what is unlikely is not named at all
    let is_named = candidates.first().is_some_and(|best| best.score >= LIKELY);
    let states = if is_named { Vec::new() } else { states(linked, context) };
    let judgement = verdict(linked, &candidates, &states, context);
    let mut hypotheses: Vec<Hypothesis> = candidates
        .iter()
        .take(if is_named { HYPOTHESES } else { 0 })
        .map(|candidate| chain::hypothesis(linked, candidate, context.errors))
        .collect();
    hypotheses.extend(best_of_places(&states).into_iter().map(|state| chain::of_state(start, state)));
    let is_sure = linked.events.iter().any(|event| event.hop == 0 && event.identity >= SURE_IDENTITY);
    if hypotheses.is_empty() && is_sure {
        hypotheses.push(chain::without_operation(linked, context.errors));
    }
    trace_of(start, context, judgement, hypotheses)
}

/// Returns the trace of a start.
fn trace_of(
    start: &Start,
    context: &Context<'_>,
    (verdict, reasons): (Verdict, Vec<Reason>),
    hypotheses: Vec<Hypothesis>,
) -> Trace {
    let class = match hypotheses.first() {
        Some(best) if best.cause.is_some() => Class::Operation,
        Some(best) if best.state.is_some() => Class::State,
        _ => Class::None,
    };
    Trace {
        class,
        id: start.id.clone(),
        finding: start.finding.clone(),
        entity: start.entity.clone(),
        ts: start.ts,
        last_ts: start.last_ts,
        calls: context.calls.get(&start.id).cloned().unwrap_or_default(),
        incident: String::new(),
        verdict,
        reasons,
        hypotheses,
    }
}

/// Returns the best state of each place on the call path, for as many as a trace names.
fn best_of_places<'s, 'e>(states: &'s [StateCandidate<'e>]) -> Vec<&'s StateCandidate<'e>> {
    let mut best: Vec<&StateCandidate<'e>> = Vec::new();
    for state in states.iter().filter(|state| state.score >= LIKELY) {
        if best.iter().all(|better| better.place != state.place) {
            best.push(state);
        }
    }
    best.truncate(HYPOTHESES);
    best
}

/// Returns the candidates for the cause, best first; of equal scores the newest first.
fn rank<'e>(linked: &LinkedStart<'e>, context: &Context<'_>) -> Vec<Candidate<'e>> {
    let text = text_of(linked.start, context.errors);
    // events alone say too little for what merely surrounds them
    let least_identity = if linked.start.evidence.is_empty() { SURE_IDENTITY } else { 0.0 };
    let mut candidates: Vec<Candidate<'e>> = linked
        .operations
        .iter()
        .filter(|operation| {
            operation.identity >= least_identity
                && !is_superseded(operation, linked)
                && !is_repair(operation, linked, context.errors)
        })
        .filter_map(|operation| Candidate::of(linked, operation, &text, context))
        .collect();
    if candidates.iter().any(|candidate| !candidate.is_generic && candidate.score >= LIKELY) {
        candidates.iter_mut().filter(|c| c.is_generic).for_each(|c| c.score *= GENERIC);
    }
    if candidates.iter().any(|candidate| candidate.is_quoted && candidate.score >= LIKELY) {
        candidates.iter_mut().filter(|c| !c.is_quoted).for_each(|c| c.score *= UNQUOTED);
    }
    candidates.retain(|candidate| candidate.score >= LEAST);
    candidates.sort_by(|a, b| {
        let newest = |c: &Candidate<'_>| (c.operation.evidence.ts, c.operation.evidence.row_id.clone());
        b.score.total_cmp(&a.score).then_with(|| newest(b).cmp(&newest(a)))
    });
    without_repeats(candidates)
}

/// Returns true if a later operation before the symptom set all that this one changed, or created anew what it
/// deleted: what is wrong at the symptom is not its work.
fn is_superseded(operation: &LinkedOperation, linked: &LinkedStart<'_>) -> bool {
    let at = |one: &LinkedOperation| (one.evidence.ts, one.evidence.row_id.clone());
    let later = || {
        linked.operations.iter().filter(|other| {
            other.object == operation.object
                && at(other) > at(operation)
                && other.evidence.ts <= linked.start.ts
                && !other.is_nothing()
                && other.class != "evict"
        })
    };
    if operation.class == "evict" {
        return false;
    }
    if operation.verb.starts_with("delete") {
        return later().any(|other| other.is_creation);
    }
    if operation.is_creation {
        return later().next().is_some();
    }
    let is_set_later = |path: &str| later().any(|other| other.change.sets(path));
    match operation.change.fields.as_slice() {
        [] => later().any(|other| other.class == operation.class || other.verb.starts_with("delete")),
        // of an unknown object it is not known which of the fields differ
        fields if !operation.change.is_known => fields.iter().any(|field| is_set_later(&field.path)),
        fields => fields.iter().all(|field| is_set_later(&field.path)),
    }
}

/// Returns true if an operation set again what an earlier one had set while errors came: it mends.
fn is_repair(operation: &LinkedOperation, linked: &LinkedStart<'_>, errors: &Errors) -> bool {
    let at = operation.evidence.ts;
    let is_second = linked.operations.iter().any(|other| {
        other.object == operation.object
            && (1.0..REPAIRED_S).contains(&at.since_s(other.evidence.ts))
            && !other.is_creation
            && other.change.fields.iter().any(|field| operation.change.sets(&field.path))
    });
    let entity = &linked.start.entity;
    let own = entity.namespace.as_deref().zip(entity.workload.as_deref());
    let changed = operation.workload.as_deref().or(operation.via.as_deref());
    let changed = changed.map(|workload| (operation.object.namespace.as_str(), workload));
    let had_errors = || {
        own.into_iter().chain(changed).any(|(namespace, workload)| {
            errors.first_in(namespace, workload, at.plus_s(-FAILING_S), at.plus_s(-1)).is_some()
        })
    };
    is_second && had_errors()
}

/// Returns the text on which mechanisms are matched: the symptom's own lines, and the errors of its
/// workload from a minute before to ten minutes after.
fn text_of(start: &Start, errors: &Errors) -> String {
    let mut text = start.text();
    if let (Some(namespace), Some(workload)) = (&start.entity.namespace, &start.entity.workload) {
        text.push('\n');
        text.push_str(&errors.texts_in(namespace, workload, start.ts.plus_s(-60), start.ts.plus_s(600)));
    }
    text
}

/// Keeps the best of the operations by one user on one object within ten minutes, and of the
/// evictions of one drain: they are one change.
fn without_repeats(candidates: Vec<Candidate<'_>>) -> Vec<Candidate<'_>> {
    let mut kept: Vec<Candidate<'_>> = Vec::new();
    for candidate in candidates {
        let operation = candidate.operation;
        match kept.iter_mut().find(|kept| is_one_change(kept.operation, operation)) {
            // the eviction of the start's own pod represents its drain
            Some(better)
                if better.operation.is_one_drain(operation)
                    && operation.identity > better.operation.identity =>
            {
                *better = Candidate { score: better.score, ..candidate };
            }
            Some(better) if is_series(better.operation, operation) => {
                better.score = (better.score * SERIES).min(1.0)
            }
            Some(_) => {}
            None => kept.push(candidate),
        }
    }
    kept
}

/// Returns true if both create objects of one series: `backfill-000`, `backfill-001`.
fn is_series(one: &LinkedOperation, other: &LinkedOperation) -> bool {
    let stem =
        |of: &LinkedOperation| of.object.name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    one.is_creation && other.is_creation && one.object != other.object && stem(one) == stem(other)
}

fn is_one_change(one: &LinkedOperation, other: &LinkedOperation) -> bool {
    let apart_s = one.evidence.ts.since_s(other.evidence.ts).abs();
    let is_apply = || one.object.namespace == other.object.namespace && apart_s < APPLY_S;
    one.username == other.username
        && apart_s < REPEAT_S
        && (one.object == other.object || one.is_one_drain(other) || is_series(one, other) || is_apply())
}
