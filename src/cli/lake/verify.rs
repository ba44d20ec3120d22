//! `headwater lake verify`: checks every file against the catalog, and repairs.

use crate::cli::{Context, Done, Result, notice, print, print_json, terminal};
use crate::lake::repair::Repaired;
use crate::lake::verify::{Fault, Verification, VerifyOptions, unknown, verify};
use crate::lake::{Lake, commit, repair};
use model::time::Ts;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Repair what is wrong
    #[arg(long)]
    repair: bool,
    /// Read every column, compare the content with what was written, and count the rows of every object
    #[arg(long)]
    deep: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let Args { repair, deep, json } = *args;
    let lake = Lake::at(&context.lake_path());
    if repair && lake.lacks_catalog() {
        let _lock = lake.lock("lake verify")?;
        let repaired = repair::rebuild(&lake)?;
        print_verdict(&Verification::default(), Some(&repaired), true, json)?;
        // files that could not be added stay until the next writer removes them: they may be worth a look
        return Ok(if repaired.left.is_empty() { Done::All } else { Done::InPart });
    }
    let (lake, mut catalog) = context.open_lake()?;
    let lock = if repair { Some(lake.lock("lake verify")?) } else { lake.lock("lake verify").ok() };
    let is_only_writer = lock.is_some();
    let unknown = if is_only_writer { unknown(&lake, &catalog)? } else { Vec::new() };
    let _lock = lock.filter(|_| repair); // a check alone must not block writers
    let bar = terminal::counter(catalog.file_paths()?.len() as u64, "verify");
    let verdict = verify(&lake, &catalog, VerifyOptions { unknown, deep }, &|_| bar.inc(1))?;
    bar.finish_and_clear();
    let mut repaired = None;
    if repair {
        repaired = Some(repair::repair(&lake, &mut catalog, &verdict)?);
        commit::sweep(&lake, &catalog, Ts::now())?;
    }
    print_verdict(&verdict, repaired.as_ref(), is_only_writer, json)?;
    let is_sound = repair || verdict.faults().next().is_none();
    Ok(if is_sound { Done::All } else { Done::InPart })
}

/// Prints what was found and what was repaired.
fn print_verdict(
    verdict: &Verification,
    repaired: Option<&Repaired>,
    is_only_writer: bool,
    as_json: bool,
) -> Result<()> {
    let named = |faults: &[Fault]| -> BTreeMap<String, String> {
        faults.iter().map(|fault| (fault.name.clone(), fault.why.clone())).collect()
    };
    if !is_only_writer {
        notice("another run is writing to this lake: did not search for files that are not in the catalog");
    }
    if as_json {
        return print_json(&json!({
            "schema": "headwater.verify/1", "files": verdict.files, "rows": verdict.rows,
            "damaged": named(&verdict.damaged), "strays": named(&verdict.strays),
            "miscounted": named(&verdict.miscounted), "strays_checked": is_only_writer,
            "repaired": repaired.map(|m| json!({
                "adopted": m.adopted, "dropped": m.dropped, "lost": named(&m.lost), "stale": m.stale,
                "left": named(&m.left),
            })),
        }));
    }
    print(&format!("{} live files with {} rows", verdict.files, verdict.rows))?;
    for fault in verdict.faults() {
        print(&format!("  {}: {}", fault.name, fault.why))?;
    }
    let Some(m) = repaired else { return Ok(()) };
    print(&format!(
        "{} files added, {} removed, {} duplicate the rows of others",
        m.adopted.len(),
        m.dropped.len(),
        m.stale.len()
    ))?;
    for (what, faults) in [("read again by the next ingest", &m.lost), ("not added", &m.left)] {
        for fault in faults {
            print(&format!("  {what}: {}: {}", fault.name, fault.why))?;
        }
    }
    Ok(())
}
