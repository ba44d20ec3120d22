//! The runs of the daily job, and one run with its steps.

use crate::api::response::RunList;
use crate::api::runs::{RunView as Run, StepView as Step};
use crate::brief::notation::duration;
use crate::page::link::{encoded, link};
use crate::page::{TEXT, Visit, part_of, render};
use model::error::Result;
use redact::sanitize::plain;
use serde::Serialize;

/// Runs, ready to show.
#[derive(Serialize)]
struct RunsView {
    runs: Vec<RunLine>,
    part: String,
    next: String,
}

#[derive(Serialize)]
struct RunLine {
    id: String,
    href: String,
    day: String,
    day_href: String,
    state: String,
    started: String,
    took: String,
    note: String,
}

#[derive(Serialize)]
struct RunPage {
    run: RunLine,
    steps: Vec<StepLine>,
    /// Lines that no format could read, by reason.
    unparsed: String,
}

#[derive(Serialize)]
struct StepLine {
    name: String,
    state: String,
    attempts: u32,
    took: String,
    /// Share of the longest step, 0 to 100.
    share: u32,
    note: String,
    output: String,
}

/// Returns the page of the runs.
///
/// # Errors
/// A bug if the template and its values do not match.
pub fn html(list: &RunList, visit: &Visit) -> Result<String> {
    let view = RunsView {
        runs: list.runs.iter().map(|run| line(run, visit)).collect(),
        part: part_of(&list.page),
        next: list
            .page
            .next_cursor
            .as_ref()
            .map_or_else(String::new, |cursor| link("/runs", &[("cursor", cursor)])),
    };
    render("runs.html", visit.lang.pick("运行", "Runs"), visit, &view)
}

/// Returns the page of a run.
///
/// # Errors
/// A bug if the template and its values do not match.
pub fn one(run: &Run, visit: &Visit) -> Result<String> {
    let steps = run.steps.as_deref().unwrap_or_default();
    let longest = steps.iter().filter_map(|step| step.took_s).fold(0.001, f64::max);
    let sql = format!(
        "select source, attrs->>'unparsed' as reason, count(*) as lines, min(message) as example\nfrom standard\n\
         where attrs->>'unparsed' is not null and ts >= '{date} 00:00:00' and ts < timestamp '{date} 00:00:00' + interval '1 day'\n\
         group by 1, 2\norder by lines desc\nlimit 100",
        date = plain(&run.date, 10).replace('\'', "")
    );
    let view = RunPage {
        run: line(run, visit),
        steps: steps.iter().map(|step| step_line(step, longest, visit)).collect(),
        unparsed: link("/sql", &[("q", &sql)]),
    };
    render("run.html", &view.run.id, visit, &view)
}

fn line(run: &Run, visit: &Visit) -> RunLine {
    RunLine {
        id: plain(&run.id, 80),
        href: link(&format!("/runs/{}", encoded(&run.id)), &[]),
        day: plain(&run.date, 40),
        day_href: link("/", &[("date", &run.date)]),
        state: name_of(&run.state),
        started: run.started_ts.local(visit.zone),
        took: run.took_s.map_or_else(String::new, |took| duration(took, visit.lang)),
        note: plain(run.note.as_deref().unwrap_or_default(), TEXT),
    }
}

fn step_line(step: &Step, longest: f64, visit: &Visit) -> StepLine {
    let output = step.output.as_ref().and_then(|output| serde_json::to_string_pretty(output).ok());
    StepLine {
        name: plain(&step.step, 80),
        state: name_of(&step.state),
        attempts: step.attempts,
        took: step.took_s.map_or_else(String::new, |took| duration(took, visit.lang)),
        share: (step.took_s.unwrap_or(0.0) / longest * 100.0).round().clamp(0.0, 100.0) as u32,
        note: plain(step.note.as_deref().unwrap_or_default(), TEXT),
        output: output.unwrap_or_default().chars().take(8000).collect(),
    }
}

/// Returns the name of a state, as JSON has it.
fn name_of(state: &impl Serialize) -> String {
    let value = serde_json::to_value(state).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}
