//! `[schedule]`: when the daily job runs, and which days are due by then. A firing is a local date and
//! time; it happens at the first moment at which the local clock shows that time or a later one. So a
//! time that a DST change skips or repeats fires once. Croner does the calendar; never reads a clock.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use model::error::{Error, Result};
use model::time::Ts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Keys of `[schedule]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleConfig {
    /// Cron expression: minute, hour, day of month, month, day of week, in `timezone`.
    pub cron: Option<String>,
    /// Number of past days that are caught up if their run was missed.
    pub catch_up_days: u32,
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self { cron: None, catch_up_days: 14 }
    }
}

/// The largest change of any local clock: in 2011 Samoa skipped a whole day.
const CHANGE: TimeDelta = TimeDelta::days(1);

/// A cron expression in a time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    zone: Tz,
}

impl Schedule {
    /// Parses five fields (minute, hour, day of month, month, day of week) or a name such as `@daily`.
    ///
    /// # Errors
    /// Usage: other fields, or a date that does not exist in any year.
    pub fn parse(cron: &str, zone: Tz) -> Result<Self> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let parsed = parser.parse(cron).and_then(|parsed| {
            parsed.find_next_occurrence(&DateTime::UNIX_EPOCH.naive_utc(), true)?;
            Ok(parsed)
        });
        match parsed {
            Ok(cron) => Ok(Self { cron, zone }),
            Err(error) => Err(Error::usage(format!("`{cron}` is not a schedule that ever fires")).because(error).hint(
                "write minute, hour, day of month, month and day of week: `0 7 * * *` is every day at 07:00",
            )),
        }
    }

    /// Returns the first firing after `now`.
    pub fn next_after(&self, now: Ts) -> Option<Ts> {
        let now = now.utc();
        let mut local = self.local(now);
        loop {
            local = self.cron.find_next_occurrence(&local, false).ok()?;
            let firing = self.first_moment(local)?;
            // A clock that was set back repeats times that have already fired.
            if firing > now {
                return Some(Ts(firing.timestamp_micros()));
            }
        }
    }

    /// Returns the local days to report at `now`, oldest first. A day is due from the first firing on a
    /// later day: with a cron for weekdays, Monday's firing makes Friday, Saturday and Sunday due. `done`
    /// is the last reported day; without one only the latest day is due. At most `limit` days are
    /// returned, the latest ones; the caller reports the skipped ones.
    pub fn due(&self, done: Option<NaiveDate>, now: Ts, limit: u32) -> Vec<NaiveDate> {
        let Some(latest) = self.last_date(now).and_then(|fired| fired.pred_opt()) else { return Vec::new() };
        let back = |days: u32| latest.checked_sub_days(Days::new(days.into())).unwrap_or(NaiveDate::MIN);
        let last_done = done.unwrap_or(back(1)).max(back(limit));
        last_done.iter_days().skip(1).take_while(|day| *day <= latest).collect()
    }

    /// Returns the local date of the last firing at or before `now`.
    fn last_date(&self, now: Ts) -> Option<NaiveDate> {
        let now = now.utc();
        // A clock that was set back has already shown later times than now.
        let mut local = self.local(now).checked_add_signed(CHANGE)?;
        loop {
            local = self.cron.find_previous_occurrence(&local, false).ok()?;
            if self.first_moment(local)? <= now {
                return Some(local.date());
            }
        }
    }

    /// Returns the local time at `now`.
    fn local(&self, now: DateTime<Utc>) -> NaiveDateTime {
        now.with_timezone(&self.zone).naive_local()
    }

    /// Returns the first moment at which the local clock shows `local` or a later time. Clocks change
    /// at whole minutes.
    fn first_moment(&self, local: NaiveDateTime) -> Option<DateTime<Tz>> {
        let minutes = (0..=CHANGE.num_minutes()).map(TimeDelta::minutes);
        let mut later = minutes.filter_map(|minutes| local.checked_add_signed(minutes));
        later.find_map(|local| self.zone.from_local_datetime(&local).earliest())
    }
}
