//! The wait before a retry: doubled after each failure up to a limit, and shortened at random so that many
//! clients do not retry at the same moment. Knows nothing of what is retried; never sleeps.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// How long to wait after a number of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Wait after the first failure.
    pub first: Duration,
    /// Maximum wait.
    pub longest: Duration,
}

impl Backoff {
    /// Returns the wait after `failures` failures in a row (from 1): 75 to 100 % of `first` doubled
    /// `failures - 1` times, at most `longest`.
    pub fn after(self, failures: u32) -> Duration {
        let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(20));
        shortened(doubled.min(self.longest))
    }
}

/// Returns 75 to 100 % of a wait, at random.
pub fn shortened(wait: Duration) -> Duration {
    wait.mul_f64(0.75 + 0.25 * random())
}

/// Returns 100 to 125 % of a wait that a server asked for, at random.
pub fn lengthened(wait: Duration) -> Duration {
    wait.mul_f64(1.0 + 0.25 * random())
}

/// Returns a random number from 0 to 1. Every `RandomState` has new random keys.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish() as u32;
    f64::from(bits) / f64::from(u32::MAX)
}
