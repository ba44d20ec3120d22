//! Runs of the daily job as values that serialise: the terminal, `--json`, HTTP and MCP show the same.

use crate::lake::catalog::{Catalog, Run, RunState, StepEntry, StepState};
use model::error::{Error, Result};
use model::time::Ts;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// A run of the daily job.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunView {
    /// Id of the run.
    pub id: String,
    /// Local day, YYYY-MM-DD.
    pub date: String,
    /// State of the run.
    pub state: RunState,
    /// Start time.
    pub started_ts: Ts,
    /// End time; null while it runs.
    pub ended_ts: Option<Ts>,
    /// Duration in seconds; null while it runs.
    pub took_s: Option<f64>,
    /// Missing data, or why the run failed; null if there is nothing to report.
    pub note: Option<String>,
    /// Steps in the order they began; only if the request has an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<StepView>>,
}

/// A step of a run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StepView {
    /// Name of the step.
    pub step: String,
    /// State of the step.
    pub state: StepState,
    /// Number of attempts.
    pub attempts: u32,
    /// Start time.
    pub started_ts: Ts,
    /// End time; null while it runs.
    pub ended_ts: Option<Ts>,
    /// Duration in seconds; null while it runs.
    pub took_s: Option<f64>,
    /// The step's result; null if it has none.
    pub output: Option<Value>,
    /// Missing data, or why the step failed; null if there is nothing to report.
    pub note: Option<String>,
}

/// Returns the id of an analysis that starts at `now`.
pub fn run_id(now: Ts) -> String {
    format!("r{}", now.utc().format("%Y%m%d%H%M%S%3f"))
}

/// Runs of one prefix that are counted.
const MAX_FOUND: u32 = 1000;

/// Default number of runs in a list.
pub const DEFAULT_LIMIT: usize = 30;

/// Returns runs as a `headwater.runs/1` document.
pub fn document(runs: &[RunView]) -> Value {
    json!({ "schema": "headwater.runs/1", "runs": runs })
}

/// Returns the latest `limit` runs, latest first; `date` selects one local day.
pub fn list(catalog: &Catalog, date: Option<&str>, limit: usize) -> Result<Vec<RunView>> {
    Ok(catalog.runs(date, limit)?.into_iter().map(view).collect())
}

/// Returns a run with its steps; `id` is an id, a unique prefix of one, or `last`.
pub fn find(catalog: &Catalog, id: &str) -> Result<RunView> {
    let mut runs = if id == "last" { catalog.runs(None, 1)? } else { catalog.runs_like(id, MAX_FOUND)? };
    if runs.first().is_some_and(|run| run.id == id) {
        runs.truncate(1);
    }
    let Some(run) = runs.first().cloned() else {
        if id == "last" {
            return Err(Error::missing("there are no runs yet").hint("`headwater run` runs the daily job"));
        }
        return Err(
            Error::missing(format!("run `{id}` does not exist")).hint("`headwater runs list` lists all runs")
        );
    };
    if let Some(other) = runs.get(1) {
        return Err(Error::usage(format!("{} runs begin with `{id}`", runs.len()))
            .hint(format!("use a longer prefix, such as `{}` or `{}`", run.id, other.id)));
    }
    Ok(RunView { steps: Some(steps(catalog, &run.id)?), ..view(run) })
}

/// Returns the steps of a run in the order they began.
pub fn steps(catalog: &Catalog, run: &str) -> Result<Vec<StepView>> {
    Ok(catalog.steps(run)?.into_iter().map(step_view).collect())
}

fn view(run: Run) -> RunView {
    let (started_ts, ended_ts) = (Ts(run.started_ts), run.ended_ts.map(Ts));
    RunView {
        took_s: ended_ts.map(|end| end.since_s(started_ts)),
        id: run.id,
        date: run.date,
        state: run.state,
        started_ts,
        ended_ts,
        note: run.note,
        steps: None,
    }
}

fn step_view(step: StepEntry) -> StepView {
    let (started_ts, ended_ts) = (Ts(step.started_ts), step.ended_ts.map(Ts));
    StepView {
        took_s: ended_ts.map(|end| end.since_s(started_ts)),
        step: step.step,
        state: step.state,
        attempts: step.attempts,
        started_ts,
        ended_ts,
        output: step.output.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))),
        note: step.note,
    }
}
