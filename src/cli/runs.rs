//! `headwater runs`: lists runs, and shows the steps of one.

use crate::api::runs;
use crate::api::runs::RunView;
use crate::brief::notation::duration;
use crate::cli::{Context, Done, Result, print, print_json, terminal};
use model::lang::Lang;

/// List runs, or show the steps of one
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  headwater runs list --date 2026-11-22\n  headwater runs show last")]
pub struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// List runs, newest first
    List {
        /// Only runs of this local day, YYYY-MM-DD [default: all days]
        #[arg(long, value_name = "DATE")]
        date: Option<String>,
        /// Maximum number of runs
        #[arg(long, value_name = "N", default_value_t = runs::DEFAULT_LIMIT)]
        limit: usize,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Show a run and its steps
    Show {
        /// Id of the run, a prefix of it, or `last`
        id: String,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let zone = context.config.zone()?;
    let (_, catalog) = context.open_lake()?;
    match &args.task {
        Task::List { date, limit, json } => {
            if let Some(date) = date {
                model::time::parse_date(date)?;
            }
            let list = runs::list(&catalog, date.as_deref(), *limit)?;
            if *json {
                print_json(&runs::document(&list))?;
            } else {
                let line = |run: &RunView| {
                    let started = run.started_ts.local(zone);
                    [&run.id, &run.date, run.state.name(), &started, &took(run.took_s), note(&run.note)]
                        .map(str::to_owned)
                };
                let lines = list.iter().map(line);
                print(&terminal::columns(["RUN", "DATE", "STATE", "STARTED", "TOOK", "NOTE"], lines))?;
            }
        }
        Task::Show { id, json } => {
            let run = runs::find(&catalog, id)?;
            if *json {
                print_json(&run)?;
                return Ok(Done::All);
            }
            let started = run.started_ts.local(zone);
            print(&format!(
                "{} of {} is {}: started {started}, took {}",
                run.id,
                run.date,
                run.state,
                took(run.took_s)
            ))?;
            for line in note(&run.note).lines() {
                print(&format!("  {line}"))?;
            }
            let steps = run.steps.iter().flatten().map(|step| {
                [
                    &step.step,
                    step.state.name(),
                    &step.attempts.to_string(),
                    &took(step.took_s),
                    note(&step.note),
                ]
                .map(str::to_owned)
            });
            print(&terminal::columns(["STEP", "STATE", "TRIES", "TOOK", "NOTE"], steps))?;
        }
    }
    Ok(Done::All)
}

fn took(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "-".into(), |seconds| duration(seconds, Lang::En))
}

fn note(note: &Option<String>) -> &str {
    note.as_deref().unwrap_or("")
}
