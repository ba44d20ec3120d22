//! When the daily job fires, and which days it owes by then. A firing is a local date and time; it
//! comes at the first point at which the local clock stands there or beyond. So a time that a DST
//! change skips or repeats fires once. croner knows the calendar only; never reads a clock.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use model::error::{Error, Result};
use model::time::Ts;

/// The longest that a clock was ever put forward or back; Samoa left out a whole day.
const CHANGE: TimeDelta = TimeDelta::days(1);

/// A cron expression in a time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    zone: Tz,
}

impl Schedule {
    /// Reads the five fields minute, hour, day of month, month and day of week, or `@daily` and its like.
    ///
    /// # Errors
    /// Wrong use: other fields, or a date that no year has.
    pub fn parse(cron: &str, zone: Tz) -> Result<Self> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let known = parser.parse(cron).and_then(|parsed| {
            parsed.find_next_occurrence(&DateTime::UNIX_EPOCH.naive_utc(), true)?;
            Ok(parsed)
        });
        match known {
            Ok(cron) => Ok(Self { cron, zone }),
            Err(error) => Err(Error::usage(format!("`{cron}` never fires")).because(error).hint(
                "write minute, hour, day of month, month and day of week: `0 7 * * *` is every day at 07:00",
            )),
        }
    }

    /// Returns the first firing after `now`.
    pub fn next_after(&self, now: Ts) -> Option<Ts> {
        let now = now.utc();
        let mut local = self.reading(now);
        loop {
            local = self.cron.find_next_occurrence(&local, false).ok()?;
            let firing = self.point(local)?;
            // A clock that was put back shows times again that have fired.
            if firing > now {
                return Some(Ts(firing.timestamp_micros()));
            }
        }
    }

    /// Returns the local days to report by `now`, oldest first. A day is due from the first firing
    /// on a later day: under a cron of weekdays, Monday's makes Friday, Saturday and Sunday due.
    /// `done` is the last day reported; without one only the latest day is due. Of more than `limit`
    /// the latest come; the older are skipped, and the caller says so.
    pub fn due(&self, done: Option<NaiveDate>, now: Ts, limit: u32) -> Vec<NaiveDate> {
        let Some(latest) = self.last_date(now).and_then(|fired| fired.pred_opt()) else { return Vec::new() };
        let back = |days: u32| latest.checked_sub_days(Days::new(days.into())).unwrap_or(NaiveDate::MIN);
        let after = done.unwrap_or(back(1)).max(back(limit));
        after.iter_days().skip(1).take_while(|day| *day <= latest).collect()
    }

    /// Returns the local date of the last firing at or before `now`.
    fn last_date(&self, now: Ts) -> Option<NaiveDate> {
        let now = now.utc();
        // A clock that was put back has shown later times than it shows now.
        let mut local = self.reading(now).checked_add_signed(CHANGE)?;
        loop {
            local = self.cron.find_previous_occurrence(&local, false).ok()?;
            if self.point(local)? <= now {
                return Some(local.date());
            }
        }
    }

    /// Returns what the local clock shows.
    fn reading(&self, now: DateTime<Utc>) -> NaiveDateTime {
        now.with_timezone(&self.zone).naive_local()
    }

    /// Returns the first point at which the local clock stands at `local` or beyond. Clocks are
    /// changed at whole minutes.
    fn point(&self, local: NaiveDateTime) -> Option<DateTime<Tz>> {
        let minutes = (0..=CHANGE.num_minutes()).map(TimeDelta::minutes);
        let mut later = minutes.filter_map(|minutes| local.checked_add_signed(minutes));
        later.find_map(|local| self.zone.from_local_datetime(&local).earliest())
    }
}
