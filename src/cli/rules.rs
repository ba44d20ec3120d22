//! `headwater rules`: list, read, check and test rules.

use crate::analysis::rules;
use crate::analysis::rules::test;
use crate::cli::{Context, Done, Result, print, print_json, say};
use crate::pipeline::limits;
use crate::query::engine::Engine;
use model::error::Error;
use serde_json::json;

/// List, show, check and test rules
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A rule is one .sql with a TOML header and one .test.toml beside it; see README.md.\nExample:\n  headwater rules test event/oom_killed --rules ./my-rules"
)]
pub struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// Every rule in force
    List {
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// One rule's file
    Show {
        /// Rule id
        id: String,
    },
    /// Read and plan every rule; report every fault of every file
    Check,
    /// Run the tests beside the rules
    Test {
        /// Rule ids, or their beginnings [default: all]
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
            faults(&set.faults)
        }
        Task::Show { id } => {
            let rule = set.rules.iter().find(|rule| rule.id == *id).ok_or_else(|| {
                Error::usage(format!("there is no rule `{id}`")).hint("`headwater rules list` names them")
            })?;
            print(&rule.text)?;
            Ok(Done::All)
        }
        Task::Check => {
            let engine = Engine::empty(limits)?;
            context.runtime.block_on(set.check(&engine, &context.config.rules));
            print(&format!("{} rules are sound, {} faults", set.rules.len(), set.faults.len()))?;
            faults(&set.faults)
        }
        Task::Test { ids } => test(context, &set, ids, limits),
    }
}

/// Prints every fault; any fault is a wrong rule: exit code 2.
fn faults(faults: &[Error]) -> Result<Done> {
    let Some((last, before)) = faults.split_last() else { return Ok(Done::All) };
    for fault in before {
        say(&format!("error: {fault}\n"));
    }
    let mut error = Error::usage(last.what.clone());
    error.place.clone_from(&last.place);
    error.hint.clone_from(&last.hint);
    Err(match last.why() {
        Some(why) => error.because(crate::config::Plain(why)),
        None => error,
    })
}

fn test(
    context: &Context,
    set: &rules::RuleSet,
    ids: &[String],
    limits: crate::query::engine::Limits,
) -> Result<Done> {
    let (mut passed, mut failed) = (0, 0);
    for rule in set
        .rules
        .iter()
        .filter(|rule| ids.is_empty() || ids.iter().any(|id| rule.id.starts_with(id.as_str())))
    {
        let outcomes = match set.tests.get(&rule.id) {
            Some(file) => context.runtime.block_on(test::run(rule, file, limits))?,
            None => vec![test::Outcome {
                rule: rule.id.clone(),
                case: "(coverage)".into(),
                failure: Some("there is no .test.toml beside it".into()),
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
    faults(&set.faults)?;
    Ok(if failed == 0 { Done::All } else { Done::InPart })
}
