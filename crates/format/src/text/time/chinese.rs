//! Dates with Chinese words: `2026年11月24日 下午3:12:03`. Must not know other forms of dates.

use crate::contract::Clock;
use crate::text::time::digits::{digits, one_or_two};
use crate::text::time::scan::clock as clock_at;
use crate::text::time::words::one_of;
use crate::text::time::{Reading, Stamp, nearest_year, settle};
use chrono::NaiveDate;

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
