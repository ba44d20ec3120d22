//! Numbers of a few digits at a place in a text, and the time that they are. Must not know any layout of times.

use chrono::NaiveTime;

/// Reads exactly `count` digits at `at`.
pub(super) fn digits(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    let mut value = 0u32;
    for &byte in bytes.get(at..at + count)? {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + u32::from(byte - b'0');
    }
    Some(value)
}

/// Reads one or two digits at `at`, the first perhaps a space; returns the value and the bytes read.
pub(super) fn short_number(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    if bytes.get(at) == Some(&b' ') {
        return digits(bytes, at + 1, 1).map(|value| (value, 2));
    }
    one_or_two(bytes, at)
}

/// Reads two digits at `at`, or one; returns the value and the bytes read.
pub(super) fn one_or_two(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    digits(bytes, at, 2).map(|value| (value, 2)).or_else(|| digits(bytes, at, 1).map(|value| (value, 1)))
}

/// Returns the number of digits from `at` on.
pub(super) fn digit_run(bytes: &[u8], at: usize) -> usize {
    bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count()
}

/// Returns the time of a clock; a leap second counts as the last microsecond of its minute.
pub(super) fn time_of(hour: u32, minute: u32, second: u32, micros: u32) -> Option<NaiveTime> {
    let (second, micros) = if second == 60 { (59, 999_999) } else { (second, micros) };
    NaiveTime::from_hms_micro_opt(hour, minute, second, micros)
}
