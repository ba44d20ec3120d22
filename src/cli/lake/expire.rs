//! `headwater lake expire`: removes the rows of old days.

use crate::cli::lake::{days_json, open_to_write};
use crate::cli::{Context, Done, Result, print, print_json};
use crate::lake::catalog::{Catalog, DayTotals};
use model::error::Error;
use model::time::{Ts, parse_date};
use serde_json::json;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// First local day to keep, YYYY-MM-DD [default: today minus `[lake] retention_days`]
    #[arg(long, value_name = "DATE")]
    before: Option<String>,
    /// Only show what would be removed
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let retention_days = context.config.lake.retention_days;
    let today = Ts::now().date(context.config.zone()?);
    let before = match (args.before.as_deref(), retention_days) {
        (Some(date), _) => parse_date(date)?,
        (None, Some(days)) => today - chrono::TimeDelta::days(i64::from(days)),
        (None, None) => {
            return Err(Error::usage("cannot expire days: no retention is set")
                .hint("set `[lake] retention_days`, or pass the first day to keep: `--before 2026-11-01`"));
        }
    }
    .to_string();
    let expired = |catalog: &Catalog| -> Result<Vec<DayTotals>> {
        Ok(catalog.days()?.into_iter().filter(|day| day.date < before && day.table != "topology").collect())
    };
    let days = if args.dry_run {
        expired(&context.open_lake()?.1)?
    } else {
        let (_lock, _, mut catalog) = open_to_write(context)?;
        let days = expired(&catalog)?;
        catalog.expire(&before)?;
        days
    };
    if args.json {
        print_json(&json!({
            "schema": "headwater.expire/1", "before": before, "dry_run": args.dry_run, "days": days_json(&days),
        }))?;
        return Ok(Done::All);
    }
    let verb = if args.dry_run { "would be removed" } else { "removed" };
    print(&format!("before {before}: {} days of tables {verb}", days.len()))?;
    for d in days {
        print(&format!(
            "  {} {:<9} {:>12} rows {:>5} files {:>14} bytes",
            d.date, d.table, d.rows, d.files, d.bytes
        ))?;
    }
    Ok(Done::All)
}
