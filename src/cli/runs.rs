//! `headwater runs`: what ran and how it went.

use crate::api::runs;
use crate::api::runs::RunView;
use crate::brief::words::duration;
use crate::cli::{Context, Done, Result, print, print_json, show};
use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use model::lang::Lang;

/// Show what ran and how it went
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  headwater runs list --date 2026-11-22\n  headwater runs show last")]
pub struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// The runs, latest first
    List {
        /// Local day [default: all]
        #[arg(long)]
        date: Option<String>,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = runs::LIMIT)]
        limit: usize,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// One run and its steps
    Show {
        /// Its id, the beginning of it, or `last`
        id: String,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let zone = context.config.zone()?;
    let lake = Lake::open(&context.lake_path())?;
    let catalog = Catalog::open(&lake.catalog_path())?;
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
                    let begun = run.started_ts.local(zone);
                    [&run.id, &run.date, &run.state, &begun, &took(run.took_s), note(&run.note)]
                        .map(str::to_owned)
                };
                let lines = list.iter().map(line);
                print(&show::columns(["RUN", "DATE", "STATE", "BEGUN", "TOOK", "NOTE"], lines))?;
            }
        }
        Task::Show { id, json } => {
            let run = runs::find(&catalog, id)?;
            if *json {
                print_json(&run)?;
                return Ok(Done::All);
            }
            let begun = run.started_ts.local(zone);
            print(&format!(
                "{} of {} is {}: begun {begun}, took {}",
                run.id,
                run.date,
                run.state,
                took(run.took_s)
            ))?;
            for line in note(&run.note).lines() {
                print(&format!("  {line}"))?;
            }
            let steps = run.steps.iter().flatten().map(|step| {
                [&step.step, &step.state, &step.attempts.to_string(), &took(step.took_s), note(&step.note)]
                    .map(str::to_owned)
            });
            print(&show::columns(["STEP", "STATE", "TRIES", "TOOK", "NOTE"], steps))?;
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
