//! Which traces are one incident: those of one operation, those of callers and what they call, and those of
//! one object without an operation. Values in, values out.

use model::report::{Cause, Trace, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// Seconds within which operations of one user on a series of objects are one.
const SERIES_S: f64 = 120.0;
/// Seconds between the onsets of a caller's errors and of those of what it calls.
const ONSET_S: f64 = 120.0;
/// Seconds between the onsets of a caller with a likely cause of its own and of a callee with a confirmed one.
const SAME_ONSET_S: f64 = 30.0;
/// Seconds for which errors outlast those of what is called.
const OUTLAST_S: f64 = 60.0;
/// Seconds of quiet after which an object without an operation fails anew.
const QUIET_S: f64 = 7200.0;

/// Returns the operation that a trace names as the cause.
pub fn cause_of(trace: &Trace) -> Option<&Cause> {
    let best = trace.hypotheses.first().filter(|_| trace.verdict != Verdict::Inconclusive);
    best.and_then(|best| best.cause.as_ref())
}

/// Returns the score of the best hypothesis of a trace.
pub fn score_of(trace: &Trace) -> f64 {
    trace.hypotheses.first().map_or(0.0, |best| best.score)
}

/// Sets that are joined step by step.
struct Sets(Vec<usize>);

impl Sets {
    fn root(&mut self, of: usize) -> usize {
        let mut at = of;
        while let Some(&up) = self.0.get(at).filter(|up| **up != at) {
            at = up;
        }
        if let Some(entry) = self.0.get_mut(of) {
            *entry = at;
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(entry) = self.0.get_mut(one.max(other)) {
            *entry = one.min(other);
        }
    }
}

/// Returns the traces that are one incident, as indices, in the order of the first of each.
pub fn groups(traces: &[Trace]) -> Vec<Vec<usize>> {
    let mut sets = Sets((0..traces.len()).collect());
    // a trace that follows another is of its operation, whatever its own seems to be
    let followers = join_calls(traces, &mut sets);
    join_operations(traces, &followers, &mut sets);
    join_places(traces, &mut sets);
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in 0..traces.len() {
        groups.entry(sets.root(at)).or_default().push(at);
    }
    groups.into_values().collect()
}

/// Joins the traces of one operation, and of a series: `backfill-000`, `backfill-001`, the pods of a drain.
fn join_operations(traces: &[Trace], followers: &BTreeSet<usize>, sets: &mut Sets) {
    let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
    let mut by_kind: BTreeMap<[&str; 4], Vec<(usize, &Cause)>> = BTreeMap::new();
    let leaders = traces.iter().enumerate().filter(|(at, _)| !followers.contains(at));
    for (at, cause) in leaders.filter_map(|(at, trace)| Some((at, cause_of(trace)?))) {
        match by_id.get(cause.audit_id.as_str()) {
            Some(first) => sets.join(*first, at),
            None => drop(by_id.insert(&cause.audit_id, at)),
        }
        if matches!(cause.verb.as_str(), "create" | "delete") {
            let kind = [&*cause.username, &*cause.verb, &*cause.resource, stem(cause)];
            by_kind.entry(kind).or_default().push((at, cause));
        }
    }
    for mut series in by_kind.into_values() {
        series.sort_by_key(|(_, cause)| cause.ts);
        for pair in series.windows(2) {
            if let [(one, before), (other, after)] = pair
                && after.ts.since_s(before.ts) <= SERIES_S
            {
                sets.join(*one, *other);
            }
        }
    }
}

/// Returns the part of an object's name that a series shares; pods that are removed share nothing but that.
fn stem(cause: &Cause) -> &str {
    match cause.resource.as_str() {
        "pods" => "",
        _ => cause.name.trim_end_matches(|c: char| c.is_ascii_digit()),
    }
}

/// Joins each trace without a confirmed cause to the one that it calls, or is called by, at the same time.
/// Returns those that were joined.
fn join_calls(traces: &[Trace], sets: &mut Sets) -> BTreeSet<usize> {
    let mut followers = BTreeSet::new();
    let mut by_place: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    let mut callers: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (at, trace) in traces.iter().enumerate() {
        if let Some(place) = place_of(trace) {
            by_place.entry(place).or_default().push(at);
        }
        for callee in &trace.calls {
            callers.entry((&callee.namespace, &callee.workload)).or_default().push(at);
        }
    }
    for (at, trace) in traces.iter().enumerate().filter(|(_, trace)| trace.verdict != Verdict::Confirmed) {
        let callees = trace.calls.iter().filter_map(|callee| {
            Some((callee.hop, by_place.get(&(callee.namespace.as_str(), callee.workload.as_str()))?))
        });
        let callees = callees.flat_map(|(hop, found)| found.iter().map(move |other| (hop, *other)));
        let own = place_of(trace).and_then(|place| callers.get(&place));
        let nearest = callees
            .chain(own.into_iter().flatten().map(|caller| (i64::MAX, *caller)))
            .filter(|(_, other)| *other != at)
            .filter_map(|(hop, other)| Some((hop, other, traces.get(other)?)))
            .filter(|(hop, _, other)| is_one(trace, other, *hop == i64::MAX))
            .min_by_key(|(hop, other, with)| (apart_us(trace, with), with.verdict, *hop, *other));
        if let Some((_, other, _)) = nearest {
            sets.join(at, other);
            followers.insert(at);
        }
    }
    followers
}

fn place_of(trace: &Trace) -> Option<(&str, &str)> {
    trace.entity.namespace.as_deref().zip(trace.entity.workload.as_deref())
}

fn apart_us(one: &Trace, other: &Trace) -> i64 {
    (one.ts.0 - other.ts.0).abs()
}

/// Returns true if a trace and one on its call path are one incident.
fn is_one(trace: &Trace, other: &Trace, is_caller: bool) -> bool {
    let apart_s = trace.ts.since_s(other.ts);
    if cause_of(trace).is_some() {
        let is_surer = other.verdict == Verdict::Confirmed && score_of(other) > score_of(trace);
        return !is_caller && is_surer && apart_s.abs() <= SAME_ONSET_S;
    }
    let is_in = apart_s >= -ONSET_S && trace.ts.since_s(other.last_ts) <= OUTLAST_S;
    if is_caller { apart_s.abs() <= ONSET_S } else { is_in }
}

/// Joins the traces of one object without an operation, unless two hours of quiet are between them.
fn join_places(traces: &[Trace], sets: &mut Sets) {
    let with_cause = traces.iter().enumerate().filter(|(_, trace)| cause_of(trace).is_some());
    let of_operations: BTreeSet<usize> = with_cause.map(|(at, _)| sets.root(at)).collect();
    let mut by_place: BTreeMap<String, Vec<(usize, &Trace)>> = BTreeMap::new();
    for (at, trace) in traces.iter().enumerate() {
        // a trace that belongs to an operation's incident by its calls stays there
        if !of_operations.contains(&sets.root(at)) {
            by_place.entry(trace.entity.label()).or_default().push((at, trace));
        }
    }
    for mut of in by_place.into_values() {
        of.sort_by_key(|(at, trace)| (trace.ts, *at));
        for pair in of.windows(2) {
            if let [(one, before), (other, after)] = pair
                && after.ts.since_s(before.last_ts) <= QUIET_S
            {
                sets.join(*one, *other);
            }
        }
    }
}
