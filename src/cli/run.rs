//! `headwater run`: the daily batch, from the bucket to the brief.

use crate::brief::Length;
use crate::cli::{Context, Done, Result, channels, print, show};
use crate::ingest::Progress;
use crate::pipeline::{Outcome, Watch, batch};
use model::lang::Lang;
use model::time::parse_date;
use serde_json::json;

/// Bring the report of each day that is due: collect, ingest, analyse, trace, brief, broadcast
///
/// What was done already is passed over: a run that broke goes on where it was, a second run of a day
/// changes nothing. Missed days are caught up, oldest first; a day whose logs came late is reported
/// once more.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code 0: done. 1: something failed or is missing, and is named; the rest was done. 2: wrong config."
)]
pub struct Args {
    /// Local day [default: yesterday, and the days missed before it]
    #[arg(long)]
    date: Option<String>,
    /// Lang of the brief
    #[arg(long, value_parser = show::lang(), default_value = "en")]
    lang: Lang,
    /// One JSON document on stdout: the reports
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let date = args.date.as_deref().map(parse_date).transpose()?;
    let mut outcomes: Vec<Outcome> = Vec::new();
    let progress = Progress::default();
    let stop = context.stop();
    let ended = show::steps(&progress, |begun| {
        // with --json, stdout is one document
        let print = if args.json { channels::to_stderr } else { channels::to_stdout };
        let watch = Watch { stop: &stop, begun, progress: &progress, print };
        batch(&context.site(), context.runtime.handle(), date, &watch, &mut |outcome| outcomes.push(outcome))
    });
    let mut done = Done::All;
    let lang = args.lang;
    let mut briefs = Vec::new();
    for outcome in &outcomes {
        let spoken = match outcome.briefs.get(lang.name()) {
            Some(spoken) => spoken.clone(),
            None => {
                let mut place = context.workplace()?;
                let speaker = place.speaker();
                context.runtime.block_on(place.spoken(&speaker, &outcome.report, lang, Length::Chat))?
            }
        };
        if !args.json {
            print(&outcome.text(&spoken, lang))?;
        }
        channels::tell(&outcome.deliveries);
        let mut problems = outcome.all_problems();
        problems.extend(spoken.problem().filter(|problem| !problems.contains(problem)));
        briefs.push(spoken);
        if crate::cli::report(&format!("run of {}", outcome.date), &problems) == Done::InPart {
            done = Done::InPart;
        }
    }
    if args.json {
        let reports: Vec<_> = outcomes
            .iter()
            .zip(&briefs)
            .map(|(o, brief)| {
                json!({
                    "date": o.date, "why": o.why, "report": o.report, "problems": o.problems,
                    "deliveries": o.deliveries, "brief": brief,
                })
            })
            .collect();
        crate::cli::print_json(&json!({ "schema": "headwater.run/1", "days": reports }))?;
    }
    ended.map(|()| done)
}
