//! The checkable content of a text: clock times, days, numbers and names, in digits, Chinese numerals
//! or English words. Facts and sentences are parsed by the same code, so that they can be compared. It
//! must not know facts, reports or models.

mod numbers; // numbers with their context

pub(crate) use crate::brief::claims::numbers::{Number, VAGUE};

use crate::brief::claims::numbers::parse_small;
use crate::brief::pattern::{regex, regexes};
use model::numerals::{is_en_word, parse_en};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Hour, minute and, where given, second.
pub(crate) type Clock = (u32, u32, Option<u32>);

/// The times, days, numbers and names in a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Claims {
    pub times: BTreeSet<Clock>,
    /// Hour and minute of a clock of twelve hours, in English words: a quarter past ten.
    pub spoken: BTreeSet<(u32, u32)>,
    /// Hours given without minutes.
    pub hours: BTreeSet<u32>,
    /// Month and day.
    pub days: BTreeSet<(u32, u32)>,
    pub numbers: Vec<Number>,
    /// Identifiers, in lower case: `shop/pay-api`, `512mi`, `oomkilling`.
    pub names: BTreeSet<String>,
    /// All other words in Latin letters, in lower case.
    pub words: BTreeSet<String>,
}

static THOUSANDS: LazyLock<Regex> = regex!(r"(\d),(\d{3})\b");
static SPACED_UNIT: LazyLock<Regex> = regex!(r"(\d) +([KMGT](?:iB?|B))\b");
static CLOCK_COLON: LazyLock<Regex> = regex!(r"([0-9０-９])：");
static ZH_DAY: LazyLock<Regex> =
    regex!(r"(\d{1,2}|[一二三四五六七八九十]{1,2})\s*月\s*(\d{1,2}|[一二三四五六七八九十]{1,3})\s*[日号]");
static ZH_TIME: LazyLock<Regex> = regex!(
    r"(凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里)?\s*(\d{1,2}|[零〇一二两三四五六七八九十]{1,3})[点时](?:(半|一刻|三刻|整)|零?(\d{1,2}|[一二三四五六七八九十]{1,3})分?)?(?:零?(\d{1,2}|[一二三四五六七八九十]{1,3})秒)?"
);
/// `sixteen minutes past eleven`, `a quarter to four`.
static EN_PAST: LazyLock<Regex> = regex!(
    r"(?i)\b(a quarter|quarter|half|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?)(?:\s+minutes?)?\s+(past|to|after)\s+(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b(\s+(?:hundred|thousand))?"
);
/// `at eleven fourteen`, `eight thirty-eight in the evening`.
static EN_CLOCK: LazyLock<Regex> = regex!(
    r"(?i)\b(at|from|until|since|by|around|between|and|after|before|to)\s+(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\s+((?:oh )?(?:one|two|three|four|five|six|seven|eight|nine)|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?)\b"
);
/// `下午一点到三点`: both hours are in the afternoon.
static ZH_RANGE: LazyLock<Regex> = regex!(
    r"(凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|)\s*(\d{1,2}|[一二两三四五六七八九十]{1,3})点\s*[到至]\s*(\d{1,2}|[一二两三四五六七八九十]{1,3})点"
);
static EN_DAY: LazyLock<Regex> =
    regex!(r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b");
static EN_DAY_FIRST: LazyLock<Regex> = regex!(
    r"(?:^|[^:\d])(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b"
);
static EN_DAY_WORDS: LazyLock<Regex> = regex!(
    r"(?i)\b(January|February|March|April|May|June|July|August|September|October|November|December)\s+(?:the\s+)?((?:twenty|thirty)[- ][a-z]+|[a-z]+(?:st|nd|rd|th))\b"
);
const ORDINALS: [&str; 21] = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
];
static EN_HOUR: LazyLock<Regex> = regex!(r"(?i)\b(\d{1,2})(?::(\d{2}))?\s*([ap])\.?m\b");
static TOKEN: LazyLock<Regex> = regex!(r"[A-Za-z0-9]+(?:[._:/@+\-]+[A-Za-z0-9]+)*%?");
static STAMP: LazyLock<Regex> =
    regex!(r"^\d{4}-(\d{2})-(\d{2})(?:[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})?)?$");
static CLOCK: LazyLock<Regex> = regex!(r"^([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d)(?:\.\d+)?)?$");
static CLOCK_IN_TEXT: LazyLock<Regex> = regex!(r"\b([01]?\d|2[0-4])[:：]([0-5]\d)(?:[:：]([0-5]\d))?\b");
/// `512Mi`, `512MiB`.
static AMOUNT: LazyLock<Regex> = regex!(r"^(\d+(?:\.\d+)?)([kmgt]i?)b?$");
static DAY: LazyLock<Regex> = regex!(r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$");
static NUMBER: LazyLock<Regex> =
    regex!(r"^(\d+(?:\.\d+)?)(%|k|ms|s|secs?|mins?|h|hrs?|d|x|st|nd|rd|th|times)?$");

/// Parts of a unit of time.
static HALVES: LazyLock<[Regex; 6]> = regexes![
    r"(?i)\bhalf an hour\b",
    r"(?i)\bhalf a minute\b",
    r"(?i)\bhalf a second\b",
    r"(?i)\ba quarter of an hour\b",
    r"半个?小时",
    r"一刻钟",
];
/// Each of them as a number of a smaller unit.
const WHOLES: [&str; 6] = ["30 minutes", "30 seconds", "0.5 seconds", "15 minutes", "30 分钟", "15 分钟"];

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

impl Claims {
    /// Parses a text.
    pub(crate) fn of(text: &str) -> Self {
        let mut claims = Self::default();
        let mut text = folded(text);
        // `1,234,567` takes two passes: matches do not overlap
        for _ in 0..3 {
            text = THOUSANDS.replace_all(&text, "$1$2").into_owned();
        }
        text = SPACED_UNIT.replace_all(&text, "$1$2").into_owned();
        for (pattern, whole) in HALVES.iter().zip(WHOLES) {
            text = pattern.replace_all(&text, whole).into_owned();
        }
        claims.take_days(&mut text);
        claims.take_times(&mut text);
        let mut rest = String::new();
        let mut end = 0;
        for token in TOKEN.find_iter(&text) {
            rest.push_str(text.get(end..token.start()).unwrap_or_default());
            end = token.end();
            let before = text.get(..token.start()).unwrap_or_default();
            let after = text.get(token.end()..).unwrap_or_default();
            if !claims.take(token.as_str(), before, after) {
                rest.push_str(token.as_str());
            } else {
                rest.push('\u{1}'); // separates the neighbours of a token that is done
            }
        }
        rest.push_str(text.get(end..).unwrap_or_default());
        claims.numbers.extend(numbers::chinese(&rest));
        claims.numbers.extend(numbers::english(&rest));
        claims
    }

    /// Returns the clock times of a text, each with the byte at which it begins.
    pub(crate) fn times_in(text: &str) -> Vec<(Clock, usize)> {
        let digits = CLOCK_IN_TEXT.captures_iter(text).filter_map(|found| {
            let part = |at: usize| found.get(at).and_then(|part| part.as_str().parse().ok());
            Some(((part(1)?, part(2)?, part(3)), found.get(0)?.start()))
        });
        let words = ZH_TIME.find_iter(text).filter_map(|found| {
            let claims = Self::of(found.as_str());
            Some((claims.times.first().copied()?, found.start()))
        });
        digits.chain(words).collect()
    }

    /// Adds the claims of another text.
    pub(crate) fn add(&mut self, other: &Self) {
        self.times.extend(&other.times);
        self.hours.extend(&other.hours);
        self.spoken.extend(&other.spoken);
        self.days.extend(&other.days);
        self.numbers.extend(other.numbers.iter().cloned());
        self.names.extend(other.names.iter().cloned());
        self.words.extend(other.words.iter().cloned());
    }

    /// Returns true if a name is among them, as a whole or by all parts of its path.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        let has = |part: &str| self.names.contains(part) || self.words.contains(part);
        let is_number = |part: &str| part.parse().is_ok_and(|value: f64| self.has_number(value));
        has(name)
            || name.split(['/', ':', '@', '+']).all(|part| has(part) || is_number(part))
            || self.names.iter().any(|own| is_piece(own, name))
    }

    fn has_number(&self, value: f64) -> bool {
        self.numbers.iter().any(|number| (number.value - value).abs() < 1e-9)
    }

    fn take_days(&mut self, text: &mut String) {
        let month = |name: &str| {
            let name = name.to_ascii_lowercase();
            MONTHS.iter().position(|month| name.starts_with(month)).map(|at| at as u32 + 1)
        };
        take(text, &ZH_DAY, |found| {
            Some(self.days.insert((parse_small(&found[1])?, parse_small(&found[2])?)))
        });
        take(text, &EN_DAY, |found| Some(self.days.insert((month(&found[1])?, found[2].parse().ok()?))));
        take(text, &EN_DAY_WORDS, |found| {
            let word = found[2].to_ascii_lowercase();
            let tens = match word.split(['-', ' ']).next().unwrap_or_default() {
                "twenty" => 20,
                "thirty" => 30,
                _ => 0,
            };
            let last = word.rsplit(['-', ' ']).next().unwrap_or_default();
            let unit = ORDINALS.iter().position(|ordinal| *ordinal == last)? as u32;
            let unit = if tens > 0 && unit == 20 { 0 } else { unit };
            Some(self.days.insert((month(&found[1])?, tens + unit)))
        });
        take(text, &EN_DAY_FIRST, |found| {
            Some(self.days.insert((month(&found[2])?, found[1].parse().ok()?)))
        });
    }

    fn take_times(&mut self, text: &mut String) {
        take(text, &EN_PAST, |found| {
            if found.get(4).is_some() {
                return None; // `twelve to one hundred`
            }
            let minutes = match &found[1] {
                part if part.to_ascii_lowercase().ends_with("quarter") => 15,
                part if part.eq_ignore_ascii_case("half") => 30,
                part => small_en(part)?,
            };
            let hour = small_en(&found[3]).filter(|hour| (1..=12).contains(hour))?;
            Some(match &found[2].to_ascii_lowercase()[..] {
                "to" => self.spoken.insert(((hour + 11) % 12, 60 - minutes)),
                _ => self.spoken.insert((hour % 12, minutes)),
            })
        });
        take(text, &EN_CLOCK, |found| {
            let hour = small_en(&found[2]).filter(|hour| (1..=12).contains(hour))?;
            let minute = small_en(found[3].trim_start_matches("oh ")).filter(|minute| *minute < 60)?;
            Some(self.spoken.insert((hour % 12, minute)))
        });
        take(text, &EN_HOUR, |found| {
            let hour: u32 = found[1].parse().ok().filter(|hour| (1..=12).contains(hour))?;
            let hour = hour % 12 + if found[3].eq_ignore_ascii_case("p") { 12 } else { 0 };
            match found.get(2) {
                Some(minute) => self.times.insert((hour, minute.as_str().parse().ok()?, None)),
                None => self.hours.insert(hour),
            };
            Some(true)
        });
        take(text, &ZH_RANGE, |found| {
            for hour in [parse_small(&found[2])?, parse_small(&found[3])?] {
                self.hours.insert(hour_of_day(hour, &found[1]));
            }
            Some(true)
        });
        take(text, &ZH_TIME, |found| {
            let part = found.get(1).map(|part| part.as_str());
            let hour = parse_small(&found[2]).filter(|hour| *hour <= 24)?;
            let hour = hour_of_day(hour, part.unwrap_or_default());
            let minute = match (found.get(3).map(|word| word.as_str()), found.get(4)) {
                (Some("半"), _) => Some(30),
                (Some("一刻"), _) => Some(15),
                (Some("三刻"), _) => Some(45),
                (Some(_), _) => Some(0),
                (None, Some(minute)) => parse_small(minute.as_str()),
                (None, None) => None,
            };
            let second = found.get(5).and_then(|second| parse_small(second.as_str()));
            match minute {
                Some(minute) => self.times.insert((hour, minute, second)),
                // 两点 may mean two points instead of two o'clock
                None if part.is_some() || found[2].starts_with(|c: char| c.is_ascii_digit()) => {
                    self.hours.insert(hour)
                }
                None => return None,
            };
            Some(true)
        });
    }

    /// Parses one token. Returns false if it may be part of a number in words, or the noun that is counted.
    fn take(&mut self, token: &str, before: &str, after: &str) -> bool {
        let lower = token.to_ascii_lowercase();
        if let Some(found) = STAMP.captures(&lower) {
            let part = |at: usize| found.get(at).and_then(|part| part.as_str().parse().ok());
            self.days.extend(part(1).zip(part(2)));
            if let (Some(hour), Some(minute)) = (part(3), part(4)) {
                self.times.insert((hour, minute, part(5)));
            }
        } else if let Some(found) = CLOCK.captures(&lower) {
            let part = |at: usize| found.get(at).and_then(|part| part.as_str().parse().ok());
            self.times.insert((part(1).unwrap_or(0), part(2).unwrap_or(0), part(3)));
        } else if let Some(found) = DAY.captures(&lower) {
            let part = |at: usize| found.get(at).and_then(|part| part.as_str().parse().ok()).unwrap_or(0);
            self.days.insert((part(1), part(2)));
        } else if let Some(found) = NUMBER.captures(&lower) {
            let unit = found.get(2).map_or("", |unit| unit.as_str());
            let is_code = found[1].len() == 3 && found[1].starts_with(['4', '5']);
            let unit = if is_code && unit == "s" { "" } else { unit }; // `502s`
            self.numbers.extend(Number::of(&found[1], unit, before, after));
        } else if lower.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            let has_inner_capital = token.bytes().skip(1).any(|byte| byte.is_ascii_uppercase());
            if has_inner_capital && token.bytes().any(|byte| byte.is_ascii_lowercase()) {
                self.names.insert(lower);
                return true;
            }
            self.words.insert(lower);
            return false;
        } else if !lower.bytes().any(|byte| byte.is_ascii_alphabetic())
            && lower.matches('.').count() < 2
            && lower.contains(['-', '/', ':', '+'])
        {
            for part in lower.split(['-', '/', '+']) {
                self.take(part, before, after);
            }
        } else if lower.split('-').all(is_en_word) {
            return false;
        } else {
            if let Some(found) = AMOUNT.captures(&lower) {
                self.numbers.extend(Number::of(&found[1], "", "", &found[2]));
            }
            let lower = AMOUNT.replace(&lower, "$1$2").into_owned();
            self.words.extend(lower.split(['/', ':', '@']).filter(|part| *part != lower).map(str::to_owned));
            self.names.insert(lower);
        }
        true
    }
}

/// Returns true if a name is the end or the beginning of a longer one: the class without its package, the
/// account without its kind.
fn is_piece(longer: &str, name: &str) -> bool {
    name.len() > 4
        && (longer.strip_suffix(name).is_some_and(|before| before.ends_with([':', '.', '/']))
            || longer.strip_prefix(name).is_some_and(|after| after.starts_with([':', '.', '/'])))
}

/// Returns a small number in English words.
fn small_en(words: &str) -> Option<u32> {
    let lower = words.to_ascii_lowercase();
    let words: Vec<&str> = lower.split([' ', '-']).collect();
    if !words.iter().all(|word| is_en_word(word)) {
        return None;
    }
    Some(parse_en(words)).filter(|value| (0.0..60.0).contains(value)).map(|value| value as u32)
}

/// Returns the hour from 0 to 24 for an hour with a part of the day.
fn hour_of_day(hour: u32, part: &str) -> u32 {
    if matches!(part, "下午" | "傍晚" | "晚上" | "夜里") && hour < 12 { hour + 12 } else { hour }
}

/// Blanks out the matches that `parse` accepts.
fn take(text: &mut String, pattern: &Regex, mut parse: impl FnMut(&regex::Captures<'_>) -> Option<bool>) {
    let replaced = pattern.replace_all(text, |found: &regex::Captures<'_>| match parse(found) {
        Some(_) => " \u{1} ".to_owned(),
        None => found[0].to_owned(),
    });
    *text = replaced.into_owned();
}

/// Returns the text with full-width letters, digits and signs as ASCII.
pub(crate) fn narrow(text: &str) -> String {
    let one = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        '\u{2010}'..='\u{2012}' | '\u{2212}' => '-',
        other => other,
    };
    text.chars().map(one).collect()
}

/// Returns the text as [`narrow`] does, but keeps the marks that end Chinese clauses.
fn folded(text: &str) -> String {
    let text = CLOCK_COLON.replace_all(text, "$1:");
    let is_mark = |c: char| "，。；：（）！？".contains(c);
    text.chars().map(|c| if is_mark(c) { c.to_string() } else { narrow(&c.to_string()) }).collect()
}
