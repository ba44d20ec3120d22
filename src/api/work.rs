//! Long work, off the threads that answer: so much at once and no more, until its deadline, and no
//! longer than someone waits for it.

use crate::api::{Api, ApiError, ApiResult, ErrorKind, Inner, OnProgress};
use crate::cancel::{Cancel, unless_cancelled};
use crate::ingest::Progress;
use model::error::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// How often the reading of objects is looked at.
const TICK: Duration = Duration::from_millis(500);

/// What long work has at hand.
pub(super) struct Work {
    /// When to stop.
    pub stop: Cancel,
    /// Where what waits runs.
    pub runtime: Handle,
    /// How far the reading is.
    pub progress: Arc<Progress>,
    begun: UnboundedSender<String>,
}

/// Asks to stop when nobody waits any more.
struct Waiting(Cancel);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.ask();
    }
}

impl Work {
    /// Says that a step begins.
    pub(super) fn begin(&self, step: &str) {
        let _ = self.begun.send(step.to_owned()); // nobody may be listening any more
    }

    /// Waits for something, until it is time to stop.
    pub(super) fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> ApiResult<T> {
        self.runtime.block_on(unless_cancelled(&self.stop, work)).map_err(|error| self.error(error))
    }

    /// Returns the error of an error: what failed because the time is up took too long.
    pub(super) fn error(&self, error: Error) -> ApiError {
        if self.stop.check().is_ok() || self.stop.is_asked() {
            return error.into();
        }
        ApiError::new(ErrorKind::TimedOut, "it took longer than it may")
            .hint("ask for less: fewer hours, fewer objects")
    }
}

impl Api {
    /// Takes one of the places for analyses and traces.
    pub(super) fn seat(&self) -> ApiResult<OwnedSemaphorePermit> {
        let seat = Arc::clone(&self.inner.free).try_acquire_owned();
        seat.map_err(|_| {
            ApiError::new(ErrorKind::Busy, "as many analyses are under way as may be")
                .hint("ask again in a minute")
        })
    }

    /// Returns how long an analysis or a trace may take.
    pub(super) fn analysis_limit(&self) -> Duration {
        Duration::from_secs(self.inner.site.config.serve.analysis_seconds)
    }

    /// Does long work; `on_progress` hears each step, of so many, as it begins. Dropping the future asks the
    /// work to stop; it keeps its seat until it has.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        seat: Option<OwnedSemaphorePermit>,
        limit: Duration,
        steps: Option<f64>,
        on_progress: &OnProgress<'_>,
        work: impl FnOnce(&Inner, &Work) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let waiting = Waiting(Cancel::default());
        let (begun, mut begins) = unbounded_channel();
        let progress = Arc::new(Progress::default());
        let at_hand = Work {
            stop: waiting.0.within(limit),
            runtime: Handle::current(),
            progress: Arc::clone(&progress),
            begun,
        };
        let inner = Arc::clone(&self.inner);
        let mut task = tokio::task::spawn_blocking(move || {
            let _seat = seat;
            work(&inner, &at_hand)
        });
        let (mut done, mut step, mut seen) = (0.0, String::new(), 0);
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                biased;
                Some(begins) = begins.recv() => {
                    // a day may open earlier ones again: more steps than one has
                    on_progress(done, steps.map(|of| of.max(done + 1.0)), &begins);
                    done += 1.0;
                    step = begins;
                }
                ended = &mut task => break crate::api::ended(ended),
                _ = tick.tick() => {
                    let objects = progress.objects.load(Ordering::Relaxed);
                    if objects > seen {
                        seen = objects;
                        // ever nearer to the next step, whose number it never reaches
                        let part = objects as f64 / (objects as f64 + 100.0);
                        let what = format!("{step}: {objects} objects");
                        on_progress(done - 1.0 + part, steps.map(|of| of.max(done)), &what);
                    }
                }
            }
        }
    }
}
