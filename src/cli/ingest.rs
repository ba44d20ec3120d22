//! `headwater ingest`: reads files, folders and buckets into the lake.

use crate::analysis::change;
use crate::cli::{Context, Done, Result, print, print_json, print_problems, terminal};
use crate::ingest::{Batch, Ingested, Options, Progress, ingest};
use crate::lake::catalog::{Catalog, ObjectEntry};
use crate::lake::{Lake, commit};
use crate::source::{BucketOptions, Source, Wanted};
use model::lang::counted;
use model::table::Table;
use model::time::Ts;
use serde_json::json;
use std::path::PathBuf;

/// Read files, folders or buckets into the lake
///
/// An object that is already in the lake is skipped; if its content has changed, its rows are replaced.
/// Secrets are masked before anything is written.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater ingest ./logs\n  headwater ingest s3://bucket/k8s/2026/11/22\n  headwater ingest app.log --type business --json"
)]
pub struct Args {
    /// Files, folders, s3://bucket/prefix or cos://bucket-appid/prefix
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
    /// Table for application text [default: from the path, else from the content]
    #[arg(long = "type", value_name = "TABLE", value_parser = ["business", "standard"])]
    table: Option<String>,
    /// Print one JSON document
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
    let access = BucketOptions::of(&context.config.source);
    for address in remote {
        sources.push(Source::open(address, &access, context.runtime.handle())?);
    }
    let mut all = Ingested::default();
    for source in sources {
        let table = args.table.as_deref().and_then(Table::of);
        let ingested = into_lake(context, &Lake::create(&context.lake_path())?, &source, table)?;
        all.objects.extend(ingested.objects);
        all.unchanged += ingested.unchanged;
        all.masked += ingested.masked;
        for (table, rows) in ingested.rows {
            *all.rows.entry(table).or_default() += rows;
        }
        all.problems.extend(ingested.problems);
    }
    if args.json {
        print_json(&document(&all))?;
    } else {
        print(&summary(&all))?;
    }
    Ok(print_problems("ingest", &all.problems))
}

/// Reads every object of a source into a lake, under its write lock.
pub fn into_lake(context: &Context, lake: &Lake, source: &Source, table: Option<Table>) -> Result<Ingested> {
    let _lock = lake.lock("ingest")?;
    let mut catalog = Catalog::open(&lake.catalog_path())?;
    commit::sweep(lake, &catalog, Ts::now())?;
    let cancel = context.cancel_on_signal();
    let (listed, mut problems) = source.list(&Wanted { cancel: cancel.clone(), ..Wanted::default() })?;
    let options = Options { text_table: table, ..Options::of(&context.config, Ts::now(), &cancel)? };
    let progress = Progress::default();
    let bytes = listed.iter().map(|object| object.size).sum();
    let mut ingested = terminal::with_bar(&progress, bytes, || {
        ingest(lake, &mut catalog, Batch { source, objects: &listed }, &options, &progress)
    })?;
    let limits = crate::pipeline::limits(&context.config);
    let zone = context.config.zone()?;
    let changes = change::refresh(lake, &mut catalog, zone, limits, &ingested.objects);
    context.runtime.block_on(changes)?;
    problems.append(&mut ingested.problems);
    ingested.problems = problems;
    Ok(ingested)
}

fn totals(objects: &[ObjectEntry]) -> (u64, u64, u64) {
    objects.iter().fold((0, 0, 0), |(p, u, d), o| (p + o.parsed, u + o.unparsed, d + o.dropped))
}

fn document(ingested: &Ingested) -> serde_json::Value {
    let (parsed, unparsed, dropped) = totals(&ingested.objects);
    let objects: Vec<_> = ingested.objects.iter().map(|o| json!({
        "key": o.key, "id": o.id, "size": o.size, "format": o.format, "state": o.state, "reason": o.reason,
        "records": o.parsed + o.unparsed + o.dropped, "parsed": o.parsed, "unparsed": o.unparsed, "dropped": o.dropped,
    })).collect();
    json!({
        "schema": "headwater.ingest/1",
        "records": parsed + unparsed + dropped, "parsed": parsed, "unparsed": unparsed, "dropped": dropped,
        "unchanged_objects": ingested.unchanged, "rows": ingested.rows, "masked": ingested.masked, "objects": objects, "problems": ingested.problems,
    })
}

fn summary(ingested: &Ingested) -> String {
    let (parsed, unparsed, dropped) = totals(&ingested.objects);
    let rows: Vec<String> = ingested.rows.iter().map(|(table, rows)| format!("{rows} in {table}")).collect();
    let rows = if rows.is_empty() { "no rows".into() } else { rows.join(", ") };
    format!(
        "{} read, {} unchanged: {} = {parsed} parsed + {unparsed} unparsed + {dropped} dropped\nrows added: {rows}; secrets masked in {}",
        counted(ingested.objects.len() as u64, "object"),
        ingested.unchanged,
        counted(parsed + unparsed + dropped, "record"),
        counted(ingested.masked, "record"),
    )
}
