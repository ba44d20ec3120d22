//! Points and spans of event time. Values are UTC microseconds; time zones appear only where people
//! read or write a time. Must not know any log format; only [`Ts::now`] reads the clock.

use crate::error::{Error, Result};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::RangeInclusive;

/// Years in which logs are written. A time outside is a mistake, and near the ends of the calendar no zone has
/// an offset.
const YEARS: RangeInclusive<i32> = 1970..=2261;

/// The day in the examples of hints and descriptions. Faces replace it by a day that has rows.
pub const EXAMPLE_DAY: &str = "2026-11-22";

/// A point in event time: microseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ts(pub i64);

impl Ts {
    /// Returns the current time. Only the command line and the server call it; steps receive the time.
    pub fn now() -> Self {
        Self(Utc::now().timestamp_micros())
    }

    /// Returns the point as a `chrono` time, or the epoch if it is out of that type's range.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Returns the local time `HH:MM:SS` in `zone`.
    pub fn clock(self, zone: Tz) -> String {
        self.utc().with_timezone(&zone).format("%H:%M:%S").to_string()
    }

    /// Returns the local date and time `YYYY-MM-DD HH:MM:SS` in `zone`.
    pub fn local(self, zone: Tz) -> String {
        self.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// Returns the local time in RFC 3339 with the offset of `zone`: `2026-11-26T06:47:10+08:00`. A fraction of a
    /// second follows only if it is not zero.
    pub fn rfc3339(self, zone: Tz) -> String {
        self.utc().with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, false)
    }

    /// Returns [`Ts::rfc3339`] without a fraction of a second.
    pub fn rfc3339_s(self, zone: Tz) -> String {
        self.utc().with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false)
    }

    /// Returns the local day in `zone`.
    pub fn date(self, zone: Tz) -> NaiveDate {
        self.utc().with_timezone(&zone).date_naive()
    }

    /// Returns the point that many seconds later.
    #[must_use]
    pub fn plus_s(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Returns the seconds from `earlier` to this point.
    pub fn since_s(self, earlier: Self) -> f64 {
        (self.0 - earlier.0) as f64 / 1e6
    }

    /// Parses RFC 3339, or a local `YYYY-MM-DD[[ T]HH:MM[:SS]]` in `zone`, of the years 1970 to 2261.
    pub fn parse(text: &str, zone: Tz) -> Result<Self> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text)
            && YEARS.contains(&time.year())
        {
            return Ok(Self(time.timestamp_micros()));
        }
        for layout in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"] {
            if let Ok(local) = NaiveDateTime::parse_from_str(text, layout)
                && YEARS.contains(&local.year())
            {
                return Ok(local_ts(local, zone));
            }
        }
        if let Ok(day) = parse_day(text) {
            return Ok(local_ts(day.and_time(chrono::NaiveTime::MIN), zone));
        }
        Err(Error::usage(format!("invalid time `{text}`"))
            .hint(format!("write 2026-11-22T10:12:00+08:00, or 2026-11-22 10:12 for a time in {zone}")))
    }
}

impl fmt::Display for Ts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl Serialize for Ts {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        DateTime::parse_from_rfc3339(&text)
            .map(|time| Self(time.timestamp_micros()))
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Ts {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ts".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "A point in event time: RFC 3339, UTC, microseconds."
        })
    }
}

/// Returns the point of a local date and time. If a DST change makes it ambiguous, that is the earlier
/// point; if a DST change skips it, the point one hour later.
pub fn local_ts(local: NaiveDateTime, zone: Tz) -> Ts {
    if zone == Tz::UTC {
        return Ts(local.and_utc().timestamp_micros());
    }
    let point = zone
        .from_local_datetime(&local)
        .earliest()
        .or_else(|| zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest());
    Ts(point.map_or_else(|| local.and_utc().timestamp_micros(), |p| p.timestamp_micros()))
}

/// A half-open span `[from, to)` of event time, read and written in `zone`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Start, inclusive.
    pub from: Ts,
    /// End, exclusive.
    pub to: Ts,
    /// The lake's time zone, in which days and local times are read and written.
    pub zone: Tz,
}

impl Window {
    /// Returns the window of the local day `date`.
    pub fn day(date: NaiveDate, zone: Tz) -> Self {
        let midnight = |day: NaiveDate| local_ts(day.and_time(chrono::NaiveTime::MIN), zone);
        let next = date.succ_opt().unwrap_or(date);
        Self { from: midnight(date), to: midnight(next), zone }
    }

    /// Returns the window of `seconds` that ends where this one begins.
    #[must_use]
    pub fn before(self, seconds: i64) -> Self {
        Self { from: self.from.plus_s(-seconds), to: self.from, zone: self.zone }
    }

    /// Returns the local date of its start.
    pub fn date(self) -> NaiveDate {
        self.from.date(self.zone)
    }

    /// Returns true if `ts` is in the window.
    pub fn contains(self, ts: Ts) -> bool {
        self.from <= ts && ts < self.to
    }
}

/// Parses `YYYY-MM-DD`; the year has at most four digits.
pub fn parse_date(text: &str) -> Result<NaiveDate> {
    let invalid = || {
        Error::usage(format!("invalid date `{text}`")).hint("write it as YYYY-MM-DD, for example 2026-11-22")
    };
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|error| invalid().because(error))?;
    if (0..=9999).contains(&date.year()) { Ok(date) } else { Err(invalid()) }
}

/// Parses `YYYY-MM-DD` of a day that can have logs: from 1970 to 2261.
pub fn parse_day(text: &str) -> Result<NaiveDate> {
    let day = parse_date(text)?;
    if YEARS.contains(&day.year()) {
        return Ok(day);
    }
    Err(Error::usage(format!("no logs are of the day `{text}`")).hint(format!(
        "write a day of the years {} to {}",
        YEARS.start(),
        YEARS.end()
    )))
}

/// Parses an IANA time zone name.
pub fn parse_zone(text: &str) -> Result<Tz> {
    text.parse().map_err(|_| {
        Error::usage(format!("unknown time zone `{text}`"))
            .hint("write an IANA name such as Asia/Shanghai or UTC")
    })
}
