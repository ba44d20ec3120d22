//! The rate limit of a channel: delays sending so that the service does not reject messages. Knows nothing of
//! the channel but its limits.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Times of the last parts, and the limits: at most so many parts in so much time.
pub(super) struct RateLimit {
    limits: &'static [(usize, Duration)],
    sent: Mutex<VecDeque<Instant>>,
}

impl RateLimit {
    pub fn new(limits: &'static [(usize, Duration)]) -> Self {
        Self { limits, sent: Mutex::default() }
    }

    /// Waits until another part may be sent, and counts it as sent.
    pub async fn wait(&self) {
        loop {
            let wait = self.try_take(Instant::now());
            if wait.is_zero() {
                return;
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Counts a part as sent and returns zero if it may be sent at `now`; else returns how long to wait.
    fn try_take(&self, now: Instant) -> Duration {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let free = |(count, span): &(usize, Duration)| {
            let at = sent.len().checked_sub(*count)?;
            sent.get(at).map(|first| (*first + *span).saturating_duration_since(now))
        };
        let wait = self.limits.iter().filter_map(free).max().unwrap_or_default();
        if wait.is_zero() {
            sent.push_back(now);
            let most = self.limits.iter().map(|(count, _)| *count).max().unwrap_or(0);
            while sent.len() > most {
                sent.pop_front();
            }
        }
        wait
    }
}
