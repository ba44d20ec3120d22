//! `headwater sql`: ad hoc SQL over the lake, as one statement, a script or a console. Must not know HTTP or MCP.

mod command; // `\d`, `\x` …
mod completion; // names while a line is typed
mod console; // what a person types, and what is shown
mod describe; // tables and columns
mod editor; // $EDITOR
mod excerpt; // where a statement is wrong
mod line_editor; // lines with history
mod output; // rows as a table, CSV, JSON or Parquet
mod pager; // results larger than the screen
mod rows; // the rows of a statement
mod table; // rows as a table for people

use crate::cli::sql::console::Console;
use crate::cli::sql::output::Format;
use crate::cli::sql::rows::collect;
use crate::cli::{Context, Done, Result};
use model::error::Error;
use std::io::{IsTerminal, Read};
use std::path::PathBuf;

/// Query the lake with SQL; without a statement, open a console
///
/// Tables: business, standard, event, audit, state, change, topology. Views: broken, business_lines, business_peers,
/// standard_lines, standard_peers. `describe audit` lists the columns of one.
///
/// The console completes names, keeps a history and has commands such as `\d` and `\x`: `\?` lists them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater sql \"select reason, count(*) from event group by 1 order by 2 desc\"\n  headwater sql -f report.sql --format csv\n  headwater sql"
)]
pub struct Args {
    /// Read-only SQL statement
    #[arg(value_name = "SQL")]
    query: Option<String>,
    /// Read the statement from a file
    #[arg(short, long, value_name = "FILE", conflicts_with = "query")]
    file: Option<PathBuf>,
    /// Output format [default: table on a terminal, else csv]
    #[arg(long)]
    format: Option<Format>,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let default = if std::io::stdout().is_terminal() { Format::Table } else { Format::Csv };
    let format = args.format.unwrap_or(default);
    let query = match (&args.query, &args.file) {
        (Some(query), _) => query.clone(),
        (None, Some(file)) => std::fs::read_to_string(file).map_err(|error| {
            Error::usage("cannot read the statement").at(file.display().to_string()).because(error)
        })?,
        (None, None) => {
            let mut console = Console::open(context, format)?;
            if std::io::stdin().is_terminal() {
                line_editor::read(&mut console)?;
            } else {
                let mut script = String::new();
                std::io::stdin().read_to_string(&mut script)?;
                console.script(&script)?;
            }
            return Ok(Done::All);
        }
    };
    let engine = context.runtime.block_on(context.workspace()?.engine(None))?;
    let rows = context.runtime.block_on(collect(engine, query, usize::MAX))?;
    output::write(&rows, format, std::io::stdout().lock())?;
    Ok(Done::All)
}
