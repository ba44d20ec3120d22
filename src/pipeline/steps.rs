//! The steps of one run: each noted before it begins and when it ends, tried again where that can
//! help, and passed over where it was done on the same input before the run broke.

use crate::cancel::Cancel;
use crate::lake::catalog::{Run, StepEntry};
use crate::pipeline::Workplace;
use model::error::{Error, Kind, Result};
use model::time::Ts;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// A run under way.
pub(super) struct Steps<'d> {
    pub run: Run,
    pub stop: &'d Cancel,
    pub now: &'d (dyn Fn() -> Ts + Sync),
    pub begun: &'d (dyn Fn(&str) + Sync),
}

impl Steps<'_> {
    /// Does one step. What it made is kept, and handed out again where `input` is the same.
    pub fn step<T: Serialize + DeserializeOwned>(
        &self,
        place: &mut Workplace,
        name: &str,
        input: Option<&str>,
        mut work: impl FnMut(&mut Workplace, &Cancel) -> Result<T>,
    ) -> Result<T> {
        let earlier = place.catalog.steps(&self.run.id)?.into_iter().find(|step| step.step == name);
        if let Some(earlier) = &earlier
            && earlier.state == "done"
            && input == Some(earlier.input.as_str())
            && let Some(made) = earlier.output.as_deref().and_then(|text| serde_json::from_str(text).ok())
        {
            tracing::info!(step = name, "done before the run broke");
            return Ok(made);
        }
        (self.begun)(name);
        let mut entry = StepEntry {
            step: name.to_owned(),
            state: "running".into(),
            attempts: earlier.map_or(0, |earlier| earlier.attempts),
            started_ts: (self.now)().0,
            ended_ts: None,
            input: input.unwrap_or_default().to_owned(),
            output: None,
            note: None,
        };
        let stop = self.stop.within(Duration::from_secs(60 * place.config.run.step_minutes));
        let mut tried = 0;
        let outcome = loop {
            tried += 1;
            entry.attempts += 1;
            place.catalog.note_step(&self.run.id, &entry)?;
            tracing::info!(step = name, attempt = entry.attempts, "begun");
            match work(place, &stop) {
                Err(error) if self.is_worth_trying(&error, tried, place) => {
                    tracing::warn!(step = name, %error, "tried again");
                    entry.note = Some(error.to_string());
                    std::thread::sleep(Duration::from_secs(u64::from(tried)));
                }
                outcome => break outcome,
            }
        };
        entry.ended_ts = Some((self.now)().0);
        match &outcome {
            Ok(made) => {
                entry.state = "done".into();
                // what is found anew each time is not worth its place
                entry.output = input.and_then(|_| serde_json::to_string(made).ok());
            }
            Err(error) => {
                entry.state = "failed".into();
                entry.note = Some(error.to_string());
            }
        }
        place.catalog.note_step(&self.run.id, &entry)?;
        tracing::info!(step = name, state = entry.state, "ended");
        outcome
    }

    fn is_worth_trying(&self, error: &Error, tried: u32, place: &Workplace) -> bool {
        error.kind == Kind::Failed && tried < place.config.run.attempts && self.stop.check().is_ok()
    }
}
