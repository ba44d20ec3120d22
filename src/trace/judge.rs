//! Scores and verdicts. Identity first, mechanism second, time last; a verdict is `confirmed`
//! only when identity and mechanism hold, in order, with the data there and no rival near.

use super::start::Start;
use super::{LinkedEvent, LinkedOperation, Present, words};
use crate::error::{Error, Result};
use crate::finding::{Cause, Evidence, Hypothesis, Link, Reason, Step, StepKind, Trace, Verdict};
use crate::window::Ts;
use chrono_tz::Tz;
use regex::{Regex, RegexBuilder};
use std::cmp::Ordering;

/// One line of `mechanisms.csv`: an operation that can cause an event or an error.
pub struct Mechanism {
    operation: String,
    verb: String,
    sign: Sign,
    strength: f64,
    within_s: f64,
}

enum Sign {
    Event(String),
    Text(Regex),
}

/// Clocks of nodes and API servers may differ by so much.
const SKEW_S: f64 = 120.0;
/// Identity from which an object is the thing itself, its configuration, or what errors name.
const SURE_IDENTITY: f64 = 0.75;
/// Strength from which a change is known to cause the effect.
const SURE_MECHANISM: f64 = 0.75;
/// A second operation this near to the first is a rival.
const RIVAL: f64 = 0.75;
/// A second operation this near is level with the first.
const LEVEL: f64 = 0.95;
/// Below it a hypothesis is not worth a reader's time.
const LEAST: f64 = 0.2;
/// Below it even the best one is no answer.
const LIKELY: f64 = 0.4;
/// Without an event between, an error alone proves less.
const NO_EVENT: f64 = 0.85;

/// Reads the mechanism table.
pub fn mechanisms() -> Result<Vec<Mechanism>> {
    let wrong = |line: usize| {
        Error::bug("the mechanism table cannot be read").at(format!("sql/trace/mechanisms.csv:{line}"))
    };
    let mut mechanisms = Vec::new();
    for (at, line) in include_str!("../../sql/trace/mechanisms.csv").lines().enumerate().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [operation, verb, effect, sign, strength, within] = fields.as_slice() else {
            return Err(wrong(at + 1));
        };
        let sign = match *effect {
            "event" => Sign::Event((*sign).to_owned()),
            _ => Sign::Text(
                RegexBuilder::new(sign)
                    .case_insensitive(true)
                    .build()
                    .map_err(|error| wrong(at + 1).because(error))?,
            ),
        };
        mechanisms.push(Mechanism {
            operation: (*operation).to_owned(),
            verb: (*verb).to_owned(),
            sign,
            strength: strength.parse().map_err(|_| wrong(at + 1))?,
            within_s: within.parse().map_err(|_| wrong(at + 1))?,
        });
    }
    Ok(mechanisms)
}

/// One operation held against the start.
struct Suspect<'e> {
    operation: &'e LinkedOperation,
    score: f64,
    strength: f64,
    event: Option<&'e LinkedEvent>,
}

/// Judges one start.
pub fn judge(
    start: &Start,
    events: Vec<LinkedEvent>,
    operations: Vec<LinkedOperation>,
    present: &Present,
    mechanisms: &[Mechanism],
    zone: Tz,
) -> Trace {
    let text = start.text();
    let mut suspects: Vec<Suspect<'_>> = operations
        .iter()
        .filter_map(|operation| suspect(start, &text, operation, &events, mechanisms))
        .filter(|suspect| suspect.score >= LEAST)
        .collect();
    suspects.sort_by(|a, b| {
        b.score
            .partial_cmp(&a.score)
            .unwrap_or(Ordering::Equal)
            .then_with(|| b.operation.evidence.ts.cmp(&a.operation.evidence.ts))
    });
    drop_repeats(&mut suspects);
    let missing = missing_hours(start.ts, present, zone);
    let (verdict, reasons) = verdict(&suspects, &events, &missing, present);
    let mut hypotheses: Vec<Hypothesis> =
        suspects.iter().take(3).map(|suspect| hypothesis(start, suspect, &events)).collect();
    if hypotheses.is_empty() && events.iter().any(|event| event.hop == 0 && event.identity >= SURE_IDENTITY) {
        let steps = steps(start, None, &events);
        hypotheses.push(Hypothesis {
            score: 0.0,
            cause: None,
            reasons: vec![words::reason("no_operation", "")],
            steps,
        });
    }
    Trace {
        id: start.id.clone(),
        finding: start.finding.clone(),
        entity: start.entity.clone(),
        ts: start.ts,
        verdict,
        reasons,
        hypotheses,
    }
}

/// Scores an operation: how much identity proves, how well a mechanism fits, how near in time.
fn suspect<'e>(
    start: &Start,
    text: &str,
    operation: &'e LinkedOperation,
    events: &'e [LinkedEvent],
    mechanisms: &[Mechanism],
) -> Option<Suspect<'e>> {
    let mut best: Option<Suspect<'e>> = None;
    let at = operation.evidence.ts;
    for mechanism in mechanisms {
        if mechanism.operation != operation.operation
            || !(mechanism.verb.is_empty() || mechanism.verb == operation.verb)
        {
            continue;
        }
        let (event, lag) = match &mechanism.sign {
            Sign::Event(reason) => {
                let Some(event) = events.iter().find(|event| {
                    event.reason == *reason && belongs(operation, event) && in_order(at, event.evidence.ts)
                }) else {
                    continue;
                };
                (Some(event), event.evidence.ts.since_s(at))
            }
            Sign::Text(sign) if sign.is_match(text) && in_order(at, start.ts) => (None, start.ts.since_s(at)),
            Sign::Text(_) => continue,
        };
        if lag > mechanism.within_s {
            continue;
        }
        let strength = mechanism.strength * plausible(operation);
        let near = 1.0 - 0.3 * (lag.max(0.0) / mechanism.within_s);
        let score = operation.identity * strength * near * if event.is_some() { 1.0 } else { NO_EVENT };
        if best.as_ref().is_none_or(|best| score > best.score) {
            best = Some(Suspect { operation, score, strength, event });
        }
    }
    best
}

fn in_order(cause: Ts, effect: Ts) -> bool {
    effect.since_s(cause) >= -SKEW_S
}

/// Tells whether an event befell what the operation touched: the start's own objects, or, one
/// call away, the workload that was changed.
fn belongs(operation: &LinkedOperation, event: &LinkedEvent) -> bool {
    match operation.link.as_str() {
        "same_namespace" | "cluster" | "same_node" => true,
        _ if operation.hop == 0 => event.hop == 0,
        _ => {
            event.hop == operation.hop
                && (event.workload.as_deref() == Some(&operation.name) || event.link == "names")
        }
    }
}

/// Weakens an operation that gave more of what was missing: it did not take it away.
fn plausible(operation: &LinkedOperation) -> f64 {
    let change = &operation.change;
    match operation.operation.as_str() {
        "scale" if change.after("replicas") == Some("0") => 1.0,
        "scale" => match change.gives_more("replicas") {
            Some(true) => 0.0,
            Some(false) => 0.9,
            None => 0.4,
        },
        "resources" if change.gives_more("limit") == Some(true) => 0.3,
        _ => 1.0,
    }
}

/// Keeps the best of the operations that one user did to one object within ten minutes:
/// they are one change.
fn drop_repeats(suspects: &mut Vec<Suspect<'_>>) {
    let mut kept: Vec<Suspect<'_>> = Vec::new();
    for suspect in suspects.drain(..) {
        let o = suspect.operation;
        let repeats = kept.iter().any(|k| {
            let k = k.operation;
            let same_object = (&k.resource, &k.namespace, &k.name) == (&o.resource, &o.namespace, &o.name);
            k.username == o.username && same_object && k.evidence.ts.since_s(o.evidence.ts).abs() < 600.0
        });
        if !repeats {
            kept.push(suspect);
        }
    }
    *suspects = kept;
}

/// Returns the local hours of the two before the start that have no audit row at all.
fn missing_hours(ts: Ts, present: &Present, zone: Tz) -> Vec<String> {
    let hour = ts.0.div_euclid(3_600_000_000);
    (hour - 2..=hour)
        .filter(|hour| !present.audit_hours.contains(hour))
        .map(|hour| Ts(hour * 3_600_000_000).utc().with_timezone(&zone).format("%m-%d %H:00").to_string())
        .collect()
}

fn verdict(
    suspects: &[Suspect<'_>],
    events: &[LinkedEvent],
    missing: &[String],
    present: &Present,
) -> (Verdict, Vec<Reason>) {
    let mut reasons = Vec::new();
    if !missing.is_empty() {
        reasons.push(words::reason("no_audit_data", &missing.join(", ")));
    }
    if !present.has_events {
        reasons.push(words::reason("no_event_data", ""));
    }
    let Some(best) = suspects.first().filter(|best| best.score >= LIKELY) else {
        if let Some(event) = events
            .iter()
            .filter(|e| e.hop == 0)
            .max_by(|a, b| a.identity.partial_cmp(&b.identity).unwrap_or(Ordering::Equal))
        {
            reasons.push(words::reason("events_only", &format!("{} ({})", event.reason, event.who)));
        }
        if missing.is_empty() {
            reasons.push(words::reason("no_operation", ""));
        }
        return (Verdict::Inconclusive, reasons);
    };
    let rival = suspects.get(1).map_or(0.0, |second| second.score / best.score);
    if rival >= LEVEL {
        reasons.push(words::reason("rivals_level", ""));
        return (Verdict::Inconclusive, reasons);
    }
    let doubts_before = reasons.len();
    if rival >= RIVAL
        && let Some(second) = suspects.get(1)
    {
        reasons.push(words::reason("rival", &words::operation(second.operation).0));
    }
    if best.operation.identity < SURE_IDENTITY {
        reasons.push(words::reason("weak_identity", ""));
    }
    if best.strength < SURE_MECHANISM {
        reasons.push(words::reason("weak_mechanism", ""));
    }
    if best.event.is_none() && best.strength < 0.9 {
        reasons.push(words::reason("no_event_between", ""));
    }
    if reasons.len() > doubts_before || !missing.is_empty() {
        return (Verdict::Likely, reasons);
    }
    reasons.push(words::reason(&best.operation.link, ""));
    reasons.push(mechanism_reason(best));
    reasons.push(words::reason("no_rival", ""));
    (Verdict::Confirmed, reasons)
}

fn mechanism_reason(suspect: &Suspect<'_>) -> Reason {
    match suspect.event {
        Some(event) => words::reason("mechanism", &event.reason),
        None => words::reason("mechanism_text", ""),
    }
}

fn hypothesis(start: &Start, suspect: &Suspect<'_>, events: &[LinkedEvent]) -> Hypothesis {
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
        steps: steps(start, Some(suspect), events),
    }
}

/// Returns the chain, cause first: the operation, the events that follow from it, the error.
fn steps(start: &Start, suspect: Option<&Suspect<'_>>, events: &[LinkedEvent]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let from = suspect.map_or(Ts(i64::MIN), |s| s.operation.evidence.ts.plus_s(-(SKEW_S as i64)));
    if let Some(suspect) = suspect {
        let operation = suspect.operation;
        let (what, zh) = words::operation(operation);
        push(
            &mut steps,
            start,
            StepKind::Operation,
            what,
            zh,
            operation.username.clone(),
            None,
            operation.evidence.clone(),
        );
    }
    let matched = suspect.and_then(|suspect| suspect.event);
    let hop = matched.map_or(0, |event| event.hop);
    let mut told: Vec<&LinkedEvent> = events
        .iter()
        .filter(|e| {
            e.hop == hop
                && e.identity >= SURE_IDENTITY
                && e.evidence.ts >= from
                && matched.is_none_or(|m| m.reason != e.reason)
        })
        .take(2)
        .collect();
    if suspect.is_some() && matched.is_none() {
        told.clear(); // events that no mechanism ties to the operation are no part of its chain
    }
    told.extend(matched);
    told.sort_by_key(|event| event.evidence.ts);
    for event in told {
        let line = event.evidence.text.lines().next().unwrap_or("");
        let what = format!("{}: {line}", event.reason);
        push(
            &mut steps,
            start,
            StepKind::Event,
            what.clone(),
            what,
            event.who.clone(),
            Some(&event.link),
            event.evidence.clone(),
        );
    }
    let kind = if start.is_event { StepKind::Event } else { StepKind::Error };
    let link = matched
        .map(|event| event.link.as_str())
        .or_else(|| suspect.map(|s| s.operation.link.as_str()))
        .unwrap_or("same_workload");
    let first = start.evidence.first().cloned();
    let step = Step {
        id: format!("{}-{}", start.id, steps.len() + 1),
        kind,
        ts: start.ts,
        what: start.what.clone(),
        zh: start.zh.clone(),
        who: start.entity.label(),
        link: steps.last().map(|before| Link { kind: link.to_owned(), lag_s: start.ts.since_s(before.ts) }),
        evidence: first.into_iter().chain(start.evidence.iter().skip(1).cloned()).collect(),
    };
    steps.push(step);
    if let Some(cause) = suspect
        && let Some(second) = steps.get_mut(1)
        && let Some(link) = &mut second.link
    {
        link.kind.clone_from(&cause.operation.link);
    }
    steps
}

#[expect(clippy::too_many_arguments, reason = "the fields of one step; a struct would be the step itself")]
fn push(
    steps: &mut Vec<Step>,
    start: &Start,
    kind: StepKind,
    what: String,
    zh: String,
    who: String,
    link: Option<&str>,
    evidence: Evidence,
) {
    let link = steps.last().map(|before| Link {
        kind: link.unwrap_or("same_workload").to_owned(),
        lag_s: evidence.ts.since_s(before.ts),
    });
    steps.push(Step {
        id: format!("{}-{}", start.id, steps.len() + 1),
        kind,
        ts: evidence.ts,
        what,
        zh,
        who,
        link,
        evidence: vec![evidence],
    });
}
