//! `headwater rules import-sigma`: Sigma rules → rules with a test.

use crate::analysis::rules::draft::converted_test;
use crate::analysis::rules::header::Rule;
use crate::analysis::rules::sample::{Lines, Sampling, engine_of};
use crate::analysis::rules::sigma::{Converted, convert};
use crate::cli::rules::files::{NewRule, folder, print_both, write};
use crate::cli::{Context, Done, Result, notice};
use crate::pipeline::limits;
use crate::query::engine::Engine;
use model::error::Error;
use model::table::Table;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A Sigma rule, or a folder of them
    path: PathBuf,
    /// Print the files instead of writing them
    #[arg(long)]
    print: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let into = if args.print { None } else { Some(folder(context)?) };
    let mut files = Vec::new();
    find(&args.path, &mut files)?;
    files.sort();
    if files.is_empty() {
        return Err(Error::usage("no Sigma rule found")
            .at(args.path.display().to_string())
            .hint("Sigma rules end in .yml or .yaml"));
    }
    let empty = context.runtime.block_on(Engine::empty(limits(&context.config)))?;
    let mut converted = 0;
    for file in &files {
        match one(context, &empty, file, into.as_deref()) {
            Ok(()) => converted += 1,
            Err(error) => notice(&format!("error: {error}\n")),
        }
    }
    notice(&format!("{converted} of {} Sigma rules converted", files.len()));
    Ok(if converted == files.len() { Done::All } else { Done::InPart })
}

fn find(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::usage("cannot read the Sigma rules").at(path.display().to_string()).because(error)
    };
    if !path.metadata().map_err(failed)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let below = entry.map_err(failed)?.path();
        if below.is_dir() || below.extension().is_some_and(|end| end == "yml" || end == "yaml") {
            find(&below, files)?;
        }
    }
    Ok(())
}

/// Converts one file, checks the rule, and runs it on its example.
fn one(context: &Context, empty: &Engine, file: &Path, into: Option<&Path>) -> Result<()> {
    let place = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::usage("cannot read the Sigma rule").at(place.clone()).because(error))?;
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("rule");
    let Converted { id, rule, example } = convert(&text, &place, stem)?;
    let sql = Rule::parse(&id, &rule, &place)?.sql(&BTreeMap::new())?;
    let lines = [Lines { table: Table::Audit, is_history: false, text: &example }];
    let fires = context.runtime.block_on(async {
        let what = "the converted rule cannot be planned";
        empty.check(&sql).await.map_err(|error| error.into_error(what, &place))?;
        let engine = engine_of(&lines, None, Sampling::new(limits(&context.config), &context.config)).await?;
        let rows = engine.query(&sql).await?;
        Ok::<_, Error>(rows.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>() == 1)
    })?;
    let test = converted_test(&example, fires);
    let new = NewRule { id: &id, rule: &rule, test: &test };
    match into {
        Some(folder) => write(folder, &new),
        None => print_both(&new),
    }
}
