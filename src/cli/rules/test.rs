//! `headwater rules test`: runs the tests of rules, and shows what was expected above what the rule returned.

use crate::analysis::rules::sample::Sampling;
use crate::analysis::rules::test::{Failure, JsonRow, run_chosen};
use crate::cli::rules::{fail_if_any, load};
use crate::cli::terminal::{cut, table};
use crate::cli::{Context, Done, Result, notice, print};
use crate::ingest::formats::formats;
use crate::pipeline::limits;
use serde_json::Value;

/// Widest cell of a row, in characters.
const MAX_CELL: usize = 40;

/// Columns that a case does not name and that are shown all the same.
const MORE_COLUMNS: usize = 6;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Ids of rules, or prefixes of ids [default: all rules]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let set = load(context)?;
    for problem in formats(&context.config.formats)?.problems {
        notice(&format!("error: {problem}"));
    }
    let how = Sampling::new(limits(&context.config), &context.config);
    let (mut passed, mut failed) = (0, 0);
    for outcome in context.runtime.block_on(run_chosen(&set, &args.ids, how))? {
        match outcome.failure {
            None => passed += 1,
            Some(failure) => {
                failed += 1;
                print(&format!("FAIL {} · {}\n{}", outcome.rule, outcome.case, shown(&failure)))?;
            }
        }
    }
    print(&format!("{passed} cases passed, {failed} failed"))?;
    fail_if_any(&set.faults)?;
    Ok(if failed == 0 { Done::All } else { Done::InPart })
}

/// Returns the failure with its rows as tables; `!` marks a row without a counterpart.
fn shown(failure: &Failure) -> String {
    let mut out: String = failure.what.lines().map(|line| format!("  {line}\n")).collect();
    let keys = |rows: &[(JsonRow, bool)]| {
        let mut keys: Vec<String> = Vec::new();
        for key in rows.iter().flat_map(|(row, _)| row.keys()) {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        keys
    };
    let (expected, got) = (keys(&failure.expected), keys(&failure.got));
    let mut names: Vec<&str> = Vec::new();
    names.extend(expected.iter().map(String::as_str));
    let more = got.iter().map(String::as_str).filter(|name| !expected.iter().any(|of| of == name));
    names.extend(more.take(MORE_COLUMNS));
    let named = expected.len();
    for (title, rows, shown) in [("expected", &failure.expected, named), ("got", &failure.got, names.len())] {
        let names = names.get(..shown).unwrap_or(&names);
        if rows.is_empty() {
            continue;
        }
        let mut header = vec![" "];
        header.extend(names);
        let lines = rows.iter().map(|(row, is_matched)| {
            let mut cells = vec![if *is_matched { " ".to_owned() } else { "!".to_owned() }];
            cells.extend(names.iter().map(|name| row.get(*name).map_or_else(String::new, cell)));
            cells
        });
        let text = table(&header, lines);
        out.push_str(&format!("  {title}\n"));
        out.extend(text.lines().map(|line| format!("    {line}\n")));
    }
    out
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text, MAX_CELL),
        other => cut(&other.to_string(), MAX_CELL),
    }
}
