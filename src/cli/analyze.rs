//! `headwater analyze`: runs agents and traces over the lake and prints the report.

use crate::brief::{Length, brief};
use crate::cli::{Context, Done, Result, print, print_json, print_problems, terminal};
use model::lang::Lang;

/// Run agents and traces over a time range of the lake and print the report
///
/// Prints the brief, or the whole report with `--json`. The report of a whole day is also saved in the
/// lake, for `brief`, `trace --finding` and the page.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater analyze --date 2026-11-22 --json > report.json\n  headwater analyze --from '2026-11-22 15:00' --to '2026-11-22 16:00'"
)]
pub struct Args {
    /// Local day: YYYY-MM-DD, today or yesterday [default: the last day with rows]
    #[arg(long, value_name = "DATE", conflicts_with_all = ["from", "to"])]
    date: Option<String>,
    /// Start, inclusive: local time, 'yesterday 10:00', '2h ago' or RFC 3339
    #[arg(long, value_name = "TIME", requires = "to")]
    from: Option<String>,
    /// End, exclusive, in the same forms; a time alone is of the day of the start
    #[arg(long, value_name = "TIME", requires = "from")]
    to: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Also write the report as an HTML page
    #[arg(long, value_name = "FILE")]
    html: Option<std::path::PathBuf>,
    /// Language of the brief and the page
    #[arg(long, value_parser = terminal::lang(), default_value = "en")]
    lang: Lang,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let mut workspace = context.workspace()?;
    let window = context.window(
        &workspace.catalog,
        args.date.as_deref(),
        args.from.as_deref().zip(args.to.as_deref()),
    )?;
    let report = context.analyze(&mut workspace, window)?;
    let lang = args.lang;
    if let Some(path) = &args.html {
        std::fs::write(path, crate::brief::page::html(&report, lang)?)?;
    }
    if args.json {
        print_json(&report)?;
    } else {
        print(&brief(&report, lang, Length::Chat))?;
    }
    Ok(print_problems("analyze", &report.coverage.problems))
}
