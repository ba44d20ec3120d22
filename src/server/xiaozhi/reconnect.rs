//! The delay before the next connection: longer after each failure in a row; the maximum at once if an early
//! retry cannot succeed.

use crate::backoff::{Backoff, shortened};
use crate::server::xiaozhi::Disconnect;
use std::time::Duration;

/// First delay.
const FIRST: Duration = Duration::from_secs(1);

/// After a connection that lasted this long, failures are counted from 0 again.
const STABLE: Duration = Duration::from_secs(60);

/// Counts the failures in a row.
pub(super) struct ReconnectDelay {
    backoff: Backoff,
    failures: u32,
}

impl ReconnectDelay {
    pub(super) fn new(max: Duration) -> Self {
        Self { backoff: Backoff { first: FIRST, longest: max }, failures: 0 }
    }

    /// Returns the delay after a connection that ended for `reason` after `lasted`.
    pub(super) fn next(&mut self, reason: &Disconnect, lasted: Duration) -> Duration {
        if lasted >= STABLE {
            self.failures = 0;
        }
        match reason {
            Disconnect::Shutdown => Duration::ZERO,
            Disconnect::Replaced | Disconnect::Denied(_) => shortened(self.backoff.longest),
            Disconnect::Lost(_) => {
                self.failures += 1;
                self.backoff.after(self.failures)
            }
        }
    }
}
