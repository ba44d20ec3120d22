//! `headwater lake status`: what the lake holds.

use crate::cli::lake::days_json;
use crate::cli::{Context, Done, Result, print, print_json};
use crate::lake::catalog::ObjectState;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let (lake, catalog) = context.open_lake()?;
    let counts = catalog.object_counts()?;
    let (totals, days) = (catalog.totals()?, catalog.days()?);
    let removed = catalog.removed(i64::MAX)?;
    let removed_bytes: u64 =
        removed.iter().filter_map(|path| Some(std::fs::metadata(lake.root.join(path)).ok()?.len())).sum();
    let objects: u64 = counts.iter().map(|count| count.objects).sum();
    let unparsed: u64 = counts.iter().map(|count| count.unparsed).sum();
    let expired = counts.iter().find(|count| count.state == ObjectState::Expired).map_or(0, |c| c.objects);
    let unread = catalog.unread_objects()?;
    if args.json {
        let tables: Vec<_> = totals.iter().map(|t| json!({ "table": t.table, "files": t.files, "rows": t.rows, "bytes": t.bytes, "days": t.days })).collect();
        let unread: Vec<_> =
            unread.iter().map(|o| json!({ "key": o.key, "state": o.state, "reason": o.reason })).collect();
        print_json(&json!({
            "schema": "headwater.lake/1", "path": lake.root, "objects": objects, "unparsed": unparsed,
            "tables": tables, "not_read": unread, "expired_objects": expired, "days": days_json(&days),
            "awaiting_removal": { "files": removed.len(), "bytes": removed_bytes },
        }))?;
        return Ok(Done::All);
    }
    print(&format!("{}: {} objects, {unparsed} records unparsed", lake.root.display(), objects))?;
    for t in totals {
        let (from, to) = t.days.unwrap_or_default();
        print(&format!(
            "  {:<9} {:>12} rows {:>5} files {:>14} bytes  {from} … {to}",
            t.table, t.rows, t.files, t.bytes
        ))?;
    }
    if !removed.is_empty() {
        print(&format!("  {} files ({removed_bytes} bytes) await removal", removed.len()))?;
    }
    if expired > 0 {
        print(&format!("  {expired} objects have expired rows"))?;
    }
    for object in unread {
        print(&format!("  {} {}: {}", object.state, object.key, object.reason.as_deref().unwrap_or("")))?;
    }
    Ok(Done::All)
}
