//! Zones as logs write them: `Z`, `+08:00`, `UTC`, `GMT+8`, `CST`, `Asia/Shanghai`. Must not know any layout of times.

use crate::contract::Clock;
use crate::text::time::digits::digits;
use chrono::{NaiveDateTime, Offset, TimeZone};
use chrono_tz::{OffsetName, Tz};

/// Returns the minutes between UTC and a zone that logs name.
fn named_minutes(name: &str) -> Option<i64> {
    Some(match name {
        "UTC" | "GMT" | "WET" => 0,
        "WEST" | "BST" | "CET" | "MEZ" => 60,
        "CEST" | "MESZ" | "EET" | "SAST" => 120,
        "EEST" | "MSK" | "TRT" => 180,
        "GST" => 240,
        "PKT" => 300,
        "IST" => 330,
        "ICT" | "WIB" => 420,
        "HKT" | "SGT" | "AWST" => 480,
        "JST" | "KST" => 540,
        "AEST" => 600,
        "AEDT" => 660,
        "NZST" => 720,
        "NZDT" => 780,
        "BRT" | "ART" => -180,
        "EDT" => -240,
        "EST" | "CDT" => -300,
        "CST" | "MDT" => -360,
        "MST" | "PDT" => -420,
        "PST" => -480,
        _ => return None,
    })
}

/// Reads a zone at `at`, after at most one space. Returns the offset in seconds and the bytes read.
pub(super) fn zone(bytes: &[u8], at: usize, local: NaiveDateTime, clock: &Clock) -> Option<(i64, usize)> {
    let space = usize::from(bytes.get(at) == Some(&b' '));
    let begin = at + space;
    let is_end = |at: usize| !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    match bytes.get(begin)? {
        b'Z' | b'z' if is_end(begin + 1) => Some((0, space + 1)),
        b'+' | b'-' => {
            let (seconds, len) = numeric(bytes, begin, space == 1)?;
            // Java names the zone after its offset: `+08:00[Asia/Shanghai]`
            let named = bytes.get(begin + len..).filter(|rest| rest.first() == Some(&b'['));
            let close = named.and_then(|rest| rest.iter().take(40).position(|byte| *byte == b']'));
            let has_slash =
                |end: &usize| named.is_some_and(|rest| rest.get(..*end).is_some_and(is_zone_name));
            Some((seconds, space + len + close.filter(has_slash).map_or(0, |end| end + 1)))
        }
        b'A'..=b'Z' => {
            let len = bytes.iter().skip(begin).take_while(|byte| byte.is_ascii_uppercase()).count();
            if !(3..=4).contains(&len) || !is_end(begin + len) {
                return region(bytes, begin, local).map(|(seconds, len)| (seconds, space + len));
            }
            let name = std::str::from_utf8(bytes.get(begin..begin + len)?).ok()?;
            if let Some((seconds, more)) =
                after_utc(bytes, begin + len).filter(|_| matches!(name, "UTC" | "GMT"))
            {
                return Some((seconds, space + len + more));
            }
            let usual = named_minutes(name)?;
            // `CST` is China's in Shanghai and America's elsewhere, unless another clock shows which
            let shown = (name == "CST").then(|| cst_minutes(local, clock)).flatten();
            let minutes = shown.or_else(|| own_minutes(name, local, clock)).unwrap_or(usual);
            Some((minutes * 60, space + len))
        }
        _ => None,
    }
}

fn is_zone_name(text: &[u8]) -> bool {
    text.contains(&b'/') && text.iter().all(|byte| byte.is_ascii_alphabetic() || b"[/_".contains(byte))
}

/// Reads the offset after `UTC` or `GMT`, and the name in parentheses that JavaScript adds.
fn after_utc(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let sign = if *bytes.get(at)? == b'-' { -1 } else { 1 };
    let (seconds, len) = match numeric(bytes, at, false) {
        Some(read) => read,
        None => (i64::from(digits(bytes, at + 1, 1)?) * 3600 * sign, 2),
    };
    if !matches!(bytes.get(at)?, b'+' | b'-') || bytes.get(at + len).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let name = bytes.get(at + len..).and_then(|rest| rest.strip_prefix(b" ("));
    let close = name.and_then(|name| name.iter().take(60).position(|byte| *byte == b')'));
    let is_zone = |end: &usize| {
        let name = name.and_then(|name| name.get(..*end)).unwrap_or(b"");
        [&b"Time"[..], "时间".as_bytes(), b"UTC", b"ST"].iter().any(|word| name.ends_with(word))
    };
    Some((seconds, len + close.filter(is_zone).map_or(0, |end| end + 3)))
}

/// Reads the name of a region, `Asia/Shanghai`.
fn region(bytes: &[u8], at: usize, local: NaiveDateTime) -> Option<(i64, usize)> {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(byte);
    let len = bytes.iter().skip(at).take(40).take_while(is_part).count();
    let name = std::str::from_utf8(bytes.get(at..at + len)?).ok().filter(|name| name.contains('/'))?;
    let offset = name.parse::<Tz>().ok()?.offset_from_local_datetime(&local).earliest()?;
    Some((i64::from(offset.fix().local_minus_utc()), len))
}

/// Reads `±hh:mm`, `±hhmm` or `±hh`; the last after a space only where no number can be meant.
fn numeric(bytes: &[u8], at: usize, is_spaced: bool) -> Option<(i64, usize)> {
    let hours = digits(bytes, at + 1, 2)?;
    let colon = usize::from(bytes.get(at + 3) == Some(&b':'));
    let (minutes, len) = match digits(bytes, at + 3 + colon, 2) {
        Some(minutes) => (minutes, 5 + colon),
        None => (0, 3),
    };
    let is_alone = match (bytes.get(at), bytes.get(at + 3)) {
        (_, None | Some(b']' | b')' | b':')) | (Some(b'+'), Some(b' ' | b'|' | b',' | b'\t')) => true,
        (_, next) => next == Some(&b' ') && bytes.get(at + 4) == Some(&b'['),
    };
    if hours > 14 || minutes > 59 || (is_spaced && len == 3 && !is_alone) {
        return None;
    }
    let seconds = i64::from(hours * 3600 + minutes * 60);
    Some((if bytes.get(at) == Some(&b'-') { -seconds } else { seconds }, len))
}

/// Returns the offset of China or America for `CST`: the one that agrees with when the text was written.
fn cst_minutes(local: NaiveDateTime, clock: &Clock) -> Option<i64> {
    // collectors are late by minutes; the two zones are fourteen hours apart
    const MAX_APART_US: u64 = 3_600_000_000;
    let written = clock.written?;
    let ts = |minutes: i64| local.and_utc().timestamp_micros() - minutes * 60_000_000;
    [480, -360].into_iter().find(|minutes| ts(*minutes).abs_diff(written) <= MAX_APART_US)
}

/// Returns the offset of the clock's zone if it has that name at that time.
fn own_minutes(name: &str, local: NaiveDateTime, clock: &Clock) -> Option<i64> {
    let offset = clock.zone.offset_from_local_datetime(&local).earliest()?;
    (offset.abbreviation() == Some(name)).then(|| i64::from(offset.fix().local_minus_utc()) / 60)
}
