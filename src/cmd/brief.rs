//! `headwater brief`: the text of a day's report.

use super::{Context, Done, Result, print, show};
use crate::brief::{Length, brief};
use crate::report;

/// Say a day's report in a chat group's or a robot's words
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Local day [default: the last one with rows]
    #[arg(long)]
    date: Option<String>,
    /// Language
    #[arg(long, default_value = "en")]
    lang: show::Language,
    /// At most 200 characters, to be spoken
    #[arg(long)]
    voice: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let mut place = context.workplace()?;
    let window = context.window(&place.catalog, args.date.as_deref(), None)?;
    let report = match report::kept(&place.catalog, Some(&window.date().to_string()))? {
        Some(report) => report,
        None => context.analyse(&mut place, window)?,
    };
    let length = if args.voice { Length::Voice } else { Length::Chat };
    print(&brief(&report, args.lang.into(), length))?;
    Ok(Done::All)
}
