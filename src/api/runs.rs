//! What ran and how it went, as values that serialise: the terminal, `--json` and HTTP show the same.

use crate::lake::catalog::{Catalog, Run, StepEntry};
use model::error::{Error, Result};
use model::time::Ts;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

/// One run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunView {
    /// Id.
    pub id: String,
    /// Local day.
    pub date: String,
    /// `running`, `stopped`, `failed`, `partial` or `done`.
    pub state: String,
    /// Begin.
    pub started_ts: Ts,
    /// End.
    pub ended_ts: Option<Ts>,
    /// From begin to end.
    pub took_s: Option<f64>,
    /// What is missing, or why it failed.
    pub note: Option<String>,
    /// Its steps, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<StepView>>,
}

/// One step of a run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StepView {
    /// Name.
    pub step: String,
    /// `running`, `failed`, `partial` or `done`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Begin.
    pub started_ts: Ts,
    /// End.
    pub ended_ts: Option<Ts>,
    /// From begin to end.
    pub took_s: Option<f64>,
    /// What it made.
    pub output: Option<Value>,
    /// What it says of itself.
    pub note: Option<String>,
}

/// Returns the id of an analysis that begins then.
pub fn run_id(now: Ts) -> String {
    format!("r{}", now.utc().format("%Y%m%d%H%M%S%3f"))
}

/// How many runs a list shows when nobody says.
pub const LIMIT: usize = 30;

/// Returns the document of a list of runs: `headwater.runs/1`.
pub fn document(runs: &[RunView]) -> Value {
    json!({ "schema": "headwater.runs/1", "runs": runs })
}

/// Returns the runs of a day, or all, latest first and at most `limit`.
pub fn list(catalog: &Catalog, date: Option<&str>, limit: usize) -> Result<Vec<RunView>> {
    Ok(catalog.runs(date)?.into_iter().take(limit).map(view).collect())
}

/// Returns the run of that id, of a beginning that no other id has, or the `last` one, with its steps.
pub fn find(catalog: &Catalog, id: &str) -> Result<RunView> {
    let mut runs = catalog.runs(None)?;
    if id == "last" {
        runs.truncate(1);
    } else if let Some(at) = runs.iter().position(|run| run.id == id) {
        runs = vec![runs.swap_remove(at)];
    } else {
        runs.retain(|run| run.id.starts_with(id));
    }
    let Some(run) = runs.first().cloned() else {
        if id == "last" {
            return Err(Error::missing("nothing ran yet").hint("`headwater run` runs a day"));
        }
        return Err(Error::missing(format!("there is no run `{id}`"))
            .hint("`headwater runs list` shows which there are"));
    };
    if let Some(other) = runs.get(1) {
        return Err(Error::usage(format!("{} runs begin with `{id}`", runs.len()))
            .hint(format!("write more of it: `{}` or `{}`?", run.id, other.id)));
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
