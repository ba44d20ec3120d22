//! Times as logs write them → microseconds UTC. The zone and day that a text omits come from
//! [`Clock`]. Must not know the current time.

use crate::contract::Clock;
use chrono::{Datelike, NaiveDate, NaiveTime};
use model::time::local_ts;

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

fn digits(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    let mut value = 0u32;
    for &byte in bytes.get(at..at + count)? {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + u32::from(byte - b'0');
    }
    Some(value)
}

/// Reads an optional fraction at `at`; returns microseconds and the bytes read.
fn fraction(bytes: &[u8], at: usize) -> (u32, usize) {
    if !matches!(bytes.get(at), Some(b'.' | b',')) {
        return (0, 0);
    }
    let mut micros = 0u32;
    let mut count = 0;
    while let Some(byte) = bytes.get(at + 1 + count).filter(|b| b.is_ascii_digit()) {
        if count < 6 {
            micros = micros * 10 + u32::from(byte - b'0');
        }
        count += 1;
    }
    if count == 0 {
        return (0, 0);
    }
    for _ in count..6 {
        micros *= 10;
    }
    (micros, count + 1)
}

/// Reads `Z`, `+08:00`, `+0800`, `+08`, each after at most one space; returns seconds and bytes read.
fn offset(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let space = usize::from(bytes.get(at) == Some(&b' '));
    let at = at + space;
    match bytes.get(at)? {
        b'Z' | b'z' if !bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric) => Some((0, space + 1)),
        sign @ (b'+' | b'-') => {
            let hours = digits(bytes, at + 1, 2)?;
            let colon = usize::from(bytes.get(at + 3) == Some(&b':'));
            let (minutes, len) = match digits(bytes, at + 3 + colon, 2) {
                Some(minutes) => (minutes, 5 + colon),
                None => (0, 3),
            };
            if hours > 14 || minutes > 59 || (space == 1 && len == 3) {
                return None;
            }
            let seconds = i64::from(hours * 3600 + minutes * 60);
            Some((if *sign == b'-' { -seconds } else { seconds }, space + len))
        }
        b'U' if bytes.get(at..at + 3) == Some(b"UTC") => Some((0, space + 3)),
        _ => None,
    }
}

/// Returns the point in time of a local reading, in the offset at `zone_at` or else the clock's zone.
fn stamp(day: NaiveDate, time: NaiveTime, bytes: &[u8], zone_at: usize, clock: &Clock) -> Stamp {
    let local = day.and_time(time);
    match offset(bytes, zone_at) {
        Some((seconds, len)) => Stamp {
            ts: local.and_utc().timestamp_micros() - seconds * 1_000_000,
            zoned: true,
            len: zone_at + len,
        },
        None => Stamp { ts: local_ts(local, clock.zone).0, zoned: false, len: zone_at },
    }
}

/// Reads `HH:MM:SS[.fraction]` at `at`; returns the time and the bytes read.
pub fn clock_time(bytes: &[u8], at: usize) -> Option<(NaiveTime, usize)> {
    if bytes.get(at + 2) != Some(&b':') || bytes.get(at + 5) != Some(&b':') {
        return None;
    }
    let (hour, minute, second) =
        (digits(bytes, at, 2)?, digits(bytes, at + 3, 2)?, digits(bytes, at + 6, 2)?);
    let (micros, len) = fraction(bytes, at + 8);
    // a leap second counts as the last microsecond of its minute
    let (second, micros) = if second == 60 { (59, 999_999) } else { (second, micros) };
    Some((NaiveTime::from_hms_micro_opt(hour, minute, second, micros)?, 8 + len))
}

/// Reads `YYYY-MM-DD[T ]HH:MM:SS[.,fraction][zone]` (also with `/`) at the front of `text`.
pub fn iso(text: &str, clock: &Clock) -> Option<Stamp> {
    let bytes = text.as_bytes();
    let separator = *bytes.get(4)?;
    if !matches!(separator, b'-' | b'/') || bytes.get(7) != Some(&separator) {
        return None;
    }
    if !matches!(bytes.get(10), Some(b'T' | b't' | b' ')) {
        return None;
    }
    let year = i32::try_from(digits(bytes, 0, 4)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, digits(bytes, 5, 2)?, digits(bytes, 8, 2)?)?;
    let (time, len) = clock_time(bytes, 11)?;
    Some(stamp(day, time, bytes, 11 + len, clock))
}

/// Returns the number of a three-letter English month name.
pub fn month(name: &[u8]) -> Option<u32> {
    const NAMES: &[u8] = b"janfebmaraprmayjunjulaugsepoctnovdec";
    let name: Vec<u8> = name.get(..3)?.to_ascii_lowercase();
    let at = NAMES.chunks(3).position(|month| month == name)?;
    u32::try_from(at + 1).ok()
}

/// Reads `dd/Mon/yyyy:HH:MM:SS ±zzzz` (nginx, Apache) at the front of `text`.
pub fn common_log(text: &str, clock: &Clock) -> Option<Stamp> {
    let bytes = text.as_bytes();
    if bytes.get(2) != Some(&b'/') || bytes.get(6) != Some(&b'/') || bytes.get(11) != Some(&b':') {
        return None;
    }
    let year = i32::try_from(digits(bytes, 7, 4)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, month(bytes.get(3..6)?)?, digits(bytes, 0, 2)?)?;
    let (time, len) = clock_time(bytes, 12)?;
    Some(stamp(day, time, bytes, 12 + len, clock))
}

/// Reads klog's `MMDD HH:MM:SS.ffffff` at the front of `text`. The year is the one nearest to the
/// object's day, so that 31 December and 1 January get the right one.
pub fn klog(text: &str, clock: &Clock) -> Option<Stamp> {
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b' ') {
        return None;
    }
    let (month, day) = (digits(bytes, 0, 2)?, digits(bytes, 2, 2)?);
    let (time, len) = clock_time(bytes, 5)?;
    Some(stamp(nearest_year(month, day, clock)?, time, bytes, 5 + len, clock))
}

/// Returns the date with that month and day that is nearest to the clock's day.
pub fn nearest_year(month: u32, day: u32, clock: &Clock) -> Option<NaiveDate> {
    let year = clock.day.year();
    [year - 1, year, year + 1]
        .into_iter()
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
        .min_by_key(|date| (*date - clock.day).num_days().abs())
}

/// Reads a number as epoch seconds, milli-, micro- or nanoseconds, depending on its magnitude.
/// `None` below 1e8 and from 1e20.
pub fn epoch(value: f64) -> Option<i64> {
    let micros = match value.abs() {
        v if !(1e8..1e20).contains(&v) => return None,
        v if v < 1e11 => value * 1e6,
        v if v < 1e14 => value * 1e3,
        v if v < 1e17 => value,
        _ => value / 1e3,
    };
    Some(micros.round() as i64)
}

/// Reads a whole value as a time: ISO, or a number as [`epoch`] does.
pub fn any(text: &str, clock: &Clock) -> Option<Stamp> {
    let text = text.trim();
    iso(text, clock).or_else(|| {
        let ts = epoch(text.parse().ok()?)?;
        Some(Stamp { ts, zoned: true, len: text.len() })
    })
}
