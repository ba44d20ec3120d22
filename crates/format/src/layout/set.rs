//! All patterns of many layouts in one automaton, so that a line is compared once, not once for each
//! layout. Must not know what a layout means.

use crate::layout::Layout;
use regex::{RegexSet, RegexSetBuilder};
use std::sync::OnceLock;

/// Bytes that the automaton may take while it is built, and its cache while it runs: with the usual 2 MB it would
/// be built again and again.
const SIZE_LIMIT: usize = 64 << 20;

/// The patterns of layouts, in the order in which they are tried.
pub(crate) struct LayoutSet {
    sources: Vec<String>,
    /// Built when a line is first compared.
    set: OnceLock<RegexSet>,
    /// For each pattern, the index of its layout in the list of formats.
    owners: Vec<usize>,
}

impl LayoutSet {
    /// Returns the set of `layouts`, each with its index in the list of formats.
    pub(crate) fn of<'l>(layouts: impl Iterator<Item = (usize, &'l Layout)>) -> Self {
        let mut sources = Vec::new();
        let mut owners = Vec::new();
        for (index, layout) in layouts {
            for pattern in &layout.patterns {
                sources.push(pattern.source.clone());
                owners.push(index);
            }
        }
        Self { sources, set: OnceLock::new(), owners }
    }

    /// Returns the automaton. One that is too large is empty and never matches.
    fn set(&self) -> &RegexSet {
        let build = || {
            let mut builder = RegexSetBuilder::new(&self.sources);
            builder.size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT).build().unwrap_or_default()
        };
        self.set.get_or_init(build)
    }

    /// Returns the index of the first layout that a line fits.
    pub(crate) fn first_fit(&self, line: &str) -> Option<usize> {
        let set = self.set();
        if !set.is_match(line) {
            return None;
        }
        let first = set.matches(line).iter().next()?;
        self.owners.get(first).copied()
    }
}
