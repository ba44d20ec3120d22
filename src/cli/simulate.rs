//! `headwater simulate`: writes a simulated cluster day with a known cause.

use crate::cli::{Context, Done, Result, print, print_json, terminal};
use model::error::Error;
use simulate::{SCENARIOS, Spec, simulate};
use std::path::PathBuf;

/// Write a simulated cluster day with a known cause: raw logs and truth.json
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater simulate --list\n  headwater simulate --scenario bad_image --seed 7 --size 50000000 --out day"
)]
pub struct Args {
    /// List the scenarios
    #[arg(long)]
    list: bool,
    /// Scenario, one of `--list`
    #[arg(long, value_name = "NAME", required_unless_present = "list")]
    scenario: Option<String>,
    /// Seed: the same seed writes the same day
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Approximate size of the raw logs, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 8_000_000)]
    size: u64,
    /// Local day, YYYY-MM-DD
    #[arg(long, value_name = "DATE", default_value = "2026-11-22")]
    date: String,
    /// Folder to write the day to
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    out: Option<PathBuf>,
}

pub fn run(_: &Context, args: &Args) -> Result<Done> {
    let (Some(scenario), Some(out), false) = (&args.scenario, &args.out, args.list) else {
        for scenario in SCENARIOS {
            print(&format!("{:<26} {}", scenario.name, scenario.about))?;
        }
        return Ok(Done::All);
    };
    if !SCENARIOS.iter().any(|known| known.name == scenario) {
        return Err(Error::usage(format!("unknown scenario `{scenario}`"))
            .hint("`headwater simulate --list` lists the scenarios"));
    }
    let spec = Spec {
        scenario: scenario.clone(),
        seed: args.seed,
        size_bytes: args.size,
        date: model::time::parse_date(&args.date)?,
    };
    let bar = terminal::bar(args.size, "simulate");
    let truth = simulate(&spec, out, &mut |bytes| bar.set_position(bytes)).map_err(|error| {
        Error::failed("cannot write the simulated day").at(out.display().to_string()).because(error)
    })?;
    bar.finish_and_clear();
    print_json(&truth)?;
    Ok(Done::All)
}
