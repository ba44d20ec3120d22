//! Finds the secrets of a text: where a word of a rule stands, its pattern is tried on the stretch
//! from there on, never on the whole text.

use crate::check;
use crate::check::Hit;
use crate::words::Words;
use crate::{Family, MASK, Match, RULES, Redactor, number, rules};
use regex::{Captures, Regex};
use std::sync::{LazyLock, OnceLock};

/// How far behind its word a pattern looks; a value that goes on is masked to its end.
const REACH: usize = 16 << 10;

/// The shipped rules, ready to run; a pattern is compiled when its word is first seen.
struct Shipped {
    words: Words,
    /// The rules of each word; of a mask none.
    rules_of: Vec<Vec<usize>>,
    patterns: Vec<OnceLock<Option<Regex>>>,
}

static SHIPPED: LazyLock<Shipped> = LazyLock::new(|| {
    let by_words = || RULES.iter().enumerate().filter(|(_, rule)| rule.family != Family::Personal);
    let mut words: Vec<&str> = by_words().flat_map(|(_, rule)| rule.words).copied().chain([MASK]).collect();
    words.sort_unstable();
    words.dedup();
    let rules_of =
        |word: &&str| by_words().filter(|(_, rule)| rule.words.contains(word)).map(|(at, _)| at).collect();
    Shipped {
        rules_of: words.iter().map(rules_of).collect(),
        words: Words::of(words),
        patterns: RULES.iter().map(|_| OnceLock::new()).collect(),
    }
});

impl Shipped {
    /// Returns the pattern of the rule at that place; all shipped ones compile, a test holds it.
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
    /// Returns the secrets of a text, in order; they do not overlap.
    pub fn matches(&self, text: &str) -> Vec<Match<'_>> {
        let (mut found, masks) = self.told_by_words(text);
        number::find(text, &mut |at, hit| {
            if !self.is_off(at) && rule_fits(at, hit) {
                found.extend(match_of(at, hit));
            }
        });
        for (kind, pattern) in &*self.own {
            let own = |m: regex::Match<'_>| Match { kind, family: Family::Own, from: m.start(), to: m.end() };
            found.extend(pattern.find_iter(text).map(own));
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

    /// Returns the secrets that words tell of, and the masks that stand there already.
    fn told_by_words(&self, text: &str) -> (Vec<Match<'static>>, Vec<(usize, usize)>) {
        let (mut found, mut masks) = (Vec::new(), Vec::new());
        let mut at = 0;
        while let Some((start, word)) = SHIPPED.words.find(text.as_bytes(), at) {
            at = start + 1;
            let rules = SHIPPED.rules_of.get(word).map_or(&[][..], Vec::as_slice);
            if rules.is_empty() {
                let rest = text.get(start..).unwrap_or_default().bytes().take(64);
                if let Some(end) = { rest }.position(|b| b == b'>') {
                    at = start + end + 1;
                    masks.push((start, at));
                }
            } else if let Some(secret) = self.tried(text, rules.iter().copied(), start) {
                at = at.max(secret.to);
                found.push(secret);
            }
        }
        (found, masks)
    }

    /// Tries the rules of a word where it stands.
    fn tried(&self, text: &str, rules: impl Iterator<Item = usize>, start: usize) -> Option<Match<'static>> {
        let end = text.floor_char_boundary(start + REACH);
        let stretch = text.get(start..end)?;
        for at in rules.filter(|at| !self.is_off(*at)) {
            let Some(rule) = RULES.get(at) else { continue };
            if rule.family == Family::Token && !begins_word(text.as_bytes(), start) {
                continue;
            }
            let Some(hit) = SHIPPED.pattern(at).and_then(|pattern| hit_of(pattern, stretch, text, start))
            else {
                continue;
            };
            if !rule_fits(at, &hit) || rule.family == Family::Token && !ends_word(text.as_bytes(), &hit) {
                continue;
            }
            let inner = if rule.family == Family::Token { None } else { self.token_at(text, &hit) };
            return inner.or_else(|| match_of(at, &hit));
        }
        None
    }

    /// Returns the token that a value is, where it has a form of its own.
    fn token_at(&self, text: &str, hit: &Hit<'_>) -> Option<Match<'static>> {
        let value = text.as_bytes().get(..hit.value.end)?;
        let (start, word) =
            SHIPPED.words.find(value, hit.value.start).filter(|(start, _)| *start == hit.value.start)?;
        let is_token = |at: &usize| RULES.get(*at).is_some_and(|rule| rule.family == Family::Token);
        let rules = SHIPPED.rules_of.get(word)?.iter().copied().filter(is_token);
        self.tried(text, rules, start).filter(|token| token.from == start && token.to >= hit.value.end)
    }
}

fn rule_fits(at: usize, hit: &Hit<'_>) -> bool {
    RULES.get(at).is_some_and(|rule| (rule.check)(hit))
}

fn match_of(at: usize, hit: &Hit<'_>) -> Option<Match<'static>> {
    let rule = RULES.get(at)?;
    Some(Match { kind: rule.name, family: rule.family, from: hit.value.start, to: hit.value.end })
}

/// Runs a pattern on the stretch of `text` that begins at `start`.
fn hit_of<'t>(pattern: &Regex, stretch: &str, text: &'t str, start: usize) -> Option<Hit<'t>> {
    pattern.find(stretch)?; // cheaper than what it is made of, and mostly nothing
    let captures = pattern.captures(stretch)?;
    let whole = captures.get(0)?;
    let (name, value) = group(pattern, &captures).unwrap_or(("", whole));
    let mut hit = Hit { text, at: start, value: start + value.start()..start + value.end() };
    if hit.value.end == start + stretch.len() {
        let goes_on = |c: char| !(c.is_whitespace() || matches!(c, '"' | '\'' | '<'));
        let rest = text.get(hit.value.end..).unwrap_or_default();
        hit.value.end += rest.find(|c| !goes_on(c)).unwrap_or(rest.len());
    }
    if name == "v5" {
        hit.value.end = hit.value.start + check::bare_len(hit.value());
    }
    (name != "flag" || hit.is_option()).then_some(hit)
}

fn group<'p, 's>(pattern: &'p Regex, captures: &Captures<'s>) -> Option<(&'p str, regex::Match<'s>)> {
    pattern.capture_names().flatten().find_map(|name| Some((name, captures.name(name)?)))
}

/// Tells whether a word begins at that byte: no letter or digit before it, but for what an escape ends with.
fn begins_word(bytes: &[u8], at: usize) -> bool {
    if !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric) {
        return true;
    }
    let before = |back: usize| at.checked_sub(back).and_then(|at| bytes.get(at).copied());
    let Some(last) = before(1).filter(|b| b.is_ascii_alphanumeric() || *b == b'_') else { return true };
    before(2) == Some(b'\\') && matches!(last, b'n' | b'r' | b't') || before(3) == Some(b'%')
}

/// Tells whether what a pattern took ends where the text's word does.
fn ends_word(bytes: &[u8], hit: &Hit<'_>) -> bool {
    !bytes.get(hit.value.end).is_some_and(u8::is_ascii_alphanumeric)
}
