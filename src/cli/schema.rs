//! `headwater schema`: JSON Schemas of the documents that the program reads and writes.

use crate::cli::{Context, Done, Result, print_json};

/// Print a JSON Schema
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  headwater schema report > report.schema.json")]
pub struct Args {
    /// Document that the schema describes
    #[arg(value_name = "DOCUMENT", value_parser = ["report", "agent", "message", "config", "rule"])]
    document: String,
}

pub fn run(_: &Context, args: &Args) -> Result<Done> {
    let schema = match args.document.as_str() {
        "report" => schemars::schema_for!(model::report::Report),
        "agent" => schemars::schema_for!(model::agent::AgentReport),
        "message" => schemars::schema_for!(crate::delivery::channel::Message),
        "config" => schemars::schema_for!(crate::config::Config),
        _ => schemars::schema_for!(crate::analysis::rules::header::Header),
    };
    print_json(&schema)?;
    Ok(Done::All)
}
