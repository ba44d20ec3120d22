//! Quiet hours of a channel: when nothing is sent, and when they end.

use chrono::{NaiveTime, TimeDelta};
use chrono_tz::Tz;
use model::error::{Error, Result};
use model::time::{Ts, local_ts};

/// Hours of the day in which nothing is sent. They span midnight if the end is earlier than the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: NaiveTime,
    to: NaiveTime,
}

impl QuietHours {
    /// Parses `22:00-07:30`.
    ///
    /// # Errors
    /// Usage: not two different times of the day.
    pub fn parse(text: &str) -> Result<Self> {
        let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        let hours = text.split_once('-').and_then(|(from, to)| Some((time(from)?, time(to)?)));
        match hours {
            Some((from, to)) if from != to => Ok(Self { from, to }),
            _ => Err(Error::usage(format!("`{text}` is not a valid range of quiet hours"))
                .hint("write two different times of the day: 22:00-07:30")),
        }
    }

    /// Returns when the quiet hours that include `now` end; `None` outside quiet hours.
    pub fn end_after(self, now: Ts, zone: Tz) -> Option<Ts> {
        let local = now.utc().with_timezone(&zone).naive_local();
        let (time, today) = (local.time(), local.date());
        let end_day = if self.from < self.to {
            (self.from <= time && time < self.to).then_some(today)
        } else if time >= self.from {
            Some(today + TimeDelta::days(1))
        } else {
            (time < self.to).then_some(today)
        };
        end_day.map(|day| local_ts(day.and_time(self.to), zone))
    }
}
