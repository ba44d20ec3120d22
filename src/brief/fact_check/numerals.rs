//! Numbers in words: Chinese numerals, English number words, and what stands around a number that
//! changes its meaning: about, percent, a unit of time.

use crate::brief::fact_check::claims::regex;
use regex::Regex;
use std::sync::LazyLock;

/// A number as it is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    pub value: f64,
    pub is_percent: bool,
    /// About, nearly, more than.
    pub is_rough: bool,
    /// Seconds of its unit, where it measures time.
    pub unit_s: Option<f64>,
    /// What follows, a few characters in lower case: what is counted.
    pub after: String,
}

static ROUGH: LazyLock<Regex> = regex!(
    r"(?i)(?:\b(?:about|around|roughly|approximately|nearly|almost|over|than|some|least)\s*|[~≈约近]|大约|接近|超过|多达|逾)\s*$"
);
static ROUGH_AFTER: LazyLock<Regex> = regex!(r"^\s*(?:左右|上下|多|余|or so|\+)");
static PERCENT_AFTER: LazyLock<Regex> = regex!(r"^\s*(?:%|per ?cent|个百分点)");
static TIME_AFTER: LazyLock<Regex> = regex!(
    r"^[\s-]*(milliseconds?|ms|毫秒|seconds?|secs?|s|秒|minutes?|mins?|分钟|分|hours?|hrs?|h|个?小时|days?|d|天)(?:[^a-z]|$)"
);
static CHINESE: LazyLock<Regex> = regex!(
    r"(百分之)?(\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?)\s*([百千万亿]*)"
);
/// Words and phrases in which a numeral counts nothing.
static NO_COUNT: LazyLock<Regex> = regex!(
    "一致|统一|一些|一直|进一步|同一|之一|一旦|唯一|一并|一起|一定|一样|一般|十分|万一|一下|一系列|一方面|第[一二三四五六七八九十]+|两者|两侧|两端|一边|单一|一一|逐一|任一|某一|另一|每一|这一|那一|上一|下一|前一|后一|一步|最近一次|一度|一律|一切|一同|一经|一种|一个|一条|一项|一处|一名|一位|一份|一组|一对|一类|一段|一连|四类日志|其一|其二|统一|百分百"
);

/// Quantities that no fact can bear out.
pub(crate) static VAGUE: LazyLock<Regex> = regex!(
    r"(?i)数十|数百|数千|数万|上百|上千|上万|上亿|成百|成千|几十|几百|几千|几万|十几|一半|半数|大半|多半|过半|翻倍|翻番|[一二两三四五六七八九]成(?:[^功员本为长立]|$)|三分之|四分之|五分之|\b(?:dozens?|hundreds|thousands|millions|billions|half|halved|doubled?|tripled?|quadrupled?|a third|two thirds|a quarter|majority)\b"
);

impl Number {
    /// Returns a number in digits, given its unit and what stands before and behind it.
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

/// Returns a number of a clock or a calendar, in digits or numerals.
pub(crate) fn small(text: &str) -> Option<u32> {
    text.parse().ok().or_else(|| chinese_value(text).map(|value| value as u32))
}

/// Returns the numbers told in Chinese numerals.
pub(crate) fn chinese(text: &str) -> Vec<Number> {
    let text = NO_COUNT.replace_all(text, "\u{1}").into_owned();
    let mut numbers = Vec::new();
    for found in CHINESE.captures_iter(&text) {
        let (Some(all), Some(body)) = (found.get(0), found.get(2)) else { continue };
        if body.as_str().starts_with(|c: char| c.is_ascii_digit()) {
            continue; // digits are read elsewhere
        }
        let before = text.get(..all.start()).unwrap_or_default();
        let after = text.get(all.end()..).unwrap_or_default();
        // 一 and a measure word is an article more often than a count
        if body.as_str() == "一" && !after.starts_with(['次', '行', '倍', '台', '天', '秒', '小', '分'])
        {
            continue;
        }
        // what cannot be read is a number all the same, and one that no fact has
        let value = chinese_value(body.as_str()).unwrap_or(f64::INFINITY);
        let mut number = Number::around(value, before, after);
        number.is_percent |= found.get(1).is_some();
        numbers.push(number);
    }
    numbers
}

/// Returns the value of Chinese numerals: 一千四百一十二, 三点五, 十二万.
fn chinese_value(text: &str) -> Option<f64> {
    let digit = |c: char| "零一二三四五六七八九".chars().position(|d| d == c).map(|d| d as f64);
    let digit = |c: char| match c {
        '〇' => Some(0.0),
        '两' => Some(2.0),
        other => digit(other),
    };
    if let Some((whole, part)) = text.split_once('点') {
        let mut value = chinese_value(whole)?;
        for (at, c) in part.chars().enumerate() {
            value += digit(c)? / 10_f64.powi(at as i32 + 1);
        }
        return Some(value);
    }
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > 1 && chars.iter().all(|c| digit(*c).is_some()) {
        // 三七: digit by digit; 三四 is a guess that counts nothing exactly
        return if chars.len() == 2 && chars[0] != '零' { None } else { read_digits(&chars, digit) };
    }
    let (mut total, mut section, mut current) = (0.0, 0.0, None);
    for c in chars {
        match c {
            '十' | '百' | '千' => {
                let unit = match c {
                    '十' => 10.0,
                    '百' => 100.0,
                    _ => 1000.0,
                };
                section += current.take().unwrap_or(1.0) * unit;
            }
            '万' | '亿' => {
                let unit = if c == '万' { 1e4 } else { 1e8 };
                section += current.take().unwrap_or(0.0);
                total = (total + if section == 0.0 && total == 0.0 { 1.0 } else { section }) * unit;
                section = 0.0;
            }
            other => match (digit(other)?, current) {
                (value, None | Some(0.0)) => current = Some(value),
                _ => return None,
            },
        }
    }
    Some(total + section + current.unwrap_or(0.0))
}

fn read_digits(chars: &[char], digit: impl Fn(char) -> Option<f64>) -> Option<f64> {
    chars.iter().try_fold(0.0, |value, c| Some(value * 10.0 + digit(*c)?))
}

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// Tells whether a word in lower case is a number.
pub(crate) fn is_word(word: &str) -> bool {
    ONES.contains(&word)
        || TENS.iter().skip(2).any(|ten| *ten == word)
        || matches!(word, "hundred" | "thousand" | "million" | "once" | "twice" | "thrice")
}

static WORDS: LazyLock<Regex> = regex!(r"[A-Za-z]+");
/// What follows `one` where it counts.
static COUNTED: LazyLock<Regex> = regex!(
    r"(?i)^\s+(?:times?|errors?|failures?|kills?|crash|restarts?|pods?|lines?|seconds?|minutes?|hours?)\b"
);

/// Returns the numbers told in English words.
pub(crate) fn english(text: &str) -> Vec<Number> {
    let mut numbers = Vec::new();
    let mut run: Option<(f64, f64, usize, usize)> = None; // total, part, begin, end
    for word in WORDS.find_iter(text) {
        let lower = word.as_str().to_ascii_lowercase();
        let is_next = run.is_some_and(|(.., end)| {
            let between = text.get(end..word.start()).unwrap_or_default();
            between.trim().is_empty() || between == "-"
        });
        if run.is_some() && is_next && lower == "and" {
            if let Some((.., end)) = &mut run {
                *end = word.end();
            }
            continue;
        }
        if !is_next && let Some(ended) = run.take() {
            push(&mut numbers, text, ended);
        }
        let (total, part, begin, _) = run.unwrap_or((0.0, 0.0, word.start(), 0));
        let (total, part) = match lower.as_str() {
            "once" => (total, part + 1.0),
            "twice" => (total, part + 2.0),
            "thrice" => (total, part + 3.0),
            "hundred" => (total, part.max(1.0) * 100.0),
            "thousand" => (total + part.max(1.0) * 1e3, 0.0),
            "million" => (total + part.max(1.0) * 1e6, 0.0),
            other => {
                let ones = ONES.iter().position(|one| *one == other);
                let tens = TENS.iter().skip(2).position(|ten| *ten == other).map(|at| (at + 2) * 10);
                match ones.or(tens) {
                    Some(value) => (total, part + value as f64),
                    None => {
                        if let Some(ended) = run.take() {
                            push(&mut numbers, text, ended);
                        }
                        continue;
                    }
                }
            }
        };
        run = Some((total, part, begin, word.end()));
    }
    if let Some(ended) = run {
        push(&mut numbers, text, ended);
    }
    numbers
}

fn push(numbers: &mut Vec<Number>, text: &str, (total, part, begin, end): (f64, f64, usize, usize)) {
    let (before, after) = (text.get(..begin).unwrap_or_default(), text.get(end..).unwrap_or_default());
    let word = text.get(begin..end).unwrap_or_default();
    let is_article = word.eq_ignore_ascii_case("one") && !COUNTED.is_match(after);
    // `once` is `as soon as` more often than a count
    if !is_article && !word.eq_ignore_ascii_case("once") {
        numbers.push(Number::around(total + part, before, after));
    }
}
