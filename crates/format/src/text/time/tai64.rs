//! TAI64N labels of runit, s6 and daemontools: `@` and 24 hexadecimal digits. Must not know other times.

/// The label of 1970. The programs add ten seconds to UTC and no later leap second:
/// <https://cr.yp.to/daemontools/tai64nlocal.html>.
const EPOCH: u64 = (1 << 62) + 10;

/// Reads a whole text as a label; returns µs UTC.
pub(super) fn label(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('@').filter(|digits| digits.len() == 24)?;
    let seconds = u64::from_str_radix(digits.get(..16)?, 16).ok()?.checked_sub(EPOCH)?;
    let nanos = u32::from_str_radix(digits.get(16..)?, 16).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    i64::try_from(seconds).ok()?.checked_mul(1_000_000)?.checked_add(i64::from(nanos / 1_000))
}
