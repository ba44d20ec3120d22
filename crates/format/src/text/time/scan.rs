//! Fractions, clocks and month names at a place in a text. Must not know any layout of times.

use crate::text::time::digits::{digit_run, digits, time_of};
use crate::text::time::words;
use chrono::{NaiveTime, Timelike};

/// Reads an optional fraction at `at`; returns microseconds and the bytes read. A colon begins a
/// fraction only if three digits follow, as some programs write milliseconds.
fn fraction(bytes: &[u8], at: usize) -> (u32, usize) {
    let separator = bytes.get(at);
    let is_millis = separator == Some(&b':') && digit_run(bytes, at + 1) == 3;
    if !matches!(separator, Some(b'.' | b',')) && !is_millis {
        return (0, 0);
    }
    let count = digit_run(bytes, at + 1);
    if count == 0 {
        return (0, 0);
    }
    let mut micros = 0u32;
    for index in 0..6 {
        let digit = bytes.get(at + 1 + index).filter(|_| index < count).map_or(0, |byte| byte - b'0');
        micros = micros * 10 + u32::from(digit);
    }
    (micros, count + 1)
}

/// Reads `HH:MM:SS[.fraction]` at `at`, the hour perhaps of one digit; returns the time and the bytes
/// read, ` AM` and ` PM` included; also with Chinese words.
pub(super) fn clock(bytes: &[u8], at: usize) -> Option<(NaiveTime, usize)> {
    if let Some((is_afternoon, word_len)) = words::half_day(bytes, at) {
        let (time, len) = digital(bytes, at + word_len)?;
        let hour = time.hour() % 12 + if is_afternoon { 12 } else { 0 };
        return Some((time.with_hour(hour)?, word_len + len));
    }
    digital(bytes, at)
}

/// Reads the digits of a clock.
fn digital(bytes: &[u8], at: usize) -> Option<(NaiveTime, usize)> {
    let hour_digits = if bytes.get(at + 2) == Some(&b':') { 2 } else { 1 };
    let at_minute = at + hour_digits;
    if bytes.get(at_minute) != Some(&b':') || bytes.get(at_minute + 3) != Some(&b':') {
        return words::clock(bytes, at);
    }
    let hour = digits(bytes, at, hour_digits)?;
    let (minute, second) = (digits(bytes, at_minute + 1, 2)?, digits(bytes, at_minute + 4, 2)?);
    let (micros, fraction_len) = fraction(bytes, at_minute + 6);
    let len = hour_digits + 6 + fraction_len;
    let rest = bytes.get(at + len..).unwrap_or(b"");
    // newer ICUs write a narrow space
    let gap = if rest.starts_with("\u{202f}".as_bytes()) { 3 } else { usize::from(rest.starts_with(b" ")) };
    let is_end = !rest.get(gap + 2).is_some_and(u8::is_ascii_alphanumeric) && (1..=12).contains(&hour);
    let (hour, len) = match rest.get(gap..gap + 2).filter(|_| is_end) {
        Some(half) if half.eq_ignore_ascii_case(b"AM") => (hour % 12, len + gap + 2),
        Some(half) if half.eq_ignore_ascii_case(b"PM") => (hour % 12 + 12, len + gap + 2),
        _ => (hour, len),
    };
    Some((time_of(hour, minute, second, micros)?, len))
}

/// Reads `HHMMSS[.fraction]`, or `HH.MM.SS[.fraction]` if `has_dots`, at `at`.
pub(super) fn packed_clock(bytes: &[u8], at: usize, has_dots: bool) -> Option<(NaiveTime, usize)> {
    let step = if has_dots { 3 } else { 2 };
    if has_dots && (bytes.get(at + 2) != Some(&b'.') || bytes.get(at + 5) != Some(&b'.')) {
        return None;
    }
    let (hour, minute, second) =
        (digits(bytes, at, 2)?, digits(bytes, at + step, 2)?, digits(bytes, at + 2 * step, 2)?);
    let end = at + 2 * step + 2;
    if bytes.get(end).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let (micros, len) = fraction(bytes, end);
    Some((time_of(hour, minute, second, micros)?, end - at + len))
}

/// Reads an English month name at `at`, short or long; returns its number and the bytes read.
pub(super) fn month(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let run = bytes.iter().skip(at).take(10).take_while(|byte| byte.is_ascii_alphabetic()).count();
    if run < 3 {
        return None;
    }
    let word = bytes.get(at..at + run)?;
    let is_prefix =
        |name: &&str| name.as_bytes().get(..run).is_some_and(|head| head.eq_ignore_ascii_case(word));
    let index = NAMES.iter().position(is_prefix)?;
    let is_known = run == 3 || run == NAMES.get(index)?.len() || (run == 4 && index == 8);
    is_known.then_some((u32::try_from(index + 1).ok()?, run))
}
