//! `headwater schema`: JSON Schemas of what the program reads and writes.

use crate::cli::{Done, Result, print_json};

/// Print a JSON Schema
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Of what
    #[arg(value_parser = ["report", "message", "config", "rule"])]
    of: String,
}

pub fn run(args: &Args) -> Result<Done> {
    let schema = match args.of.as_str() {
        "report" => schemars::schema_for!(model::report::Report),
        "message" => schemars::schema_for!(crate::delivery::channel::Message),
        "config" => schemars::schema_for!(crate::config::Config),
        _ => schemars::schema_for!(crate::analysis::rules::header::Header),
    };
    print_json(&schema)?;
    Ok(Done::All)
}
