//! The layouts that nearly read a line: how far the beginning of a pattern fits, and where the line departs from
//! it. For people who write layouts; must not decide how a line is read.

use crate::contract::Format;
use crate::layout::Layout;
use regex::Regex;
use regex_syntax::ast::Ast;
use regex_syntax::ast::parse::Parser;
use serde::Serialize;

/// Most layouts that are named.
const MAX_MISSES: usize = 3;
/// Bytes that must fit: fewer do so by chance.
const MIN_BYTES: usize = 8;
/// Characters of a line and of a pattern that are shown.
const SHOWN: usize = 40;

/// A layout that nearly reads a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NearMiss {
    /// Name of the layout.
    pub layout: String,
    /// The beginning of the line, which its pattern reads.
    pub read: String,
    /// What the pattern has next.
    pub expected: String,
    /// What the line has there.
    pub found: String,
}

impl NearMiss {
    fn of(layout: &Layout, source: &str, line: &str) -> Option<Self> {
        let ast = Parser::new().parse(source).ok()?;
        let Ast::Concat(concat) = &ast else { return None };
        let ends: Vec<usize> = concat.asts.iter().map(|part| part.span().end.offset).collect();
        // the beginning of a pattern fits wherever a longer one does
        let fits = |end: &usize| {
            let pattern = Regex::new(source.get(..*end)?).ok()?;
            Some(pattern.find(line)?.end())
        };
        let count = ends.partition_point(|end| fits(end).is_some());
        let end = *ends.get(count.checked_sub(1)?)?;
        let read_bytes = fits(&end).filter(|bytes| *bytes >= MIN_BYTES)?;
        let begin = |text: &str| text.chars().take(SHOWN).collect::<String>();
        Some(Self {
            layout: layout.name().to_owned(),
            read: line.get(..read_bytes)?.to_owned(),
            expected: begin(source.get(end..)?),
            found: begin(line.get(read_bytes..)?),
        })
    }
}

/// Returns the layouts that read the most of a line that none reads whole.
pub fn near_misses<'l>(layouts: impl IntoIterator<Item = &'l Layout>, line: &str) -> Vec<NearMiss> {
    let of_layout = |layout: &'l Layout| {
        let misses = layout.patterns.iter().filter_map(|pattern| NearMiss::of(layout, &pattern.source, line));
        misses.max_by_key(|miss| miss.read.len())
    };
    let mut misses: Vec<NearMiss> = layouts.into_iter().filter_map(of_layout).collect();
    let furthest = misses.iter().map(|miss| miss.read.len()).max();
    misses.retain(|miss| Some(miss.read.len()) == furthest);
    misses.truncate(MAX_MISSES);
    misses
}
