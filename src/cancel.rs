//! Cancellation: by a signal, or because a time limit has passed. Long work checks its token often and
//! leaves its state such that the same command can resume later.

use model::error::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often [`Cancel::wait`] checks the token.
const POLL: Duration = Duration::from_millis(50);

/// A cancellation token. Clones share the flag; each has its own deadline.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    is_cancelled: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Cancel {
    /// Cancels this token and all its clones.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Returns a clone whose deadline is at most `limit` from now.
    pub fn with_timeout(&self, limit: Duration) -> Self {
        let at = Instant::now().checked_add(limit);
        Self { is_cancelled: self.is_cancelled.clone(), deadline: self.deadline.into_iter().chain(at).min() }
    }

    /// Returns true if [`Cancel::cancel`] was called; false if only the deadline has passed.
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    /// Fails if the token is cancelled or its deadline has passed.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() {
            return Err(Error::failed("cancelled").hint("run the same command again to resume"));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Error::failed("the step exceeded its time limit")
                .hint("the limit is `[run] step_minutes`; run the same command again to resume"));
        }
        Ok(())
    }

    /// Sleeps, unless the token is cancelled or its deadline passes.
    pub fn sleep(&self, time: Duration) {
        let end = Instant::now() + time;
        while self.check().is_ok() && Instant::now() < end {
            std::thread::sleep(POLL.min(end.saturating_duration_since(Instant::now())));
        }
    }

    /// Waits until the token is cancelled or its deadline has passed, and returns that as an error.
    pub async fn wait(&self) -> Error {
        loop {
            if let Err(error) = self.check() {
                return error;
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// Waits for `work`; fails if the token is cancelled first.
pub async fn unless_cancelled<T>(cancel: &Cancel, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        outcome = work => outcome,
        error = cancel.wait() => Err(error),
    }
}
