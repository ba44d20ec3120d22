//! `headwater demo`: a simulated incident day, from raw logs to the brief. Needs no config and no bucket.

use crate::brief::{Length, brief};
use crate::cli::{Context, Done, Result, notice, print, print_problems, terminal};
use crate::lake::Lake;
use crate::source::Source;
use model::error::Error;
use model::lang::Lang;
use simulate::{Spec, simulate};
use std::path::PathBuf;

/// Run a simulated incident day end to end: raw logs, lake, report, brief
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  headwater demo\n  headwater demo --dir /tmp/demo --lang zh")]
pub struct Args {
    /// Folder for the raw logs, the lake and the report
    #[arg(long, default_value = "demo")]
    dir: PathBuf,
    /// Language of the brief and the page
    #[arg(long, value_parser = terminal::lang(), default_value = "en")]
    lang: Lang,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let bucket = args.dir.join("bucket");
    let date = chrono::NaiveDate::from_ymd_opt(2026, 11, 22)
        .ok_or_else(|| Error::bug("the date of the demo is invalid"))?;
    let spec = Spec { scenario: "memory_limit_lowered".into(), seed: 40, size_bytes: 8_000_000, date };
    simulate(&spec, &bucket, &mut |_| {}).map_err(|error| {
        Error::failed("cannot write the simulated day").at(bucket.display().to_string()).because(error)
    })?;
    // outside the bucket, so that the analysis cannot read the answer
    std::fs::rename(bucket.join("truth.json"), args.dir.join("truth.json"))?;
    notice(&format!("raw logs:  {}", bucket.display()));
    let lake = Lake::create(&args.dir.join("lake"))?;
    let ingested = crate::cli::ingest::into_lake(context, &lake, &Source::folder(&bucket), None)?;
    print_problems("ingest", &ingested.problems);
    let mut workspace = context.installation().open(lake)?;
    let window = model::time::Window::day(date, context.config.zone()?);
    let report = context.analyze(&mut workspace, window)?;
    let json = serde_json::to_string_pretty(&report)
        .map_err(|error| Error::bug("cannot write the report as JSON").because(error))?;
    std::fs::write(args.dir.join("report.json"), json)?;
    std::fs::write(args.dir.join("report.html"), crate::brief::page::html(&report, args.lang)?)?;
    notice(&format!(
        "lake:      {}\nreport:    {}\npage:      {}\n",
        args.dir.join("lake").display(),
        args.dir.join("report.json").display(),
        args.dir.join("report.html").display()
    ));
    print(&brief(&report, args.lang, Length::Chat))?;
    Ok(print_problems("demo", &report.coverage.problems))
}
