//! Formats that the brief and the page share: ids, local clock times, durations and numbers. They do
//! not depend on a report beyond its time zone and date.

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use model::lang::Lang;
use model::report::RunInfo;
use model::time::{Ts, parse_date, parse_zone};

/// Returns an id as it is cited: at most 12 letters, digits and `-_.` of it.
pub(crate) fn short_id(id: &str) -> String {
    let fits = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    let size = if id.len() == 36 { 8 } else { 12 }; // the first group of a UUID
    id.chars().filter(fits).take(size).collect()
}

/// The report's time zone and date: times of that date are printed without a date.
pub(crate) struct LocalTime {
    pub(crate) zone: Tz,
    pub(crate) date: Option<NaiveDate>,
}

impl LocalTime {
    /// Returns the zone and date of a run; UTC if the zone is unknown.
    pub(crate) fn of(run: &RunInfo) -> Self {
        Self { zone: parse_zone(&run.timezone).unwrap_or(Tz::UTC), date: parse_date(&run.date).ok() }
    }

    fn format(&self, ts: Ts, layout: &str) -> String {
        let time = ts.utc().with_timezone(&self.zone);
        let clock = time.format(layout).to_string();
        if self.date == Some(time.date_naive()) { clock } else { format!("{} {clock}", time.format("%m-%d")) }
    }

    /// Returns `10:12:31`, or `11-21 10:12:31` on another day.
    pub(crate) fn clock(&self, ts: Ts) -> String {
        self.format(ts, "%H:%M:%S")
    }

    /// Returns `10:12`, or `11-21 10:12` on another day.
    pub(crate) fn minute(&self, ts: Ts) -> String {
        self.format(ts, "%H:%M")
    }

    /// Returns `10:12–10:58`, or a single time if both are in the same minute.
    pub(crate) fn span(&self, first: Ts, last: Ts) -> String {
        let (first, last) = (self.minute(first), self.minute(last));
        if first == last { first } else { format!("{first}–{last}") }
    }

    /// Returns spans of whole hours: `13:00–15:00, 11-23 00:00–01:00`.
    pub(crate) fn hour_spans(&self, spans: &[(NaiveDateTime, NaiveDateTime)], lang: Lang) -> String {
        let texts: Vec<String> = spans
            .iter()
            .map(|(from, to)| {
                let day = if self.date == Some(from.date()) {
                    String::new()
                } else {
                    from.format("%m-%d ").to_string()
                };
                let end = to.format("%H:%M").to_string();
                format!("{day}{}–{}", from.format("%H:%M"), if end == "00:00" { "24:00" } else { &end })
            })
            .collect();
        texts.join(lang.pick("、", ", "))
    }
}

/// Returns seconds as a duration: `0.4 s`, `4 min 20 s`, `2 小时 5 分`.
pub(crate) fn duration(seconds: f64, lang: Lang) -> String {
    if !seconds.is_finite() {
        return "?".into();
    }
    let sign = if seconds <= -0.05 { "−" } else { "" };
    let (size, whole) = (seconds.abs(), seconds.abs().round() as u64);
    let two = |big: u64, big_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{sign}{big} {big_unit}"),
        _ => format!("{sign}{big} {big_unit} {small} {small_unit}"),
    };
    let (day, hour, min, sec) = lang.pick(("天", "小时", "分", "秒"), ("d", "h", "min", "s"));
    match whole {
        0..10 if size.fract() > 0.05 && size < 9.95 => format!("{sign}{size:.1} {sec}"),
        0..60 => format!("{sign}{whole} {sec}"),
        60..3600 => two(whole / 60, min, whole % 60, sec),
        3600..86400 => two(whole / 3600, hour, whole % 3600 / 60, min),
        _ => two(whole / 86400, day, whole % 86400 / 3600, hour),
    }
}

/// Returns a whole number with a comma before each group of three digits.
pub(crate) fn grouped(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Returns `3 findings` or `1 finding`.
pub(crate) fn plural(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}
