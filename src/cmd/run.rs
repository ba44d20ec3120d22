//! `headwater run`: the daily batch, from the bucket to the brief.

use super::{Context, Done, Result, print, show};
use crate::brief::Lang;
use crate::error::Error;
use crate::ingest::Progress;
use crate::lake::Lake;
use crate::orchestrator::{Daily, Outcome};
use crate::sink::Channel;
use crate::source::{Access, Source};
use crate::stop::Stop;
use crate::window::{Ts, parse_date};
use chrono::NaiveDate;
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
    /// Language of the brief
    #[arg(long, default_value = "en")]
    lang: show::Language,
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
        batch(context, date, &stop, begun, &progress, &mut |outcome| outcomes.push(outcome))
    });
    let mut done = Done::All;
    for outcome in &outcomes {
        if !args.json {
            print(&outcome.text(Lang::from(args.lang)))?;
        }
        let problems = outcome.all_problems();
        if super::report(&format!("run of {}", outcome.date), &problems) == Done::InPart {
            done = Done::InPart;
        }
    }
    if args.json {
        let reports: Vec<_> = outcomes
            .iter()
            .map(|o| json!({ "date": o.date, "why": o.why, "report": o.report, "problems": o.problems }))
            .collect();
        super::print_json(&json!({ "schema": "headwater.run/1", "days": reports }))?;
    }
    ended.map(|()| done)
}

/// Runs the daily batch under the lake's lock; `told` gets each day's outcome as it is there.
pub fn batch(
    context: &Context,
    date: Option<NaiveDate>,
    stop: &Stop,
    begun: &(dyn Fn(&str) + Sync),
    progress: &Progress,
    told: &mut dyn FnMut(Outcome),
) -> Result<()> {
    let config = &context.config;
    let url = config.source.url.as_deref().ok_or_else(|| {
        Error::usage("no source is configured")
            .hint("set `url` under `[source]`: cos://bucket-appid/prefix, s3://bucket/prefix or a folder")
    })?;
    let source = Source::open(url, &Access::of(&config.source), context.runtime.handle())?;
    let channels = config.broadcast.iter().map(Channel::open).collect::<Result<Vec<_>>>()?;
    let lake = Lake::create(&context.lake_path())?;
    let _lock = lake.lock("run")?;
    let mut place = context.workplace_at(lake)?;
    let mut daily = Daily {
        place: &mut place,
        source: &source,
        channels: &channels,
        runtime: context.runtime.handle(),
        stop,
        now: &Ts::now,
        begun,
        progress,
    };
    daily.run(date, told)
}
