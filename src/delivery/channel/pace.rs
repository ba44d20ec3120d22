//! How fast a channel may be written to, so that it need not refuse.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The times of the last parts against the limits.
pub(super) struct Pace {
    limits: &'static [(usize, Duration)],
    sent: Mutex<VecDeque<Instant>>,
}

impl Pace {
    pub fn new(limits: &'static [(usize, Duration)]) -> Self {
        Self { limits, sent: Mutex::default() }
    }

    /// Waits for a turn, and takes it.
    pub async fn turn(&self) {
        loop {
            let wait = self.take(Instant::now());
            if wait.is_zero() {
                return;
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes a turn where there is one; else returns how long to wait.
    fn take(&self, now: Instant) -> Duration {
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
