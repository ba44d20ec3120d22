//! A time that JSON keeps in an object or array: MongoDB's `$date`, protobuf's `seconds` and `nanos`,
//! `[seconds, nanoseconds]`, Jackson's `[2026,11,24,10,12,3]`. Must not know which member is a time.

use crate::text::json::{int_of, items, members_of, text_of};
use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use model::record::Text;
use std::borrow::Cow;

/// Returns the time as a text that `time::any` reads.
pub fn time_of(raw: &str) -> Option<Text<'_>> {
    match raw.bytes().next()? {
        b'{' => of_object(raw),
        b'[' => of_array(&items(raw).ok()?),
        _ => None,
    }
}

fn of_object(raw: &str) -> Option<Text<'_>> {
    let (mut seconds, mut nanos, mut date, mut zone) = (None, 0, None, None);
    for (key, value) in members_of(raw) {
        match key.trim_start_matches('_').to_ascii_lowercase().as_str() {
            "$date" => return text_of(value).or_else(|| time_of(value)),
            "$numberlong" => return text_of(value),
            "seconds" | "sec" | "s" | "epochsecond" => seconds = int_of(value),
            "nanos" | "nanoseconds" | "nsec" | "ns" | "nano" | "nanoofsecond" => nanos = int_of(value)?,
            "usec" | "micros" => nanos = int_of(value)?.checked_mul(1_000)?,
            "date" => date = text_of(value),
            "timezone" => zone = text_of(value),
            _ => {}
        }
    }
    match (seconds, date) {
        (Some(seconds), _) => of_seconds(seconds, nanos),
        // PHP's `DateTime`
        (None, Some(date)) => of_zone(&date, zone.as_deref().unwrap_or("")).or(Some(date)),
        (None, None) => None,
    }
}

fn of_seconds(seconds: i64, nanos: i64) -> Option<Text<'static>> {
    (100_000_000..100_000_000_000).contains(&seconds).then_some(())?;
    (0..1_000_000_000).contains(&nanos).then(|| Cow::Owned(format!("{seconds}.{nanos:09}")))
}

/// Adds the zone, an offset or a name such as `Asia/Shanghai`, to a local time.
fn of_zone(date: &str, zone: &str) -> Option<Text<'static>> {
    if zone.starts_with(['+', '-']) {
        return Some(Cow::Owned(format!("{date}{zone}")));
    }
    let local = NaiveDateTime::parse_from_str(date, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    let time = zone.parse::<Tz>().ok()?.from_local_datetime(&local).earliest()?;
    Some(Cow::Owned(time.to_rfc3339()))
}

fn of_array<'a>(items: &[&'a str]) -> Option<Text<'a>> {
    let numbers: Vec<i64> = items.iter().map_while(|item| item.trim().parse().ok()).collect();
    match (items, numbers.as_slice()) {
        ([only], _) => text_of(only),
        (_, [seconds, nanos]) => of_seconds(*seconds, *nanos),
        (_, [year @ 1970..2200, month, day, hour, minute, rest @ ..]) if items.len() == numbers.len() => {
            let (second, nanos) = (rest.first().unwrap_or(&0), rest.get(1).unwrap_or(&0));
            Some(Cow::Owned(format!(
                "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}"
            )))
        }
        _ => None,
    }
}
