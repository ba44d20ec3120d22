//! The object that is wrong, where no operation is known: what was seen is read by the table of states, and
//! each object that a line accuses is scored by how much the line says, how deep on the call path it is, and
//! when it was seen. Decides no verdict.

use crate::analysis::trace::candidate::nearness;
use crate::analysis::trace::observation::{Observation, observations};
use crate::analysis::trace::state_table::{Found, Seen};
use crate::analysis::trace::{Context, LinkedStart};
use model::report::State;
use model::time::Ts;

/// Factor by the calls between start and object: who is called explains who calls.
const DEPTH: [f64; 3] = [0.85, 0.95, 1.0];
/// Factor for a callee that the symptom does not mention.
const UNMENTIONED: f64 = 0.6;
/// Seconds before a symptom in which a state may have been seen, and the share of the score lost there.
const BEFORE: (f64, f64) = (7200.0, 0.6);
/// The same for lines of programs, which repeat while the state lasts.
const BEFORE_LINE: (f64, f64) = (120.0, 0.6);
/// The same after it: kubelets and controllers report late.
const AFTER: (f64, f64) = (600.0, 0.4);
/// Seconds before and after it in which the state of an object is one that lasts, and the share of the score.
const OF_STATE: (f64, f64) = (43_200.0, 0.4);
/// Seconds around a symptom in which another event must be seen that an entry needs.
const NEEDED_S: f64 = 900.0;
/// Certainty of a link where another event on the call path supports it.
const NEEDED: f64 = 0.85;
/// Score below which an object is dropped.
const LEAST: f64 = 0.2;

/// An object that may be what is wrong.
pub struct StateCandidate<'e> {
    /// The object, and what is wrong with it.
    pub state: State,
    /// 0 to 1.
    pub score: f64,
    /// How surely the line says what is wrong, 0 to 1.
    pub strength: f64,
    /// Namespace and workload on the call path that it belongs to.
    pub place: (String, String),
    /// Calls between the start and the object.
    pub hop: i64,
    /// When it was first seen.
    pub first: Ts,
    /// The line that accuses it most.
    pub seen: Observation<'e>,
}

/// Returns the objects that may be wrong, best first.
pub fn states<'e>(linked: &LinkedStart<'e>, context: &Context<'e>) -> Vec<StateCandidate<'e>> {
    let mut found: Vec<StateCandidate<'e>> = Vec::new();
    for seen in observations(linked, context) {
        let Some(candidate) = candidate(seen, linked, context) else { continue };
        let is_same = |other: &&mut StateCandidate<'e>| {
            let key = |s: &State| (s.kind.clone(), s.namespace.clone(), s.name.clone());
            key(&other.state) == key(&candidate.state)
        };
        match found.iter_mut().find(is_same) {
            Some(other) => {
                let first = other.first.min(candidate.first);
                if candidate.score > other.score {
                    *other = candidate;
                }
                other.first = first;
            }
            None => found.push(candidate),
        }
    }
    found.retain(|candidate| candidate.score >= LEAST);
    found.sort_by(|a, b| {
        let row = |c: &StateCandidate<'_>| (c.seen.evidence.ts, c.seen.evidence.row_id.clone());
        b.score.total_cmp(&a.score).then_with(|| row(a).cmp(&row(b)))
    });
    found
}

/// Returns an observation as a candidate.
fn candidate<'e>(
    seen: Observation<'e>,
    linked: &LinkedStart<'e>,
    context: &Context<'e>,
) -> Option<StateCandidate<'e>> {
    let Said { state, place, hop, strength, is_needed } = match seen.broken {
        Some(broken) => Said {
            state: broken.state.clone(),
            place: (seen.namespace.to_owned(), seen.workload.unwrap_or(seen.object).to_owned()),
            hop: seen.hop,
            strength: broken.strength,
            is_needed: false,
        },
        None => said(&seen, linked, context)?,
    };
    let lag_s = linked.start.ts.since_s(seen.last).max(linked.start.ts.since_s(seen.evidence.ts).min(0.0));
    let (within_s, share) = match seen.seen {
        _ if lag_s < 0.0 && seen.seen != Seen::State => AFTER,
        Seen::Event => BEFORE,
        Seen::State => OF_STATE,
        Seen::Log | Seen::Warning => BEFORE_LINE,
    };
    let depth = usize::try_from(hop).ok().and_then(|hop| DEPTH.get(hop)).copied().unwrap_or(1.0);
    let mention = if seen.is_mentioned { 1.0 } else { UNMENTIONED };
    // on the call path itself the depth counts, elsewhere how certain the link is
    let is_on_path = context.places.of(&linked.start.id).iter().any(|place| seen.is_at(place));
    let link = match is_needed {
        _ if is_on_path => 1.0,
        true => seen.link.1.max(NEEDED),
        false => seen.link.1,
    };
    let score = strength * depth * mention * link * nearness(lag_s.abs(), within_s, share);
    Some(StateCandidate { state, score, strength, place, hop, first: seen.evidence.ts, seen })
}

/// A state of an object, where it belongs on the call path, and how surely.
struct Said {
    state: State,
    place: (String, String),
    hop: i64,
    strength: f64,
    /// True if another event supports it.
    is_needed: bool,
}

/// Returns the state of the first entry that fits an observation.
fn said(seen: &Observation<'_>, linked: &LinkedStart<'_>, context: &Context<'_>) -> Option<Said> {
    let callee = seen.callee.map(|callee| context.places.has_pods(callee));
    let found = context.states.iter().find_map(|entry| {
        let found = entry.find(seen.seen, seen.reason, &seen.text, callee)?;
        entry.needs.as_ref().is_none_or(|needed| is_seen(linked, needed)).then_some(found)
    })?;
    let (state, place, hop) = object(&found, seen, context)?;
    let entry = found.entry;
    Some(Said { state, place, hop, strength: entry.strength, is_needed: entry.needs.is_some() })
}

/// Returns true if an event on the call path fits a pattern.
fn is_seen(linked: &LinkedStart<'_>, needed: &regex::Regex) -> bool {
    linked.events.iter().any(|event| {
        event.workload.is_some()
            && event.evidence.ts.since_s(linked.start.ts).abs() <= NEEDED_S
            && needed.is_match(&format!("{} {}", event.reason, event.evidence.text))
    })
}

/// Returns the object that an entry accuses, where it belongs on the call path, and its distance.
fn object(
    found: &Found<'_, '_>,
    seen: &Observation<'_>,
    context: &Context<'_>,
) -> Option<(State, (String, String), i64)> {
    let (what, zh) = found.texts();
    let state = |kind: &str, namespace: &str, name: &str| State {
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        what: what.clone(),
        zh: zh.clone(),
    };
    let own = (seen.namespace.to_owned(), seen.workload.unwrap_or(seen.object).to_owned());
    let owner = |namespace: &str, workload: &str, pod: &str| {
        let kind = context.places.kind(namespace, workload, pod);
        state(kind, namespace, workload)
    };
    match found.entry.object.as_str() {
        "owner" => match seen.workload {
            Some(workload) if seen.kind == "Deployment" => {
                Some((state(seen.kind, seen.namespace, workload), own, seen.hop))
            }
            Some(workload) => Some((owner(seen.namespace, workload, seen.object), own, seen.hop)),
            None => Some((state(seen.kind, seen.namespace, seen.object), own, seen.hop)),
        },
        "involved" => Some((state(seen.kind, seen.namespace, seen.object), own, seen.hop)),
        "node" => {
            let node = seen.node.or_else(|| context.places.node(seen.namespace, seen.object))?;
            Some((state("Node", "", node), own, seen.hop))
        }
        "pod" => {
            let (namespace, workload) = context.owners.get(found.group("uid")?)?.split_once('/')?;
            Some((owner(namespace, workload, ""), own, seen.hop))
        }
        "callee" => {
            let callee = seen.callee?;
            let mut labels = found.group("host").unwrap_or("").split('.');
            let (name, namespace) = (labels.next().filter(|name| !name.is_empty()), labels.next());
            let name = name.or(callee.name.as_deref()).unwrap_or(&callee.workload);
            let namespace = namespace.unwrap_or(&callee.namespace);
            let place = (callee.namespace.clone(), callee.workload.clone());
            Some((state("Service", namespace, name), place, callee.hop))
        }
        _ => {
            let (kind, name, namespace) = found.named();
            let own_namespace = if found.entry.is_cluster_wide { "" } else { seen.namespace };
            Some((state(&kind, namespace.as_deref().unwrap_or(own_namespace), &name), own, seen.hop))
        }
    }
}

impl StateCandidate<'_> {
    /// Returns true if it is another explanation: not a caller that suffers from the better one, nor the workload
    /// that shows what is wrong with the object.
    pub fn is_rival_of(&self, best: &Self) -> bool {
        self.state != best.state
            && if self.place == best.place { self.strength >= best.strength } else { self.hop >= best.hop }
    }

    /// Returns true if it is an event or the state of an object, not a line of a log.
    pub fn is_event(&self) -> bool {
        matches!(self.seen.seen, Seen::Event | Seen::State)
    }
}
