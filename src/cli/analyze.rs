//! `headwater analyze`: agents and traces over the lake → the report.

use crate::brief::{Length, brief};
use crate::cli::{Context, Done, Result, print, print_json, show};
use model::lang::Lang;

/// Run the agents and the trace over a window of the lake
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater analyze --date 2026-11-22 --json > report.json\n  headwater analyze --from '2026-11-22 10:00' --to '2026-11-22 11:00'"
)]
pub struct Args {
    /// Local day [default: the last one with rows]
    #[arg(long, conflicts_with_all = ["from", "to"])]
    date: Option<String>,
    /// First point, local or RFC 3339
    #[arg(long, requires = "to")]
    from: Option<String>,
    /// First point after
    #[arg(long, requires = "from")]
    to: Option<String>,
    /// The report as JSON
    #[arg(long)]
    json: bool,
    /// Write the page there as well
    #[arg(long, value_name = "FILE")]
    html: Option<std::path::PathBuf>,
    /// Lang of the page and the text
    #[arg(long, value_parser = show::lang(), default_value = "en")]
    lang: Lang,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let mut place = context.workplace()?;
    let window =
        context.window(&place.catalog, args.date.as_deref(), args.from.as_deref().zip(args.to.as_deref()))?;
    let report = context.analyse(&mut place, window)?;
    let lang = args.lang;
    if let Some(path) = &args.html {
        std::fs::write(path, crate::brief::page::html(&report, lang)?)?;
    }
    if args.json {
        print_json(&report)?;
    } else {
        print(&brief(&report, lang, Length::Chat))?;
    }
    Ok(crate::cli::report("analyze", &report.coverage.problems))
}
