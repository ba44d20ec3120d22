//! Finds the secrets of a text: where a word of a rule occurs, its pattern is tried on a bounded part
//! of the text from there on, never on the whole text. Must not know how secrets are masked.

use crate::check;
use crate::check::Hit;
use crate::words::WordFinder;
use crate::{Family, MASK, Match, RULES, Redactor, number, rules};
use regex::{Captures, Regex};
use std::sync::{LazyLock, OnceLock};

/// Bytes after its word that a pattern is tried on; a longer value is masked to its end all the same.
const REACH: usize = 16 << 10;
/// The same in a text with many words and no secrets: hostile, as `token=[token=[…`.
const SHORT_REACH: usize = 256;
/// Bytes of values that turn out to be no secrets, for each byte of the text, before the reach is short.
const EFFORT: usize = 8;

/// The built-in rules, ready to run; a pattern is compiled when its word is first found.
struct BuiltIn {
    words: WordFinder,
    /// The rules of each word; none for the beginning of a mask.
    rules_of: Vec<Vec<usize>>,
    patterns: Vec<OnceLock<Option<Regex>>>,
}

static BUILT_IN: LazyLock<BuiltIn> = LazyLock::new(|| {
    let by_words = || RULES.iter().enumerate().filter(|(_, rule)| rule.family != Family::Personal);
    let mut words: Vec<&str> = by_words().flat_map(|(_, rule)| rule.words).copied().chain([MASK]).collect();
    words.sort_unstable();
    words.dedup();
    let rules_of =
        |word: &&str| by_words().filter(|(_, rule)| rule.words.contains(word)).map(|(at, _)| at).collect();
    BuiltIn {
        rules_of: words.iter().map(rules_of).collect(),
        words: WordFinder::of(words),
        patterns: RULES.iter().map(|_| OnceLock::new()).collect(),
    }
});

impl BuiltIn {
    /// Returns the pattern of the rule at that index. All compile, which a test checks.
    fn pattern(&self, at: usize) -> Option<&Regex> {
        let rule = RULES.get(at)?;
        let compiled = || {
            let tail = if rule.family == Family::Assigned { rules::ASSIGNED } else { "" };
            Regex::new(&format!("^(?:{}{tail})", rule.pattern)).ok()
        };
        self.patterns.get(at)?.get_or_init(compiled).as_ref()
    }
}

impl Redactor {
    /// Returns the secrets of a text in order, without overlaps.
    pub fn matches(&self, text: &str) -> Vec<Match<'_>> {
        let (mut found, masks) = self.find_by_words(text);
        number::find(text, &mut |at, hit| {
            if !self.is_off(at) && rule_fits(at, hit) {
                found.extend(match_of(at, hit));
            }
        });
        for (kind, pattern) in &*self.custom {
            let custom =
                |m: regex::Match<'_>| Match { kind, family: Family::Custom, from: m.start(), to: m.end() };
            found.extend(pattern.find_iter(text).map(custom));
        }
        if found.len() > 1 || !masks.is_empty() {
            found.sort_by_key(|secret| (secret.from, std::cmp::Reverse(secret.to)));
            let mut end = 0;
            found.retain(|secret| {
                let is_new = secret.from >= end
                    && !masks.iter().any(|(from, to)| secret.from < *to && secret.to > *from);
                end = if is_new { secret.to } else { end };
                is_new
            });
        }
        found
    }

    fn is_off(&self, rule: usize) -> bool {
        self.off.get(rule).copied().unwrap_or(false)
    }

    /// Returns the secrets that begin at a word, and the masks that are in the text already.
    fn find_by_words(&self, text: &str) -> (Vec<Match<'static>>, Vec<(usize, usize)>) {
        let (mut found, mut masks) = (Vec::new(), Vec::new());
        let mut at = 0;
        let mut effort = REACH + text.len().saturating_mul(EFFORT);
        while let Some((start, word)) = BUILT_IN.words.find(text.as_bytes(), at) {
            at = start + 1;
            let rules = BUILT_IN.rules_of.get(word).map_or(&[][..], Vec::as_slice);
            if rules.is_empty() {
                let rest = text.get(start..).unwrap_or_default().bytes().take(64);
                if let Some(end) = { rest }.position(|b| b == b'>') {
                    at = start + end + 1;
                    masks.push((start, at));
                }
            } else if let Some(secret) = self.try_rules(text, rules.iter().copied(), start, &mut effort) {
                at = at.max(secret.to);
                found.push(secret);
            }
        }
        (found, masks)
    }

    /// Tries the rules of the word at `start`. `effort` is what may still be spent on values that are no
    /// secrets.
    fn try_rules(
        &self,
        text: &str,
        rules: impl Iterator<Item = usize>,
        start: usize,
        effort: &mut usize,
    ) -> Option<Match<'static>> {
        let end = text.floor_char_boundary(start + REACH.min(SHORT_REACH.max(*effort)));
        let part = text.get(start..end)?;
        for at in rules.filter(|at| !self.is_off(*at)) {
            let Some(rule) = RULES.get(at) else { continue };
            if rule.family == Family::Token && !begins_word(text.as_bytes(), start) {
                continue;
            }
            let Some(mut hit) = BUILT_IN.pattern(at).and_then(|pattern| hit_of(pattern, part, text, start))
            else {
                continue;
            };
            if !rule_fits(at, &hit) {
                *effort = effort.saturating_sub(hit.value.end - start);
                continue;
            }
            if hit.value.end == start + part.len() {
                hit.extend();
            }
            if rule.family == Family::Token && !ends_word(text.as_bytes(), &hit) {
                continue;
            }
            let inner = if rule.family == Family::Token { None } else { self.token_at(text, &hit, effort) };
            return inner.or_else(|| match_of(at, &hit));
        }
        None
    }

    /// Returns the token that an assigned value is, if it has the form of one.
    fn token_at(&self, text: &str, hit: &Hit<'_>, effort: &mut usize) -> Option<Match<'static>> {
        let value = text.as_bytes().get(..hit.value.end)?;
        let (start, word) =
            BUILT_IN.words.find(value, hit.value.start).filter(|(start, _)| *start == hit.value.start)?;
        let is_token = |at: &usize| RULES.get(*at).is_some_and(|rule| rule.family == Family::Token);
        let rules = BUILT_IN.rules_of.get(word)?.iter().copied().filter(is_token);
        self.try_rules(text, rules, start, effort)
            .filter(|token| token.from == start && token.to >= hit.value.end)
    }
}

fn rule_fits(at: usize, hit: &Hit<'_>) -> bool {
    RULES.get(at).is_some_and(|rule| (rule.check)(hit))
}

fn match_of(at: usize, hit: &Hit<'_>) -> Option<Match<'static>> {
    let rule = RULES.get(at)?;
    Some(Match { kind: rule.name, family: rule.family, from: hit.value.start, to: hit.value.end })
}

/// Runs a pattern on `part`, the part of `text` that begins at `start`.
fn hit_of<'t>(pattern: &Regex, part: &str, text: &'t str, start: usize) -> Option<Hit<'t>> {
    pattern.find(part)?; // cheaper than its captures, and mostly there is no match
    let captures = pattern.captures(part)?;
    let whole = captures.get(0)?;
    let (name, value) = group(pattern, &captures).unwrap_or(("", whole));
    let mut hit = Hit { text, at: start, value: start + value.start()..start + value.end() };
    // a value that goes on beyond the part is masked to its end
    if name == "v5" && hit.value.end < start + part.len() {
        hit.value.end = hit.value.start + check::bare_len(hit.value());
    }
    (name != "flag" || hit.is_option()).then_some(hit)
}

fn group<'p, 's>(pattern: &'p Regex, captures: &Captures<'s>) -> Option<(&'p str, regex::Match<'s>)> {
    pattern.capture_names().flatten().find_map(|name| Some((name, captures.name(name)?)))
}

/// Returns true if a word begins at that byte: no letter or digit is before it, except at the end of
/// an escape.
fn begins_word(bytes: &[u8], at: usize) -> bool {
    if !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric) {
        return true;
    }
    let before = |back: usize| at.checked_sub(back).and_then(|at| bytes.get(at).copied());
    let Some(last) = before(1).filter(|b| b.is_ascii_alphanumeric() || *b == b'_') else { return true };
    before(2) == Some(b'\\') && matches!(last, b'n' | b'r' | b't') || before(3) == Some(b'%')
}

/// Returns true if the match ends at the end of a word.
fn ends_word(bytes: &[u8], hit: &Hit<'_>) -> bool {
    !bytes.get(hit.value.end).is_some_and(u8::is_ascii_alphanumeric)
}
