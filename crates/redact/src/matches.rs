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

/// Bytes after a command that its flags are searched in, and before a word that its secret begins in.
const NEAR: usize = 256;

/// The built-in rules, ready to run; a pattern is compiled when its word is first found.
struct BuiltIn {
    words: WordFinder,
    /// The rules of each word; none for the beginning of a mask.
    rules_of: Vec<Vec<usize>>,
    patterns: Vec<OnceLock<Option<Patterns>>>,
}

/// The patterns of a rule.
struct Patterns {
    before: Option<Regex>,
    after: Regex,
}

static BUILT_IN: LazyLock<BuiltIn> = LazyLock::new(|| {
    let words_of = |any_case: bool| {
        let rules = RULES.iter().filter(|rule| rule.family != Family::Personal);
        let own = rules.filter(|rule| rule.family.is_any_case() == any_case);
        let mut words: Vec<&'static str> = own.flat_map(|rule| rule.words).copied().collect();
        words.sort_unstable();
        words.dedup();
        words
    };
    let (exact, any_case) = ([words_of(false), vec![MASK]].concat(), words_of(true));
    let rules_of = |word: &&str| {
        let rules = RULES.iter().enumerate().filter(|(_, rule)| rule.words.contains(word));
        rules.map(|(at, _)| at).collect()
    };
    BuiltIn {
        rules_of: exact.iter().chain(&any_case).map(rules_of).collect(),
        words: WordFinder::of_cases(exact, &any_case),
        patterns: RULES.iter().map(|_| OnceLock::new()).collect(),
    }
});

impl BuiltIn {
    /// Returns the patterns of the rule at that index. All compile, which a test checks.
    fn patterns(&self, at: usize) -> Option<&Patterns> {
        let rule = RULES.get(at)?;
        let compiled = || {
            let tail = if rule.family == Family::Assigned { rules::ASSIGNED } else { "" };
            let after = Regex::new(&format!("^(?:{}{tail})", rule.pattern)).ok()?;
            let before = if rule.before.is_empty() { None } else { Some(Regex::new(rule.before).ok()?) };
            Some(Patterns { before, after })
        };
        self.patterns.get(at)?.get_or_init(compiled).as_ref()
    }
}

/// A word in a text.
#[derive(Clone, Copy)]
struct Word<'t> {
    text: &'t str,
    start: usize,
    /// The first byte after it.
    end: usize,
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
            without_overlaps(&mut found, &masks);
        }
        found
    }

    fn is_off(&self, rule: usize) -> bool {
        self.off.get(rule).copied().unwrap_or(false)
    }

    /// Returns the secrets that begin at a word, and the masks that are in the text already.
    fn find_by_words(&self, text: &str) -> (Vec<Match<'static>>, Vec<(usize, usize)>) {
        let (mut found, mut masks) = (Vec::new(), Vec::new());
        let mut effort = REACH + text.len().saturating_mul(EFFORT);
        BUILT_IN.words.each(text.as_bytes(), &mut |start, word| {
            let rules = BUILT_IN.rules_of.get(word).map_or(&[][..], Vec::as_slice);
            if rules.is_empty() {
                let rest = text.get(start..).unwrap_or_default().bytes().take(64);
                let Some(end) = { rest }.position(|b| b == b'>') else { return 0 };
                masks.push((start, start + end + 1));
                return start + end + 1;
            }
            let word = Word { text, start, end: start + BUILT_IN.words.len_of(word) };
            let Some(secret) = self.try_rules(word, rules.iter().copied(), &mut effort) else { return 0 };
            let to = secret.to;
            found.push(secret);
            to
        });
        (found, masks)
    }

    /// Tries the rules of a word. `effort` is what may still be spent on values that are no secrets.
    fn try_rules(
        &self,
        word: Word<'_>,
        rules: impl Iterator<Item = usize>,
        effort: &mut usize,
    ) -> Option<Match<'static>> {
        let bytes = word.text.as_bytes();
        for at in rules.filter(|at| !self.is_off(*at)) {
            let Some(rule) = RULES.get(at) else { continue };
            let is_token = rule.family == Family::Token;
            if is_token && rule.before.is_empty() && !begins_word(bytes, word.start) {
                continue;
            }
            let reach =
                if rule.family == Family::Command { NEAR } else { REACH.min(SHORT_REACH.max(*effort)) };
            let end = word.text.floor_char_boundary(word.end + reach);
            let Some(mut hit) = BUILT_IN.patterns(at).and_then(|patterns| hit_of(patterns, word, end)) else {
                continue;
            };
            if !rule_fits(at, &hit) {
                *effort = effort.saturating_sub(hit.value.end.saturating_sub(word.start));
                continue;
            }
            if hit.value.end == end {
                hit.extend();
            }
            if is_token && !ends_word(bytes, &hit) {
                continue;
            }
            let inner = if is_token { None } else { self.token_at(&hit, effort) };
            return inner.or_else(|| match_of(at, &hit));
        }
        None
    }

    /// Returns the token that an assigned value is, if it has the form of one.
    fn token_at(&self, hit: &Hit<'_>, effort: &mut usize) -> Option<Match<'static>> {
        let start = hit.value.start;
        let word = BUILT_IN.words.word_at(hit.text.as_bytes().get(..hit.value.end)?, start)?;
        let is_token = |at: &usize| RULES.get(*at).is_some_and(|rule| rule.family == Family::Token);
        let rules = BUILT_IN.rules_of.get(word)?.iter().copied().filter(is_token);
        let word = Word { text: hit.text, start, end: start + BUILT_IN.words.len_of(word) };
        self.try_rules(word, rules, effort).filter(|token| token.from == start && token.to >= hit.value.end)
    }
}

/// Drops what is within another secret or overlaps a mask, of secrets and masks in order; of two secrets
/// that overlap the second begins where the first ends.
fn without_overlaps(found: &mut Vec<Match<'_>>, masks: &[(usize, usize)]) {
    let (mut end, mut passed) = (0, 0);
    found.retain_mut(|secret| {
        secret.from = secret.from.max(end);
        while masks.get(passed).is_some_and(|(_, to)| *to <= secret.from) {
            passed += 1;
        }
        let is_new = secret.from < secret.to && masks.get(passed).is_none_or(|(from, _)| *from >= secret.to);
        end = if is_new { secret.to } else { end };
        is_new
    });
}

fn rule_fits(at: usize, hit: &Hit<'_>) -> bool {
    RULES.get(at).is_some_and(|rule| (rule.check)(hit))
}

fn match_of(at: usize, hit: &Hit<'_>) -> Option<Match<'static>> {
    let rule = RULES.get(at)?;
    Some(Match { kind: rule.name, family: rule.family, from: hit.value.start, to: hit.value.end })
}

/// Runs the patterns of a rule on the text around a word, up to `end`.
fn hit_of<'t>(patterns: &Patterns, word: Word<'t>, end: usize) -> Option<Hit<'t>> {
    let part = word.text.get(word.end..end)?;
    patterns.after.find(part)?; // cheaper than its captures, and mostly there is no match
    let captures = patterns.after.captures(part)?;
    let (name, value) = match group(&patterns.after, &captures) {
        Some((name, value)) => (name, word.end + value.start()..word.end + value.end()),
        None => ("", word.start..word.end + captures.get(0)?.end()),
    };
    let mut hit = Hit { text: word.text, at: word.start, value };
    if let Some(before) = &patterns.before {
        let from = word.text.floor_char_boundary(word.start.saturating_sub(NEAR));
        let secret = before.captures(word.text.get(from..word.start)?)?.name("v")?.start();
        let end = if name.is_empty() { hit.value.end } else { word.start };
        hit.value = from + secret..end;
    }
    // a value that goes on beyond the part is masked to its end
    match name {
        "v5" if hit.value.end < end => hit.value.end = hit.value.start + check::bare_len(hit.value()),
        "v10" => hit.value.end = hit.value.start + check::encoded_len(hit.value()),
        _ => {}
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
