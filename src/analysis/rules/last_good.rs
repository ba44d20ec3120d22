//! The last version of each own rule that had no fault: a server that reloads rules keeps using it while a file is
//! being edited. Knows no engine; the checks are those of the rule set.

use crate::analysis::rules::header::Rule;
use crate::analysis::rules::{RuleSet, load};
use model::error::{Error, Result};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Own rules without faults, by id. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct LastGood {
    rules: Arc<Mutex<BTreeMap<String, Rule>>>,
}

impl LastGood {
    /// Loads the rules like [`load`]. If the folder cannot be read but could before, the rules are those of before, and
    /// the error is one of their faults.
    pub fn load(&self, folder: Option<&Path>) -> Result<RuleSet> {
        let mut set = match load(folder) {
            Ok(set) => set,
            Err(error) if !self.rules().is_empty() => {
                let mut set = load(None)?;
                let kept: Vec<Rule> = self.rules().values().cloned().collect();
                set.rules.retain(|rule| kept.iter().all(|of| of.id != rule.id));
                set.own = kept.iter().map(|rule| rule.id.clone()).collect();
                set.kept = kept.iter().map(|rule| rule.place.clone()).collect();
                set.kept.extend(error.place.clone());
                set.rules.extend(kept);
                set.rules.sort_by(|a, b| a.id.cmp(&b.id));
                warn(&error);
                set.faults.push(error);
                set
            }
            Err(error) => return Err(error),
        };
        set.last_good = self.clone();
        Ok(set)
    }

    fn rules(&self) -> MutexGuard<'_, BTreeMap<String, Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the faulty rules of a checked set by their last good version, and remembers the others.
    pub(super) fn settle(&self, set: &mut RuleSet) {
        let mut good = self.rules();
        good.retain(|id, _| set.own.contains(id));
        for id in &set.own {
            match set.rules.iter().find(|rule| rule.id == *id) {
                Some(rule) => drop(good.insert(id.clone(), rule.clone())),
                None => {
                    if let Some(rule) = good.get(id) {
                        set.kept.insert(rule.place.clone());
                        set.rules.push(rule.clone());
                    }
                }
            }
        }
        set.rules.sort_by(|a, b| a.id.cmp(&b.id));
        for fault in set.faults.iter().filter(|fault| set.is_kept(fault)) {
            warn(fault);
        }
    }
}

fn warn(fault: &Error) {
    tracing::warn!(place = fault.place, why = fault.why(), "{}; the last good version is used", fault.what);
}
