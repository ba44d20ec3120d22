//! `headwater demo`: a whole incident day, from raw logs to the brief; needs nothing else.

use crate::brief::{Length, brief};
use crate::cli::{Context, Done, Result, print, say, show};
use crate::lake::Lake;
use crate::source::Source;
use model::error::Error;
use model::lang::Lang;
use simulate::{Spec, simulate};
use std::path::PathBuf;

/// Run a whole incident day: bucket → lake → findings → chain → brief
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to put bucket, lake and reports
    #[arg(long, default_value = "demo")]
    dir: PathBuf,
    /// Lang of the brief and the page
    #[arg(long, value_parser = show::lang(), default_value = "en")]
    lang: Lang,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let bucket = args.dir.join("bucket");
    let date = chrono::NaiveDate::from_ymd_opt(2026, 11, 22)
        .ok_or_else(|| Error::bug("the demo's day is no day"))?;
    let spec = Spec { scenario: "memory_limit_lowered".into(), seed: 1, size_bytes: 8_000_000, date };
    simulate(&spec, &bucket, &mut |_| {}).map_err(|error| {
        Error::failed("the demo's day cannot be written").at(bucket.display().to_string()).because(error)
    })?;
    // the truth is for whoever checks the answer, not for whoever finds it
    std::fs::rename(bucket.join("truth.json"), args.dir.join("truth.json"))?;
    say(&format!("raw logs:  {}", bucket.display()));
    let lake = Lake::create(&args.dir.join("lake"))?;
    let done = crate::cli::ingest::into_lake(context, &lake, &Source::folder(&bucket), None)?;
    crate::cli::report("ingest", &done.problems);
    let mut place = context.site().open(lake)?;
    let window = model::time::Window::day(date, context.config.zone()?);
    let report = context.analyse(&mut place, window)?;
    let json = serde_json::to_string_pretty(&report)
        .map_err(|error| Error::bug("the report does not serialise").because(error))?;
    std::fs::write(args.dir.join("report.json"), json)?;
    std::fs::write(args.dir.join("report.html"), crate::brief::page::html(&report, args.lang)?)?;
    say(&format!(
        "lake:      {}\nreport:    {}\npage:      {}\n",
        args.dir.join("lake").display(),
        args.dir.join("report.json").display(),
        args.dir.join("report.html").display()
    ));
    print(&brief(&report, args.lang, Length::Chat))?;
    Ok(crate::cli::report("demo", &report.coverage.problems))
}
