//! `headwater run`: the daily batch, from the bucket to the brief.

use super::{Context, Done, Result, print, say, show};
use crate::brief::{Length, brief};
use crate::error::Error;
use crate::lake::Lake;
use crate::source::{Access, Source};

/// Read a day's logs from the source, analyse them, and print the brief
///
/// What the lake has already is passed over, so that a second run goes on where the first broke.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Local day [default: the last one with rows]
    #[arg(long)]
    date: Option<String>,
    /// Language of the brief
    #[arg(long, default_value = "en")]
    lang: show::Language,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let config = &context.config;
    let url = config.source.url.as_deref().ok_or_else(|| {
        Error::usage("no source is configured")
            .hint("set `url` under `[source]`: cos://bucket-appid/prefix, s3://bucket/prefix or a folder")
    })?;
    if let Some(date) = &args.date {
        crate::window::parse_date(date)?;
    }
    let access = Access { region: config.source.region.clone(), endpoint: config.source.endpoint.clone() };
    let source = Source::open(url, &access, context.runtime.handle())?;
    let lake = Lake::create(&context.lake_path())?;
    let done = super::ingest::into_lake(context, &lake, &source, None)?;
    say(&format!("{} objects read, {} unchanged", done.objects.len(), done.unchanged));
    let mut place = context.workplace_at(lake)?;
    let window = context.window(&place.catalog, args.date.as_deref(), None)?;
    let report = context.analyse(&mut place, window)?;
    print(&brief(&report, args.lang.into(), Length::Chat))?;
    super::report("ingest", &done.problems);
    Ok(super::report("run", &report.coverage.problems))
}
