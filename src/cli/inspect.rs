//! `headwater inspect`: what a file is, how sure that is and why, and its first records.

use crate::cancel::Cancel;
use crate::cli::{Context, Done, Result, print, print_json};
use crate::ingest::{Options, main_format, read_frames, reader_for};
use crate::source::Source;
use format::reader::Row;
use model::time::Ts;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Tell what files are, and show the first records as parsed
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  headwater inspect /var/log/pods --json")]
pub struct Args {
    /// Files or folders
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// One JSON document on stdout
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let source = Source::Files { root: None, paths: args.paths.clone() };
    let (listed, problems) = source.list(&[])?;
    let options = Options::of(&context.config, Ts::now(), &Cancel::default())?;
    let mut objects = Vec::new();
    for object in &listed {
        let mut reader = reader_for(object, &options);
        let mut first: Vec<Value> = Vec::new();
        let mut take = |row: Row<'_>| {
            if first.len() < 3 {
                first.push(json!({
                    "line": row.line, "ts": model::time::Ts(row.ts), "table": row.table.name(),
                    "level": row.record.level.map(|level| level.name()),
                    "namespace": row.record.place.namespace, "pod": row.record.place.pod,
                    "message": row.record.message.chars().take(300).collect::<String>(),
                }));
            }
        };
        let failure =
            source.read(object).and_then(|opened| read_frames(opened.input, &mut reader, &mut take)).err();
        let counts = &reader.counts;
        let records = counts.records().max(1);
        let table =
            counts.tables.iter().max_by_key(|(_, count)| **count).map(|(name, count)| (*name, *count));
        let mut reasons: Vec<String> = counts
            .formats
            .iter()
            .map(|(chain, count)| format!("{count} of {records} records read as {chain}"))
            .collect();
        reasons.extend(format::reader::origin_of(&object.key).reason);
        objects.push(json!({
            "key": object.key, "type": table.map(|(name, _)| name), "format": main_format(counts),
            "confidence": table.map_or(0.0, |(_, count)| (count.min(counts.parsed) as f64 / records as f64 * 100.0).round() / 100.0),
            "reasons": reasons, "records": counts.records(), "parsed": counts.parsed, "unparsed": counts.unparsed,
            "dropped": counts.dropped, "faults": counts.faults, "failure": failure.map(|error| error.to_string()), "first": first,
        }));
    }
    if args.json {
        print_json(&json!({ "schema": "headwater.inspect/1", "objects": objects }))?;
    } else {
        for object in &objects {
            let text = |key: &str| {
                object
                    .get(key)
                    .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
                    .unwrap_or_default()
            };
            print(&format!(
                "{}\n  {} as {}, confidence {}",
                text("key"),
                text("type"),
                text("format"),
                text("confidence")
            ))?;
            for key in ["reasons", "first"] {
                for item in object.get(key).and_then(Value::as_array).into_iter().flatten() {
                    print(&format!("  {}", item.as_str().map_or_else(|| item.to_string(), str::to_owned)))?;
                }
            }
            if let Some(failure) = object.get("failure").and_then(Value::as_str) {
                print(&format!("  failure: {failure}"))?;
            }
        }
    }
    Ok(crate::cli::report("inspect", &problems))
}
