//! What failed around the starts, by workload: who names whom in its errors, and whose errors
//! began when. Read once for all starts; a symptom that begins with a change speaks for it.

use crate::analysis::trace::names::{Known, addresses};
use model::report::Evidence;
use model::time::Ts;
use std::collections::BTreeMap;

/// Errors of one workload and template in one ten-minute slot.
#[derive(Clone, Debug)]
pub struct ErrorSlot {
    /// Namespace.
    pub namespace: String,
    /// Workload.
    pub workload: String,
    /// Whether they are warnings: these tell who calls whom, no more.
    pub is_warning: bool,
    /// How many.
    pub count: i64,
    /// The first one.
    pub first: Evidence,
    /// Its exception and the head of its stack.
    pub detail: String,
}

/// An error that names an address.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who failed.
    pub namespace: String,
    /// Who failed.
    pub workload: String,
    /// Namespace of what it named.
    pub callee_namespace: String,
    /// Service or workload that it named.
    pub callee: String,
    /// The first such error of its slot.
    pub first: Evidence,
}

/// Errors around the starts.
#[derive(Clone, Debug, Default)]
pub struct Errors {
    slots: BTreeMap<(String, String), Vec<ErrorSlot>>,
    calls: Vec<Call>,
}

/// How long before and after a change errors are compared.
const SPAN_S: f64 = 1800.0;

impl Errors {
    /// Gathers slots; `known` tells the names of Services and workloads.
    pub fn new(slots: Vec<ErrorSlot>, known: &Known) -> Self {
        let mut errors = Self::default();
        for slot in slots {
            let text = format!("{} {}", slot.first.text, slot.detail);
            for (callee_namespace, callee) in addresses(&text, &slot.namespace, known) {
                if callee != slot.workload {
                    errors.calls.push(Call {
                        namespace: slot.namespace.clone(),
                        workload: slot.workload.clone(),
                        callee_namespace,
                        callee,
                        first: slot.first.clone(),
                    });
                }
            }
            let key = (slot.namespace.clone(), slot.workload.clone());
            errors.slots.entry(key).or_default().push(slot);
        }
        errors
    }

    /// Returns every error that names an address.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// Tells whether a workload's errors began with `change`: they came after it, and hardly any
    /// came in the half hour before, less `skew_s` by which clocks may differ. Nothing where it has
    /// no errors after it.
    pub fn began_with(&self, namespace: &str, workload: &str, change: Ts, skew_s: f64) -> Option<bool> {
        let slots = self.slots.get(&(namespace.to_owned(), workload.to_owned()))?;
        let (mut before, mut after) = (0, 0);
        for slot in slots.iter().filter(|slot| !slot.is_warning) {
            let since = slot.first.ts.since_s(change) + skew_s;
            if (-SPAN_S..0.0).contains(&since) {
                before += slot.count;
            } else if (0.0..SPAN_S).contains(&since) {
                after += slot.count;
            }
        }
        (after > 0).then_some(after >= 3 * before)
    }

    /// Returns what a workload's errors say in a span, each kind once.
    pub fn texts_in(&self, namespace: &str, workload: &str, from: Ts, to: Ts) -> String {
        let slots = self.slots.get(&(namespace.to_owned(), workload.to_owned()));
        let mut text = String::new();
        let within = |slot: &&ErrorSlot| !slot.is_warning && from <= slot.first.ts && slot.first.ts <= to;
        for slot in slots.into_iter().flatten().filter(within) {
            for part in [&slot.first.text, &slot.detail] {
                text.push_str(part);
                text.push('\n');
            }
        }
        text
    }

    /// Returns the first error of a workload in a span.
    pub fn first_in(&self, namespace: &str, workload: &str, from: Ts, to: Ts) -> Option<&Evidence> {
        let slots = self.slots.get(&(namespace.to_owned(), workload.to_owned()))?;
        slots
            .iter()
            .filter(|slot| !slot.is_warning)
            .map(|slot| &slot.first)
            .filter(|e| from <= e.ts && e.ts <= to)
            .min_by_key(|e| e.ts)
    }
}
