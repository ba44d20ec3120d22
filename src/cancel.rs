//! The wish to stop: by a signal, or because the time is up. Whoever works long asks now and then,
//! and leaves things so that the same work can go on later.

use model::error::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Shared by all who may stop and all who may be stopped.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    is_asked: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Cancel {
    /// Asks everyone to stop.
    pub fn ask(&self) {
        self.is_asked.store(true, Ordering::Relaxed);
    }

    /// Returns the same wish with a time limit from now.
    pub fn within(&self, limit: Duration) -> Self {
        let at = Instant::now().checked_add(limit);
        Self { is_asked: self.is_asked.clone(), deadline: self.deadline.into_iter().chain(at).min() }
    }

    /// Tells whether someone asked, rather than that the time is up.
    pub fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }

    /// Fails when it is time to stop.
    pub fn check(&self) -> Result<()> {
        if self.is_asked() {
            return Err(Error::failed("stopped as asked").hint("run the same again: it goes on where it was"));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Error::failed("the step took longer than it may")
                .hint("`[run] step_minutes` is its limit; run the same again: it goes on where it was"));
        }
        Ok(())
    }

    /// Waits until it is time to stop, and returns why.
    pub async fn wait(&self) -> Error {
        loop {
            if let Err(error) = self.check() {
                return error;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Waits for `work`, unless it is time to stop first.
pub async fn unless_cancelled<T>(stop: &Cancel, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        outcome = work => outcome,
        error = stop.wait() => Err(error),
    }
}
