//! Numbers in a text, in digits, Chinese numerals or English words, with the context that changes their
//! meaning: about, percent, a unit of time.

use crate::brief::pattern::regex;
use model::numerals::{is_en_word, parse_en, parse_zh};
use regex::Regex;
use std::sync::LazyLock;

/// A number in a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    /// Infinite if the numeral cannot be parsed: no fact has that value.
    pub value: f64,
    pub is_percent: bool,
    /// True next to about, nearly, more than and the like.
    pub is_rough: bool,
    /// Seconds of its unit, if that is a unit of time.
    pub unit_s: Option<f64>,
    /// The first characters of the text behind it, in lower case: the noun that is counted.
    pub after: String,
}

static ROUGH: LazyLock<Regex> = regex!(
    r"(?i)(?:\b(?:about|around|roughly|approximately|nearly|almost|over|than|some|least)\s*|[~≈约近]|大约|接近|不到|不足|超过|多达|逾)\s*$"
);
static ROUGH_AFTER: LazyLock<Regex> = regex!(r"^\s*(?:左右|上下|多|余|or so|\+)");
static PERCENT_AFTER: LazyLock<Regex> = regex!(r"^\s*(?:%|per ?cent|个百分点)");
static TIME_AFTER: LazyLock<Regex> = regex!(
    r"^[\s-]*(milliseconds?|ms|毫秒|seconds?|secs?|s|秒|minutes?|mins?|分钟|分|hours?|hrs?|h|个?小时|days?|d|天)(?:[^a-z]|$)"
);
static CHINESE: LazyLock<Regex> = regex!(
    r"(百分之)?(\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?)\s*([百千万亿]*)"
);
/// Words in which a numeral is not a count.
static NOT_COUNTS: LazyLock<Regex> = regex!(
    "一致|统一|一些|一直|进一步|同一|之一|一旦|唯一|一并|一起|一定|一样|一般|十分|万一|一下|一系列|一方面|第[一二三四五六七八九十]+|两者|两侧|两端|一边|单一|一一|逐一|任一|某一|另一|每一|这一|那一|上一|下一|前一|后一|一步|最近一次|一度|一律|一切|一同|一经|一种|一个|一条|一项|一处|一名|一位|一份|一组|一对|一类|一段|一连|四类日志|其一|其二|统一|百分百"
);

/// Vague quantities, which no fact can support.
pub(crate) static VAGUE: LazyLock<Regex> = regex!(
    r"(?i)数十|数百|数千|数万|上百|上千|上万|上亿|成百|成千|几十|几百|几千|几万|十几|一半|半数|大半|多半|过半|翻倍|翻番|[一二两三四五六七八九]成(?:[^功员本为长立]|$)|三分之|四分之|五分之|\b(?:dozens?|hundreds|thousands|millions|billions|half|halved|doubled?|tripled?|quadrupled?|a third|two thirds|a quarter|majority)\b"
);

impl Number {
    /// Returns a number in digits, given its unit and the text before and behind it.
    pub(crate) fn of(digits: &str, unit: &str, before: &str, after: &str) -> Option<Self> {
        let value: f64 = digits.parse().ok()?;
        let after = format!("{unit}{}", after.chars().take(24).collect::<String>());
        let scale = match (unit, after.trim_start().chars().next()) {
            ("k", _) => 1e3,
            (_, Some('万')) => 1e4,
            (_, Some('亿')) => 1e8,
            _ => 1.0,
        };
        Some(Self::around(value * scale, before, after.trim_start_matches(['k', ' ', '万', '亿'])))
    }

    fn around(value: f64, before: &str, after: &str) -> Self {
        let after = after.to_lowercase();
        let unit = TIME_AFTER.captures(&after).and_then(|found| found.get(1));
        let unit_s = unit.map(|unit| match unit.as_str() {
            "ms" | "毫秒" | "millisecond" | "milliseconds" => 0.001,
            unit if unit.starts_with(['s', '秒']) => 1.0,
            unit if unit.starts_with(['m', '分']) => 60.0,
            unit if unit.starts_with(['d', '天']) => 86_400.0,
            _ => 3600.0,
        });
        let tail: String = {
            let mut last: Vec<char> = before.chars().rev().take(16).collect();
            last.reverse();
            last.into_iter().collect()
        };
        Self {
            value,
            is_percent: PERCENT_AFTER.is_match(&after),
            is_rough: ROUGH.is_match(&tail) || ROUGH_AFTER.is_match(&after),
            unit_s,
            after: after.chars().take(24).collect(),
        }
    }
}

/// Returns a number of a clock or a calendar, in digits or Chinese numerals.
pub(super) fn parse_small(text: &str) -> Option<u32> {
    text.parse().ok().or_else(|| parse_zh(text).map(|value| value as u32))
}

/// Returns the numbers in Chinese numerals.
pub(super) fn chinese(text: &str) -> Vec<Number> {
    let text = NOT_COUNTS.replace_all(text, "\u{1}").into_owned();
    let mut numbers = Vec::new();
    for found in CHINESE.captures_iter(&text) {
        let (Some(all), Some(body)) = (found.get(0), found.get(2)) else { continue };
        if body.as_str().starts_with(|c: char| c.is_ascii_digit()) {
            continue; // `Claims` reads digits
        }
        let before = text.get(..all.start()).unwrap_or_default();
        let after = text.get(all.end()..).unwrap_or_default();
        // 一 and a measure word is an article more often than a count
        if body.as_str() == "一" && !after.starts_with(['次', '行', '倍', '台', '天', '秒', '小', '分'])
        {
            continue;
        }
        // a numeral that cannot be parsed is still a number, and one that no fact has
        let value = parse_zh(body.as_str()).unwrap_or(f64::INFINITY);
        let mut number = Number::around(value, before, after);
        number.is_percent |= found.get(1).is_some();
        numbers.push(number);
    }
    numbers
}

static WORDS: LazyLock<Regex> = regex!(r"[A-Za-z]+");
/// Nouns after which `one` is a count.
static COUNTED: LazyLock<Regex> = regex!(
    r"(?i)^\s+(?:times?|errors?|failures?|kills?|crash|restarts?|pods?|lines?|seconds?|minutes?|hours?)\b"
);

/// English number words in a row.
struct Run {
    words: Vec<String>,
    begin: usize,
    end: usize,
}

/// Returns the numbers in English words.
pub(super) fn english(text: &str) -> Vec<Number> {
    let mut numbers = Vec::new();
    let mut run: Option<Run> = None;
    for word in WORDS.find_iter(text) {
        let lower = word.as_str().to_ascii_lowercase();
        let is_next = run.as_ref().is_some_and(|run| {
            let between = text.get(run.end..word.start()).unwrap_or_default();
            between.trim().is_empty() || between == "-"
        });
        if let Some(run) = run.as_mut().filter(|_| is_next && lower == "and") {
            run.end = word.end();
            continue;
        }
        let is_number = is_en_word(&lower);
        if !(is_next && is_number) {
            numbers.extend(run.take().and_then(|run| run.number(text)));
        }
        if is_number {
            let run = run.get_or_insert(Run { words: Vec::new(), begin: word.start(), end: 0 });
            run.words.push(lower);
            run.end = word.end();
        }
    }
    numbers.extend(run.and_then(|run| run.number(text)));
    numbers
}

impl Run {
    /// Returns the number, unless it is the article `one` or `once`, which is `as soon as` more often than
    /// a count.
    fn number(&self, text: &str) -> Option<Number> {
        let before = text.get(..self.begin).unwrap_or_default();
        let after = text.get(self.end..).unwrap_or_default();
        let word = text.get(self.begin..self.end).unwrap_or_default();
        let is_article = word.eq_ignore_ascii_case("one") && !COUNTED.is_match(after);
        if is_article || word.eq_ignore_ascii_case("once") {
            return None;
        }
        Some(Number::around(parse_en(self.words.iter().map(String::as_str)), before, after))
    }
}
