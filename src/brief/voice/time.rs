//! Clock times, days and spans as they are spoken: 上午十点十二分, 十一月二十二日, `13:00 to 15:00`.

use crate::brief::gaps::HourSpan;
use crate::brief::notation::LocalTime;
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use model::lang::Lang;
use model::numerals::{write_zh, write_zh_count};
use model::time::Ts;

/// Returns a clock time: `上午十点十二分`, `10:12`.
pub(super) fn clock(time: NaiveDateTime, lang: Lang) -> String {
    if let Lang::En = lang {
        return time.format("%H:%M").to_string();
    }
    let part = match time.hour() {
        0..6 => "凌晨",
        6..12 => "上午",
        12 => "中午",
        13..18 => "下午",
        _ => "晚上",
    };
    let hour = match time.hour() {
        hour @ 0..=12 => hour,
        hour => hour - 12,
    };
    let minute = match time.minute() {
        0 => String::new(),
        minute @ 1..10 => format!("零{}分", write_zh(minute.into())),
        minute => format!("{}分", write_zh(minute.into())),
    };
    format!("{part}{}点{minute}", write_zh_count(hour as usize))
}

/// Returns a span of clock times: `下午一点到三点`, `13:00 to 15:00`.
pub(super) fn span((from, to): HourSpan, lang: Lang) -> String {
    let (start, end) = (clock(from, lang), clock(to, lang));
    match lang {
        Lang::En => format!("{start} to {}", if end == "00:00" { "midnight" } else { &end }),
        Lang::Zh if to.hour() == 0 => format!("{start}到午夜"),
        Lang::Zh => {
            let part: String = start.chars().take(2).collect();
            format!("{start}到{}", end.strip_prefix(&part).unwrap_or(&end))
        }
    }
}

/// Returns a day: `十一月二十二日`, `November 22`.
pub(super) fn day(date: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}月{}日", write_zh(date.month().into()), write_zh(date.day().into())),
        Lang::En => date.format("%B %-d").to_string(),
    }
}

/// Returns a local clock time, with its day if that is not the report's.
pub(super) fn moment(ts: Ts, local: &LocalTime, lang: Lang) -> String {
    let time = ts.utc().with_timezone(&local.zone).naive_local();
    let other = (local.date != Some(time.date())).then_some(time.date());
    match (lang, other, other.is_some_and(|date| date.succ_opt() == local.date)) {
        (_, None, _) => clock(time, lang),
        (Lang::Zh, _, true) => format!("前一天{}", clock(time, lang)),
        (Lang::En, _, true) => format!("{} the day before", clock(time, lang)),
        (Lang::Zh, Some(date), _) => format!("{}{}", day(date, lang), clock(time, lang)),
        (Lang::En, Some(date), _) => format!("{} on {}", clock(time, lang), day(date, lang)),
    }
}
