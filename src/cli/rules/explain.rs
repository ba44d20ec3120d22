//! `headwater rules explain`: the way of one row through a rule.

use crate::analysis::rules::explain::{Condition, Explanation, Step};
use crate::cli::rules::backtest::rule_of;
use crate::cli::terminal::{cut, table};
use crate::cli::{Context, Done, Result, print, print_json};
use serde_json::json;

/// Widest condition and widest value that are shown, in characters.
const MAX_CONDITION: usize = 90;
const MAX_SEEN: usize = 60;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id of the rule, or path of its .sql file
    rule: String,
    /// Id of the row, such as 1f2e3d4c5b6a:17
    row_id: String,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let workspace = context.workspace()?;
    let rule = rule_of(&workspace.rules, &args.rule)?;
    let (of, row, explanation) = context.runtime.block_on(workspace.explain(&rule, &args.row_id))?;
    if args.json {
        print_json(&json!({
            "schema": "headwater.explain/1", "table": of.name(), "row": row, "explanation": explanation,
        }))?;
        return Ok(Done::All);
    }
    let text = |name: &str| row.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    print(&format!("{} {} {}\n  {}\n", of.name(), args.row_id, text("ts"), cut(text("message"), 160)))?;
    print(&shown(&explanation))?;
    Ok(Done::All)
}

fn shown(explanation: &Explanation) -> String {
    let mut out = String::new();
    for step in &explanation.steps {
        out.push_str(&step_text(step));
    }
    for finding in &explanation.findings {
        out.push_str(&format!("finding: {finding}\n"));
    }
    out.push_str(&format!("{}: {}\n", explanation.rule, explanation.conclusion));
    out
}

fn step_text(step: &Step) -> String {
    let output = step.output.as_ref().map(|output| format!(" → {output}")).unwrap_or_default();
    let mut out = format!("line {}: from {}{output}\n", step.line, step.from);
    let mut lines = Vec::new();
    for condition in &step.conditions {
        add(condition, "", &mut lines);
    }
    if let Some(rows) = step.joined_rows {
        lines.push(vec!["joined with the other tables".into(), format!("{rows} rows"), String::new()]);
    }
    if let Some(group) = &step.group {
        let rows = group.rows.map_or_else(|| "cannot be shown".to_owned(), |rows| format!("{rows} rows"));
        lines.push(vec!["its group".into(), rows, String::new()]);
        for condition in &group.conditions {
            add(condition, "having ", &mut lines);
        }
    }
    if lines.is_empty() {
        lines.push(vec!["(no condition)".into(), "true".into(), String::new()]);
    }
    out.extend(table(&["condition", "value", "of"], lines).lines().map(|line| format!("  {line}\n")));
    out.push_str(if step.passes { "  passes\n\n" } else { "  stops here\n\n" });
    out
}

fn add(condition: &Condition, lead: &str, lines: &mut Vec<Vec<String>>) {
    let seen = condition.seen.iter().map(|(name, value)| {
        format!("{name}: {}", value.as_deref().map_or_else(|| "null".to_owned(), |text| cut(text, MAX_SEEN)))
    });
    lines.push(vec![
        cut(&format!("{lead}{}", condition.condition), MAX_CONDITION),
        condition.value.name().to_owned(),
        seen.collect::<Vec<_>>().join(", "),
    ]);
    for part in &condition.parts {
        lines.push(vec![
            format!("  {}", cut(&part.condition, MAX_CONDITION - 2)),
            format!("  {}", part.value.name()),
            String::new(),
        ]);
    }
}
