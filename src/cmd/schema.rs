//! `headwater schema`: JSON Schemas of what the program reads and writes.

use super::{Done, Result, print_json};

/// Print a JSON Schema
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Of what
    #[arg(value_parser = ["report", "message", "config", "rule"])]
    of: String,
}

pub fn run(args: &Args) -> Result<Done> {
    let schema = match args.of.as_str() {
        "report" => schemars::schema_for!(crate::finding::Report),
        "message" => schemars::schema_for!(crate::sink::Message),
        "config" => schemars::schema_for!(crate::config::Config),
        _ => schemars::schema_for!(crate::rule::Header),
    };
    print_json(&schema)?;
    Ok(Done::All)
}
