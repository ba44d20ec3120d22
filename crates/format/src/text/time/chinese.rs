//! Dates with Chinese words: `2026年11月24日 下午3:12:03`. Must not know other forms of dates.

use crate::contract::Clock;
use crate::text::time::digits::{digits, one_or_two};
use crate::text::time::scan::clock as clock_at;
use crate::text::time::words::{half_day, one_of};
use crate::text::time::{Reading, Stamp, nearest_year, settle};
use chrono::{NaiveDate, Timelike};

/// Reads `[YYYY年]M月D日[星期…][ ]` and a clock at the front.
pub(super) fn at_front(bytes: &[u8], clock: &Clock) -> Option<Stamp> {
    let year = digits(bytes, 0, 4).zip(one_of(bytes, 4, &["年"]));
    let mut at = year.map_or(0, |(_, len)| 4 + len);
    let (month, len) = one_or_two(bytes, at)?;
    at += len;
    at += one_of(bytes, at, &["月"])?;
    let (day, len) = one_or_two(bytes, at)?;
    at += len;
    at += one_of(bytes, at, &["日", "号"])?;
    let day = match year {
        Some((year, _)) => NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?,
        None => nearest_year(month, day, clock)?,
    };
    let skip_space = |at: usize| at + usize::from(bytes.get(at) == Some(&b' '));
    at = skip_space(at);
    if let Some(len) = one_of(bytes, at, &["星期", "周"]) {
        at = skip_space(at + len + "一".len());
    }
    let (time, len) = clock_at(bytes, at)?;
    Some(settle(&Reading { day, time, len: at + len }, bytes, clock))
}

/// Months in words, those first that another one begins.
const MONTHS: [(&str, u32); 12] = [
    ("十二", 12),
    ("十一", 11),
    ("十", 10),
    ("九", 9),
    ("八", 8),
    ("七", 7),
    ("六", 6),
    ("五", 5),
    ("四", 4),
    ("三", 3),
    ("二", 2),
    ("一", 1),
];

/// Reads Java's `十一月 24, 2026 10:12:03 上午` and `11月 24, 2026 10:12:03 上午` at the front.
pub(super) fn month_first(bytes: &[u8], clock: &Clock) -> Option<Stamp> {
    let in_words = || {
        let (word, month) = MONTHS.iter().find(|(word, _)| bytes.starts_with(word.as_bytes()))?;
        Some((*month, word.len()))
    };
    let (month, mut at) = one_or_two(bytes, 0).or_else(in_words)?;
    at += one_of(bytes, at, &["月 "])?;
    let (day, len) = one_or_two(bytes, at)?;
    at += len;
    at += one_of(bytes, at, &[", "])?;
    let year = i32::try_from(digits(bytes, at, 4)?).ok()?;
    at += 4;
    at += one_of(bytes, at, &[", ", " "])?;
    let (mut time, len) = clock_at(bytes, at)?;
    at += len;
    let gap = usize::from(bytes.get(at) == Some(&b' '));
    if let Some((is_afternoon, _)) = half_day(bytes, at + gap) {
        time = time.with_hour(time.hour() % 12 + if is_afternoon { 12 } else { 0 })?;
        at += gap + "上午".len();
    }
    Some(settle(&Reading { day: NaiveDate::from_ymd_opt(year, month, day)?, time, len: at }, bytes, clock))
}
