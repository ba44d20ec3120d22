//! Clocks with Chinese words: `10时12分03秒`, and `下午` before a clock. Must not know dates.

use crate::text::time::digits::{one_or_two, time_of};
use chrono::NaiveTime;

/// Returns the bytes of the first of `words` that is at `at`.
pub(super) fn one_of(bytes: &[u8], at: usize, words: &[&str]) -> Option<usize> {
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
