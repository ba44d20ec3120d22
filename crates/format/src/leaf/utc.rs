//! Times as the Kubernetes API writes them. Must not know which member a time comes from.

use crate::contract::Clock;
use crate::text::time;
use chrono_tz::Tz;

/// 2001-09-09, in µs: Go and databases write that there is no time as year 1 or 1970.
const FIRST_TS: i64 = 1_000_000_000_000_000;

/// Returns a time in µs UTC. The API writes UTC, also where a store has dropped the `Z`.
pub(super) fn ts_of(text: &str, clock: &Clock) -> Option<i64> {
    let utc = Clock { zone: Tz::UTC, ..*clock };
    Some(time::any(text, &utc)?.ts).filter(|ts| *ts >= FIRST_TS)
}
