//! Numbers, times, days and names of a sentence against the facts it cites, clause by clause: a
//! clause that names something may only use what is said of that thing.

use crate::brief::fact_check::claims::{Claims, regex};
use crate::brief::fact_check::lexicon::{NOBODY, TERMS, lists};
use crate::brief::fact_check::numerals::{Number, VAGUE};
use crate::brief::fact_check::{Case, Checker, Verdict};
use crate::brief::facts::{Fact, Kind};
use crate::brief::words::inert;
use model::lang::Lang;
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

pub(super) static BREAK: LazyLock<Regex> =
    regex!(r"[，；。,;、](?:\s|[^0-9])|[，；。、]|\s(?:and|while|whereas|but|which)\s|而|并且|同时|[()（）]");
static COUNTED: LazyLock<Regex> = regex!(
    r"(?i)^\s*(?:of\s+|(?:other|more|further|related|distinct|different|affected)\s+)*(?:findings?|issues?|problems?|anomal|symptoms?|traces?|chains?|incidents?|things?|failures\b)|^\s*(?:个|处|项|条|类|起)?(?:相关|其他|不同)?的?(?:异常|问题|现象|症状|链路|故障)"
);
static CAPITAL: LazyLock<Regex> = regex!(r"[^.!?。：:]\s+([A-Z][A-Za-z]+)");
/// Names that are words of every sentence in English.
const COMMON: &str = " report search test data default web system status time ";

/// Says what in the sentence no cited fact says.
pub(super) fn check(checker: &Checker<'_>, case: &Case<'_>) -> Verdict {
    names(checker, case)?;
    if let Some(found) = VAGUE.find(&case.text)
        && !case.cited.iter().any(|fact| fact.text.contains(&found.as_str().to_lowercase()))
    {
        return Err(format!("no fact says `{}`", inert(found.as_str(), 20)));
    }
    let mut begin = 0;
    let ends = BREAK.find_iter(&case.text).map(|found| (found.start(), found.start()));
    for (end, next) in ends.chain([(case.text.len(), case.text.len())]) {
        let clause = case.text.get(begin..end).unwrap_or_default();
        begin = next;
        let claims = Claims::of(clause);
        let facts = about(checker, &claims, &case.cited);
        figures(&claims, &facts, &case.cited)?;
    }
    Ok(())
}

/// Returns the cited facts that a clause is about: those that name all it names, else any of it.
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
    let is_word = |name: &str| lists(COMMON, name) || lists(NOBODY, name) || lists(TERMS, name);
    let is_mentioned = move |name: &&String| parts.contains(name.as_str()) && !is_word(name);
    checker.known.iter().filter(is_mentioned).collect::<Vec<_>>().into_iter()
}

fn names(checker: &Checker<'_>, case: &Case<'_>) -> Verdict {
    let has = |name: &str| case.cited.iter().any(|fact| fact.claims.has_name(name));
    let unknown = |name: &str| Err(format!("it names `{}`, which it does not cite", inert(name, 40)));
    if let Some(name) = mentioned(checker, &case.claims).find(|name| !has(name)) {
        return unknown(name);
    }
    let is_word = |part: &str| has(part) || lists(TERMS, part) || lists(NOBODY, part);
    for name in &case.claims.names {
        let is_compound = name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-' || byte == b'/')
            && name.split(['-', '/']).all(is_word);
        if !has(name) && !lists(TERMS, name) && !is_compound {
            return unknown(name);
        }
    }
    match checker.lang {
        Lang::Zh => match case.claims.words.iter().find(|word| word.len() > 1 && !is_word(word)) {
            Some(word) => unknown(word),
            None => Ok(()),
        },
        Lang::En => {
            match CAPITAL.captures_iter(&case.text).find(|found| !is_word(&found[1].to_lowercase())) {
                Some(found) => unknown(&found[1]),
                None => Ok(()),
            }
        }
    }
}

fn figures(claims: &Claims, facts: &[&Fact], cited: &[&Fact]) -> Verdict {
    for (hour, minute, second) in &claims.times {
        let is_it = |time: &(u32, u32, Option<u32>)| {
            (time.0 % 24, time.1) == (hour % 24, *minute)
                && second.is_none_or(|s| time.2.is_none_or(|t| t == s))
        };
        if !facts.iter().any(|fact| fact.claims.times.iter().any(is_it)) {
            return Err(format!("no cited fact says {hour:02}:{minute:02}"));
        }
    }
    for hour in &claims.hours {
        if !facts.iter().any(|fact| fact.claims.times.iter().any(|time| time.0 % 24 == hour % 24)) {
            return Err(format!("no cited fact says {hour} o'clock"));
        }
    }
    for day in &claims.days {
        if !facts.iter().any(|fact| fact.days.contains(day) || fact.claims.days.contains(day)) {
            return Err(format!("no cited fact is of {:02}-{:02}", day.0, day.1));
        }
    }
    match claims.numbers.iter().find(|number| !is_borne_out(number, facts, cited)) {
        Some(number) if number.value.is_finite() => Err(format!("no cited fact says {}", number.value)),
        Some(_) => Err("it holds a number that cannot be read".into()),
        None => Ok(()),
    }
}

fn is_borne_out(number: &Number, facts: &[&Fact], cited: &[&Fact]) -> bool {
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
        .any(|fact| fact.claims.numbers.iter().any(is_it) || fact.lags.iter().any(|lag| lasts(*lag)))
    {
        return true;
    }
    let findings = cited.iter().filter(|fact| fact.kind == Kind::Finding).count();
    COUNTED.is_match(&number.after) && findings > 1 && number.value == findings as f64
}
