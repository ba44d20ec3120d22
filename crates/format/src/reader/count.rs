//! What was read of an object, in records. Must not know how records are read.

use crate::reader::Reader;
use crate::reader::context::Context;
use std::collections::BTreeMap;

/// Most faults that are kept.
const MAX_FAULTS: usize = 5;
/// The fault of a text in no known format, so common that it is not kept.
pub(super) const NO_FORMAT: &str = "no known format";

/// What was read, in records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames read: lines, CSV records, JSON values or YAML items.
    pub frames: u64,
    /// Records that a format read.
    pub parsed: u64,
    /// Records that no format could read; they become rows all the same.
    pub unparsed: u64,
    /// Records dropped, by the name of the rule.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Lines that became part of the record before them.
    pub joined: u64,
    /// Records in which a secret was masked.
    pub masked: u64,
    /// Records by format chain, for example `cri > klog`.
    pub formats: BTreeMap<String, u64>,
    /// Records by table.
    pub tables: BTreeMap<&'static str, u64>,
    /// The first five reasons why a record could not be read, each with its line.
    pub faults: Vec<(u64, String)>,
}

impl Counts {
    /// Returns the number of records: parsed, unparsed and dropped.
    pub fn records(&self) -> u64 {
        self.parsed + self.unparsed + self.dropped.values().sum::<u64>()
    }

    /// Counts a record that a rule dropped.
    pub(super) fn drop_by(&mut self, rule: &'static str) {
        *self.dropped.entry(rule).or_default() += 1;
    }

    /// Keeps the reason why the record on `line` could not be read.
    pub(super) fn add_fault(&mut self, line: u64, why: &str) {
        if self.faults.len() < MAX_FAULTS && why != NO_FORMAT {
            self.faults.push((line, why.to_owned()));
        }
    }
}

impl Reader {
    /// Counts a record by its chain of envelopes and its own format.
    pub(super) fn count_format(&mut self, context: &Context<'_>, format: &str) {
        let chain = &mut self.chain;
        chain.clear();
        for index in context.chain.iter().take(context.depth) {
            let envelope = self.options.registry.at(Some(usize::from(*index)));
            chain.push_str(envelope.map_or("", |format| format.name()));
            chain.push_str(" > ");
        }
        chain.push_str(format);
        match self.counts.formats.get_mut(chain) {
            Some(count) => *count += 1,
            None => {
                self.counts.formats.insert(chain.clone(), 1);
            }
        }
    }
}
