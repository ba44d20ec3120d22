//! The clauses of a sentence, and what each is about.

use crate::brief::claims::Claims;
use crate::brief::fact_check::Checker;
use crate::brief::fact_check::phrases::{NOT_ACTORS, TERMS, contains};
use crate::brief::facts::{Fact, FactKind};
use crate::brief::pattern::regex;
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Boundaries of clauses.
pub(super) static BREAK: LazyLock<Regex> =
    regex!(r"[，；。,;、](?:\s|[^0-9])|[，；。、]|\s(?:and|while|whereas|but|which)\s|而|并且|同时|[()（）]");
/// Names that are also common English words.
const COMMON: &str = " report search test data default web system status time ";

/// Returns where a text has a word or a name as a whole.
pub(super) fn find_whole(text: &str, name: &str) -> Option<usize> {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !(c.is_ascii_alphanumeric() || "-_".contains(c)));
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        is_edge(text.get(..*at).and_then(|before| before.chars().next_back()))
            && is_edge(text.get(at + name.len()..).and_then(|after| after.chars().next()))
    })
}

/// Returns the clauses of a text, each with the mark before it.
pub(super) fn clauses(text: &str) -> Vec<&str> {
    let mut begin = 0;
    let mut clauses = Vec::new();
    for end in BREAK.find_iter(text).map(|found| found.start()).chain([text.len()]) {
        clauses.extend(text.get(begin..end).filter(|clause| !clause.is_empty()));
        begin = end;
    }
    clauses
}

/// Returns the cited facts that a clause is about: those with all names of the clause, or else with any
/// of them, or else all.
pub(super) fn about<'c>(checker: &Checker<'_>, claims: &Claims, cited: &[&'c Fact]) -> Vec<&'c Fact> {
    let named: Vec<&String> = mentioned(checker, claims).collect();
    let all = |fact: &&&Fact| named.iter().all(|name| fact.claims.has_name(name));
    let any = |fact: &&&Fact| named.iter().any(|name| fact.claims.has_name(name));
    // missing data is about every object
    let is_gap = |fact: &&&Fact| fact.kind == FactKind::Gap;
    let facts: Vec<&Fact> = cited.iter().filter(all).copied().collect();
    if !facts.is_empty() {
        let gaps = cited.iter().filter(|fact| is_gap(fact) && !all(fact)).copied();
        return facts.iter().copied().chain(gaps).collect();
    }
    let facts: Vec<&Fact> = cited.iter().filter(any).copied().collect();
    if facts.is_empty() { cited.to_vec() } else { facts }
}

/// Returns the names of the report that a text mentions.
pub(super) fn mentioned<'k>(checker: &'k Checker<'_>, claims: &Claims) -> impl Iterator<Item = &'k String> {
    let parts: BTreeSet<&str> = claims
        .names
        .iter()
        .flat_map(|name| name.split(['/', ':']).chain([name.as_str()]))
        .chain(claims.words.iter().map(String::as_str))
        .collect();
    let is_word = |name: &str| contains(COMMON, name) || contains(NOT_ACTORS, name) || contains(TERMS, name);
    let is_mentioned = move |name: &&String| parts.contains(name.as_str()) && !is_word(name);
    checker.names.iter().filter(is_mentioned).collect::<Vec<_>>().into_iter()
}
