//! `headwater run`: the daily job, from the bucket to the delivered brief.

use crate::brief::Length;
use crate::cli::{Context, Done, Result, channels, print, print_json, print_problems, terminal};
use crate::ingest::Progress;
use crate::pipeline::{JobControl, Outcome, batch};
use model::lang::Lang;
use model::time::parse_date;
use serde_json::json;

/// Report each day that is due: ingest, analyze, trace, write the brief, deliver it
///
/// Steps that are done are skipped: a failed run resumes where it stopped, and a second run of a day
/// changes nothing. Missed days are caught up, oldest first. A day whose logs arrived late is reported
/// again.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater run\n  headwater run --date 2026-11-22 --json > reports.json\n\nExit codes: 0 done; 1 something failed or is missing and was reported, the rest was done; 2 invalid config."
)]
pub struct Args {
    /// Local day, YYYY-MM-DD [default: yesterday, and missed days before it]
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// Language of the brief
    #[arg(long, value_parser = terminal::lang(), default_value = "en")]
    lang: Lang,
    /// Print one JSON document with the reports
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let date = args.date.as_deref().map(parse_date).transpose()?;
    let mut outcomes: Vec<Outcome> = Vec::new();
    let progress = Progress::default();
    let cancel = context.cancel_on_signal();
    let ended = terminal::with_steps(&progress, |on_step| {
        // with `--json`, stdout holds only the document
        let print = if args.json { channels::to_stderr } else { channels::to_stdout };
        let control = JobControl { cancel: &cancel, on_step, progress: &progress, print };
        batch(&context.installation(), context.runtime.handle(), date, &control, &mut |outcome| {
            outcomes.push(outcome)
        })
    });
    let mut done = Done::All;
    let lang = args.lang;
    let mut briefs = Vec::new();
    for outcome in &outcomes {
        let brief = match outcome.briefs.get(lang.name()) {
            Some(brief) => brief.clone(),
            None => {
                let mut workspace = context.workspace()?;
                let writer = workspace.writer();
                context.runtime.block_on(workspace.write_brief(
                    &writer,
                    &outcome.report,
                    lang,
                    Length::Chat,
                ))?
            }
        };
        if !args.json {
            print(&outcome.text(&brief, lang))?;
        }
        channels::print_receipts(&outcome.deliveries);
        let mut problems = outcome.all_problems();
        problems.extend(brief.problem().filter(|problem| !problems.contains(problem)));
        briefs.push(brief);
        if print_problems(&format!("run of {}", outcome.date), &problems) == Done::InPart {
            done = Done::InPart;
        }
    }
    if args.json {
        let reports: Vec<_> = outcomes
            .iter()
            .zip(&briefs)
            .map(|(o, brief)| {
                json!({
                    "date": o.date, "why": o.reason, "report": o.report, "problems": o.problems,
                    "deliveries": o.deliveries, "brief": brief,
                })
            })
            .collect();
        print_json(&json!({ "schema": "headwater.run/1", "days": reports }))?;
    }
    ended.map(|()| done)
}
