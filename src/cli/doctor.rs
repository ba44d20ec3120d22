//! `headwater doctor`: prints the checks of this installation, each with its fix.

use crate::api::doctor::{Check, CheckContext, State, check_all};
use crate::cli::{Context, Done, Result, print, print_json, terminal};
use crate::pipeline::limits;
use model::error::Error;
use model::time::Ts;
use serde_json::json;

/// Check this installation and suggest fixes
///
/// Checks config, disk, rules, bucket, model, channels, robot and clock. Exits with 1 if a check fails.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  headwater --config /etc/headwater/headwater.toml doctor")]
pub struct Args {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let checked = CheckContext {
        config: &context.config,
        config_place: context.config_path.as_deref(),
        lake: context.lake_path(),
        rules: context.rules_path(),
        limits: limits(&context.config),
        now: Ts(chrono::Utc::now().timestamp_micros()),
        env: |name| std::env::var(name).ok(),
    };
    let spinner = terminal::spinner();
    spinner.set_message("checking");
    let checks = context.runtime.block_on(check_all(&checked));
    spinner.finish_and_clear();
    print_checks(&checks, args)
}

/// Prints only that the config is invalid: every other check depends on it.
pub fn without_config(error: Error, args: &Args) -> Result<Done> {
    print_checks(&[Check::failed("config", error)], args)
}

fn print_checks(checks: &[Check], args: &Args) -> Result<Done> {
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
        print(&format!("{ok} ok, {warn} warnings, {fail} failed"))?;
    }
    Ok(if fail == 0 { Done::All } else { Done::InPart })
}
