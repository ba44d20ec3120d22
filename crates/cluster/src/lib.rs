//! A cluster as its objects show it, and which of them are wrong: a Service that selects no pod, a probe of a port
//! that no container has, a claim of a class that does not exist. Must not know logs, SQL or traces.

mod check; // the faults
mod fit; // which nodes a pod fits on
mod namespace; // the namespace of objects that are shown without it
mod object; // an object, and how its members are read
mod snapshot; // the objects at one time

use crate::snapshot::Snapshot;
use model::json::text;
use serde_json::Value;
use std::collections::BTreeMap;

/// Microseconds without a row that end an observation.
const PAUSE: i64 = 60_000_000;
/// Snapshots that are looked at; of more, some are passed over.
const SNAPSHOTS: usize = 200;

/// Kind of an observation that the API refused a request of an account: its namespace is that of the account, its
/// specification has `account`, `verb`, `resource`, `group`, `namespace`, `name` and `count`.
pub const REFUSAL: &str = "Refusal";

/// An observation of an object.
#[derive(Clone, Debug)]
pub struct Observation {
    /// When, in µs.
    pub ts: i64,
    /// Id of the row.
    pub row: String,
    /// True if a row of a table shows it, among all of its kind.
    pub is_listed: bool,
    /// True if only a part of it is shown.
    pub is_partial: bool,
    /// True if an event only says something about it.
    pub is_reported: bool,
    /// The object.
    pub object: Value,
}

/// An object that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Kind.
    pub kind: String,
    /// Namespace; empty for a cluster-wide object.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Workload that it belongs to; empty if none.
    pub workload: String,
    /// Why, as one word.
    pub reason: &'static str,
    /// The fault, in English.
    pub what: String,
    /// The same in Chinese.
    pub zh: String,
    /// How surely it is the cause, not only a symptom, 0 to 1.
    pub strength: f64,
    /// When it was first seen, in µs.
    pub first: i64,
    /// When it was last seen, in µs.
    pub last: i64,
    /// Id of the row that shows it.
    pub row: String,
}

/// Returns the objects that are wrong, in the order of their names. `observations` must be in the order of time.
pub fn broken(observations: impl IntoIterator<Item = Observation>) -> Vec<Broken> {
    let is_refusal = |seen: &Observation| text(&seen.object, "/kind") == REFUSAL;
    let (refusals, mut observations): (Vec<Observation>, Vec<Observation>) =
        observations.into_iter().partition(is_refusal);
    namespace::infer(&mut observations);
    let mut found: BTreeMap<(String, String, String, &'static str), Broken> = BTreeMap::new();
    let mut snapshot = Snapshot::default();
    let mut look = |snapshot: &Snapshot| {
        for new in check::all(snapshot) {
            let key = (new.kind.clone(), new.namespace.clone(), new.name.clone(), new.reason);
            match found.get_mut(&key) {
                Some(known) => {
                    let first = known.first.min(new.first);
                    *known = Broken { first, ..new };
                }
                None => _ = found.insert(key, new),
            }
        }
    };
    let (mut looks, mut passed, mut every) = (0, 0, 1);
    for observation in observations {
        if snapshot.last.is_some_and(|last| observation.ts - last > PAUSE) {
            passed += 1;
            if passed % every == 0 {
                look(&snapshot);
                looks += 1;
            }
            if looks == SNAPSHOTS {
                (looks, every) = (0, every * 4);
            }
        }
        snapshot.add(observation);
    }
    // what was refused is compared with the roles as they were last seen
    refusals.into_iter().for_each(|refusal| snapshot.add(refusal));
    look(&snapshot);
    found.into_values().collect()
}
