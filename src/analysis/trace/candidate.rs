//! The score of one operation as the cause of a start: how certain the link is, how strong the
//! mechanism, how near in time. Compares no operations with each other; `verdict` does.

use crate::analysis::trace::errors::Errors;
use crate::analysis::trace::events::LinkedEvent;
use crate::analysis::trace::link::LinkKind;
use crate::analysis::trace::mechanism::{Effect, Mechanism};
use crate::analysis::trace::operations::LinkedOperation;
use crate::analysis::trace::quoted::quotes_change;
use crate::analysis::trace::reason::ReasonKind;
use crate::analysis::trace::start::Start;
use crate::analysis::trace::{Context, LinkedStart};

/// Seconds by which the clocks of nodes and API servers may differ.
pub const SKEW_S: f64 = 120.0;
/// Seconds by which equal times may differ: events have seconds, audit events microseconds.
pub const TICK_S: f64 = 2.0;

/// Factor without an event between, when it is unknown whether the errors began with the change.
const NO_EVENT: f64 = 0.85;
/// Factor without an event between, when the errors were there before the change.
const BEFORE: f64 = 0.45;
/// Factor for an operation later than the symptom: it is the cause only where clocks differ, and
/// more often a remedy.
const AFTERWARDS: f64 = 0.6;
/// Factor for a change of a callee that the symptom does not mention.
const UNMENTIONED: f64 = 0.6;
/// Identity of a node by an event on it or on a pod that ran there.
const NODE_EVENT: f64 = 0.8;
/// Pods at once from which a new workload takes capacity from many others, and its identity then.
const FLOOD: (f64, f64) = (20.0, 0.6);
/// Share of the score that is lost when the effect comes as late as the mechanism allows.
const LATENESS: f64 = 0.4;
/// Share of the score that is lost when the event between is as long before the symptom as it may be: what was
/// healthy since is not explained by it.
const STALENESS: f64 = 0.6;
/// Seconds from an event to a symptom that it explains.
const STALE_S: f64 = 7200.0;
/// Seconds after its creation in which a workload that fails never worked.
const NEW_S: f64 = 900.0;
/// Seconds around the onset of a symptom in which its errors name whom they could not reach.
const MOMENT_S: i64 = 10;
/// Seconds around a symptom in which texts may name its cause.
const ABOUT_S: i64 = 300;
/// Factor for a pod that was deleted: another one takes its place.
const REPLACED: f64 = 0.6;

/// An operation that may be the cause, with its best mechanism.
pub struct Candidate<'e> {
    /// The operation.
    pub operation: &'e LinkedOperation,
    /// Identity × strength × the other factors, 0 to 1.
    pub score: f64,
    /// How certain the link is, 0 to 1.
    pub identity: f64,
    /// How strong the mechanism is, 0 to 1.
    pub strength: f64,
    /// The event between the operation and the symptom, if the mechanism has one.
    pub event: Option<&'e LinkedEvent>,
    /// Whether the errors began with the operation; `None` if unknown.
    pub began: Option<bool>,
    /// True if the mechanism matches any error text.
    pub is_generic: bool,
    /// True if a text of the symptom or of the event names what was changed.
    pub is_quoted: bool,
    /// What the start calls that fails since the change too, where nothing but the time of the errors speaks for a
    /// change of the start's own.
    pub failing_callee: Option<String>,
}

impl<'e> Candidate<'e> {
    /// Scores an operation by its best mechanism; `None` if no mechanism applies. `text` is the
    /// text on which mechanisms are matched.
    pub fn of(
        linked: &LinkedStart<'e>,
        operation: &'e LinkedOperation,
        text: &str,
        context: &Context<'_>,
    ) -> Option<Self> {
        if operation.is_nothing() {
            return None;
        }
        let classes = operation.classes();
        let verb = if operation.is_creation { "create" } else { operation.verb.as_str() };
        let began = errors_began_with(linked.start, operation, context.errors);
        let mention = mention(linked.start, operation, context.errors);
        let mut best: Option<Self> = None;
        for mechanism in context.mechanisms {
            if !mechanism.applies_to(&classes, &operation.object.resource, verb) {
                continue;
            }
            let Some((event, lag_s)) = effect_of(mechanism, linked, operation, text) else { continue };
            let is_old = operation.is_creation && is_own(operation) && lag_s > NEW_S;
            if lag_s > mechanism.within_s
                || lag_s < -SKEW_S
                || is_old
                || is_harmless_to_pods(operation, event)
            {
                continue;
            }
            let strength = mechanism.strength * direction(operation);
            // an event on a pod of the node proves the link to it as much as a name does
            let identity = match event {
                Some(_) if operation.link == LinkKind::SameNode => operation.identity.max(NODE_EVENT),
                Some(_) if operation.is_creation && operation.change.asks_for(FLOOD.0) => {
                    operation.identity.max(FLOOD.1)
                }
                _ => operation.identity,
            };
            let stale_s = event.map_or(0.0, |event| linked.start.ts.since_s(event.evidence.ts));
            let near = nearness(lag_s, mechanism.within_s, LATENESS) * nearness(stale_s, STALE_S, STALENESS);
            let proof = match (event, began) {
                (Some(_), _) | (None, Some(true)) => 1.0,
                (None, None) => NO_EVENT,
                (None, Some(false)) => BEFORE,
            };
            let late = if linked.start.ts < operation.evidence.ts { AFTERWARDS } else { 1.0 };
            let score = identity * strength * near * proof * late * mention;
            if best.as_ref().is_none_or(|best| score > best.score) {
                let is_generic = mechanism.is_generic();
                best = Some(Self {
                    is_generic,
                    is_quoted: false,
                    failing_callee: None,
                    operation,
                    score,
                    identity,
                    strength,
                    event,
                    began,
                });
            }
        }
        if let Some(best) = best.as_mut() {
            best.is_quoted = quotes_change(operation, &texts_about(best, linked, text, context.errors));
            if operation.hop == 0 && best.event.is_none() && !best.is_quoted {
                best.failing_callee = failing_callee(linked.start, operation, context);
            }
        }
        best
    }

    /// Returns the reason why the mechanism holds.
    pub fn mechanism_reason(&self) -> ReasonKind {
        match (self.event, self.began) {
            (Some(event), _) => ReasonKind::Mechanism(event.reason.clone()),
            (None, Some(true)) => ReasonKind::MechanismOnset,
            (None, _) => ReasonKind::MechanismText,
        }
    }
}

/// Returns the texts that may name what an operation changed: those of the symptom, of the events about the
/// changed object around it, and of the errors of the changed workload.
fn texts_about(candidate: &Candidate<'_>, linked: &LinkedStart<'_>, text: &str, errors: &Errors) -> String {
    let operation = candidate.operation;
    let (from, to) = (operation.evidence.ts.plus_s(-(TICK_S as i64)), linked.start.ts.plus_s(ABOUT_S));
    let mut all = text.to_owned();
    let is_about =
        |event: &&LinkedEvent| (from..=to).contains(&event.evidence.ts) && is_reached(event, operation);
    for event in linked.events.iter().filter(is_about) {
        all.push('\n');
        all.push_str(&event.evidence.text);
    }
    if let Some(workload) = operation.workload.as_deref().or(operation.via.as_deref()) {
        let from = from.max(linked.start.ts.plus_s(-ABOUT_S));
        all.push('\n');
        all.push_str(&errors.texts_in(&operation.object.namespace, workload, from, to));
    }
    all
}

/// Returns the event that shows the effect of a mechanism (`None` if the text of the errors does),
/// and the seconds from the operation to it. `None` if there is no effect.
fn effect_of<'e>(
    mechanism: &Mechanism,
    linked: &LinkedStart<'e>,
    operation: &LinkedOperation,
    text: &str,
) -> Option<(Option<&'e LinkedEvent>, f64)> {
    let at = operation.evidence.ts;
    if let Effect::Text(pattern) = &mechanism.effect {
        return pattern.is_match(text).then(|| (None, linked.start.ts.since_s(at)));
    }
    let is_effect = |event: &&LinkedEvent| {
        mechanism.effect.is_event(&event.reason, &event.evidence.text) && is_reached(event, operation)
    };
    let since = |event: &LinkedEvent| event.evidence.ts.since_s(at);
    // the last event before the symptom is what the symptom shows, else the first after it; one before the
    // operation only within the skew of clocks
    let symptom = linked.start.ts.plus_s(TICK_S as i64);
    let within = |skew: f64| {
        let mut effects = linked.events.iter().filter(is_effect).filter(|event| since(event) >= -skew);
        let first = effects.clone().find(|event| event.evidence.ts > symptom);
        effects.rfind(|event| event.evidence.ts <= symptom).or(first)
    };
    let event = within(TICK_S).or_else(|| within(SKEW_S))?;
    Some((Some(event), since(event)))
}

/// Returns the factor for the time from a change to its effect, or from an effect to the symptom; `share` is
/// what is lost at most. Most changes show within minutes, so the logarithm counts.
pub fn nearness(lag_s: f64, within_s: f64, share: f64) -> f64 {
    let minutes = |seconds: f64| (1.0 + seconds.max(0.0) / 60.0).ln();
    1.0 - share * (minutes(lag_s) / minutes(within_s)).min(1.0)
}

/// Returns true for an operation on a workload of the call path itself.
fn is_own(operation: &LinkedOperation) -> bool {
    matches!(operation.link, LinkKind::SamePod | LinkKind::SameWorkload | LinkKind::Calls)
}

/// Returns true for a change of a node that cannot evict pods by a taint: a cordon or a label.
fn is_harmless_to_pods(operation: &LinkedOperation, event: Option<&LinkedEvent>) -> bool {
    operation.class == "node"
        && operation.change.is_without_taints
        && event.is_some_and(|event| event.reason == "TaintManagerEviction")
}

/// Returns the factor for a changed callee: a symptom that does not mention it, though it may
/// mention other callees, proves little.
fn mention(start: &Start, operation: &LinkedOperation, errors: &Errors) -> f64 {
    if operation.link != LinkKind::Calls || operation.hop > 1 {
        return 1.0;
    }
    let mut text = start.text();
    if let (Some(namespace), Some(workload)) = (&start.entity.namespace, &start.entity.workload) {
        let (from, to) = (start.ts.plus_s(-MOMENT_S), start.ts.plus_s(MOMENT_S));
        text.push_str(&errors.texts_in(namespace, workload, from, to));
    }
    let name = operation.object.name.as_str();
    let callee = operation.workload.as_deref().or(operation.via.as_deref()).unwrap_or(name);
    if text.contains(callee) || text.contains(name) { 1.0 } else { UNMENTIONED }
}

/// Returns whether the errors of the changed workload, else those of the start, began with the
/// operation; `None` if there are none.
fn errors_began_with(start: &Start, operation: &LinkedOperation, errors: &Errors) -> Option<bool> {
    let of = |namespace: Option<&str>, workload: Option<&str>| {
        errors.began_with(namespace?, workload?, (operation.evidence.ts, start.ts), TICK_S)
    };
    let own = || of(start.entity.namespace.as_deref(), start.entity.workload.as_deref());
    match (operation.hop, operation.workload.as_deref()) {
        (1.., Some(workload)) => of(Some(&operation.object.namespace), Some(workload)).or_else(own),
        _ => own(),
    }
}

/// Returns the workload that a start calls and whose errors began after an operation, when those of the start came
/// or before: the start may fail because of it.
fn failing_callee(start: &Start, operation: &LinkedOperation, context: &Context<'_>) -> Option<String> {
    let changed = operation.evidence.ts;
    let callees = context.calls.get(&start.id)?.iter().filter(|callee| callee.hop == 1);
    let mut failing = callees.filter(|callee| {
        let first = |from, to| context.errors.first_in(&callee.namespace, &callee.workload, from, to);
        let before = first(changed.plus_s(-ABOUT_S), changed);
        before.is_none() && first(changed, start.ts.plus_s(MOMENT_S)).is_some()
    });
    failing.next().map(|callee| format!("{}/{}", callee.namespace, callee.workload))
}

/// Returns true if the operation can reach the object of the event: the start's own objects, or
/// for a callee the workload that was changed.
fn is_reached(event: &LinkedEvent, operation: &LinkedOperation) -> bool {
    let object = &operation.object;
    let is_same_namespace =
        object.namespace.is_empty() || event.namespace.as_deref() == Some(&object.namespace);
    if event.kind == "Service" && operation.link != LinkKind::Names {
        let name = Some(event.object.as_str());
        return is_same_namespace
            && [Some(object.name.as_str()), operation.workload.as_deref(), operation.via.as_deref()]
                .contains(&name);
    }
    match operation.link {
        LinkKind::SameNode => match event.node.as_deref() {
            Some(node) => node == object.name,
            // the event of an eviction by a taint has no node
            None => event.object == object.name || event.hop == operation.hop,
        },
        LinkKind::Cluster | LinkKind::ClusterDns => event.hop <= 1,
        LinkKind::SameNamespace => event.hop <= 1 && is_same_namespace,
        // an object that a message mentions can be anywhere on the call path
        LinkKind::Names => event.hop <= operation.hop,
        LinkKind::Calls if operation.workload.is_some() => {
            event.hop == operation.hop && event.workload == operation.workload
        }
        // a change of an object that a callee uses shows on that callee
        LinkKind::Calls if operation.via.is_some() => {
            event.hop == operation.hop && event.workload == operation.via
        }
        _ => event.hop == operation.hop,
    }
}

/// Returns the factor for the direction of a change: more replicas or memory, or a node taken back
/// into service, seldom breaks anything.
fn direction(operation: &LinkedOperation) -> f64 {
    let change = &operation.change;
    match operation.class.as_str() {
        "scale" if change.after(".spec.replicas") == Some("0") => 1.0,
        // replicas, minReplicas, maxReplicas
        "scale" => match change.is_increase("eplicas") {
            Some(true) => 0.0,
            Some(false) => 0.9,
            None => 0.75,
        },
        "delete" if operation.object.resource == "pods" => REPLACED,
        "resources" if change.is_increase("limit") == Some(true) => 0.3,
        "node" if change.removes(".spec.unschedulable") || change.removes(".spec.taints") => 0.1,
        "node" if change.after(".spec.unschedulable") == Some("false") => 0.1,
        _ => 1.0,
    }
}
