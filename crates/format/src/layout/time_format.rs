//! `time_format` of a layout: a time in `strftime` notation, checked when it is read. Must not know layouts.

use crate::layout::group::Time;
use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{DateTime, FixedOffset, NaiveDate, Timelike, Utc};
use chrono_tz::Tz;
use std::fmt::Write as _;

/// A form of times.
pub(super) struct TimeFormat {
    /// More than one if the number of a fraction's digits is open: `%f` after another sign than a dot.
    variants: Vec<Vec<Item<'static>>>,
}

impl TimeFormat {
    /// Reads the notation; returns what is wrong with it.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let items = |source: &str| {
            StrftimeItems::new(source)
                .parse_to_owned()
                .map_err(|_| format!("`{source}` has a specifier that is not known"))
        };
        // Python's `%f` is a fraction; chrono's is a number of nanoseconds
        let dotted = source.replace(".%f", "%.f");
        let variants = if dotted.contains("%f") {
            ["%3f", "%6f", "%9f"].iter().map(|digits| items(&dotted.replace("%f", digits))).collect()
        } else {
            items(&dotted).map(|items| vec![items])
        };
        let format = Self { variants: variants? };
        format.check(source).map(|()| format)
    }

    /// Writes a time and reads it back.
    fn check(&self, source: &str) -> Result<(), String> {
        let day = NaiveDate::from_ymd_opt(2026, 11, 22).and_then(|day| day.and_hms_milli_opt(22, 12, 3, 123));
        let sample = day.unwrap_or_default().and_utc().fixed_offset();
        let Some(items) = self.variants.first() else { return Ok(()) };
        let mut text = String::new();
        write!(text, "{}", sample.format_with_items(items.iter()))
            .map_err(|_| format!("`{source}` cannot be written"))?;
        let minute = |time: DateTime<FixedOffset>| time.with_second(0)?.with_nanosecond(0);
        let read = self.read(&text, Tz::UTC).and_then(|time| DateTime::from_timestamp_micros(time.ts));
        match read {
            None => Err(format!("`{source}` is not a day and a clock: `{text}` cannot be read")),
            Some(read) if minute(read.fixed_offset()) != minute(sample) => {
                Err(format!("`{source}` reads `{text}` as {read}"))
            }
            Some(_) => Ok(()),
        }
    }

    /// Reads a whole text as a time, in `zone` unless it names its own.
    pub(super) fn read(&self, text: &str, zone: Tz) -> Option<Time> {
        self.variants.iter().find_map(|items| {
            let mut parsed = Parsed::new();
            parse(&mut parsed, text, items.iter()).ok()?;
            let zoned = match (parsed.offset(), parsed.timestamp()) {
                (Some(_), _) => Some(parsed.to_datetime().ok()?.timestamp_micros()),
                (None, Some(_)) => Some(parsed.to_datetime_with_timezone(&Utc).ok()?.timestamp_micros()),
                (None, None) => None,
            };
            let ts = match zoned {
                Some(ts) => ts,
                None => model::time::local_ts(parsed.to_naive_datetime_with_offset(0).ok()?, zone).0,
            };
            Some(Time { ts, is_zoned: zoned.is_some(), is_time_of_day: false })
        })
    }
}
