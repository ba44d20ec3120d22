//! Days, times and spans as people write them: `yesterday 10:00-11:00`, `last 2h`, `2h ago`, beside the exact forms
//! of [`Ts::parse`]. The one reader of times that callers and the command line name. Must not read the clock.

use crate::error::{Error, Result};
use crate::time::{Ts, Window, local_ts, parse_day};
use chrono::{Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;

/// Longest span before now, in seconds: ten years.
const MAX_SPAN_S: i64 = 10 * 366 * 86_400;

/// Texts between start and end of a window, the longest first.
const SEPARATORS: [&str; 12] = [" until ", " to ", " - ", " – ", "..", "–", "—", "~", "至", "到", "→", "/"];

/// Days in Chinese, which need no space before the time.
const DAYS_ZH: [(&str, u64); 3] = [("今天", 0), ("昨天", 1), ("前天", 2)];

/// What relative times refer to: the current time, and the zone of times that name none.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The current time.
    pub now: Ts,
    /// The zone of local times, and of days.
    pub zone: Tz,
}

impl Clock {
    /// Parses a day: `YYYY-MM-DD`, `today`, `yesterday` or `3 days ago`.
    pub fn day(self, text: &str) -> Result<NaiveDate> {
        let text = text.trim();
        let word = text.to_lowercase();
        let ago = || span_s(before_now(&word)?).filter(|span| span % 86_400 == 0);
        let back = match word.as_str() {
            "today" => Some(0),
            "yesterday" => Some(1),
            word => DAYS_ZH
                .iter()
                .find(|(day, _)| *day == word)
                .map(|(_, back)| *back)
                .or_else(|| u64::try_from(ago()? / 86_400).ok()),
        };
        let of_word = back.and_then(|back| self.now.date(self.zone).checked_sub_days(Days::new(back)));
        match of_word {
            Some(day) => Ok(day),
            None => parse_day(text)
                .map_err(|error| error.hint("write YYYY-MM-DD, `today`, `yesterday` or `3 days ago`")),
        }
    }

    /// Parses a point in time: the forms of [`Ts::parse`], `now`, `2h ago`, or a day and a time as in
    /// `yesterday 10:12`. A time alone is one of `day`.
    pub fn point(self, text: &str, day: Option<NaiveDate>) -> Result<Ts> {
        let text = text.trim();
        if let Some(ts) = Ts::parse(text, self.zone).ok().or_else(|| self.worded(&text.to_lowercase(), day)) {
            return Ok(ts);
        }
        let more = if is_time(text) { "a time alone requires a day: " } else { "" };
        Err(Error::usage(format!("invalid time `{text}`")).hint(format!(
            "{more}write 2026-11-22T10:12:00+08:00, 2026-11-22 10:12 for a time in {}, `yesterday 10:12`, `2h ago` or `now`",
            self.zone
        )))
    }

    /// Parses a window: a day, `yesterday 10:00-11:00`, `last 2h`, or two points as in `START to END`. Times
    /// without a day are of `day`; an end at or before the start is of the next day.
    pub fn window(self, text: &str, day: Option<NaiveDate>) -> Result<Window> {
        let text = text.trim();
        let word = text.to_lowercase();
        if let Some(span) = last(&word).and_then(span_s) {
            return Ok(Window { from: self.now.plus_s(-span), to: self.now, zone: self.zone });
        }
        if let Some((from, to)) = self.sides(text) {
            return self.between(from, to, day);
        }
        match self.day(text) {
            Ok(day) => Ok(Window::day(day, self.zone)),
            Err(_) => Err(Error::usage(format!("invalid window `{text}`")).hint(format!(
                "write `yesterday`, `2026-11-22`, `2026-11-22 10:00-11:00`, `yesterday 10:00-11:00`, `last 2h`, or \
                 START to END, each RFC 3339 or a time in {}",
                self.zone
            ))),
        }
    }

    /// Returns the window between two points as [`Clock::point`] reads them. An end without a day is of the day
    /// of the start, or of the next day. An empty window is an error.
    pub fn between(self, from: &str, to: &str, day: Option<NaiveDate>) -> Result<Window> {
        let start = self.point(from, day)?;
        let first = start.date(self.zone);
        let mut end = self.point(to, Some(first))?;
        if end < start && is_time(to.trim()) {
            end = self.point(to, first.succ_opt())?;
        }
        if end <= start {
            return Err(Error::usage(format!("the window from `{from}` to `{to}` is empty"))
                .hint("its end must be after its start"));
        }
        Ok(Window { from: start, to: end, zone: self.zone })
    }

    /// Splits a window into start and end; `None` if it has only one side.
    fn sides(self, text: &str) -> Option<(&str, &str)> {
        let lower = text.to_ascii_lowercase(); // as many bytes as the text
        for separator in SEPARATORS {
            if let Some(at) = lower.find(separator) {
                return Some((text.get(..at)?, text.get(at + separator.len()..)?));
            }
        }
        // `10:00-11:00`, also with a day before it; hyphens of dates and offsets have no time on both sides
        let (from, to) = text.rsplit_once('-')?;
        let from_time = split_day(from).map_or(from, |(_, time)| time);
        (is_time(from_time.trim()) && is_time(to.trim())).then_some((from, to))
    }

    /// Parses what [`Ts::parse`] does not know; `text` is in lower case.
    fn worded(self, text: &str, day: Option<NaiveDate>) -> Option<Ts> {
        if matches!(text, "now" | "现在") {
            return Some(self.now);
        }
        if let Some(span) = before_now(text).and_then(span_s) {
            return Some(self.now.plus_s(-span));
        }
        if is_time(text) {
            return self.at(day?, text);
        }
        match split_day(text) {
            Some((day, time)) if is_time(time) => self.at(self.day(day).ok()?, time),
            _ => Some(Window::day(self.day(text).ok()?, self.zone).from),
        }
    }

    /// Returns the point of a time of day; 24:00 is the next midnight.
    fn at(self, day: NaiveDate, text: &str) -> Option<Ts> {
        match time(text) {
            Some(time) => Some(local_ts(day.and_time(time), self.zone)),
            None => Some(Window::day(day, self.zone).to),
        }
    }
}

/// Returns the span of `2h ago`.
fn before_now(text: &str) -> Option<&str> {
    text.strip_suffix("ago").or_else(|| text.strip_suffix('前'))
}

/// Returns the span of `last 2h`.
fn last(text: &str) -> Option<&str> {
    ["last ", "past ", "the last ", "最近", "过去"].iter().find_map(|word| text.strip_prefix(word))
}

/// Splits a day from a time behind it.
fn split_day(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let zh = DAYS_ZH.iter().find_map(|(day, _)| Some((text.get(..day.len())?, text.strip_prefix(day)?)));
    let (day, time) =
        zh.filter(|(_, time)| !time.is_empty()).or_else(|| text.rsplit_once(char::is_whitespace))?;
    Some((day.trim(), time.trim()))
}

/// Returns true for a time of day, `HH:MM` or `HH:MM:SS`.
fn is_time(text: &str) -> bool {
    time(text).is_some() || matches!(text, "24:00" | "24:00:00")
}

fn time(text: &str) -> Option<NaiveTime> {
    ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|layout| NaiveTime::parse_from_str(text, layout).ok())
}

/// Returns the seconds of a span: `2h`, `90 min`, `1h30m`, `2 小时`; a unit alone is one of it.
fn span_s(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let after = after.trim_start();
        let end = after.find(|c: char| c.is_ascii_digit() || c.is_whitespace()).unwrap_or(after.len());
        let (unit, tail) = after.split_at(end);
        let count = if number.is_empty() { 1 } else { number.parse::<i64>().ok()? };
        total = total.checked_add(count.checked_mul(unit_s(unit)?)?)?;
        rest = tail.trim_start();
    }
    (1..=MAX_SPAN_S).contains(&total).then_some(total)
}

fn unit_s(unit: &str) -> Option<i64> {
    Some(match unit {
        "s" | "sec" | "secs" | "second" | "seconds" | "秒" | "秒钟" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" | "分" | "分钟" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" | "小时" | "个小时" => 3600,
        "d" | "day" | "days" | "天" | "日" => 86_400,
        "w" | "week" | "weeks" | "周" | "星期" => 7 * 86_400,
        _ => return None,
    })
}
