//! `headwater lake`: what the lake holds, and its maintenance. One file per task; the work itself is in
//! `crate::lake`.

mod compact;
mod expire;
mod status;
mod verify;

use crate::cli::{Context, Done, Result};
use crate::lake::catalog::{Catalog, DayTotals};
use crate::lake::{Lake, WriteLock, commit};
use model::time::Ts;
use serde_json::{Value, json};

/// Show, compact, expire or verify the lake
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater lake status\n  headwater lake expire --before 2026-11-01 --dry-run\n  headwater lake verify --repair"
)]
pub struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// Show tables, days, sizes, unparsed records, unread objects and files awaiting removal
    Status(status::Args),
    /// Merge the files of each day into a few sorted ones
    ///
    /// Running queries are not disturbed: the files that they read are removed an hour later.
    #[command(after_help = "Example:\n  headwater lake compact --date 2026-11-22")]
    Compact(compact::Args),
    /// Remove the rows of old days
    ///
    /// Their objects stay in the catalog, so that they are not ingested again.
    #[command(after_help = "Example:\n  headwater lake expire --before 2026-11-01 --dry-run")]
    Expire(expire::Args),
    /// Check every file against the catalog
    ///
    /// `--repair` removes damaged files, and the next ingest reads their objects again; it adds files that
    /// are missing from the catalog, and rebuilds a lost catalog from the files. It cannot restore what is
    /// in no file: runs, reports, deliveries, and which objects had no rows or were expired. Such objects
    /// are ingested again if the source still has them.
    #[command(after_help = "Examples:\n  headwater lake verify --deep\n  headwater lake verify --repair")]
    Verify(verify::Args),
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    match &args.task {
        Task::Status(args) => status::run(context, args),
        Task::Compact(args) => compact::run(context, args),
        Task::Expire(args) => expire::run(context, args),
        Task::Verify(args) => verify::run(context, args),
    }
}

/// Opens the lake for a change, and deletes the removed files whose grace period has passed.
fn open_to_write(context: &Context) -> Result<(WriteLock, Lake, Catalog)> {
    let (lake, catalog) = context.open_lake()?;
    let lock = lake.lock("lake")?;
    commit::sweep(&lake, &catalog, Ts::now())?;
    Ok((lock, lake, catalog))
}

fn days_json(days: &[DayTotals]) -> Vec<Value> {
    days.iter()
        .map(|d| json!({ "table": d.table, "date": d.date, "files": d.files, "rows": d.rows, "bytes": d.bytes }))
        .collect()
}
