//! Long work on blocking threads: limited in number, with a time limit, cancelled when the caller
//! disconnects.

use crate::api::{Api, ApiError, ApiResult, ErrorKind, Inner, OnProgress, joined};
use crate::cancel::{Cancel, unless_cancelled};
use crate::ingest::Progress;
use model::error::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// How often the progress of an ingest is reported.
const TICK: Duration = Duration::from_millis(500);

/// The limits of long work.
pub(super) struct WorkLimits {
    /// A permit for an analysis or a trace; `None` for work that is not limited in number.
    pub slot: Option<OwnedSemaphorePermit>,
    /// Time limit.
    pub timeout: Duration,
    /// The setting of the time limit, for its error.
    pub setting: &'static str,
    /// Number of steps, for the progress; `None` if not known.
    pub steps: Option<f64>,
}

/// The context of long work.
pub(super) struct Work {
    /// Cancelled when the caller disconnects or the time limit has passed.
    pub cancel: Cancel,
    /// Runs the asynchronous parts.
    pub runtime: Handle,
    /// Progress of an ingest.
    pub progress: Arc<Progress>,
    steps: UnboundedSender<String>,
    timeout: Duration,
    setting: &'static str,
}

/// Cancels on drop.
struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Work {
    /// Reports the begin of a step.
    pub(super) fn begin(&self, step: &str) {
        let _ = self.steps.send(step.to_owned()); // the receiver may be dropped
    }

    /// Waits for `work`; fails if cancelled first.
    pub(super) fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> ApiResult<T> {
        self.runtime.block_on(unless_cancelled(&self.cancel, work)).map_err(|error| self.error(error))
    }

    /// Converts an error; after the time limit it becomes [`ErrorKind::TimedOut`].
    pub(super) fn error(&self, error: Error) -> ApiError {
        if self.cancel.check().is_ok() || self.cancel.is_cancelled() {
            return error.into();
        }
        let seconds = self.timeout.as_secs();
        ApiError::new(
            ErrorKind::TimedOut,
            format!("the request exceeded its time limit ({seconds} s; {})", self.setting),
        )
        .hint("request fewer hours or fewer objects, or raise the limit")
    }
}

impl Api {
    /// Returns the limits of an analysis or a trace; fails if too many of them are running.
    pub(super) fn analysis_limits(&self, steps: Option<f64>) -> ApiResult<WorkLimits> {
        let timeout = Duration::from_secs(self.inner.installation.config.serve.analysis_seconds);
        let setting = "`[serve] analysis_seconds`";
        Ok(WorkLimits { slot: Some(self.analysis_slot()?), timeout, setting, steps })
    }

    /// Takes a permit for an analysis or a trace.
    pub(super) fn analysis_slot(&self) -> ApiResult<OwnedSemaphorePermit> {
        let slot = Arc::clone(&self.inner.analysis_slots).try_acquire_owned();
        slot.map_err(|_| {
            let limit = self.inner.installation.config.serve.analyses.max(1);
            ApiError::new(
                ErrorKind::Busy,
                format!("analysis limit reached ({limit} running; `[serve] analyses`)"),
            )
            .hint("retry in a minute")
        })
    }

    /// Returns the limits of work that may take as long as `count` steps of the daily job.
    pub(super) fn step_limits(&self, count: u32) -> WorkLimits {
        let step = Duration::from_secs(self.inner.installation.config.run.step_minutes.saturating_mul(60));
        let timeout = step.saturating_mul(count);
        WorkLimits { slot: None, timeout, setting: "`[run] step_minutes`", steps: None }
    }

    /// Runs long work on a blocking thread and reports the begin of each step. Dropping the future
    /// cancels the work; its slot is released when the work has ended.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        limits: WorkLimits,
        on_progress: &OnProgress<'_>,
        work: impl FnOnce(&Inner, &Work) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let WorkLimits { slot, timeout, setting, steps } = limits;
        let cancel = CancelOnDrop(Cancel::default());
        let (sender, mut begun) = unbounded_channel();
        let progress = Arc::new(Progress::default());
        let context = Work {
            cancel: cancel.0.with_timeout(timeout),
            runtime: Handle::current(),
            progress: Arc::clone(&progress),
            steps: sender,
            timeout,
            setting,
        };
        let inner = Arc::clone(&self.inner);
        let mut task = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            work(&inner, &context)
        });
        let (mut done, mut step, mut reported) = (0.0, String::new(), 0);
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                biased;
                Some(name) = begun.recv() => {
                    // a run may also repeat earlier days, so there may be more steps than announced
                    on_progress(done, steps.map(|of| of.max(done + 1.0)), &name);
                    done += 1.0;
                    step = name;
                }
                ended = &mut task => break joined(ended),
                _ = tick.tick() => {
                    let objects = progress.objects.load(Ordering::Relaxed);
                    if objects > reported {
                        reported = objects;
                        // approaches the number of the next step and never reaches it
                        let part = objects as f64 / (objects as f64 + 100.0);
                        let what = format!("{step}: {objects} objects");
                        on_progress(done - 1.0 + part, steps.map(|of| of.max(done)), &what);
                    }
                }
            }
        }
    }
}
