//! The last weeks as a calendar: how bad each day was, and which days have no report or no data.

use crate::api::response::DaySummary;
use crate::page::link::link;
use chrono::{Datelike, Days, NaiveDate};
use model::lang::Lang;
use model::time::parse_date;
use serde::Serialize;
use std::collections::BTreeMap;

/// Weeks of the calendar.
const WEEKS: u64 = 5;

/// A day of the calendar.
#[derive(Serialize)]
pub(super) struct Cell {
    day: u32,
    /// Name of a severity, `calm`, `partial`, `no_data`, `no_report` or `future`.
    class: &'static str,
    count: String,
    title: String,
    /// Empty if the day has no report.
    href: String,
    is_current: bool,
    /// True if there are incidents, and data is missing.
    is_incomplete: bool,
}

/// Returns the first day that the calendar of a day shows, YYYY-MM-DD.
pub fn first_day(date: &str) -> String {
    parse_date(date).map_or_else(|_| date.to_owned(), |day| monday(day).to_string())
}

/// Returns the names of the days of a week.
pub(super) fn weekday_names(lang: Lang) -> [&'static str; 7] {
    lang.pick(
        ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    )
}

fn monday(day: NaiveDate) -> NaiveDate {
    let back = u64::from(day.weekday().num_days_from_monday()) + (WEEKS - 1) * 7;
    day.checked_sub_days(Days::new(back)).unwrap_or(day)
}

/// Returns the weeks that end with the one of a day, or of the last day that has a report.
pub(super) fn weeks(current: NaiveDate, calendar: &[DaySummary], lang: Lang) -> Vec<Vec<Cell>> {
    let days: BTreeMap<&str, &DaySummary> = calendar.iter().map(|day| (day.date.as_str(), day)).collect();
    let last = days.keys().next_back().and_then(|date| parse_date(date).ok()).unwrap_or(current).max(current);
    let mut weeks = Vec::new();
    let mut at = monday(current);
    while at <= last && weeks.len() <= WEEKS as usize {
        let mut week = Vec::new();
        for _ in 0..7 {
            let date = at.to_string();
            week.push(calendar_cell(at, days.get(date.as_str()).copied(), (at == current, at > last), lang));
            at = at.succ_opt().unwrap_or(at);
        }
        weeks.push(week);
    }
    weeks
}

fn calendar_cell(
    date: NaiveDate,
    day: Option<&DaySummary>,
    (is_current, is_future): (bool, bool),
    lang: Lang,
) -> Cell {
    let is_incomplete = day.is_some_and(|day| day.severity.is_some() && !day.is_complete);
    let (class, what) = match day {
        None if is_future => ("future", String::new()),
        None => ("no_report", lang.pick("没有报告", "no report").to_owned()),
        Some(day) => match (day.severity, day.has_rows, day.is_complete) {
            (_, false, _) => ("no_data", lang.pick("没有数据", "no data").to_owned()),
            (Some(severity), ..) => {
                let count = lang.pick(
                    format!("{} 起事件", day.incidents),
                    model::lang::counted(day.incidents, "incident"),
                );
                let gaps =
                    if day.is_complete { "" } else { lang.pick("，数据不全", ", data incomplete") };
                (severity.name(), format!("{}, {count}{gaps}", severity.name_in(lang)))
            }
            (None, _, true) => ("calm", lang.pick("没有异常", "nothing found").to_owned()),
            (None, _, false) => (
                "partial",
                lang.pick("没有发现异常，但数据不全", "nothing found, data incomplete").to_owned(),
            ),
        },
    };
    Cell {
        day: date.day(),
        class,
        count: day.filter(|day| day.incidents > 0).map_or_else(String::new, |day| day.incidents.to_string()),
        title: format!("{date}: {what}"),
        href: if day.is_some() { link("/", &[("date", &date.to_string())]) } else { String::new() },
        is_current,
        is_incomplete,
    }
}
