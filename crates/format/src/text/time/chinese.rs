//! Times with Chinese words: `2026年11月24日 下午3:12:03`, `10时12分03秒`. Must not know other forms of dates.

use crate::contract::Clock;
use crate::text::time::scan::{clock as clock_at, digits, one_or_two, time_of};
use crate::text::time::{Reading, Stamp, nearest_year, settle};
use chrono::{NaiveDate, NaiveTime};

/// Returns the bytes of the first of `words` that is at `at`.
fn one_of(bytes: &[u8], at: usize, words: &[&str]) -> Option<usize> {
    let rest = bytes.get(at..)?;
    words.iter().find(|word| rest.starts_with(word.as_bytes())).map(|word| word.len())
}

/// Returns true if `上午` or `下午` is at `at`: true for the latter, and the bytes of the word and a space.
pub(super) fn half_day(bytes: &[u8], at: usize) -> Option<(bool, usize)> {
    if bytes.get(at) != Some(&0xe4) {
        return None; // the first byte of both words
    }
    let len = one_of(bytes, at, &["上午", "下午"])?;
    let is_afternoon = one_of(bytes, at, &["下午"]).is_some();
    Some((is_afternoon, len + usize::from(bytes.get(at + len) == Some(&b' '))))
}

/// Reads `H时M分S秒` at `at`; returns the time and the bytes read.
pub(super) fn clock(bytes: &[u8], at: usize) -> Option<(NaiveTime, usize)> {
    let mut end = at;
    let mut numbers = [0; 3];
    for (number, units) in numbers.iter_mut().zip([["时", "時", "点"], ["分"; 3], ["秒"; 3]]) {
        let (value, len) = one_or_two(bytes, end)?;
        *number = value;
        end += len;
        end += one_of(bytes, end, &units)?;
    }
    let [hour, minute, second] = numbers;
    Some((time_of(hour, minute, second, 0)?, end - at))
}

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
