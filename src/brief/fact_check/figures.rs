//! Checks numbers, times, days and names against the cited facts, clause by clause: a clause that names
//! an object may only use the facts about that object.

use crate::brief::claims::{Claims, Number, VAGUE};
use crate::brief::fact_check::phrases::{NOT_ACTORS, TERMS, contains};
use crate::brief::fact_check::{Check, Checker, CitedSentence};
use crate::brief::facts::{Fact, FactKind};
use crate::brief::pattern::regex;
use model::lang::Lang;
use redact::sanitize::sanitize;
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Boundaries of clauses.
pub(super) static BREAK: LazyLock<Regex> =
    regex!(r"[，；。,;、](?:\s|[^0-9])|[，；。、]|\s(?:and|while|whereas|but|which)\s|而|并且|同时|[()（）]");
/// Nouns after which a number may count the cited findings.
static COUNTED: LazyLock<Regex> = regex!(
    r"(?i)^\s*(?:of\s+|(?:other|more|further|related|distinct|different|affected)\s+)*(?:findings?|issues?|problems?|anomal|symptoms?|traces?|chains?|incidents?|things?|failures\b)|^\s*(?:个|处|项|条|类|起)?(?:相关|其他|不同)?的?(?:异常|问题|现象|症状|链路|故障)"
);
static CAPITAL: LazyLock<Regex> = regex!(r"[^.!?。：:]\s+([A-Z][A-Za-z]+)");
/// Names that are also common English words.
const COMMON: &str = " report search test data default web system status time ";

/// Fails at the first number, time, day or name that no cited fact has.
pub(super) fn check(checker: &Checker<'_>, sentence: &CitedSentence<'_>) -> Check {
    names(checker, sentence)?;
    if let Some(found) = VAGUE.find(&sentence.text)
        && !sentence.cited.iter().any(|fact| fact.text.contains(&found.as_str().to_lowercase()))
    {
        return Err(format!("no cited fact contains `{}`", sanitize(found.as_str(), 20)));
    }
    let mut begin = 0;
    let ends = BREAK.find_iter(&sentence.text).map(|found| (found.start(), found.start()));
    for (end, next) in ends.chain([(sentence.text.len(), sentence.text.len())]) {
        let clause = sentence.text.get(begin..end).unwrap_or_default();
        begin = next;
        let claims = Claims::of(clause);
        let facts = about(checker, &claims, &sentence.cited);
        figures(&claims, &facts, &sentence.cited)?;
    }
    Ok(())
}

/// Returns the cited facts that a clause is about: those with all names of the clause, or else with any
/// of them, or else all.
pub(super) fn about<'c>(checker: &Checker<'_>, claims: &Claims, cited: &[&'c Fact]) -> Vec<&'c Fact> {
    let named: Vec<&String> = mentioned(checker, claims).collect();
    let all = |fact: &&&Fact| named.iter().all(|name| fact.claims.has_name(name));
    let any = |fact: &&&Fact| named.iter().any(|name| fact.claims.has_name(name));
    let facts: Vec<&Fact> = cited.iter().filter(all).copied().collect();
    if !facts.is_empty() {
        return facts;
    }
    let facts: Vec<&Fact> = cited.iter().filter(any).copied().collect();
    if facts.is_empty() { cited.to_vec() } else { facts }
}

/// Returns the names of the report that a text mentions.
fn mentioned<'k>(checker: &'k Checker<'_>, claims: &Claims) -> impl Iterator<Item = &'k String> {
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

fn names(checker: &Checker<'_>, sentence: &CitedSentence<'_>) -> Check {
    let has = |name: &str| sentence.cited.iter().any(|fact| fact.claims.has_name(name));
    let unknown =
        |name: &str| Err(format!("it names `{}`, which is not in a cited fact", sanitize(name, 40)));
    if let Some(name) = mentioned(checker, &sentence.claims).find(|name| !has(name)) {
        return unknown(name);
    }
    let is_word = |part: &str| has(part) || contains(TERMS, part) || contains(NOT_ACTORS, part);
    for name in &sentence.claims.names {
        let is_compound = name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-' || byte == b'/')
            && name.split(['-', '/']).all(is_word);
        if !has(name) && !contains(TERMS, name) && !is_compound {
            return unknown(name);
        }
    }
    match checker.lang {
        Lang::Zh => match sentence.claims.words.iter().find(|word| word.len() > 1 && !is_word(word)) {
            Some(word) => unknown(word),
            None => Ok(()),
        },
        Lang::En => {
            match CAPITAL.captures_iter(&sentence.text).find(|found| !is_word(&found[1].to_lowercase())) {
                Some(found) => unknown(&found[1]),
                None => Ok(()),
            }
        }
    }
}

/// Fails at the first time, day or number of a clause that no fact about it has.
fn figures(claims: &Claims, facts: &[&Fact], cited: &[&Fact]) -> Check {
    for (hour, minute, second) in &claims.times {
        let is_it = |time: &(u32, u32, Option<u32>)| {
            (time.0 % 24, time.1) == (hour % 24, *minute)
                && second.is_none_or(|s| time.2.is_none_or(|t| t == s))
        };
        if !facts.iter().any(|fact| fact.claims.times.iter().any(is_it)) {
            return Err(format!("no cited fact contains {hour:02}:{minute:02}"));
        }
    }
    for hour in &claims.hours {
        if !facts.iter().any(|fact| fact.claims.times.iter().any(|time| time.0 % 24 == hour % 24)) {
            return Err(format!("no cited fact contains {hour} o'clock"));
        }
    }
    for day in &claims.days {
        if !facts.iter().any(|fact| fact.days.contains(day) || fact.claims.days.contains(day)) {
            return Err(format!("no cited fact is of {:02}-{:02}", day.0, day.1));
        }
    }
    match claims.numbers.iter().find(|number| !is_supported(number, facts, cited)) {
        Some(number) if number.value.is_finite() => Err(format!("no cited fact contains {}", number.value)),
        Some(_) => Err("it contains a numeral that cannot be parsed".into()),
        None => Ok(()),
    }
}

/// Returns true if a fact has the number or lasts that long, or if it counts the cited findings.
fn is_supported(number: &Number, facts: &[&Fact], cited: &[&Fact]) -> bool {
    let is_it = |other: &Number| {
        let near = if number.is_rough && other.value >= 20.0 { 0.05 * other.value } else { 1e-9 };
        other.is_percent == number.is_percent && (other.value - number.value).abs() <= near
    };
    let lasts = |lag: f64| {
        let half = number.unit_s.unwrap_or(0.0) * if number.is_rough { 1.0 } else { 0.5 };
        number.unit_s.is_some_and(|unit| (number.value * unit - lag.abs()).abs() <= half)
    };
    if facts
        .iter()
        .any(|fact| fact.claims.numbers.iter().any(is_it) || fact.lags_s.iter().any(|lag| lasts(*lag)))
    {
        return true;
    }
    let findings = cited.iter().filter(|fact| fact.kind == FactKind::Finding).count();
    COUNTED.is_match(&number.after) && findings > 1 && number.value == findings as f64
}
