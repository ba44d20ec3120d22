//! `headwater lake`: what it holds.

use super::{Context, Done, Result, print, print_json};
use crate::catalog::Catalog;
use crate::lake::Lake;
use serde_json::json;

/// Look after the lake
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// What it holds: tables, days, sizes, unparsed, objects not read
    Status {
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let Task::Status { json: as_json } = args.task;
    let lake = Lake::open(&context.lake_path())?;
    let catalog = Catalog::open(&lake.catalog_path())?;
    let objects = catalog.objects(None)?;
    let totals = catalog.totals()?;
    let unparsed: u64 = objects.iter().map(|object| object.unparsed).sum();
    let unread: Vec<_> = objects.iter().filter(|object| object.state != "done").collect();
    if as_json {
        let tables: Vec<_> = totals.iter().map(|t| json!({ "table": t.table, "files": t.files, "rows": t.rows, "bytes": t.bytes, "days": t.days })).collect();
        let unread: Vec<_> =
            unread.iter().map(|o| json!({ "key": o.key, "state": o.state, "reason": o.reason })).collect();
        print_json(
            &json!({ "schema": "headwater.lake/1", "path": lake.root, "objects": objects.len(), "unparsed": unparsed, "tables": tables, "not_read": unread }),
        )?;
        return Ok(Done::All);
    }
    print(&format!("{}: {} objects, {unparsed} records unparsed", lake.root.display(), objects.len()))?;
    for t in totals {
        let (from, to) = t.days.unwrap_or_default();
        print(&format!(
            "  {:<9} {:>12} rows {:>5} files {:>14} bytes  {from} … {to}",
            t.table, t.rows, t.files, t.bytes
        ))?;
    }
    for object in unread {
        print(&format!("  {} {}: {}", object.state, object.key, object.reason.as_deref().unwrap_or("")))?;
    }
    Ok(Done::All)
}
