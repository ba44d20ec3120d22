//! `headwater rules check`: plans every rule and prints every error, once or whenever a file changes.

use crate::cancel::Cancel;
use crate::cli::rules::{checked, fail_if_any};
use crate::cli::{Context, Done, Result, notice, print};
use model::error::Error;
use model::lang::counted;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Pause between two looks at the files.
const POLL: Duration = Duration::from_millis(250);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Check again whenever a file of the rules folder changes, until Ctrl-C
    #[arg(long)]
    watch: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    if !args.watch {
        return check(context);
    }
    let folder = context.rules_path().ok_or_else(|| {
        Error::usage("no rules folder is set")
            .hint("name the folder to watch with `--rules DIR` or `[rules] path`")
    })?;
    let cancel = context.cancel_on_signal();
    notice(&format!("watching {}; Ctrl-C ends", folder.display()));
    let mut seen = files(&folder);
    loop {
        if let Err(error) = check(context) {
            notice(&format!("error: {error}"));
        }
        let Some(now) = changed(&folder, &seen, &cancel) else { return Ok(Done::All) };
        let names = seen.keys().chain(now.keys()).filter(|path| seen.get(*path) != now.get(*path));
        let names: std::collections::BTreeSet<String> =
            names.map(|path| path.display().to_string()).collect();
        notice(&format!("\nchanged: {}", names.into_iter().collect::<Vec<_>>().join(", ")));
        seen = now;
    }
}

fn check(context: &Context) -> Result<Done> {
    let set = checked(context)?;
    let (rules, errors) =
        (counted(set.rules.len() as u64, "rule"), counted(set.faults.len() as u64, "error"));
    let are = if set.rules.len() == 1 { "is" } else { "are" };
    print(&format!("{rules} {are} valid, {errors}"))?;
    fail_if_any(&set.faults)
}

/// Size and time of change by path.
type Files = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// Waits until the files differ from `seen`, and returns them; `None` when cancelled.
fn changed(folder: &Path, seen: &Files, cancel: &Cancel) -> Option<Files> {
    let mut before: Option<Files> = None;
    while cancel.check().is_ok() {
        let now = files(folder);
        // an editor may be in the middle of writing
        if now != *seen && before.as_ref() == Some(&now) {
            return Some(now);
        }
        before = Some(now);
        std::thread::sleep(POLL);
    }
    None
}

/// Returns the rules and tests below a folder; what cannot be read is left out.
fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let Ok(about) = path.metadata() else { continue };
        if about.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "sql" || end == "toml") {
            found.insert(path, (about.len(), about.modified().ok()));
        }
    }
    found
}
