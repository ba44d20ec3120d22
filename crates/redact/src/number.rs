//! Numbers of people: telephone, identity card, bank card; and how they differ from other numbers of
//! that length. Reads every eleventh byte, because a shorter run of digits is none of them; digits in
//! groups are one run.

use crate::check::{Hit, name_at_end};
use crate::{Family, RULES};
use regex::Regex;
use std::sync::LazyLock;

/// Digits of the shortest such number, and of the longest.
const SHORTEST: usize = 11;
const LONGEST: usize = 19;

/// The rules by their index in the list, with their patterns.
static NUMBERS: LazyLock<Vec<(usize, Regex)>> = LazyLock::new(|| {
    let numbers = RULES.iter().enumerate().filter(|(_, rule)| rule.family == Family::Number);
    numbers.filter_map(|(at, rule)| Some((at, Regex::new(rule.pattern).ok()?))).collect()
});

/// Bytes of a mobile number in groups.
const GROUPED: usize = 13;

/// Emits the numbers that fit a rule's pattern, with the index of the rule.
pub(super) fn find(text: &str, emit: &mut dyn FnMut(usize, &Hit<'_>)) {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = SHORTEST - 1;
    let mut last = 0;
    while at < bytes.len() {
        if !is_digit(at) {
            // no `&&`: a branch on every space costs more than the two bytes beside it
            let is_between = matches!(bytes.get(at), Some(b' ' | b'-')) & is_digit(at - 1) & is_digit(at + 1);
            at += if is_between { 1 } else { SHORTEST };
            continue;
        }
        let mut from = at;
        while from > last && is_digit(from - 1) {
            from -= 1;
        }
        let mut to = at + 1;
        while is_digit(to) {
            to += 1;
        }
        if (SHORTEST..=LONGEST).contains(&(to - from)) {
            if to - from == 17 && matches!(bytes.get(to), Some(b'x' | b'X')) {
                to += 1;
            }
            try_rules(text, from, to, emit);
        } else if matches!(to - from, 3 | 4) {
            try_groups(text, from, to, emit);
        }
        last = to;
        at = to + SHORTEST;
    }
}

/// Emits the number in groups, `138-0013-8000`, that the three or four digits at `from` are a part of.
fn try_groups(text: &str, from: usize, to: usize, emit: &mut dyn FnMut(usize, &Hit<'_>)) {
    let bytes = text.as_bytes();
    let starts = if to - from == 3 { [Some(from), None] } else { [from.checked_sub(4), from.checked_sub(9)] };
    let Some(start) = starts.into_iter().flatten().find(|start| is_grouped(bytes, *start)) else { return };
    let end = start + GROUPED;
    let (lead, rest) = (bytes.get(..start).unwrap_or_default(), bytes.get(end..).unwrap_or_default());
    // three of more numbers in a row are columns
    let follows = matches!(lead, [.., b'0'..=b'9', b' ']) && !lead.ends_with(b"86 ");
    let goes_on = matches!(rest, [b' ', b'0'..=b'9', ..]);
    if bytes.get(start + 3) == Some(&b'-') || !follows && !goes_on {
        try_rules(text, start, end, emit);
    }
}

/// Returns true if a mobile number in groups begins there: three, four and four digits.
fn is_grouped(bytes: &[u8], start: usize) -> bool {
    let number = bytes.get(start..start + GROUPED);
    let Some([b'1', b'3'..=b'9', _, first @ (b' ' | b'-'), _, _, _, _, second, ..]) = number else {
        return false;
    };
    let mut digits = number.unwrap_or_default().iter().enumerate().filter(|(at, _)| !matches!(at, 3 | 8));
    first == second && digits.all(|(_, byte)| byte.is_ascii_digit())
}

fn try_rules(text: &str, from: usize, to: usize, emit: &mut dyn FnMut(usize, &Hit<'_>)) {
    if !stands_alone(text.as_bytes(), from, to) {
        return;
    }
    let hit = Hit { text, at: from, value: from..to };
    for (at, pattern) in NUMBERS.iter() {
        if pattern.is_match(hit.value()) {
            emit(*at, &hit);
        }
    }
}

/// Returns true if a run of digits is a whole number: not part of a word, an id or a fraction.
fn stands_alone(bytes: &[u8], from: usize, to: usize) -> bool {
    let before = |back: usize| from.checked_sub(back).and_then(|at| bytes.get(at).copied());
    let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let is_free = match before(1) {
        Some(b'.') => !before(2).is_some_and(|b| b.is_ascii_digit()),
        Some(b'-') => before(2) == Some(b'6') && before(3) == Some(b'8'), // +86-138…
        Some(b'n' | b'r' | b't') => before(2) == Some(b'\\'),
        Some(b) => !is_word(b),
        None => true,
    };
    let continues = match bytes.get(to) {
        Some(b'.') => bytes.get(to + 1).is_some_and(u8::is_ascii_digit),
        Some(b) => is_word(*b),
        None => false,
    };
    is_free && !continues
}

/// Names of numbers that are not a person's.
const COUNTED: &[&str] = &[
    "byte",
    "mem",
    "storage",
    "size",
    "version",
    "revision",
    "capacity",
    "usage",
    "limit",
    "offset",
    "seq",
    "count",
    "total",
    "order",
    "trace",
    "span",
    "txn",
    "transaction",
    "time",
    "nano",
    "micro",
    "epoch",
    "inode",
    "hash",
    "rss",
    "request",
    "duration",
    "elapsed",
    "latency",
    "build",
    "serial",
    "batch",
    "trade",
    "snowflake",
    "crc",
    "checksum",
];

/// Names of a person's numbers.
const PERSONS: &[&str] = &[
    "phone", "mobile", "tel", "msisdn", "sms", "contact", "cell", "card", "bank", "pan", "account", "caller",
    "payee",
];

/// Returns true if the name before a number is that of a person's number, false if it is that of
/// another number, `None` if it is neither.
fn is_persons(hit: &Hit<'_>) -> Option<bool> {
    let before = hit.text.get(..hit.at).unwrap_or_default();
    let key = before.trim_end_matches([' ', '"', '\'', '\\', ':', '=', '#', '[', '(', '+', '/']);
    let key = if before.len() - key.len() > 8 { "" } else { name_at_end(key) };
    let key = key.to_ascii_lowercase();
    let has = |names: &[&str]| names.iter().any(|name| key.contains(name));
    if has(PERSONS) {
        Some(true)
    } else if has(COUNTED)
        || matches!(&*key, "id" | "ts" | "ns" | "us" | "ms" | "rv" | "no" | "num" | "number")
    {
        Some(false)
    } else {
        None
    }
}

/// Returns true if a unit follows.
fn has_unit(hit: &Hit<'_>) -> bool {
    let rest = hit.text.get(hit.value.end..).unwrap_or_default();
    [" byte", " B", " ns", " ms", " us", " KB", " rows", " times"].iter().any(|unit| rest.starts_with(unit))
}

/// Returns true for a mobile number of mainland China, false for a size in bytes: sizes are multiples
/// of a page.
pub fn mobile(hit: &Hit<'_>) -> bool {
    let value = hit.value();
    let lead = hit.text.get(..hit.at).unwrap_or_default();
    if !value.bytes().all(|b| b.is_ascii_digit()) {
        return is_persons(hit).unwrap_or(true);
    }
    if value.len() == 13 && !lead.ends_with('+') {
        return false; // milliseconds have 13 digits
    }
    let is_size = value.parse::<u64>().is_ok_and(|number| number % 4096 == 0);
    is_persons(hit).unwrap_or(!is_size && !has_unit(hit))
}

/// Returns true if the check character is right (ISO 7064, mod 11-2).
pub fn citizen(hit: &Hit<'_>) -> bool {
    let value = hit.value().as_bytes();
    let remainder = value.iter().take(17).fold(0u32, |sum, b| (sum + u32::from(b - b'0')) * 2 % 11);
    let check = (12 - remainder) % 11;
    let last = value.last().map(|b| if b.is_ascii_digit() { u32::from(b - b'0') } else { 10 });
    Some(check) == last
}

/// Returns true if Luhn's check digit is right and no name says that it is another number.
pub fn card(hit: &Hit<'_>) -> bool {
    let luhn = hit.value().bytes().rev().enumerate().fold(0u32, |sum, (at, byte)| {
        let digit = u32::from(byte - b'0') << (at % 2);
        sum + if digit > 9 { digit - 9 } else { digit }
    });
    luhn % 10 == 0 && is_persons(hit) != Some(false)
}
