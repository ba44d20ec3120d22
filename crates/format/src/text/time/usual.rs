//! The time that most lines begin with: `2026-11-22T10:11:12.345Z`, `2026-11-22 10:11:12,345`. A shortcut: any
//! other form is left to the other readers.

use crate::contract::Clock;
use crate::text::time::Stamp;
use chrono::{DateTime, Datelike, NaiveDate};
use chrono_tz::Tz;
use model::time::local_ts;

/// A day, µs.
const DAY_US: i64 = 86_400_000_000;
/// 1 January 1970, counted from 31 December of the year before 1.
const EPOCH_DAY: i64 = 719_163;
/// Words that no zone is called.
const LEVELS: [&[u8]; 4] = [b"INFO ", b"WARN ", b"ERROR ", b"DEBUG "];

/// Reads the time at the front of a text. `None` for any other form, and where a zone may follow.
pub(super) fn at_front(bytes: &[u8], clock: &Clock) -> Option<Stamp> {
    let head: &[u8; 19] = bytes.first_chunk()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b' ', h1, h2, b':', n1, n2, b':', s1, s2] = *head
    else {
        return None;
    };
    if ![y1, y2, y3, y4, m1, m2, d1, d2, h1, h2, n1, n2, s1, s2].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let two = |tens: u8, ones: u8| u32::from(tens - b'0') * 10 + u32::from(ones - b'0');
    let (hour, minute, second) = (two(h1, h2), two(n1, n2), two(s1, s2));
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let year = i32::try_from(two(y1, y2) * 100 + two(y3, y4)).ok()?;
    let day = NaiveDate::from_ymd_opt(year, two(m1, m2), two(d1, d2))?;
    let (micros, len) = fraction(bytes);
    let zoned = is_utc(bytes.get(len..)?)?;
    let seconds = i64::from(hour * 3600 + minute * 60 + second);
    let utc = (i64::from(day.num_days_from_ce()) - EPOCH_DAY) * DAY_US + seconds * 1_000_000 + micros;
    let local = || DateTime::from_timestamp_micros(utc).map(|time| local_ts(time.naive_utc(), clock.zone).0);
    let ts = if zoned || clock.zone == Tz::UTC { utc } else { local()? };
    Some(Stamp { ts, zoned, len: len + usize::from(zoned) })
}

/// Reads the fraction behind the seconds: µs, and where it ends.
fn fraction(bytes: &[u8]) -> (i64, usize) {
    let (mut micros, mut unit, mut len) = (0, 100_000, 20);
    if !matches!(bytes.get(19), Some(b'.' | b',')) {
        return (0, 19);
    }
    while let Some(digit @ b'0'..=b'9') = bytes.get(len) {
        micros += i64::from(digit - b'0') * unit;
        unit /= 10;
        len += 1;
    }
    (micros, if len == 20 { 19 } else { len })
}

/// Returns true for `Z`, false where no zone follows, and `None` where one may.
fn is_utc(rest: &[u8]) -> Option<bool> {
    match rest {
        [] => Some(false),
        [b'Z'] => Some(true),
        [b'Z', next, ..] if !next.is_ascii_alphanumeric() => Some(true),
        [b' ', b'[' | b'(' | b'{', ..] => Some(false),
        [b' ', word @ ..] if LEVELS.iter().any(|level| word.starts_with(level)) => Some(false),
        _ => None,
    }
}
