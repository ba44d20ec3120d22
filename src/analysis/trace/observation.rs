//! What was seen of the objects that a start depends on, whichever log has it: events, and the lines of the
//! workloads on the call path. Knows no table of states: `state` reads what these lines say.

use crate::analysis::trace::broken::BrokenObject;
use crate::analysis::trace::errors::Errors;
use crate::analysis::trace::link::LinkKind;
use crate::analysis::trace::places::Place;
use crate::analysis::trace::state_table::Seen;
use crate::analysis::trace::{Context, LinkedStart};
use model::report::Evidence;
use model::time::Ts;

/// Seconds before and after a symptom in which a workload's own lines belong to it.
const AROUND_S: (i64, i64) = (-120, 300);
/// Seconds around the onset in which errors name whom they could not reach.
const MOMENT_S: i64 = 10;
/// Seconds around the onset in which the symptom's own lines are about it.
const NEAR_S: f64 = 60.0;

/// A line about an object.
pub struct Observation<'e> {
    /// Which log has it.
    pub seen: Seen,
    /// Reason of an event.
    pub reason: &'e str,
    /// The message, and what structured logs have beside it.
    pub text: String,
    /// Kind of the object of an event.
    pub kind: &'e str,
    /// Its pod, else its name.
    pub object: &'e str,
    /// Namespace.
    pub namespace: &'e str,
    /// Workload of the line.
    pub workload: Option<&'e str>,
    /// Node of an event.
    pub node: Option<&'e str>,
    /// How it is related to the start, and how much that proves.
    pub link: (LinkKind, f64),
    /// Calls between the start and the object.
    pub hop: i64,
    /// Whom the line names as called.
    pub callee: Option<&'e Place>,
    /// False for a workload that the symptom does not name, on the way to it or at its end.
    pub is_mentioned: bool,
    /// The log line.
    pub evidence: &'e Evidence,
    /// When such a line was last seen within its slot.
    pub last: Ts,
    /// The object, for the state of one that is wrong.
    pub broken: Option<&'e BrokenObject>,
}

/// Returns the observations around a start.
pub fn observations<'e>(linked: &LinkedStart<'e>, context: &Context<'e>) -> Vec<Observation<'e>> {
    let places = context.places.of(&linked.start.id);
    let named = mentioned(linked, places, context.errors);
    let mut all = of_events(linked, &named);
    all.extend(of_lines(linked, places, &named, context));
    all.extend(of_states(linked, &named, context));
    all
}

/// Returns the places that the symptom names, and those that these name in turn.
fn mentioned<'e>(linked: &LinkedStart<'e>, places: &'e [Place], errors: &Errors) -> Vec<&'e Place> {
    let start = linked.start;
    let near = start.evidence.iter().filter(|line| line.ts.since_s(start.ts).abs() <= NEAR_S);
    let mut text = near.fold(start.what.clone(), |text, line| text + "\n" + &line.text);
    if let (Some(namespace), Some(workload)) = (&start.entity.namespace, &start.entity.workload) {
        let (from, to) = (start.ts.plus_s(-MOMENT_S), start.ts.plus_s(MOMENT_S));
        text.push_str(&errors.texts_in(namespace, workload, from, to));
    }
    let mut named: Vec<&Place> = Vec::new();
    for hop in 0..=places.iter().map(|place| place.hop).max().unwrap_or(0) {
        let of_hop = places.iter().filter(|place| place.hop == hop);
        let mut further: Vec<&Place> = of_hop.filter(|place| hop == 0 || place.is_in(&text)).collect();
        let (from, to) = (start.ts.plus_s(AROUND_S.0), start.ts.plus_s(AROUND_S.1));
        if hop > 0 {
            text = further.iter().map(|p| errors.texts_in(&p.namespace, &p.workload, from, to)).collect();
        }
        named.append(&mut further);
    }
    named
}

fn of_events<'e>(linked: &LinkedStart<'e>, named: &[&Place]) -> Vec<Observation<'e>> {
    let events = linked.events.iter().chain(linked.related);
    let observation = events.map(|event| {
        let namespace = event.namespace.as_deref().unwrap_or("");
        let is_of = |place: &&&Place| {
            place.namespace == namespace && event.workload.as_ref().is_none_or(|w| *w == place.workload)
        };
        Observation {
            seen: Seen::Event,
            reason: &event.reason,
            text: event.evidence.text.clone(),
            kind: &event.kind,
            object: &event.object,
            namespace,
            workload: event.workload.as_deref(),
            node: event.node.as_deref(),
            link: (event.link, event.identity),
            hop: event.hop,
            callee: None,
            is_mentioned: event.hop == 0 || namespace.is_empty() || named.iter().any(|p| is_of(&p)),
            evidence: &event.evidence,
            last: event.evidence.ts,
            broken: None,
        }
    });
    observation.collect()
}

/// Returns the errors and warnings of the workloads on the call path.
fn of_lines<'e>(
    linked: &LinkedStart<'e>,
    places: &'e [Place],
    named: &[&Place],
    context: &Context<'e>,
) -> Vec<Observation<'e>> {
    let (from, to) = (linked.start.ts.plus_s(AROUND_S.0), linked.start.ts.plus_s(AROUND_S.1));
    let mut all: Vec<Observation<'e>> = Vec::new();
    for (at, place) in places.iter().enumerate() {
        let is_same = |other: &Place| other.namespace == place.namespace && other.workload == place.workload;
        if places.iter().take(at).any(is_same) {
            continue; // nearer already
        }
        for line in context.errors.lines_in(&place.namespace, &place.workload, from, to) {
            let text = format!("{}\n{}", line.evidence.text, line.detail);
            let called =
                places.iter().filter(|other| other.hop > 0 && !is_same(other) && other.is_host_in(&text));
            let callee = called.filter_map(|other| Some((other.last_in(&text)?, other)));
            all.push(Observation {
                seen: if line.is_warning { Seen::Warning } else { Seen::Log },
                reason: "",
                callee: callee.max_by_key(|(at, _)| *at).map(|(_, callee)| callee),
                text,
                kind: "Pod",
                object: "",
                namespace: &place.namespace,
                workload: Some(&place.workload),
                node: None,
                link: (if place.hop == 0 { LinkKind::SameWorkload } else { LinkKind::Calls }, 1.0),
                hop: place.hop,
                is_mentioned: named.iter().any(|other| is_same(other)),
                evidence: line.evidence,
                last: line.last,
                broken: None,
            });
        }
    }
    all
}

/// Returns the objects that are wrong.
fn of_states<'e>(linked: &LinkedStart<'e>, named: &[&Place], context: &Context<'e>) -> Vec<Observation<'e>> {
    let around = context.broken.around(linked.start, context.places).into_iter();
    let observation = around.map(|(object, link, identity, hop)| {
        let is_named = |place: &&Place| {
            place.namespace == object.state.namespace
                && (place.workload == object.workload || place.name.as_ref() == Some(&object.state.name))
        };
        Observation {
            seen: Seen::State,
            reason: &object.reason,
            text: object.state.what.clone(),
            kind: &object.state.kind,
            object: &object.state.name,
            namespace: &object.state.namespace,
            workload: Some(object.workload.as_str()).filter(|workload| !workload.is_empty()),
            node: None,
            link: (link, identity),
            hop,
            callee: None,
            is_mentioned: hop == 0 || object.state.namespace.is_empty() || named.iter().any(is_named),
            evidence: &object.evidence,
            last: object.last,
            broken: Some(object),
        }
    });
    observation.collect()
}

impl Observation<'_> {
    /// Returns true if it is about a workload on the call path.
    pub fn is_at(&self, place: &Place) -> bool {
        self.namespace == place.namespace && self.workload == Some(place.workload.as_str())
    }
}

impl Place {
    fn is_in(&self, text: &str) -> bool {
        self.last_in(text).is_some()
    }

    /// Returns true unless its name in the text is one that may be an ordinary word.
    fn is_host_in(&self, text: &str) -> bool {
        let name = self.name.as_deref().unwrap_or(&self.workload);
        let is_port = |rest: &str| {
            rest.strip_prefix(':').is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()))
        };
        name.contains(['-', '.'])
            || text.match_indices(name).any(|(at, _)| {
                let (before, after) =
                    (text.get(..at).unwrap_or(""), text.get(at + name.len()..).unwrap_or(""));
                before.ends_with(['/', '@']) || after.starts_with('.') || is_port(after)
            })
    }

    /// Returns where a text names the place last.
    fn last_in(&self, text: &str) -> Option<usize> {
        let names = self.name.iter().chain([&self.workload]);
        names.filter_map(|name| last_word(text, name)).max()
    }
}

/// Returns the last place of a name in a text, not as a part of a longer name.
fn last_word(text: &str, name: &str) -> Option<usize> {
    let is_part =
        |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(*b, b'-' | b'_'));
    let bytes = text.as_bytes();
    let at = text.match_indices(name).filter(|(at, _)| {
        !is_part(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && !is_part(bytes.get(at + name.len()))
    });
    at.last().map(|(at, _)| at).filter(|_| !name.is_empty())
}
