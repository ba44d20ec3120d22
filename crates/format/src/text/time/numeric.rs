//! Times written in digits: ISO and its relatives, packed dates, dates without a year.
//! Must not know names of months.

use crate::contract::Clock;
use crate::text::time::digits::{digit_run, digits, one_or_two};
use crate::text::time::scan::{clock as clock_at, packed_clock};
use crate::text::time::{Reading, Stamp, nearest_date, nearest_year, settle};
use chrono::NaiveDate;

/// Reads any of these forms at the front of `text`.
pub(super) fn at_front(text: &str, clock: &Clock) -> Option<Stamp> {
    let bytes = text.as_bytes();
    match digit_run(bytes, 0) {
        4 => iso(text, clock).or_else(|| klog(text, clock)),
        8 => packed(bytes, clock),
        6 => packed_short(bytes, clock),
        // `20261124T101203`: the digits end at the `T`; `20261124101203` has fourteen
        14 => packed(bytes, clock),
        1 | 2 => separated(bytes, clock),
        _ => None,
    }
}

/// Reads `YYYY-MM-DD[T _]HH:MM:SS[.,fraction][zone]` at the front of `text`, also with `][` between day and clock, with `/` or `.`
/// between the parts of the date, month and day perhaps of one digit, and `YYYY-MM-DD-HH.MM.SS.fraction`.
pub(super) fn iso(text: &str, clock: &Clock) -> Option<Stamp> {
    let bytes = text.as_bytes();
    let separator = *bytes.get(4)?;
    if !matches!(separator, b'-' | b'/' | b'.') {
        return None;
    }
    let year = i32::try_from(digits(bytes, 0, 4)?).ok()?;
    if separator == b'-' && digit_run(bytes, 5) == 3 {
        return ordinal(bytes, year, clock);
    }
    let (month, month_len) = one_or_two(bytes, 5)?;
    let day_at = 5 + month_len + 1;
    if bytes.get(day_at - 1) != Some(&separator) {
        return None;
    }
    let (day, day_len) = one_or_two(bytes, day_at)?;
    let day = NaiveDate::from_ymd_opt(year, month, day)?;
    let end = day_at + day_len;
    let begin = match (bytes.get(end)?, bytes.get(end + 1)) {
        (b',' | b' ', Some(b' ')) => end + 2,
        (b']', _) => after_brackets(bytes, end)?,
        (b'T' | b't' | b' ' | b'_' | b'-' | b':', _) => end + 1,
        (0x80.., _) => end, // `2026/11/24下午3:12:03`
        _ => return None,
    };
    let packed = || packed_clock(bytes, begin, true).filter(|(_, len)| is_packed(bytes, end, *len));
    let (time, len) = clock_at(bytes, begin).or_else(packed)?;
    Some(settle(&Reading { day, time, len: begin + len }, bytes, clock))
}

/// Reads ISO's `YYYY-DDDTHH:MM:SS`, whose second number is the day of the year.
fn ordinal(bytes: &[u8], year: i32, clock: &Clock) -> Option<Stamp> {
    let day = NaiveDate::from_yo_opt(year, digits(bytes, 5, 3)?)?;
    let (time, len) = clock_at(bytes, 9).filter(|_| bytes.get(8) == Some(&b'T'))?;
    Some(settle(&Reading { day, time, len: 9 + len }, bytes, clock))
}

/// Returns true if the numbers after the date that ends at `end` are a clock: after a space they may be an address, whose
/// last number is of any length.
fn is_packed(bytes: &[u8], end: usize, len: usize) -> bool {
    match bytes.get(end) {
        Some(b'-' | b':') => true,
        Some(b' ' | b'T') => matches!(len, 8 | 12 | 15 | 18),
        _ => false,
    }
}

/// Returns where a clock in brackets of its own begins, after the `]` of a date at `at`.
fn after_brackets(bytes: &[u8], at: usize) -> Option<usize> {
    let gap = if bytes.get(at + 1) == Some(&b' ') { 2 } else { 1 };
    (bytes.get(at + gap) == Some(&b'[')).then_some(at + gap + 1)
}

/// Reads klog's `MMDD HH:MM:SS.ffffff` at the front of `text`.
fn klog(text: &str, clock: &Clock) -> Option<Stamp> {
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b' ') {
        return None;
    }
    let (month, day) = (digits(bytes, 0, 2)?, digits(bytes, 2, 2)?);
    let (time, len) = clock_at(bytes, 5)?;
    Some(settle(&Reading { day: nearest_year(month, day, clock)?, time, len: 5 + len }, bytes, clock))
}

/// Reads `YYYYMMDD[T _-]HHMMSS`, `YYYYMMDD HH:MM:SS`, `YYYYMMDD-HH:MM:SS:fff` and `YYYYMMDDHHMMSS`.
fn packed(bytes: &[u8], clock: &Clock) -> Option<Stamp> {
    let year = i32::try_from(digits(bytes, 0, 4)?).ok().filter(|year| (1970..2200).contains(year))?;
    let day = NaiveDate::from_ymd_opt(year, digits(bytes, 4, 2)?, digits(bytes, 6, 2)?)?;
    let begin = match bytes.get(8)? {
        b'T' | b't' | b' ' | b'_' | b'-' => 9,
        b'0'..=b'9' => 8,
        b']' => after_brackets(bytes, 8)?,
        _ => return None,
    };
    let (time, len) = clock_at(bytes, begin).or_else(|| packed_clock(bytes, begin, false))?;
    Some(settle(&Reading { day, time, len: begin + len }, bytes, clock))
}

/// Reads `yymmdd HHMMSS` and `yymmdd HH:MM:SS`.
fn packed_short(bytes: &[u8], clock: &Clock) -> Option<Stamp> {
    if bytes.get(6) != Some(&b' ') {
        return None;
    }
    let year = i32::try_from(2000 + digits(bytes, 0, 2)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, digits(bytes, 2, 2)?, digits(bytes, 4, 2)?)?;
    let begin = if bytes.get(7) == Some(&b' ') { 8 } else { 7 }; // MySQL pads the hour
    let (time, len) = clock_at(bytes, begin).or_else(|| packed_clock(bytes, begin, false))?;
    Some(settle(&Reading { day, time, len: begin + len }, bytes, clock))
}

/// Reads dates of short numbers: `yy/mm/dd`, `dd/mm/yy`, `mm/dd/yyyy`, `dd.mm.yyyy`, `mm-dd` and `mm.dd`.
fn separated(bytes: &[u8], clock: &Clock) -> Option<Stamp> {
    let first_len = digit_run(bytes, 0);
    let separator = *bytes.get(first_len)?;
    let second_len = digit_run(bytes, first_len + 1);
    if !matches!(separator, b'/' | b'-' | b'.') || !matches!(second_len, 1 | 2) {
        return None;
    }
    let first = digits(bytes, 0, first_len)?;
    let second = digits(bytes, first_len + 1, second_len)?;
    let third_at = first_len + 1 + second_len;
    let (day, date_len) = match (bytes.get(third_at)?, digit_run(bytes, third_at + 1)) {
        (b' ', _) if first_len == 2 && second_len == 2 => (nearest_year(first, second, clock)?, third_at),
        (same, 2) if *same == separator && first_len == 2 => {
            (two_digit_year(first, second, digits(bytes, third_at + 1, 2)?, clock)?, third_at + 3)
        }
        (same, 4) if *same == separator => {
            let year = i32::try_from(digits(bytes, third_at + 1, 4)?).ok()?;
            let month_first = NaiveDate::from_ymd_opt(year, first, second);
            let day_first = NaiveDate::from_ymd_opt(year, second, first);
            (nearest_date([day_first, month_first], clock)?, third_at + 5)
        }
        _ => return None,
    };
    let begin = match (bytes.get(date_len)?, bytes.get(date_len + 1)) {
        (b',', Some(b' ')) => date_len + 2,
        (b']', _) => after_brackets(bytes, date_len)?,
        (b' ' | b'T' | b'-', _) => date_len + 1,
        _ => return None,
    };
    let (time, len) = clock_at(bytes, begin)?;
    Some(settle(&Reading { day, time, len: begin + len }, bytes, clock))
}

/// Returns the date of three two-digit numbers in the order that is nearest to the clock's day.
fn two_digit_year(first: u32, second: u32, third: u32, clock: &Clock) -> Option<NaiveDate> {
    let year_of = |number: u32| i32::try_from(2000 + number).ok();
    let year_first = NaiveDate::from_ymd_opt(year_of(first)?, second, third);
    let month_first = NaiveDate::from_ymd_opt(year_of(third)?, first, second);
    let day_first = NaiveDate::from_ymd_opt(year_of(third)?, second, first);
    nearest_date([year_first, month_first, day_first], clock)
}
