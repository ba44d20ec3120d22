//! `headwater ingest`: files, folders and buckets into the lake.

use crate::cli::{Context, Done, Result, print, print_json, report, show};
use crate::ingest::{Ingested, Options, Progress, ingest};
use crate::lake::catalog::{Catalog, ObjectEntry};
use crate::lake::{Lake, commit};
use crate::source::{Access, Source};
use model::table::Table;
use model::time::Ts;
use serde_json::json;
use std::path::PathBuf;

/// Read files, folders or buckets into the lake
///
/// What the lake has already is passed over; an object whose content changed replaces its rows.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater ingest ./logs\n  headwater ingest s3://bucket/k8s/2026/11/22\n  headwater ingest app.log --type business --json"
)]
pub struct Args {
    /// Files, folders, s3://bucket/prefix or cos://bucket-appid/prefix
    #[arg(required = true)]
    paths: Vec<String>,
    /// Where text belongs, whatever its path says
    #[arg(long = "type", value_name = "TYPE", value_parser = ["business", "standard"])]
    table: Option<String>,
    /// One JSON document on stdout
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let (local, remote): (Vec<&String>, Vec<&String>) =
        args.paths.iter().partition(|path| !path.contains("://"));
    let mut sources = Vec::new();
    if !local.is_empty() {
        sources.push(Source::Files { root: None, paths: local.iter().map(PathBuf::from).collect() });
    }
    let access = Access::of(&context.config.source);
    for address in remote {
        sources.push(Source::open(address, &access, context.runtime.handle())?);
    }
    let mut all = Ingested::default();
    for source in sources {
        let table = args.table.as_deref().and_then(Table::of);
        let done = into_lake(context, &Lake::create(&context.lake_path())?, &source, table)?;
        all.objects.extend(done.objects);
        all.unchanged += done.unchanged;
        all.masked += done.masked;
        for (table, rows) in done.rows {
            *all.rows.entry(table).or_default() += rows;
        }
        all.problems.extend(done.problems);
    }
    if args.json {
        print_json(&document(&all))?;
    } else {
        print(&summary(&all))?;
    }
    Ok(report("ingest", &all.problems))
}

/// Reads every object of a source into a lake, under its write lock.
pub fn into_lake(context: &Context, lake: &Lake, source: &Source, table: Option<Table>) -> Result<Ingested> {
    let _lock = lake.lock("ingest")?;
    let mut catalog = Catalog::open(&lake.catalog_path())?;
    commit::sweep(lake, &catalog, Ts::now())?;
    let (listed, mut problems) = source.list(&[])?;
    let options = Options { text_table: table, ..Options::of(&context.config, Ts::now(), &context.stop())? };
    let progress = Progress::default();
    let bytes = listed.iter().map(|object| object.size).sum();
    let mut done =
        show::follow(&progress, bytes, || ingest(lake, &mut catalog, source, &listed, &options, &progress))?;
    problems.append(&mut done.problems);
    done.problems = problems;
    Ok(done)
}

fn totals(objects: &[ObjectEntry]) -> (u64, u64, u64) {
    objects.iter().fold((0, 0, 0), |(p, u, d), o| (p + o.parsed, u + o.unparsed, d + o.dropped))
}

fn document(done: &Ingested) -> serde_json::Value {
    let (parsed, unparsed, dropped) = totals(&done.objects);
    let objects: Vec<_> = done.objects.iter().map(|o| json!({
        "key": o.key, "id": o.id, "size": o.size, "format": o.format, "state": o.state, "reason": o.reason,
        "records": o.parsed + o.unparsed + o.dropped, "parsed": o.parsed, "unparsed": o.unparsed, "dropped": o.dropped,
    })).collect();
    json!({
        "schema": "headwater.ingest/1",
        "records": parsed + unparsed + dropped, "parsed": parsed, "unparsed": unparsed, "dropped": dropped,
        "unchanged_objects": done.unchanged, "rows": done.rows, "masked": done.masked, "objects": objects, "problems": done.problems,
    })
}

fn summary(done: &Ingested) -> String {
    let (parsed, unparsed, dropped) = totals(&done.objects);
    let rows: Vec<String> = done.rows.iter().map(|(table, rows)| format!("{rows} in {table}")).collect();
    let rows = if rows.is_empty() { "no rows".into() } else { rows.join(", ") };
    format!(
        "{} objects read, {} unchanged: {} records = {parsed} parsed + {unparsed} unparsed + {dropped} dropped\nrows added: {rows}; secrets masked in {}",
        done.objects.len(),
        done.unchanged,
        parsed + unparsed + dropped,
        done.masked,
    )
}
