//! `headwater rules`: what authors of rules work with. One file per task; the work itself is in `crate::analysis::rules`
//! and `crate::pipeline`.

mod backtest;
mod check;
mod doc;
mod explain;
mod files;
mod import_sigma;
mod list;
mod new;
mod test;

use crate::analysis::rules::RuleSet;
use crate::cli::{Context, Done, Result, notice, print};
use crate::pipeline::limits;
use crate::query::engine::Engine;
use model::error::Error;

/// Write, check, test and explain rules
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A rule is a .sql file with a TOML header; its tests are in a .test.toml file next to it.\n\nFrom a log line to a rule in force:\n  headwater --rules my-rules rules new business/ledger_quota --sample app.log\n  headwater --rules my-rules rules check\n  headwater --rules my-rules rules test business/ledger_quota\n  headwater --rules my-rules rules backtest business/ledger_quota\n\nExamples:\n  headwater rules list\n  headwater rules explain event/oom_killed 1f2e3d4c5b6a:17"
)]
pub struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// List the rules in use, and what they found
    ///
    /// With a lake that has reports, also the findings a day, and which rules are silent (nothing on days with
    /// rows) or noisy (20 findings a day or more).
    #[command(
        after_help = "Examples:\n  headwater rules list\n  headwater rules list --json\n  headwater --lake ./lake rules list --hits"
    )]
    List(list::Args),
    /// Print the file of a rule
    #[command(after_help = "Example:\n  headwater rules show event/oom_killed")]
    Show {
        /// Id of the rule, such as event/oom_killed
        id: String,
    },
    /// Parse and plan every rule, and print every error
    #[command(
        after_help = "Examples:\n  headwater rules check --rules my-rules\n  headwater rules check --rules my-rules --watch"
    )]
    Check(check::Args),
    /// Run the tests of rules
    #[command(
        after_help = "Examples:\n  headwater rules test\n  headwater rules test event/oom_killed --rules my-rules"
    )]
    Test(test::Args),
    /// Draft a rule and its test from lines of a log
    ///
    /// The draft is valid and its test passes: correct both to what you mean. Existing files are never changed.
    #[command(
        after_help = "Examples:\n  headwater rules new business/ledger_quota --sample app.log --rules my-rules\n  headwater rules new event/my_rule --table event --print"
    )]
    New(new::Args),
    /// Show which condition of a rule lets a row through, and which stops it
    ///
    /// Row ids are in the evidence of findings, and in the column row_id of every table.
    #[command(
        after_help = "Examples:\n  headwater sql \"select row_id, reason, message from event limit 5\"\n  headwater rules explain event/oom_killed 1f2e3d4c5b6a:17"
    )]
    Explain(explain::Args),
    /// Run a rule over each day of the lake, as the daily run would
    ///
    /// Parameters and exceptions of the config apply. Nothing is saved.
    #[command(
        after_help = "Examples:\n  headwater rules backtest event/oom_killed\n  headwater rules backtest my-rules/event/my_rule.sql --from 2026-11-20 --to 2026-11-22 --json"
    )]
    Backtest(backtest::Args),
    /// Convert Sigma rules for the Kubernetes audit log
    ///
    /// Each becomes a rule and a test in the rules folder. A rule that uses what SQL cannot say is not converted; the
    /// error names the place. Existing files are never changed.
    #[command(
        after_help = "Examples:\n  headwater rules import-sigma sigma/rules/application/kubernetes/audit --rules my-rules\n  headwater rules import-sigma exec_into_container.yml --print"
    )]
    ImportSigma(import_sigma::Args),
    /// Print the reference of all rules as Markdown
    #[command(after_help = "Examples:\n  headwater rules doc > rules.md\n  headwater rules doc --lang zh")]
    Doc(doc::Args),
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    match &args.task {
        Task::List(args) => list::run(context, args),
        Task::Show { id } => {
            print(&load(context)?.find(id)?.text)?;
            Ok(Done::All)
        }
        Task::Check(args) => check::run(context, args),
        Task::Test(args) => test::run(context, args),
        Task::New(args) => new::run(context, args),
        Task::Explain(args) => explain::run(context, args),
        Task::Backtest(args) => backtest::run(context, args),
        Task::ImportSigma(args) => import_sigma::run(context, args),
        Task::Doc(args) => doc::run(context, args),
    }
}

/// Loads the rules in use.
fn load(context: &Context) -> Result<RuleSet> {
    crate::analysis::rules::load(context.rules_path().as_deref())
}

/// Loads and checks the rules in use.
fn checked(context: &Context) -> Result<RuleSet> {
    let mut set = load(context)?;
    let engine = context.runtime.block_on(Engine::empty(limits(&context.config)))?;
    context.runtime.block_on(set.check(&engine, &context.config.rules));
    Ok(set)
}

/// Fails if any rule is invalid (wrong usage, exit code 2): returns the last error, prints the others.
fn fail_if_any(errors: &[Error]) -> Result<Done> {
    let Some((last, others)) = errors.split_last() else { return Ok(Done::All) };
    for error in others {
        notice(&format!("error: {error}\n"));
    }
    let mut error = Error::usage(last.what.clone());
    error.place.clone_from(&last.place);
    error.hint.clone_from(&last.hint);
    Err(match last.why() {
        Some(why) => error.because(crate::config::ErrorText(why)),
        None => error,
    })
}
