//! The errors around the starts, by workload: which address an error names, and when the errors of
//! a workload began. Loaded once for all starts of a batch. Knows neither events nor operations.

use crate::analysis::evidence::evidence;
use crate::analysis::trace::names::{KnownNames, addresses};
use crate::query::engine::Engine;
use crate::query::rows::{Row, rows};
use model::error::Result;
use model::report::Evidence;
use model::time::Ts;
use std::collections::BTreeMap;

/// Seconds before a change, and after the onset of a symptom, in which errors are compared.
const SPAN_S: f64 = 60.0;

/// Errors of one workload and template within a minute.
#[derive(Clone, Debug)]
struct ErrorSlot {
    namespace: String,
    workload: String,
    /// Warnings show which workload calls which; they are not counted as errors.
    is_warning: bool,
    count: i64,
    first: Evidence,
    /// Time of the last one.
    last: Ts,
    /// Exception of the first one, the head of its stack and its error attributes.
    detail: String,
}

/// The first line of a slot.
pub struct ErrorLine<'e> {
    /// False for an error.
    pub is_warning: bool,
    /// The line.
    pub evidence: &'e Evidence,
    /// Time of the last of the slot.
    pub last: Ts,
    /// Exception, the head of its stack and its error attributes.
    pub detail: &'e str,
}

/// An error or warning that names an address.
#[derive(Clone, Debug)]
pub struct Call {
    /// Namespace of the caller.
    pub namespace: String,
    /// Workload that calls.
    pub workload: String,
    /// Namespace of the callee.
    pub callee_namespace: String,
    /// Service or workload that is called.
    pub callee: String,
    /// Time of the first such error within a minute.
    pub ts: Ts,
}

/// The errors around the starts.
#[derive(Clone, Debug, Default)]
pub struct Errors {
    /// By namespace and workload.
    slots: BTreeMap<(String, String), Vec<ErrorSlot>>,
    calls: Vec<Call>,
}

impl Errors {
    /// Loads the errors of the tables `around_business` and `around_standard`.
    pub async fn load(engine: &Engine, known: &KnownNames) -> Result<Self> {
        let mut errors = Self::default();
        for row in rows(&engine.query(include_str!("../../../sql/trace/errors.sql")).await?) {
            if let Some(slot) = slot_of(row) {
                errors.add(slot, known);
            }
        }
        Ok(errors)
    }

    fn add(&mut self, slot: ErrorSlot, known: &KnownNames) {
        let text = format!("{} {}", slot.first.text, slot.detail);
        for (callee_namespace, callee) in addresses(&text, &slot.namespace, known) {
            if callee != slot.workload {
                self.calls.push(Call {
                    namespace: slot.namespace.clone(),
                    workload: slot.workload.clone(),
                    callee_namespace,
                    callee,
                    ts: slot.first.ts,
                });
            }
        }
        let key = (slot.namespace.clone(), slot.workload.clone());
        self.slots.entry(key).or_default().push(slot);
    }

    /// Returns every error that names an address.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// Returns the errors of a workload, without warnings.
    fn of<'e>(&'e self, namespace: &str, workload: &str) -> impl Iterator<Item = &'e ErrorSlot> + use<'e> {
        let slots = self.slots.get(&(namespace.to_owned(), workload.to_owned()));
        slots.into_iter().flatten().filter(|slot| !slot.is_warning)
    }

    /// Returns true if a workload's errors began with `change`: at most a third of those that came in the minute
    /// after `onset` came in the minute before the change. Errors up to `skew_s` before the change count as
    /// after it, since clocks may differ. `None` without errors after the onset.
    pub fn began_with(
        &self,
        namespace: &str,
        workload: &str,
        (change, onset): (Ts, Ts),
        skew_s: f64,
    ) -> Option<bool> {
        let (mut before, mut after) = (0, 0);
        for slot in self.of(namespace, workload) {
            let since_change = slot.first.ts.since_s(change) + skew_s;
            let since_onset = slot.last.since_s(onset) + skew_s;
            if (-SPAN_S..0.0).contains(&since_change) {
                before += slot.count;
            } else if since_change >= 0.0 && (0.0..SPAN_S + 2.0 * skew_s).contains(&since_onset) {
                after += slot.count;
            }
        }
        (after > 0).then_some(after >= 3 * before)
    }

    /// Returns the texts of a workload's errors between two points, each template once per slot.
    pub fn texts_in(&self, namespace: &str, workload: &str, from: Ts, to: Ts) -> String {
        let mut text = String::new();
        for slot in self.of(namespace, workload).filter(|slot| slot.first.ts <= to && slot.last >= from) {
            for part in [&slot.first.text, &slot.detail] {
                text.push_str(part);
                text.push('\n');
            }
        }
        text
    }

    /// Returns the errors and warnings of a workload between two points, each template once per slot.
    pub fn lines_in<'e>(
        &'e self,
        namespace: &str,
        workload: &str,
        from: Ts,
        to: Ts,
    ) -> impl Iterator<Item = ErrorLine<'e>> + use<'e> {
        let slots = self.slots.get(&(namespace.to_owned(), workload.to_owned()));
        slots.into_iter().flatten().filter(move |slot| slot.first.ts <= to && slot.last >= from).map(|slot| {
            ErrorLine {
                is_warning: slot.is_warning,
                evidence: &slot.first,
                last: slot.last,
                detail: &slot.detail,
            }
        })
    }

    /// Returns the first error of a workload between two points.
    pub fn first_in(&self, namespace: &str, workload: &str, from: Ts, to: Ts) -> Option<&Evidence> {
        let errors = self.of(namespace, workload).map(|slot| &slot.first);
        errors.filter(|error| (from..=to).contains(&error.ts)).min_by_key(|error| error.ts)
    }
}

/// Reads a row of `errors.sql`; `None` where the pod or its workload is unknown.
fn slot_of(row: Row<'_>) -> Option<ErrorSlot> {
    Some(ErrorSlot {
        namespace: row.non_empty("namespace")?.to_owned(),
        workload: row.non_empty("workload")?.to_owned(),
        count: row.int("errors").unwrap_or(0),
        is_warning: row.bool("is_warning").unwrap_or(false),
        first: evidence(row),
        last: row.ts("last_ts").unwrap_or_default(),
        detail: row.text("detail").unwrap_or_default().to_owned(),
    })
}
