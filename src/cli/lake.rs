//! `headwater lake`: what it holds, and its upkeep.

use crate::cli::{Context, Done, Result, print, print_json, report, say, show};
use crate::lake::catalog::{Catalog, DayTotals};
use crate::lake::repair;
use crate::lake::repair::Repaired;
use crate::lake::verify::{Fault, Look, Verdict, unknown, verify};
use crate::lake::{Lake, WriteLock, commit, compact};
use model::error::Error;
use model::time::{Ts, parse_date};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Look after the lake
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// What it holds: tables, days, sizes, unparsed, objects not read, files awaiting removal
    Status {
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// Merge the files of each day into few sorted ones
    ///
    /// Queries that run meanwhile go on; what they read is removed an hour later.
    Compact {
        /// Only this local day
        #[arg(long)]
        date: Option<String>,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// Let old days go
    ///
    /// Their objects stay known: they are not read again.
    Expire {
        /// First local day to keep [default: `[lake] retention_days` before today]
        #[arg(long, value_name = "DATE")]
        before: Option<String>,
        /// Only say what would go
        #[arg(long)]
        dry_run: bool,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// Hold every file against the catalog
    ///
    /// `--repair` takes damaged files out and has the next ingest read their objects again, takes
    /// files in that the catalog lost, and rebuilds a catalog that is gone. It cannot know what no
    /// file tells: objects without rows and days let go (both are read again where the source still
    /// has them), runs, reports and deliveries.
    Verify {
        /// Mend what is wrong
        #[arg(long)]
        repair: bool,
        /// Read every column, and count the rows of every object
        #[arg(long)]
        deep: bool,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    match &args.task {
        Task::Status { json } => status(context, *json),
        Task::Compact { date, json } => compact_days(context, date.as_deref(), *json),
        Task::Expire { before, dry_run, json } => expire(context, before.as_deref(), *dry_run, *json),
        Task::Verify { repair, deep, json } => verify_files(context, *repair, *deep, *json),
    }
}

fn open(context: &Context) -> Result<(Lake, Catalog)> {
    let lake = Lake::open(&context.lake_path())?;
    let catalog = Catalog::open(&lake.catalog_path())?;
    Ok((lake, catalog))
}

/// Opens the lake for a change, with the files gone whose time has come.
fn open_to_write(context: &Context) -> Result<(WriteLock, Lake, Catalog)> {
    let (lake, catalog) = open(context)?;
    let lock = lake.lock("lake")?;
    commit::sweep(&lake, &catalog, Ts::now())?;
    Ok((lock, lake, catalog))
}

fn status(context: &Context, as_json: bool) -> Result<Done> {
    let (lake, catalog) = open(context)?;
    let objects = catalog.objects(None)?;
    let (totals, days) = (catalog.totals()?, catalog.days()?);
    let removed = catalog.removed(i64::MAX)?;
    let removed_bytes: u64 =
        removed.iter().filter_map(|path| Some(std::fs::metadata(lake.root.join(path)).ok()?.len())).sum();
    let unparsed: u64 = objects.iter().map(|object| object.unparsed).sum();
    let expired = objects.iter().filter(|object| object.state == "expired").count();
    let unread: Vec<_> =
        objects.iter().filter(|object| !["done", "expired"].contains(&&*object.state)).collect();
    if as_json {
        let tables: Vec<_> = totals.iter().map(|t| json!({ "table": t.table, "files": t.files, "rows": t.rows, "bytes": t.bytes, "days": t.days })).collect();
        let unread: Vec<_> =
            unread.iter().map(|o| json!({ "key": o.key, "state": o.state, "reason": o.reason })).collect();
        print_json(&json!({
            "schema": "headwater.lake/1", "path": lake.root, "objects": objects.len(), "unparsed": unparsed,
            "tables": tables, "not_read": unread, "expired_objects": expired, "days": days_json(&days),
            "awaiting_removal": { "files": removed.len(), "bytes": removed_bytes },
        }))?;
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
    if !removed.is_empty() {
        print(&format!("  {} files of {removed_bytes} bytes await removal", removed.len()))?;
    }
    if expired > 0 {
        print(&format!("  {expired} objects have rows that were let go"))?;
    }
    for object in unread {
        print(&format!("  {} {}: {}", object.state, object.key, object.reason.as_deref().unwrap_or("")))?;
    }
    Ok(Done::All)
}

fn days_json(days: &[DayTotals]) -> Vec<Value> {
    days.iter()
        .map(|d| json!({ "table": d.table, "date": d.date, "files": d.files, "rows": d.rows, "bytes": d.bytes }))
        .collect()
}

fn compact_days(context: &Context, date: Option<&str>, as_json: bool) -> Result<Done> {
    if let Some(date) = date {
        parse_date(date)?;
    }
    let (_lock, lake, mut catalog) = open_to_write(context)?;
    let due = compact::due(&catalog, date)?;
    let bar = show::counter(due.len() as u64, "compact");
    let (mut days, mut problems) = (Vec::new(), Vec::new());
    for (table, date) in &due {
        match compact::compact(&lake, &mut catalog, table, date) {
            Ok(day) => days.push(day),
            Err(error) => problems.push(error.into_problem("compact")),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if as_json {
        let days: Vec<_> = days.iter().map(|d| json!({
            "table": d.table, "date": d.date, "rows": d.rows, "files_before": d.files.0, "files_after": d.files.1,
            "bytes_before": d.bytes.0, "bytes_after": d.bytes.1,
        })).collect();
        print_json(&json!({ "schema": "headwater.compact/1", "days": days, "problems": problems }))?;
    } else if due.is_empty() {
        print("nothing to merge: the files of every day are few and sorted")?;
    }
    if !as_json {
        for d in &days {
            print(&format!(
                "{} {:<9} {:>5} files of {:>14} bytes → {:>3} of {:>14}, {} rows",
                d.date, d.table, d.files.0, d.bytes.0, d.files.1, d.bytes.1, d.rows
            ))?;
        }
    }
    Ok(report("compact", &problems))
}

fn expire(context: &Context, before: Option<&str>, dry_run: bool, as_json: bool) -> Result<Done> {
    let kept = context.config.lake.retention_days;
    let today = Ts::now().date(context.config.zone()?);
    let before = match (before, kept) {
        (Some(date), _) => parse_date(date)?,
        (None, Some(days)) => today - chrono::TimeDelta::days(i64::from(days)),
        (None, None) => {
            return Err(Error::usage("it is not said which days to let go")
                .hint("set `[lake] retention_days`, or name the first day to keep: `--before 2026-11-01`"));
        }
    }
    .to_string();
    let gone = |catalog: &Catalog| -> Result<Vec<DayTotals>> {
        Ok(catalog.days()?.into_iter().filter(|day| day.date < before && day.table != "topology").collect())
    };
    let days = if dry_run {
        gone(&open(context)?.1)?
    } else {
        let (_lock, _, mut catalog) = open_to_write(context)?;
        let days = gone(&catalog)?;
        catalog.expire(&before)?;
        days
    };
    if as_json {
        print_json(&json!({
            "schema": "headwater.expire/1", "before": before, "dry_run": dry_run, "days": days_json(&days),
        }))?;
        return Ok(Done::All);
    }
    let verb = if dry_run { "would go" } else { "gone" };
    print(&format!("before {before}: {} days of tables {verb}", days.len()))?;
    for d in days {
        print(&format!(
            "  {} {:<9} {:>12} rows {:>5} files {:>14} bytes",
            d.date, d.table, d.rows, d.files, d.bytes
        ))?;
    }
    Ok(Done::All)
}

fn verify_files(context: &Context, mend: bool, deep: bool, as_json: bool) -> Result<Done> {
    let lake = Lake::at(&context.lake_path());
    if mend && lake.lacks_catalog() {
        let _lock = lake.lock("lake verify")?;
        let mended = repair::rebuild(&lake)?;
        tell(&Verdict::default(), Some(&mended), true, as_json)?;
        // what could not be taken in stays until the next writer: it may be worth a look
        return Ok(if mended.left.is_empty() { Done::All } else { Done::InPart });
    }
    let (lake, mut catalog) = open(context)?;
    let lock = if mend { Some(lake.lock("lake verify")?) } else { lake.lock("lake verify").ok() };
    let alone = lock.is_some();
    let unknown = if alone { unknown(&lake, &catalog)? } else { Vec::new() };
    let _lock = lock.filter(|_| mend); // who only looks holds nobody up
    let bar = show::counter(catalog.file_paths()?.len() as u64, "verify");
    let verdict = verify(&lake, &catalog, Look { unknown, deep }, &|_| bar.inc(1))?;
    bar.finish_and_clear();
    let mut mended = None;
    if mend {
        mended = Some(repair::repair(&lake, &mut catalog, &verdict)?);
        commit::sweep(&lake, &catalog, Ts::now())?;
    }
    tell(&verdict, mended.as_ref(), alone, as_json)?;
    let sound = mend || verdict.faults().next().is_none();
    Ok(if sound { Done::All } else { Done::InPart })
}

/// Prints what was found and what was done about it.
fn tell(verdict: &Verdict, mended: Option<&Repaired>, alone: bool, as_json: bool) -> Result<()> {
    let named = |faults: &[Fault]| -> BTreeMap<String, String> {
        faults.iter().map(|fault| (fault.name.clone(), fault.why.clone())).collect()
    };
    if !alone {
        say("another run is writing to this lake: files that nobody knows were not looked for");
    }
    if as_json {
        return print_json(&json!({
            "schema": "headwater.verify/1", "files": verdict.files, "rows": verdict.rows,
            "damaged": named(&verdict.damaged), "strays": named(&verdict.strays),
            "miscounted": named(&verdict.miscounted), "strays_checked": alone,
            "repaired": mended.map(|m| json!({
                "adopted": m.adopted, "dropped": m.dropped, "lost": named(&m.lost), "stale": m.stale,
                "left": named(&m.left),
            })),
        }));
    }
    print(&format!("{} live files with {} rows", verdict.files, verdict.rows))?;
    for fault in verdict.faults() {
        print(&format!("  {}: {}", fault.name, fault.why))?;
    }
    let Some(m) = mended else { return Ok(()) };
    print(&format!(
        "{} files taken in, {} taken out, {} hold what others hold",
        m.adopted.len(),
        m.dropped.len(),
        m.stale.len()
    ))?;
    for (what, faults) in [("read again by the next ingest", &m.lost), ("not taken in", &m.left)] {
        for fault in faults {
            print(&format!("  {what}: {}: {}", fault.name, fault.why))?;
        }
    }
    Ok(())
}
