//! `headwater rules backtest`: one rule over each day of the lake.

use crate::analysis::rules::RuleSet;
use crate::analysis::rules::header::Rule;
use crate::cli::terminal::{counter, cut, table};
use crate::cli::{Context, Done, Result, notice, print, print_json, print_problems};
use crate::pipeline::BacktestDay;
use model::error::{Error, Problem};
use model::time::{Window, parse_date};
use serde_json::json;
use std::path::Path;

/// Widest sample that is shown, in characters.
const MAX_SAMPLE: usize = 100;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id of the rule, or path of a .sql file in a folder of its agent
    rule: String,
    /// First local day: YYYY-MM-DD, or '7 days ago' [default: the first day of the lake]
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Last local day, inclusive [default: the last day of the lake]
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Returns the rule of an id, or of the path of its file.
pub fn rule_of(set: &RuleSet, name: &str) -> Result<Rule> {
    let path = Path::new(name);
    if path.extension().is_none_or(|end| end != "sql") {
        return set.find(name).cloned();
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::usage("cannot read the rule").at(name).because(error))?;
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let last = |path: Option<&Path>| {
        path.and_then(Path::file_name).and_then(|name| name.to_str()).map(str::to_owned)
    };
    let agent = last(whole.parent()).unwrap_or_default();
    let stem = last(Some(&whole.with_extension(""))).unwrap_or_default();
    Rule::parse(&format!("{agent}/{stem}"), &text, name)
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let workspace = context.workspace()?;
    let rule = rule_of(&workspace.rules, &args.rule)?;
    let zone = context.config.zone()?;
    let clock = context.clock()?;
    let day = |text: &Option<String>| -> Result<Option<String>> {
        text.as_ref().map(|text| Ok(clock.day(text)?.to_string())).transpose()
    };
    let dates = workspace.days_between(day(&args.from)?.as_deref(), day(&args.to)?.as_deref())?;
    let bar = counter(dates.len() as u64, "backtest");
    let mut days = Vec::new();
    for date in &dates {
        let window = Window::day(parse_date(date)?, zone);
        days.push(context.runtime.block_on(workspace.backtest_day(&rule, window))?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let problems: Vec<Problem> = days.iter().flat_map(|day| day.problems.iter().cloned()).collect();
    if args.json {
        print_json(&json!({
            "schema": "headwater.backtest/1", "rule": rule.id, "quiet_when": rule.header.quiet_when, "days": days,
        }))?;
    } else {
        print(&table(&["day", "rows", "findings", "entities", "hidden", "samples"], days.iter().map(line)))?;
        notice(&summary(&rule, &days));
    }
    Ok(print_problems("backtest", &problems))
}

fn line(day: &BacktestDay) -> Vec<String> {
    let samples = match day.samples.as_slice() {
        [] if day.rows == 0 => "no data".to_owned(),
        [] => String::new(),
        samples => samples.iter().map(|sample| cut(sample, MAX_SAMPLE)).collect::<Vec<_>>().join(" | "),
    };
    let count = |n: u64| if n == 0 { "-".to_owned() } else { n.to_string() };
    vec![
        day.date.clone(),
        day.rows.to_string(),
        count(day.findings as u64),
        count(day.entities as u64),
        count(day.hidden),
        samples,
    ]
}

fn summary(rule: &Rule, days: &[BacktestDay]) -> String {
    let findings: usize = days.iter().map(|day| day.findings).sum();
    let on = days.iter().filter(|day| day.findings > 0).count();
    let mut text = format!("{}: {findings} findings on {on} of {} days", rule.id, days.len());
    let hidden: u64 = days.iter().map(|day| day.hidden).sum();
    if hidden > 0 {
        text.push_str(&format!("; exceptions hid {hidden}"));
    }
    if !rule.header.quiet_when.is_empty() {
        text.push_str(&format!("\nexpected when: {}", rule.header.quiet_when));
    }
    text
}
