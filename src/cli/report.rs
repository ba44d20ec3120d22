//! `headwater report`: the report of a day as one HTML file.

use crate::brief::page;
use crate::cli::{Context, Done, Result, print, terminal};
use model::error::Error;
use model::lang::Lang;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The desktop's program that opens a file with its default application.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// Write the report of a day as one HTML file and print its path
///
/// The file needs no network and no server: attach it to a ticket, or open it in a browser. `serve` has the same
/// at `/report`. A day without a saved report is analyzed first.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater report --open\n  headwater report --date 2026-11-22 --lang zh --out day.html"
)]
pub struct Args {
    /// Local day: YYYY-MM-DD, today or yesterday [default: the last day with rows]
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// File to write [default: report-YYYY-MM-DD.html in the current folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Open the file in the desktop's browser
    #[arg(long)]
    open: bool,
    /// Language of the page
    #[arg(long, value_parser = terminal::lang(), default_value = "en")]
    lang: Lang,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let report = context.report(&mut context.workspace()?, args.date.as_deref())?;
    let path = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("report-{}.html", report.run.date)));
    std::fs::write(&path, page::html(&report, args.lang)?).map_err(|error| {
        Error::failed("cannot write the report").at(path.display().to_string()).because(error)
    })?;
    print(&path.display().to_string())?;
    if args.open {
        open(&path)?;
    }
    Ok(Done::All)
}

/// Opens a file on the desktop.
fn open(path: &Path) -> Result<()> {
    let cannot = |why: String| {
        Error::failed(format!("cannot open `{}`: {why}", path.display()))
            .hint("the file is written; open it in a browser, on another machine if this one has no desktop")
    };
    let status = Command::new(OPENER)
        .arg(std::path::absolute(path)?)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| cannot(format!("`{OPENER}` cannot be run")).because(error))?;
    if !status.success() {
        return Err(cannot(format!("`{OPENER}` failed, {status}")));
    }
    Ok(())
}
