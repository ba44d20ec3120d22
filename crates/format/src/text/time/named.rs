//! Times with an English name of a month or weekday: syslog, asctime, RFC 2822, common log, Tomcat.
//! Must not know the forms of digits alone.

use crate::contract::Clock;
use crate::text::time::digits::{digit_run, digits, short_number};
use crate::text::time::scan::{clock as clock_at, month};
use crate::text::time::{Reading, Stamp, nearest_year, settle, zone};
use chrono::{Datelike, NaiveDate};

/// Reads `[Weekday[,]] Mon dd …` and `Weekday, dd Mon yyyy …` at the front.
pub(super) fn at_front(bytes: &[u8], clock: &Clock) -> Option<Stamp> {
    let Some((month, len)) = month(bytes, 0) else {
        let after = weekday(bytes)?;
        let stamp = match bytes.get(after)? {
            b'0'..=b'9' => day_first(bytes.get(after..)?, clock),
            _ => at_front(bytes.get(after..)?, clock),
        };
        return stamp.map(|stamp| Stamp { len: stamp.len + after, ..stamp });
    };
    if bytes.get(len) != Some(&b' ') {
        return None;
    }
    let (day, day_len) = short_number(bytes, len + 1)?;
    let mut at = len + 1 + day_len;
    // `Nov 24, 2026 10:12:03 AM`, `Nov 24 2026 10:12:03`, `Nov 24 10:12:03`
    let comma = usize::from(bytes.get(at) == Some(&b','));
    at += comma;
    if bytes.get(at) != Some(&b' ') {
        return None;
    }
    at += 1;
    if let (4, Some(year)) = (digit_run(bytes, at), digits(bytes, at, 4)) {
        let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        let comma = usize::from(bytes.get(at + 4) == Some(&b','));
        // Kibana writes `Nov 24, 2026 @ 10:12:03.123`
        let mark = if bytes.get(at + 4..at + 7) == Some(b" @ ") { 2 } else { 0 };
        let begin = at + 4 + comma + mark + 1;
        let (time, len) = clock_at(bytes, begin)?;
        return Some(settle(&Reading { day, time, len: begin + len }, bytes, clock));
    }
    let (time, time_len) = clock_at(bytes, at)?;
    let end = at + time_len;
    year_last(bytes, &Reading { day: nearest_year(month, day, clock)?, time, len: end }, clock)
}

/// Reads the zone and the year that asctime writes after the clock: `10:12:03 UTC 2026`.
fn year_last(bytes: &[u8], reading: &Reading, clock: &Clock) -> Option<Stamp> {
    let local = reading.day.and_time(reading.time);
    let zone = zone::zone(bytes, reading.len, local, clock);
    let at = reading.len + zone.map_or(0, |(_, len)| len);
    let year = (bytes.get(at) == Some(&b' ') && digit_run(bytes, at + 1) == 4)
        .then(|| digits(bytes, at + 1, 4))
        .flatten()
        .filter(|year| (1970..2200).contains(year));
    let Some(year) = year else { return Some(settle(reading, bytes, clock)) };
    let day = reading.day.with_year(i32::try_from(year).ok()?)?;
    let stamp = settle(&Reading { day, time: reading.time, len: reading.len }, bytes, clock);
    Some(Stamp { len: at + 5, ..stamp })
}

/// Reads `yyyy Mon dd HH:MM:SS` at the front.
pub(super) fn year_first(bytes: &[u8], clock: &Clock) -> Option<Stamp> {
    let year = digits(bytes, 0, 4).filter(|_| bytes.get(4) == Some(&b' '))?;
    // seen from there, every date without a year is of this one
    let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, 12, 29)?;
    let stamp = at_front(bytes.get(5..)?, &Clock { day, ..*clock })?;
    Some(Stamp { len: stamp.len + 5, ..stamp })
}

/// Reads `dd/Mon/yyyy:HH:MM:SS`, `dd-Mon-yyyy HH:MM:SS` and `dd Mon [yyyy] HH:MM:SS` at the front.
pub(super) fn day_first(bytes: &[u8], clock: &Clock) -> Option<Stamp> {
    let (day, day_len) = short_number(bytes, 0)?;
    let separator = *bytes.get(day_len)?;
    if !matches!(separator, b'/' | b'-' | b' ') {
        return None;
    }
    let (month, month_len) = month(bytes, day_len + 1)?;
    let at = day_len + 1 + month_len;
    if bytes.get(at) != Some(&separator) {
        return None;
    }
    if separator == b' '
        && let Some((time, len)) = clock_at(bytes, at + 1)
    {
        let day = nearest_year(month, day, clock)?;
        return Some(settle(&Reading { day, time, len: at + 1 + len }, bytes, clock));
    }
    if digit_run(bytes, at + 1) != 4 {
        return None;
    }
    let day = NaiveDate::from_ymd_opt(i32::try_from(digits(bytes, at + 1, 4)?).ok()?, month, day)?;
    if !matches!(bytes.get(at + 5), Some(b':' | b' ' | b'T')) {
        return None;
    }
    let (time, len) = clock_at(bytes, at + 6)?;
    Some(settle(&Reading { day, time, len: at + 6 + len }, bytes, clock))
}

/// Returns the bytes of a weekday's name at the front, with what separates it from the date.
fn weekday(bytes: &[u8]) -> Option<usize> {
    const NAMES: [&[u8]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];
    let word = bytes.get(..3)?.to_ascii_lowercase();
    if !NAMES.contains(&word.as_slice()) {
        return None;
    }
    let run = bytes.iter().take(10).take_while(|byte| byte.is_ascii_alphabetic()).count();
    if run != 3 && !bytes.get(..run)?.ends_with(b"day") {
        return None;
    }
    let comma = usize::from(bytes.get(run) == Some(&b','));
    (bytes.get(run + comma) == Some(&b' ')).then_some(run + comma + 1)
}
