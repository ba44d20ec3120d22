//! Scores and verdicts. Identity first, mechanism second, time last; a verdict is `confirmed`
//! only when identity and mechanism hold, in order, with the data there and no rival near.

use crate::analysis::trace::chain;
use crate::analysis::trace::errors::Errors;
use crate::analysis::trace::mechanism::{Effect, Mechanism};
use crate::analysis::trace::start::Start;
use crate::analysis::trace::{LinkedEvent, LinkedOperation, Present, words};
use chrono_tz::Tz;
use model::report::{Hypothesis, Reason, Trace, Verdict};
use model::time::Ts;
use std::collections::BTreeSet;

/// Clocks of nodes and API servers may differ by so much.
pub const SKEW_S: f64 = 120.0;
/// Events are stamped to the second, audit to the microsecond.
const TICK_S: f64 = 2.0;
/// Identity from which an object is the thing itself, its configuration, or what errors name.
pub const SURE_IDENTITY: f64 = 0.75;
/// Strength from which a change is known to cause the effect.
const SURE_MECHANISM: f64 = 0.75;
/// A second operation this near to the first is a rival.
const RIVAL: f64 = 0.72;
/// A second operation this near is level with the first.
const LEVEL: f64 = 0.85;
/// Below it a hypothesis is not worth a reader's time.
const LEAST: f64 = 0.2;
/// Below it even the best one is no answer.
const LIKELY: f64 = 0.4;
/// Errors alone prove less than an event between, unless they began with the change.
const NO_EVENT: f64 = 0.85;
/// A release can cause any error: it yields to a change that is known to cause just this one.
const GENERIC: f64 = 0.7;
/// Identity of a node by an event on it or on what ran there.
const NODE_EVENT: f64 = 0.8;
/// What is stamped after the symptom is a cause only where clocks differ; more often it is a remedy.
const AFTERWARDS: f64 = 0.6;
/// See [`named`].
const UNNAMED: f64 = 0.6;
/// Errors that were there before the change speak against it.
const BEFORE: f64 = 0.45;

/// What the starts are judged by.
pub struct Facts<'f> {
    /// What can cause what.
    pub mechanisms: &'f [Mechanism],
    /// What failed around them.
    pub errors: &'f Errors,
    /// Which hours have rows.
    pub present: &'f Present,
    /// The zone of hours in reasons.
    pub zone: Tz,
}

/// One operation held against the start.
pub struct Suspect<'e> {
    /// The operation.
    pub operation: &'e LinkedOperation,
    /// Identity × mechanism × nearness, 0 to 1.
    pub score: f64,
    identity: f64,
    strength: f64,
    /// The event that ties it to the start, where one does.
    pub event: Option<&'e LinkedEvent>,
    /// Whether the errors began with it, where that is known.
    began: Option<bool>,
    /// Whether its mechanism fits whatever the errors say.
    is_generic: bool,
}

/// Returns what mechanisms are matched on: the start's own lines, and all kinds of errors that its
/// workload wrote around that time.
fn text_of(start: &Start, errors: &Errors) -> String {
    let mut text = start.text();
    if let (Some(namespace), Some(workload)) = (&start.entity.namespace, &start.entity.workload) {
        text.push('\n');
        text.push_str(&errors.texts_in(namespace, workload, start.ts.plus_s(-600), start.ts.plus_s(1800)));
    }
    text
}

/// Judges one start.
pub fn judge(
    start: &Start,
    events: &[LinkedEvent],
    operations: &[LinkedOperation],
    facts: &Facts<'_>,
) -> Trace {
    let text = text_of(start, facts.errors);
    let mut suspects: Vec<Suspect<'_>> =
        operations.iter().filter_map(|operation| suspect(start, &text, operation, events, facts)).collect();
    let is_told = |s: &Suspect<'_>| !s.is_generic && s.score >= LIKELY;
    if suspects.iter().any(is_told) {
        suspects.iter_mut().filter(|s| s.is_generic).for_each(|s| s.score *= GENERIC);
    }
    suspects.retain(|suspect| suspect.score >= LEAST);
    suspects.sort_by(|a, b| {
        let newest = |s: &Suspect<'_>| (s.operation.evidence.ts, s.operation.evidence.row_id.clone());
        b.score.total_cmp(&a.score).then_with(|| newest(b).cmp(&newest(a)))
    });
    drop_repeats(&mut suspects);
    let (verdict, reasons) = verdict(start, &suspects, events, operations, facts);
    let mut hypotheses: Vec<Hypothesis> = suspects
        .iter()
        .take(3)
        .map(|suspect| chain::hypothesis(start, suspect, events, facts.errors))
        .collect();
    if hypotheses.is_empty() && events.iter().any(|event| event.hop == 0 && event.identity >= SURE_IDENTITY) {
        hypotheses.push(chain::without_operation(start, events, facts.errors));
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
    facts: &Facts<'_>,
) -> Option<Suspect<'e>> {
    let at = operation.evidence.ts;
    let classes = operation.classes();
    let plausible = plausible(operation);
    let began = began_with(start, operation, facts.errors);
    let mut best: Option<Suspect<'e>> = None;
    for mechanism in facts.mechanisms {
        if !mechanism.fits(&classes, &operation.resource, &operation.verb) {
            continue;
        }
        let (event, lag) = match &mechanism.effect {
            Effect::Text(sign) if sign.is_match(text) => (None, start.ts.since_s(at)),
            Effect::Text(_) => continue,
            effect => {
                let shows = |event: &&LinkedEvent| {
                    effect.is_event(&event.reason, &event.evidence.text) && belongs(operation, event)
                };
                // the first one after it; one before it only where clocks may differ by so much
                let since = |event: &LinkedEvent| event.evidence.ts.since_s(at);
                let after = events.iter().filter(shows).find(|event| since(event) >= -TICK_S);
                let event = after.or_else(|| events.iter().filter(shows).find(|e| since(e) >= -SKEW_S));
                let Some(event) = event else { continue };
                (Some(event), since(event))
            }
        };
        if lag > mechanism.within_s || lag < -SKEW_S {
            continue;
        }
        // only a taint, or the node's own failure, sends pods away: a cordon or a label never does
        if operation.operation == "node"
            && operation.change.is_without_taints
            && event.is_some_and(|event| event.reason == "TaintManagerEviction")
        {
            continue;
        }
        let strength = mechanism.strength * plausible;
        let near = 1.0 - 0.3 * (lag.max(0.0) / mechanism.within_s);
        let proof = match (event, began) {
            (Some(_), _) | (None, Some(true)) => 1.0,
            (None, None) => NO_EVENT,
            (None, Some(false)) => BEFORE,
        };
        // an event on what ran there ties a node to the start as surely as a name
        let identity = match event {
            Some(_) if operation.link == "same_node" => operation.identity.max(NODE_EVENT),
            _ => operation.identity,
        };
        let late = if start.ts < at { AFTERWARDS } else { 1.0 };
        let score = identity * strength * near * proof * late * named(start, operation, event);
        if best.as_ref().is_none_or(|best| score > best.score) {
            let is_generic = mechanism.is_generic();
            best = Some(Suspect { operation, score, identity, strength, event, began, is_generic });
        }
    }
    best
}

/// Weakens a change of something called that the symptom's own lines do not name, though they may
/// name others: that its workload is called at all proves little.
fn named(start: &Start, operation: &LinkedOperation, event: Option<&LinkedEvent>) -> f64 {
    let callee = operation.workload.as_deref().or(operation.via.as_deref()).unwrap_or(&operation.name);
    let is_named = event.is_some()
        || operation.link != "calls"
        || operation.hop > 1
        || start.text().contains(callee)
        || start.text().contains(operation.name.as_str());
    if is_named { 1.0 } else { UNNAMED }
}

/// Tells whether the errors of the changed workload, else of the start's, began with the change.
fn began_with(start: &Start, operation: &LinkedOperation, errors: &Errors) -> Option<bool> {
    let of = |namespace: Option<&str>, workload: Option<&str>| {
        errors.began_with(namespace?, workload?, operation.evidence.ts, SKEW_S)
    };
    let own = || of(start.entity.namespace.as_deref(), start.entity.workload.as_deref());
    match (operation.hop, operation.workload.as_deref()) {
        (1.., Some(workload)) => of(Some(&operation.namespace), Some(workload)).or_else(own),
        _ => own(),
    }
}

/// Tells whether an event befell what the operation touched: the start's own objects, or, some
/// calls away, the workload that was changed.
fn belongs(operation: &LinkedOperation, event: &LinkedEvent) -> bool {
    let same_namespace =
        operation.namespace.is_empty() || event.namespace.as_deref() == Some(&operation.namespace);
    match operation.link.as_str() {
        "same_node" => {
            match event.node.as_deref() {
                Some(node) => node == operation.name,
                // the eviction by a taint does not say where
                None => event.who == operation.name || event.hop == operation.hop,
            }
        }
        "cluster" | "cluster_dns" => event.hop <= 1,
        "same_namespace" => event.hop <= 1 && same_namespace,
        // an object that a message names can be anywhere on the way
        "names" => event.hop <= operation.hop,
        "calls" if operation.workload.is_some() => {
            event.hop == operation.hop && event.workload == operation.workload
        }
        // what a called workload uses shows on that workload
        "calls" if operation.via.is_some() => event.hop == operation.hop && event.workload == operation.via,
        _ => event.hop == operation.hop,
    }
}

/// Weakens an operation that gave more of what was missing: it did not take it away.
fn plausible(operation: &LinkedOperation) -> f64 {
    let change = &operation.change;
    match operation.operation.as_str() {
        "scale" if change.after("replicas") == Some("0") => 1.0,
        "scale" => match change.gives_more("eplicas") {
            Some(true) => 0.0,
            Some(false) => 0.9,
            None => 0.75,
        },
        "resources" if change.gives_more("limit") == Some(true) => 0.3,
        "node" if change.after("unschedulable") == Some("false") => 0.1,
        "node" if change.after("taints") == Some("none") => 0.1,
        _ => 1.0,
    }
}

/// Keeps the best of the operations that one user did to one object within ten minutes, and of
/// the evictions of one drain: they are one change.
fn drop_repeats(suspects: &mut Vec<Suspect<'_>>) {
    let mut kept: Vec<Suspect<'_>> = Vec::new();
    for suspect in suspects.drain(..) {
        let o = suspect.operation;
        let earlier = kept.iter_mut().find(|k| {
            let k = k.operation;
            let same_object = (&k.resource, &k.namespace, &k.name) == (&o.resource, &o.namespace, &o.name);
            k.username == o.username
                && (same_object || is_one_drain(k, o))
                && k.evidence.ts.since_s(o.evidence.ts).abs() < 600.0
        });
        match earlier {
            // of a drain the eviction of the very pod stands for the whole
            Some(k) if is_one_drain(k.operation, o) && o.identity > k.operation.identity => {
                let score = k.score;
                *k = Suspect { score, ..suspect };
            }
            Some(_) => {}
            None => kept.push(suspect),
        }
    }
    *suspects = kept;
}

fn is_one_drain(one: &LinkedOperation, other: &LinkedOperation) -> bool {
    [one, other].iter().all(|o| matches!(o.operation.as_str(), "evict" | "node"))
}

/// Returns a later change of the workload that failed: it may only have brought to light what the
/// first one broke, or have broken it itself.
fn trigger<'o>(
    start: &Start,
    best: &Suspect<'_>,
    operations: &'o [LinkedOperation],
) -> Option<&'o LinkedOperation> {
    let cause = best.operation;
    let effect = best.event.map_or(start.ts, |event| event.evidence.ts.max(cause.evidence.ts));
    let failed = |workload: &str| match best.event {
        Some(event) => event.workload.as_deref() == Some(workload),
        None => start.entity.workload.as_deref() == Some(workload),
    };
    let is_same_act = |o: &LinkedOperation| {
        o.audit_id == cause.audit_id
            || o.username == cause.username && o.workload == cause.workload && o.workload.is_some()
            || is_one_drain(o, cause)
    };
    operations.iter().find(|o| {
        let acts =
            matches!(o.operation.as_str(), "image" | "rollout" | "delete" | "update" | "scale" | "evict");
        acts && !is_same_act(o)
            && o.workload.as_deref().is_some_and(failed)
            && o.evidence.ts > cause.evidence.ts
            && o.evidence.ts.since_s(effect) <= TICK_S
    })
}

/// Returns the verdict with its reasons.
fn verdict(
    start: &Start,
    suspects: &[Suspect<'_>],
    events: &[LinkedEvent],
    operations: &[LinkedOperation],
    facts: &Facts<'_>,
) -> (Verdict, Vec<Reason>) {
    let best = suspects.first().filter(|best| best.score >= LIKELY);
    let two_hours = start.ts.plus_s(-7200);
    let since = best.map_or(two_hours, |best| best.operation.evidence.ts.min(start.ts));
    let mut reasons = Vec::new();
    let gap =
        |hours: &[String], code: &str| (!hours.is_empty()).then(|| words::reason(code, &hours.join(", ")));
    let audit_gap = facts.present.audit_gap(since.max(start.ts.plus_s(-6 * 3600)), start.ts, facts.zone);
    let event_gap = facts.present.event_gap(since.max(two_hours), start.ts, facts.zone);
    reasons.extend(gap(&audit_gap, "no_audit_data"));
    reasons.extend(gap(&event_gap, "no_event_data"));
    let Some(best) = best else {
        let telling = events.iter().filter(|e| e.hop == 0).max_by(|a, b| a.identity.total_cmp(&b.identity));
        if let Some(event) = telling {
            reasons.push(words::reason("events_only", &format!("{} ({})", event.reason, event.who)));
        }
        if audit_gap.is_empty() {
            reasons.push(words::reason("no_operation", ""));
        }
        return (Verdict::Inconclusive, reasons);
    };
    let second = suspects.get(1);
    let rival = second.map_or(0.0, |second| second.score / best.score);
    if rival >= LEVEL {
        reasons.push(words::reason("rivals_level", ""));
        return (Verdict::Inconclusive, reasons);
    }
    if !audit_gap.is_empty() && (best.event.is_none() || best.strength < 0.9) {
        // whatever happened in those hours may have come between
        return (Verdict::Inconclusive, reasons);
    }
    let doubts_before = reasons.len();
    if rival >= RIVAL
        && let Some(second) = second
    {
        reasons.push(words::reason("rival", &words::operation(second.operation).0));
    }
    let first = best.event.map_or(start.ts, |event| event.evidence.ts.min(start.ts));
    if best.operation.evidence.ts.since_s(first) > TICK_S {
        reasons.push(words::reason("before_cause", &words::span(best.operation.evidence.ts.since_s(first))));
    }
    if let Some(trigger) = trigger(start, best, operations) {
        reasons.push(words::reason("trigger", &words::operation(trigger).0));
    }
    if best.identity < SURE_IDENTITY {
        reasons.push(words::reason("weak_identity", ""));
    }
    if best.strength < SURE_MECHANISM {
        reasons.push(words::reason("weak_mechanism", ""));
    }
    let told = if best.began == Some(true) { 0.85 } else { 0.9 };
    if best.event.is_none() && (best.strength < told || best.began == Some(false)) {
        reasons.push(words::reason("no_event_between", ""));
    }
    if reasons.len() > doubts_before || !audit_gap.is_empty() || !event_gap.is_empty() {
        return (Verdict::Likely, reasons);
    }
    reasons.push(words::reason(&best.operation.link, ""));
    reasons.push(mechanism_reason(best));
    reasons.push(words::reason("no_rival", ""));
    (Verdict::Confirmed, reasons)
}

/// Returns why the mechanism of a suspect holds.
pub fn mechanism_reason(suspect: &Suspect<'_>) -> Reason {
    match (suspect.event, suspect.began) {
        (Some(event), _) => words::reason("mechanism", &event.reason),
        (None, Some(true)) => words::reason("mechanism_onset", ""),
        (None, _) => words::reason("mechanism_text", ""),
    }
}

impl Present {
    /// Returns the span around two points that has no event at all; a busy cluster is never that quiet.
    fn event_gap(&self, from: Ts, to: Ts, zone: Tz) -> Vec<String> {
        let to = to.plus_s(1200);
        // the slots that lie in it whole
        let mut slots = from.0.div_euclid(SLOT) + 1..to.0.div_euclid(SLOT);
        let (first, last) = (self.event.first().copied(), self.event.last().copied());
        let span = first.zip(last).map_or(1, |(first, last)| last - first + 1);
        let is_dense = self.event.len() as f64 >= DENSE * span as f64;
        // where events are few anyway, none for a while says nothing
        if slots.any(|slot| self.event.contains(&slot)) || !is_dense && !self.event.is_empty() {
            return Vec::new();
        }
        vec![format!("{}–{}", clock(from, zone), clock(to, zone))]
    }

    /// Returns the local hours between two points that have no audit row at all.
    fn audit_gap(&self, from: Ts, to: Ts, zone: Tz) -> Vec<String> {
        const HOUR: i64 = 6 * SLOT;
        let hours: BTreeSet<i64> = self.audit.iter().map(|slot| slot.div_euclid(6)).collect();
        (from.0.div_euclid(HOUR)..=to.0.div_euclid(HOUR))
            .filter(|hour| !hours.contains(hour))
            .map(|hour| clock(Ts(hour * HOUR), zone))
            .collect()
    }
}

/// Share of ten-minute slots with events from which a hole among them is missing data.
const DENSE: f64 = 0.6;
/// Ten minutes, as [`Present`] counts them.
const SLOT: i64 = 600_000_000;

fn clock(ts: Ts, zone: Tz) -> String {
    ts.utc().with_timezone(&zone).format("%m-%d %H:%M").to_string()
}
