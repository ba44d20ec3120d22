//! `headwater rules`: lists, shows, checks and tests rules.

use crate::analysis::rules;
use crate::analysis::rules::test;
use crate::cli::{Context, Done, Result, notice, print, print_json};
use crate::pipeline::limits;
use crate::query::engine::{Engine, Limits};
use model::error::Error;
use serde_json::json;

/// List, show, check and test rules
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A rule is a .sql file with a TOML header; its tests are in a .test.toml file next to it.\n\nExamples:\n  headwater rules list\n  headwater rules check --rules ./my-rules\n  headwater rules test event/oom_killed"
)]
pub struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// List the rules in use
    List {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Print the file of a rule
    Show {
        /// Id of the rule, such as event/oom_killed
        id: String,
    },
    /// Parse and plan every rule, and print every error
    Check,
    /// Run the tests of rules
    Test {
        /// Ids of rules, or prefixes of ids [default: all rules]
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let mut set = rules::load(context.rules_path().as_deref())?;
    let limits = limits(&context.config);
    match &args.task {
        Task::List { json: as_json } => {
            if *as_json {
                let list: Vec<_> = set.rules.iter().map(|r| json!({ "id": r.id, "severity": r.header.severity, "title": r.header.title, "zh": r.header.zh.title, "tags": r.header.tags, "tested": set.tests.contains_key(&r.id) })).collect();
                print_json(&list)?;
            } else {
                for rule in &set.rules {
                    print(&format!(
                        "{:<34} {:<9} {}",
                        rule.id,
                        rule.header.severity.name(),
                        rule.header.title
                    ))?;
                }
            }
            fail_if_any(&set.faults)
        }
        Task::Show { id } => {
            let rule = set.rules.iter().find(|rule| rule.id == *id).ok_or_else(|| {
                Error::usage(format!("unknown rule `{id}`")).hint("`headwater rules list` lists the rules")
            })?;
            print(&rule.text)?;
            Ok(Done::All)
        }
        Task::Check => {
            let engine = context.runtime.block_on(Engine::empty(limits))?;
            context.runtime.block_on(set.check(&engine, &context.config.rules));
            print(&format!("{} rules are valid, {} errors", set.rules.len(), set.faults.len()))?;
            fail_if_any(&set.faults)
        }
        Task::Test { ids } => test(context, &set, ids, limits),
    }
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

/// Runs the tests of the rules whose ids begin with one of `ids`, or of all rules.
fn test(context: &Context, set: &rules::RuleSet, ids: &[String], limits: Limits) -> Result<Done> {
    let (mut passed, mut failed) = (0, 0);
    let is_chosen = |id: &str| ids.is_empty() || ids.iter().any(|prefix| id.starts_with(prefix.as_str()));
    for rule in set.rules.iter().filter(|rule| is_chosen(&rule.id)) {
        let outcomes = match set.tests.get(&rule.id) {
            Some(file) => context.runtime.block_on(test::run(rule, file, limits))?,
            None => vec![test::Outcome {
                rule: rule.id.clone(),
                case: "(coverage)".into(),
                failure: Some("the rule has no .test.toml file".into()),
            }],
        };
        for outcome in outcomes {
            match outcome.failure {
                None => passed += 1,
                Some(why) => {
                    failed += 1;
                    print(&format!("FAIL {} · {}\n  {why}", outcome.rule, outcome.case))?;
                }
            }
        }
    }
    print(&format!("{passed} cases passed, {failed} failed"))?;
    fail_if_any(&set.faults)?;
    Ok(if failed == 0 { Done::All } else { Done::InPart })
}
