//! Long work, off the threads that answer: so much at once and no more, until its deadline, and no
//! longer than someone waits for it.

use crate::api::{Answer, Class, Desk, Inner, Refusal, Told};
use crate::cancel::{Stop, unless_stopped};
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
    pub stop: Stop,
    /// Where what waits runs.
    pub runtime: Handle,
    /// How far the reading is.
    pub progress: Arc<Progress>,
    begun: UnboundedSender<String>,
}

/// Asks to stop when nobody waits any more.
struct Waiting(Stop);

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
    pub(super) fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> Answer<T> {
        self.runtime.block_on(unless_stopped(&self.stop, work)).map_err(|error| self.refusal(error))
    }

    /// Returns the refusal of an error: what failed because the time is up took too long.
    pub(super) fn refusal(&self, error: Error) -> Refusal {
        if self.stop.check().is_ok() || self.stop.is_asked() {
            return error.into();
        }
        Refusal::new(Class::TimedOut, "it took longer than it may")
            .hint("ask for less: fewer hours, fewer objects")
    }
}

impl Desk {
    /// Takes one of the places for analyses and traces.
    pub(super) fn seat(&self) -> Answer<OwnedSemaphorePermit> {
        let seat = Arc::clone(&self.inner.free).try_acquire_owned();
        seat.map_err(|_| {
            Refusal::new(Class::Busy, "as many analyses are under way as may be")
                .hint("ask again in a minute")
        })
    }

    /// Returns how long an analysis or a trace may take.
    pub(super) fn analysis_limit(&self) -> Duration {
        Duration::from_secs(self.inner.site.config.serve.analysis_seconds)
    }

    /// Does long work; `told` hears each step, of so many, as it begins. Dropping the future asks the
    /// work to stop; it keeps its seat until it has.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        seat: Option<OwnedSemaphorePermit>,
        limit: Duration,
        steps: Option<f64>,
        told: &Told<'_>,
        work: impl FnOnce(&Inner, &Work) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let waiting = Waiting(Stop::default());
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
                    told(done, steps.map(|of| of.max(done + 1.0)), &begins);
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
                        told(done - 1.0 + part, steps.map(|of| of.max(done)), &what);
                    }
                }
            }
        }
    }
}
