//! How long until the next connection: twice as long each time, up to a limit; at once the limit
//! where trying soon helps nobody. Each a little different, so that many programs do not come at once.

use crate::server::xiaozhi::End;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const FIRST: Duration = Duration::from_secs(1);

/// A connection that held so long was a good one: the count begins anew.
const GOOD: Duration = Duration::from_secs(60);

/// Counts what failed in a row.
pub(super) struct Waits {
    longest: Duration,
    next: Duration,
}

impl Waits {
    pub(super) fn new(longest: Duration) -> Self {
        Self { longest, next: FIRST }
    }

    /// Returns how long to wait after a connection that lasted so long.
    pub(super) fn after(&mut self, end: &End, lasted: Duration) -> Duration {
        if lasted >= GOOD {
            self.next = FIRST;
        }
        let wait = match end {
            End::Asked => return Duration::ZERO,
            End::Replaced | End::Denied(_) => self.longest,
            End::Lost(_) => {
                let wait = self.next;
                self.next = (wait * 2).min(self.longest);
                wait.min(self.longest)
            }
        };
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
        wait.mul_f64(0.75 + 0.25 * f64::from(nanos % 1000) / 1000.0)
    }
}
