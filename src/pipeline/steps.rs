//! The steps of one run. Each is saved before it starts and when it ends, retried if that can help, and
//! skipped if it was done with the same input before the run was interrupted.

use crate::backoff::Backoff;
use crate::cancel::Cancel;
use crate::lake::catalog::{Run, StepEntry, StepState};
use crate::pipeline::Workspace;
use model::error::{Error, ErrorKind, Result};
use model::time::Ts;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Wait between the attempts of a step.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(30) };

/// A run in progress.
pub(super) struct Steps<'d> {
    pub run: Run,
    pub cancel: &'d Cancel,
    pub now: &'d (dyn Fn() -> Ts + Sync),
    pub on_step: &'d (dyn Fn(&str) + Sync),
}

impl Steps<'_> {
    /// Runs one step. With an `input`, its result is saved, and returned without running the step again if
    /// the run is resumed with the same input.
    pub fn step<T: Serialize + DeserializeOwned>(
        &self,
        workspace: &mut Workspace,
        name: &str,
        input: Option<&str>,
        mut work: impl FnMut(&mut Workspace, &Cancel) -> Result<T>,
    ) -> Result<T> {
        let earlier = workspace.catalog.steps(&self.run.id)?.into_iter().find(|step| step.step == name);
        if let Some(earlier) = &earlier
            && earlier.state == StepState::Done
            && input == Some(earlier.input.as_str())
            && let Some(output) = earlier.output.as_deref().and_then(|text| serde_json::from_str(text).ok())
        {
            tracing::info!(step = name, "step was done before the run was interrupted");
            return Ok(output);
        }
        (self.on_step)(name);
        let mut entry = StepEntry {
            step: name.to_owned(),
            state: StepState::Running,
            attempts: earlier.map_or(0, |earlier| earlier.attempts),
            started_ts: (self.now)().0,
            ended_ts: None,
            input: input.unwrap_or_default().to_owned(),
            output: None,
            note: None,
        };
        let cancel = self.cancel.with_timeout(Duration::from_secs(60 * workspace.config.run.step_minutes));
        let mut tried = 0;
        let outcome = loop {
            tried += 1;
            entry.attempts += 1;
            workspace.catalog.save_step(&self.run.id, &entry)?;
            tracing::info!(step = name, attempt = entry.attempts, "step started");
            match work(workspace, &cancel) {
                Err(error) if self.can_retry(&error, tried, workspace) => {
                    tracing::warn!(step = name, %error, "retrying the step");
                    entry.note = Some(error.to_string());
                    self.cancel.sleep(BACKOFF.after(tried));
                }
                outcome => break outcome,
            }
        };
        entry.ended_ts = Some((self.now)().0);
        match &outcome {
            Ok(output) => {
                entry.state = StepState::Done;
                // a step without an input always runs again: its output is not needed
                entry.output = input.and_then(|_| serde_json::to_string(output).ok());
            }
            Err(error) => {
                entry.state = StepState::Failed;
                entry.note = Some(error.to_string());
            }
        }
        workspace.catalog.save_step(&self.run.id, &entry)?;
        tracing::info!(step = name, state = entry.state.name(), "step ended");
        outcome
    }

    /// Returns true if another attempt of a step is allowed and can help.
    fn can_retry(&self, error: &Error, tried: u32, workspace: &Workspace) -> bool {
        error.kind == ErrorKind::Failed
            && tried < workspace.config.run.attempts
            && self.cancel.check().is_ok()
    }
}
