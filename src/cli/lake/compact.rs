//! `headwater lake compact`: merges the files of each day into a few sorted ones.

use crate::cli::lake::open_to_write;
use crate::cli::{Context, Done, Result, print, print_json, print_problems, terminal};
use crate::lake::compact;
use crate::pipeline::fold_topology;
use model::time::{Ts, parse_date};
use serde_json::json;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this local day, YYYY-MM-DD [default: all days]
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let date = args.date.as_deref();
    if let Some(date) = date {
        parse_date(date)?;
    }
    let (_lock, lake, mut catalog) = open_to_write(context)?;
    let cancel = context.cancel_on_signal();
    if date.is_none() {
        fold_topology(&lake, &mut catalog, &context.config, Ts::now())?;
    }
    let due = compact::due(&catalog, date)?;
    let bar = terminal::counter(due.len() as u64, "compact");
    let (mut days, mut problems) = (Vec::new(), Vec::new());
    for (table, date) in &due {
        match compact::compact(&lake, &mut catalog, table, date, &cancel) {
            Ok(day) => days.push(day),
            Err(error) => problems.push(error.into_problem("compact")),
        }
        bar.inc(1);
        if cancel.is_cancelled() {
            break;
        }
    }
    bar.finish_and_clear();
    if args.json {
        let days: Vec<_> = days.iter().map(|d| json!({
            "table": d.table, "date": d.date, "rows": d.rows, "files_before": d.files.0, "files_after": d.files.1,
            "bytes_before": d.bytes.0, "bytes_after": d.bytes.1,
        })).collect();
        print_json(&json!({ "schema": "headwater.compact/1", "days": days, "problems": problems }))?;
    } else if due.is_empty() {
        print("nothing to compact: every day has few, sorted files")?;
    }
    if !args.json {
        for d in &days {
            print(&format!(
                "{} {:<9} {:>5} files of {:>14} bytes → {:>3} of {:>14}, {} rows",
                d.date, d.table, d.files.0, d.bytes.0, d.files.1, d.bytes.1, d.rows
            ))?;
        }
    }
    Ok(print_problems("compact", &problems))
}
