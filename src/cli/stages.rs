//! `headwater stages` (hidden): how long each stage of an ingest takes. `benches/stages.py` runs it; nobody runs it
//! by hand.

use crate::cancel::Cancel;
use crate::cli::{Context, Done, Result, print_json, print_problems};
use crate::ingest::Options;
use crate::ingest::stages::measure;
use crate::lake::Lake;
use crate::source::{Source, Wanted};
use model::time::Ts;
use serde_json::json;
use std::path::PathBuf;

/// Measure the stages of an ingest of files, on one thread
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files or folders
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let source = Source::Files { root: None, paths: args.paths.clone() };
    let (listed, problems) = source.list(&Wanted::default())?;
    let options = Options::of(&context.config, Ts::now(), &Cancel::default())?;
    let folder = tempfile::tempdir()?;
    let seconds = measure(&Lake::create(folder.path())?, &source, &listed, &options)?;
    print_json(&json!({
        "schema": "headwater.stages/1",
        "stages": seconds.map(|(name, seconds)| json!({ "name": name, "seconds": seconds })),
    }))?;
    Ok(print_problems("stages", &problems))
}
