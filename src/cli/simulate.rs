//! `headwater simulate`: a synthetic cluster day with a planted cause.

use crate::cli::{Context, Done, Result, print, print_json, show};
use model::error::Error;
use simulate::{SCENARIOS, Spec, simulate};
use std::path::PathBuf;

/// Write a synthetic cluster day with a planted cause: raw logs and truth.json
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater simulate --list\n  headwater simulate --scenario bad_image --seed 7 --size 50000000 --out day"
)]
pub struct Args {
    /// Name the scenarios
    #[arg(long)]
    list: bool,
    /// Scenario
    #[arg(long, required_unless_present = "list")]
    scenario: Option<String>,
    /// Seed; the same one gives the same day
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// About how many bytes of raw logs
    #[arg(long, default_value_t = 8_000_000)]
    size: u64,
    /// Local day
    #[arg(long, default_value = "2026-11-22")]
    date: String,
    /// Folder
    #[arg(long, required_unless_present = "list")]
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
        return Err(Error::usage(format!("there is no scenario `{scenario}`"))
            .hint("`headwater simulate --list` names them"));
    }
    let spec = Spec {
        scenario: scenario.clone(),
        seed: args.seed,
        size_bytes: args.size,
        date: model::time::parse_date(&args.date)?,
    };
    let bar = show::bar(args.size, "simulate");
    let truth = simulate(&spec, out, &mut |bytes| bar.set_position(bytes)).map_err(|error| {
        Error::failed("the day cannot be written").at(out.display().to_string()).because(error)
    })?;
    bar.finish_and_clear();
    print_json(&truth)?;
    Ok(Done::All)
}
