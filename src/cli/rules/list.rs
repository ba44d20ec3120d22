//! `headwater rules list`: the rules in use, their tests, and what they found.

use crate::analysis::rules::RuleSet;
use crate::analysis::rules::header::parse_test;
use crate::analysis::rules::hits::Hits;
use crate::cli::rules::{fail_if_any, load};
use crate::cli::{Context, Done, Result, notice, print, print_json, terminal};
use model::lang::counted;
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show the findings a day; fails without a lake [default: if the lake has reports]
    #[arg(long)]
    hits: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let set = load(context)?;
    let hits = match context.workspace().and_then(|workspace| workspace.hits()) {
        Ok(hits) if hits.days > 0 => Some(hits),
        Err(error) if args.hits => return Err(error),
        _ => None,
    };
    if args.hits && hits.is_none() {
        notice("the lake has no reports yet; `headwater analyze` makes one");
    }
    if args.json {
        let list: Vec<Value> = set.rules.iter().map(|rule| as_json(&set, rule, hits.as_ref())).collect();
        print_json(&list)?;
        return fail_if_any(&set.faults);
    }
    let mut header = vec!["rule", "severity", "tests"];
    if hits.is_some() {
        header.extend(["findings/day", "days", ""]);
    }
    header.push("title");
    let lines = set.rules.iter().map(|rule| {
        let mut cells =
            vec![rule.id.clone(), rule.header.severity.name().to_owned(), tests(&set, &rule.id).to_string()];
        if let Some(hits) = &hits {
            let of = hits.of(&rule.id);
            let per_day = hits.per_day(&rule.id, rule.agent.name());
            cells.push(if of.findings == 0 { "-".into() } else { format!("{per_day:.1}") });
            cells.push(if of.days == 0 { "-".into() } else { of.days.to_string() });
            cells.push(hits.activity(&rule.id, rule.agent.name()).name().to_owned());
        }
        cells.push(rule.header.title.clone());
        cells
    });
    print(&terminal::table(&header, lines))?;
    if let Some(hits) = &hits {
        notice(&format!(
            "{} rules; findings of {} with a report",
            set.rules.len(),
            counted(hits.days as u64, "day")
        ));
    }
    fail_if_any(&set.faults)
}

/// Returns the number of test cases of a rule; 0 if its tests cannot be read.
fn tests(set: &RuleSet, id: &str) -> usize {
    let file = set.tests.get(id);
    file.and_then(|file| parse_test(&file.text, &file.place).ok()).map_or(0, |test| test.cases.len())
}

fn as_json(set: &RuleSet, rule: &crate::analysis::rules::header::Rule, hits: Option<&Hits>) -> Value {
    let mut value = json!({
        "id": rule.id, "severity": rule.header.severity, "title": rule.header.title,
        "zh": rule.header.zh.title, "tags": rule.header.tags,
        "tested": set.tests.contains_key(&rule.id), "tests": tests(set, &rule.id),
    });
    if let (Some(hits), Some(object)) = (hits, value.as_object_mut()) {
        let (of, agent) = (hits.of(&rule.id), rule.agent.name());
        let per_day = (hits.per_day(&rule.id, agent) * 100.0).round() / 100.0;
        object.insert(
            "hits".into(),
            json!({
                "reported_days": hits.days, "days": of.days, "findings": of.findings, "per_day": per_day,
                "most": of.most, "hidden": of.hidden, "activity": hits.activity(&rule.id, agent),
            }),
        );
    }
    value
}
