//! `headwater doctor`: what is wrong with this installation, and what to do.

use crate::api::doctor::{Check, Installation, State, examine};
use crate::cli::{Context, Done, Result, print, print_json, show};
use crate::pipeline::limits;
use model::error::Error;
use model::time::Ts;
use serde_json::json;

/// Look for what is wrong with this installation, and say what to do
///
/// Ends with code 1 when a check fails.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// One JSON document
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let installation = Installation {
        config: &context.config,
        config_place: context.config_place.as_deref(),
        lake: context.lake_path(),
        rules: context.rules_path(),
        limits: limits(&context.config),
        now: Ts(chrono::Utc::now().timestamp_micros()),
        env: |name| std::env::var(name).ok(),
    };
    let spinner = show::spinner();
    spinner.set_message("looking");
    let checks = context.runtime.block_on(examine(&installation));
    spinner.finish_and_clear();
    tell(&checks, args)
}

/// Tells that the config cannot be read: nothing else can be looked at without it.
pub fn without_config(error: Error, args: &Args) -> Result<Done> {
    tell(&[Check::failed("config", error)], args)
}

fn tell(checks: &[Check], args: &Args) -> Result<Done> {
    let count = |state: State| checks.iter().filter(|check| check.state == state).count();
    let [ok, warn, fail] = [State::Ok, State::Warn, State::Fail].map(count);
    if args.json {
        print_json(
            &json!({ "schema": "headwater.doctor/1", "ok": ok, "warn": warn, "fail": fail, "checks": checks }),
        )?;
    } else {
        for check in checks {
            let state = match check.state {
                State::Ok => "ok",
                State::Warn => "warn",
                State::Fail => "FAIL",
            };
            print(&format!("{state:<4}  {:<11}  {}", check.name, check.what))?;
            if let Some(hint) = &check.hint {
                print(&format!("{:19}hint: {hint}", ""))?;
            }
        }
        print(&format!("{ok} ok, {warn} to look at, {fail} failed"))?;
    }
    Ok(if fail == 0 { Done::All } else { Done::InPart })
}
