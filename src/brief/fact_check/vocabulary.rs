//! The words that a sentence may use of its own: those of the lists beside this file, which claim nothing
//! by themselves. All others must be words of its facts, so that no mechanism, victim or motive is invented.

use crate::brief::fact_check::phrases::{TERMS, contains};
use crate::brief::fact_check::{Check, CitedSentence, extent};
use crate::brief::facts::text_of;
use crate::brief::pattern::regex;
use model::lang::Lang;
use model::numerals::is_en_word;
use redact::sanitize::sanitize;
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

static ENGLISH: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| include_str!("words.en.txt").split_ascii_whitespace().collect());
static CHINESE: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| include_str!("words.zh.txt").split_whitespace().collect());
static WORD: LazyLock<Regex> = regex!(r"[A-Za-z]+(?:'[a-z]+)?");
/// The parts of an identifier: `target` and `Port`.
static PART: LazyLock<Regex> = regex!(r"[A-Z]?[a-z]{2,}");
static HAN: LazyLock<Regex> = regex!(r"[\p{Han}]+");
/// The most characters of a Chinese word.
const LONGEST: usize = 8;
/// Letters of a stem that two forms of a word share.
const STEM: usize = 5;

/// Fails at the first word that is neither listed nor in a fact.
pub(super) fn check(sentence: &CitedSentence<'_>, lang: Lang) -> Check {
    // what rules advise is no word for what happened
    let lines = sentence.cited.iter().flat_map(|fact| &fact.line);
    let said = lines.filter(|(key, _)| sentence.is_step || *key != "advice");
    let (mut facts, mut logs) = (String::new(), String::new());
    let mut parts = BTreeSet::new();
    for (key, value) in said {
        parts.extend(PART.find_iter(&text_of(value)).map(|part| part.as_str().to_lowercase()));
        let text = if ["samples", "said", "rows"].contains(&key.as_str()) { &mut logs } else { &mut facts };
        text.push_str(&text_of(value).to_lowercase());
        text.push('\n');
    }
    match lang {
        Lang::En => english(sentence, &facts, &logs, &parts),
        Lang::Zh => chinese(&extent::OPEN.replace_all(&sentence.written, " "), &facts, &logs),
    }
}

/// Fails at a word that is nowhere, or if more than a third of the words are those of log lines alone: whoever
/// writes to a log does not write the brief.
fn english(sentence: &CitedSentence<'_>, facts: &str, logs: &str, parts: &BTreeSet<String>) -> Check {
    let words = |text| str::split(text, |c: char| !c.is_ascii_alphabetic()).collect::<BTreeSet<&str>>();
    let (mut known, logged) = (words(facts), words(logs));
    known.extend(parts.iter().map(String::as_str));
    let written = &extent::OPEN.replace_all(&sentence.written, " ");
    let (mut all, mut of_logs) = (0, 0);
    for found in WORD.find_iter(written) {
        let is_part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || "._:/@-".contains(c));
        let before = written.get(..found.start()).and_then(|text| text.chars().next_back());
        let after = written.get(found.end()..).and_then(|text| text.chars().next());
        if is_part(before) && before != Some('-')
            || after.is_some_and(|c| c.is_ascii_digit() || "_/@:".contains(c))
        {
            continue; // a name, which is checked as such
        }
        let word = found.as_str().to_lowercase();
        let word = word.split('\'').next().unwrap_or_default();
        all += 1;
        if word.len() > 1 && !is_listed(word) && !is_in(word, &known) {
            if !is_in(word, &logged) {
                return Err(format!("no fact speaks of `{}`", sanitize(word, 30)));
            }
            of_logs += 1;
        }
    }
    match of_logs > 1 && of_logs * 3 > all {
        true => Err("it is made of words of a log line".into()),
        false => Ok(()),
    }
}

/// Returns true if a list has a word or its root.
pub(super) fn is_listed(word: &str) -> bool {
    let is_root = |root: &str| ENGLISH.contains(root) || contains(TERMS, root);
    is_root(word) || is_en_word(word) || roots(word).iter().any(|root| is_root(root))
}

/// Words for what the facts may have under another name.
const SAME: [(&str, &[&str]); 6] = [
    ("database", &["db", "postgres", "postgresql", "mysql", "mongo", "mongodb", "redis"]),
    ("production", &["prod"]),
    ("kill", &["oomkilled", "oomkilling", "oom", "killing"]),
    ("memory", &["oom", "oomkilled", "mi", "gi"]),
    ("oom", &["oomkilled", "memory"]),
    ("volume", &["pvc", "mount"]),
];

/// Returns true if the facts have a word, or one of the same root.
fn is_in(word: &str, known: &BTreeSet<&str>) -> bool {
    let is_other = |(own, others): &(&str, &[&str])| {
        (word == *own || roots(word).iter().any(|root| root == own))
            && others.iter().any(|other| known.contains(other))
    };
    if SAME.iter().any(is_other) {
        return true;
    }
    let stem = word.get(..STEM.max(word.len().saturating_sub(3)).min(word.len())).unwrap_or(word);
    known.contains(word)
        || roots(word).iter().any(|root| known.contains(root.as_str()))
        || stem.len() >= STEM && known.range(stem..).next().is_some_and(|other| other.starts_with(stem))
}

/// Returns the words of which a word may be a form.
fn roots(word: &str) -> Vec<String> {
    let mut roots = Vec::new();
    for (suffix, ends) in [
        ("ies", &["y"][..]),
        ("ied", &["y"]),
        ("es", &["", "e"]),
        ("s", &[""]),
        ("ed", &["", "e"]),
        ("d", &[""]),
        ("ing", &["", "e"]),
        ("ly", &["", "le"]),
        ("er", &["", "e"]),
        ("ers", &["", "e"]),
        ("est", &["", "e"]),
        ("ment", &[""]),
        ("ion", &["", "e"]),
        ("un", &[""]),
    ] {
        if let Some(stem) = word.strip_suffix(suffix).filter(|stem| stem.len() > 1) {
            roots.extend(ends.iter().map(|end| format!("{stem}{end}")));
            let mut letters = stem.chars().rev();
            if let (Some(last), Some(before)) = (letters.next(), letters.next())
                && last == before
            {
                roots.push(stem.get(..stem.len() - 1).unwrap_or(stem).to_owned());
            }
        }
    }
    roots
}

/// Chinese words, and what the facts have in their place.
const SAME_ZH: [(&str, &[&str]); 10] = [
    ("端口", &["port"]),
    ("目标", &["target"]),
    ("数据库", &["-db", "postgres", "mysql"]),
    ("超时", &["timeout", "timed out", "deadline exceeded"]),
    ("就绪", &["ready", "readiness", "endpoint"]),
    ("挂接", &["attach"]),
    ("挂载", &["mount"]),
    ("预算", &["budget"]),
    ("日期", &["notafter", "expired"]),
    ("声明", &["pvc", "claim"]),
];

/// Fails if a run of Chinese characters is not made of listed words and of pieces of the facts.
fn chinese(text: &str, facts: &str, logs: &str) -> Check {
    for found in HAN.find_iter(text) {
        let run: Vec<char> = found.as_str().chars().collect();
        // the fewest characters of the first `n` that no word covers
        let mut best = vec![usize::MAX; run.len() + 1];
        if let Some(first) = best.first_mut() {
            *first = 0;
        }
        for begin in 0..run.len() {
            let here = best.get(begin).copied().unwrap_or(usize::MAX);
            for end in begin + 1..=(begin + LONGEST).min(run.len()) {
                let word: String = run.get(begin..end).unwrap_or_default().iter().collect();
                let is_same = |(own, others): &(&str, &[&str])| {
                    word == *own && others.iter().any(|other| facts.contains(other) || logs.contains(other))
                };
                let is_known = CHINESE.contains(word.as_str())
                    || end - begin > 1 && facts.contains(&word)
                    || SAME_ZH.iter().any(is_same);
                let cost = match (is_known, end - begin) {
                    (true, _) => 0,
                    (false, 1) => 1,
                    (false, _) => continue,
                };
                if let Some(best) = best.get_mut(end) {
                    *best = (*best).min(here + cost);
                }
            }
        }
        if best.last().is_some_and(|unknown| *unknown > 0) {
            return Err(format!("no fact speaks of `{}`", sanitize(&unknown_of(&run, &best), 40)));
        }
    }
    Ok(())
}

/// Returns the first part of a run that no word covers, with a character on each side.
fn unknown_of(run: &[char], best: &[usize]) -> String {
    let at = best.iter().position(|cost| *cost > 0 && *cost < usize::MAX).unwrap_or(1);
    run.get(at.saturating_sub(2)..(at + 3).min(run.len())).unwrap_or_default().iter().collect()
}
