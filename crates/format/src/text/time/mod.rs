//! Times as logs write them → microseconds UTC. The zone, year and day that a text omits come from
//! [`Clock`]. Must not know the current time.

mod chinese;
mod digits;
mod named;
mod numeric;
mod scan;
mod tai64;
mod usual; // the form that most lines have
mod words; // clocks with Chinese words
mod zone;

use crate::contract::Clock;
use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};
use model::time::local_ts;

/// Days after the clock's day that a time without a year may still be: zones, and uploads around midnight.
const DAYS_AHEAD: i64 = 2;

/// A time at the front of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// µs UTC.
    pub ts: i64,
    /// True if the text names its zone.
    pub zoned: bool,
    /// Bytes read.
    pub len: usize,
}

/// A local reading, and where its zone may follow.
struct Reading {
    day: NaiveDate,
    time: NaiveTime,
    len: usize,
}

/// Returns the point in time of a reading, in the zone after it or else the clock's zone.
fn settle(reading: &Reading, bytes: &[u8], clock: &Clock) -> Stamp {
    let local = reading.day.and_time(reading.time);
    match zone::zone(bytes, reading.len, local, clock) {
        Some((seconds, len)) => Stamp {
            ts: local.and_utc().timestamp_micros() - seconds * 1_000_000,
            zoned: true,
            len: reading.len + len,
        },
        None => Stamp { ts: local_ts(local, clock.zone).0, zoned: false, len: reading.len },
    }
}

/// Reads a date and time of any known form at the front of `text`.
pub fn at_front(text: &str, clock: &Clock) -> Option<Stamp> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'0'..=b'9' => usual::at_front(bytes, clock)
            .or_else(|| numeric::at_front(text, clock))
            .or_else(|| named::day_first(bytes, clock))
            .or_else(|| named::year_first(bytes, clock))
            .or_else(|| chinese::at_front(bytes, clock))
            .or_else(|| chinese::month_first(bytes, clock)),
        0xe4..=0xe5 => chinese::month_first(bytes, clock), // `一` to `十`
        b'A'..=b'Z' | b'a'..=b'z' => named::at_front(bytes, clock),
        _ => None,
    }
}

/// Reads `YYYY-MM-DD[T _]HH:MM:SS[.,fraction][zone]` and its relatives at the front of `text`.
pub fn iso(text: &str, clock: &Clock) -> Option<Stamp> {
    usual::at_front(text.as_bytes(), clock).or_else(|| numeric::iso(text, clock))
}

/// Reads `HH:MM:SS[.fraction]` of the clock's day at the front of `text`.
pub fn time_of_day(text: &str, clock: &Clock) -> Option<Stamp> {
    let (time, len) = scan::clock(text.as_bytes(), 0)?;
    Some(settle(&Reading { day: clock.day, time, len }, text.as_bytes(), clock))
}

/// Reads `dd/Mon/yyyy:HH:MM:SS ±zzzz` (nginx, Apache) at the front of `text`.
pub fn common_log(text: &str, clock: &Clock) -> Option<Stamp> {
    (text.as_bytes().get(2) == Some(&b'/')).then(|| named::day_first(text.as_bytes(), clock)).flatten()
}

/// Returns the date with that month and day that is nearest to the clock's day, and not after it: a line
/// is never written before its time.
fn nearest_year(month: u32, day: u32, clock: &Clock) -> Option<NaiveDate> {
    let year = clock.day.year();
    let latest = clock.day.checked_add_signed(TimeDelta::days(DAYS_AHEAD)).unwrap_or(clock.day);
    // 29 February may be up to eight years back
    (0..=8)
        .find_map(|back| NaiveDate::from_ymd_opt(year + 1 - back, month, day).filter(|date| *date <= latest))
}

/// Returns the date that is nearest to the clock's day; one that lies after it only if all do.
fn nearest_date<const N: usize>(dates: [Option<NaiveDate>; N], clock: &Clock) -> Option<NaiveDate> {
    dates.into_iter().flatten().min_by_key(|date| {
        let days = date.signed_duration_since(clock.day).num_days();
        (days > DAYS_AHEAD, days.abs())
    })
}

/// Reads a number as epoch seconds, milli-, micro- or nanoseconds, depending on its magnitude.
/// `None` below 1e8, from 1e20, and for fourteen digits: those are a date and a clock.
pub fn epoch(value: f64) -> Option<i64> {
    let micros = match value.abs() {
        v if !(1e8..1e20).contains(&v) || (1e13..1e14).contains(&v) => return None,
        v if v < 1e11 => value * 1e6,
        v if v < 1e13 => value * 1e3,
        v if v < 1e17 => value,
        _ => value / 1e3,
    };
    Some(micros.round() as i64)
}

/// Reads a whole value as a time: any form that [`at_front`] knows, or a number as [`epoch`] does.
pub fn any(text: &str, clock: &Clock) -> Option<Stamp> {
    if let Some(stamp) = iso(text, clock) {
        return Some(stamp);
    }
    if let Some(ts) = tai64::label(text) {
        return Some(Stamp { ts, zoned: true, len: text.len() });
    }
    let text = text.trim_matches(['[', ']', '"', ' ', '\t', '\r', '\n']);
    if let Some(inner) = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")) {
        // older .NET: milliseconds UTC, whatever offset follows
        let millis = inner.split(['+', '-']).next()?.parse::<f64>().ok()?;
        return epoch(millis).map(|ts| Stamp { ts, zoned: true, len: text.len() });
    }
    // some locales write a comma before the fraction
    let point = text.split_once(',').map(|(seconds, fraction)| format!("{seconds}.{fraction}"));
    if let Some(ts) = text.parse().ok().or_else(|| point?.parse().ok()).and_then(epoch) {
        return Some(Stamp { ts, zoned: true, len: text.len() });
    }
    at_front(text, clock)
}
