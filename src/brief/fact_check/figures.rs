//! Checks numbers, times, days and names against the cited facts, clause by clause: a clause that names
//! an object may only use the facts about that object.

use crate::brief::claims::{Claims, Clock, Number, VAGUE};
use crate::brief::fact_check::clause::{about, clauses, mentioned};
use crate::brief::fact_check::phrases::{NOT_ACTORS, TERMS, contains};
use crate::brief::fact_check::{Check, Checker, CitedSentence, changes, nouns, vocabulary};
use crate::brief::facts::{Fact, FactKind};
use crate::brief::pattern::regex;
use model::lang::Lang;
use redact::sanitize::sanitize;
use regex::Regex;
use std::sync::LazyLock;

/// Nouns after which a number may count the cited findings.
static COUNTED: LazyLock<Regex> = regex!(
    r"(?i)^\s*(?:of\s+|(?:other|more|further|related|distinct|different|affected)\s+)*(?:findings?|issues?|problems?|anomal|symptoms?|traces?|chains?|incidents?|things?|failures\b)|^\s*(?:个|处|项|条|类|起)?(?:相关|其他|不同)?的?(?:异常|问题|现象|症状|链路|故障)"
);
/// A quarter and a half of an hour.
static CLOCK_WORDS: LazyLock<Regex> =
    regex!(r"(?i)\b(?:a )?(?:quarter|half) (?:past|to|after|(?:a|an|the) (?:second|minute|hour))\b");
static CAPITAL: LazyLock<Regex> = regex!(r"[^.!?。：:]\s+([A-Z][A-Za-z]+)");

/// Fails at the first number, time, day or name that no cited fact has.
pub(super) fn check(checker: &Checker<'_>, sentence: &CitedSentence<'_>) -> Check {
    names(checker, sentence)?;
    if let Some(found) = VAGUE.find(&CLOCK_WORDS.replace_all(&sentence.text, " "))
        && !sentence.cited.iter().any(|fact| fact.text.contains(&found.as_str().to_lowercase()))
        && !changes::has_ratio(sentence, found.as_str())
    {
        return Err(format!("no cited fact contains `{}`", sanitize(found.as_str(), 20)));
    }
    durations(sentence)?;
    for clause in clauses(&sentence.text) {
        let claims = Claims::of(clause);
        let facts = about(checker, &claims, &sentence.cited);
        figures(&claims, &facts, sentence)?;
    }
    Ok(())
}

fn names(checker: &Checker<'_>, sentence: &CitedSentence<'_>) -> Check {
    let has = |name: &str| sentence.cited.iter().any(|fact| fact.claims.has_name(name));
    let unknown =
        |name: &str| Err(format!("it names `{}`, which is not in a cited fact", sanitize(name, 40)));
    if let Some(name) = mentioned(checker, &sentence.claims).find(|name| !has(name)) {
        return unknown(name);
    }
    let is_word = |part: &str| {
        has(part) || contains(TERMS, part) || contains(NOT_ACTORS, part) || sentence.has_word(part)
    };
    for name in &sentence.claims.names {
        let is_compound = name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-' || byte == b'/')
            && (name.split(['-', '/']).all(is_word) || is_compound_word(name));
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
            let is_word = |part: &str| is_word(part) || vocabulary::is_listed(part);
            match CAPITAL.captures_iter(&sentence.text).find(|found| !is_word(&found[1].to_lowercase())) {
                Some(found) => unknown(&found[1]),
                None => Ok(()),
            }
        }
    }
}

/// Returns true for a word like `half-hour`, which names no object.
fn is_compound_word(name: &str) -> bool {
    const OBJECTS: &str =
        " api app cache config db gateway job order orders proxy server service web worker ";
    let parts: Vec<&str> = name.split('-').collect();
    parts.len() == 2 && parts.iter().all(|part| vocabulary::is_listed(part) && !contains(OBJECTS, part))
}

/// Fails at the first time, day or number of a clause that no fact about it has.
fn figures(claims: &Claims, facts: &[&Fact], sentence: &CitedSentence<'_>) -> Check {
    let cited = &sentence.cited;
    for (hour, minute) in &claims.spoken {
        let is_it = |time: &Clock| (time.0 % 12, time.1) == (*hour, *minute);
        // `missing from ten to twelve`
        let is_end = |fact: &&Fact| {
            fact.kind == FactKind::Gap
                && fact.claims.times.iter().any(|time| time.1 == 0 && time.0 % 12 == (*hour + 1) % 12)
        };
        if !facts.iter().any(|fact| fact.claims.times.iter().any(is_it) || is_end(fact)) {
            return Err(format!("no cited fact contains {hour:02}:{minute:02}"));
        }
    }
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
    let has_minutes = claims.numbers.iter().any(|number| number.unit_s.is_some_and(|unit| unit >= 60.0));
    let rivals =
        sentence.cited.iter().skip(sentence.named().len()).filter(|fact| fact.kind == FactKind::Rival);
    let timed: Vec<&Fact> = sentence.named().iter().chain(rivals).copied().collect();
    let spans = spans(&timed, has_minutes);
    let lasts = |number: &&Number| {
        let half = number.unit_s.unwrap_or(0.0) * if number.is_rough { 1.0 } else { 0.5 };
        number.unit_s.is_some_and(|unit| {
            spans.iter().any(|span| {
                (number.value * unit - span).abs() <= half || (span / unit).floor() == number.value
            })
        })
    };
    // `two changes`, of the two findings that the sentence cites
    let counts = |number: &&Number| {
        let size = sentence.named().len();
        size > 1 && number.unit_s.is_none() && number.value == size as f64 && !nouns::is_object(&number.after)
    };
    let mut unknown = claims.numbers.iter().filter(|number| !lasts(number) && !counts(number));
    let named: Vec<&Fact> =
        facts.iter().filter(|fact| sentence.named().iter().any(|own| own.id == fact.id)).copied().collect();
    let own_counts = |number: &Number| {
        let is_same = |own: &&Number| nouns::is_equal(&own.after, &number.after);
        number.unit_s.is_none()
            && named.iter().any(|fact| {
                fact.kind == FactKind::Finding && fact.claims.numbers.iter().any(|own| is_same(&own))
            })
    };
    match unknown.find(|number| !is_supported(number, if own_counts(number) { &named } else { facts }, cited))
    {
        Some(number) if number.value.is_finite() => Err(format!("no cited fact contains {}", number.value)),
        Some(_) => Err("it contains a numeral that cannot be parsed".into()),
        None => Ok(()),
    }
}

/// How long something went on.
static LASTED: LazyLock<Regex> = regex!(
    r"(?i)\b(?:for|lasted|lasting)\s+(?:only\s+|just\s+)?(less than|under|not quite|more than|over|about|around|almost|nearly|roughly|a good)?\s*(a few|several|some|[a-z0-9.-]+)\s+(seconds?|minutes?|hours?)\b|持续了?\s*(?:只有|仅)?(不到|不足|超过|多于|大约|约|将近|近)?\s*(几|数|[0-9.零一二两三四五六七八九十百]+)\s*个?(秒|分钟|小时)"
);
/// More of a time follows: `an hour and 40 minutes`.
static GOES_ON: LazyLock<Regex> = regex!(r"(?i)^\s*(?:and|零|又|半|多|[0-9一二三四五六七八九十])");

/// Fails if nothing of the sentence's facts lasted as long as it says: a rate's `in five minutes` is no duration.
fn durations(sentence: &CitedSentence<'_>) -> Check {
    let is_other =
        |fact: &&Fact| matches!(fact.kind, FactKind::Day | FactKind::Gap | FactKind::Rows | FactKind::Gone);
    let spans = spans(sentence.named(), false);
    if sentence.is_step || spans.is_empty() || sentence.named().iter().any(is_other) {
        return Ok(());
    }
    for found in LASTED.captures_iter(&sentence.text) {
        let part = |en: usize| found.get(en).or_else(|| found.get(en + 3)).map_or("", |part| part.as_str());
        let (bound, value, unit) = (part(1).to_lowercase(), part(2).to_lowercase(), part(3).to_lowercase());
        let unit_s = match unit.chars().next() {
            Some('s' | '秒') => 1.0,
            Some('m' | '分') => 60.0,
            _ => 3600.0,
        };
        let end = found.get(0).map_or(0, |all| all.end());
        if GOES_ON.is_match(sentence.text.get(end..).unwrap_or_default()) {
            continue;
        }
        let value = match value.as_str() {
            "a few" | "several" | "some" | "几" | "数" => None,
            "a" | "an" => Some(unit_s),
            value => match Claims::of(&format!("{value} {unit}")).numbers.first() {
                Some(number) if number.value.is_finite() => Some(number.value * unit_s),
                _ => continue,
            },
        };
        let is_it = |span: &f64| match (value, bound.as_str()) {
            (None, _) => (2.0 * unit_s..12.0 * unit_s).contains(span),
            (Some(value), "less than" | "under" | "not quite" | "不到" | "不足") => {
                *span < value && *span >= 0.5 * value
            }
            (Some(value), "more than" | "over" | "超过" | "多于") => {
                *span > value && *span <= 2.0 * value
            }
            (Some(value), _) => (value - span).abs() <= unit_s,
        };
        if !spans.iter().any(is_it) {
            let words = found.get(0).map_or("", |all| all.as_str());
            return Err(format!("nothing lasted `{}`", sanitize(words, 30)));
        }
    }
    Ok(())
}

/// Returns the seconds between the begins of what the facts are about, and that each of them lasted; with
/// minutes beside, also what is beyond whole minutes and hours.
fn spans(facts: &[&Fact], has_minutes: bool) -> Vec<f64> {
    let seconds = |time: &Clock| f64::from(time.0 * 3600 + time.1 * 60 + time.2.unwrap_or(0));
    let times = |fact: &Fact, keys: &[&str]| -> Vec<f64> {
        let own = keys.iter().filter_map(|key| fact.line.get(*key));
        let inner = fact.line.values().flat_map(|value| keys.iter().filter_map(|key| value.get(*key)));
        let texts = own.chain(inner).filter_map(|value| value.as_str());
        texts.flat_map(|text| Claims::of(text).times).map(|time| seconds(&time)).collect()
    };
    let begins: Vec<f64> =
        facts.iter().flat_map(|fact| times(fact, &["at", "since", "from", "onset"])).collect();
    let ends: Vec<f64> = facts.iter().flat_map(|fact| times(fact, &["to", "last", "over_since"])).collect();
    let mut spans: Vec<f64> = facts.iter().flat_map(|fact| &fact.lags_s).map(|lag| lag.abs()).collect();
    for (at, a) in begins.iter().enumerate() {
        spans.extend(begins.iter().skip(at + 1).map(|b| (a - b).abs()));
        // from the end of one thing to the begin of another: the last kill and the repair
        if facts.len() > 1 {
            spans.extend(ends.iter().map(|b| (a - b).abs()));
        }
    }
    if has_minutes {
        let parts: Vec<f64> = spans.iter().filter(|span| **span < 7200.0).map(|span| span % 60.0).collect();
        spans.extend(parts);
        let parts: Vec<f64> =
            spans.iter().filter(|span| **span >= 3600.0).map(|span| span % 3600.0).collect();
        spans.extend(parts);
    }
    spans
}

/// Returns true if a fact has the number or lasts that long, or if it counts the cited findings.
fn is_supported(number: &Number, facts: &[&Fact], cited: &[&Fact]) -> bool {
    let is_it = |other: &Number| {
        let near = if number.is_rough && other.value >= 20.0 { 0.05 * other.value } else { 1e-9 };
        other.is_percent == number.is_percent
            && (other.value - number.value).abs() <= near
            && other.unit_s == number.unit_s
            && (number.unit_s.is_some() || nouns::is_same(&number.after, &other.after))
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
