//! Tests, backtests and explanations of rules, as text.

use crate::analysis::rules::explain::{Condition, Step};
use crate::api::response::{Backtest, ExplainedRow, RuleTests};
use crate::server::mcp::text::investigation::page;
use crate::server::mcp::text::{CELL, DATA_NOTICE};
use redact::sanitize::plain;
use std::fmt::Write;

/// Returns the failures, one a line.
pub fn tests(tests: &RuleTests) -> String {
    let mut text = format!("{} passed, {} failed\n", tests.passed, tests.failed);
    for outcome in &tests.failures {
        let what = outcome.failure.as_ref().map(|failure| plain(&failure.what, CELL * 2)).unwrap_or_default();
        let _ = writeln!(text, "- FAIL {} · {}: {what}", outcome.rule, plain(&outcome.case, CELL));
    }
    for problem in &tests.problems {
        let _ = writeln!(text, "! {problem}");
    }
    text + &page(&tests.page)
}

/// Returns the days, one a line.
pub fn backtest(backtest: &Backtest) -> String {
    let mut text = format!(
        "{DATA_NOTICE}{}: {} findings on {} of {} days\n",
        backtest.rule,
        backtest.findings,
        backtest.days_with_findings,
        backtest.days.len()
    );
    for day in &backtest.days {
        let samples: Vec<String> = day.samples.iter().map(|sample| plain(sample, CELL)).collect();
        let _ = writeln!(
            text,
            "- {}: {} rows, {} findings, {} hidden by exceptions · {}",
            day.date,
            day.rows,
            day.findings,
            day.hidden,
            samples.join(" | ")
        );
        for problem in &day.problems {
            let _ = writeln!(text, "  ! {}", plain(&problem.what, CELL));
        }
    }
    if !backtest.quiet_when.is_empty() {
        let _ = writeln!(text, "expected when: {}", backtest.quiet_when);
    }
    text + &backtest.note.as_ref().map(|note| format!("… {note}\n")).unwrap_or_default()
}

/// Returns the selects that a row reaches, each condition with its value.
pub fn explained(explained: &ExplainedRow) -> String {
    let explanation = &explained.explanation;
    let message = explained.row.get("message").and_then(|value| value.as_str()).unwrap_or_default();
    let mut text = format!(
        "{DATA_NOTICE}{}: {}\n{} {}\n{}\n",
        explanation.rule,
        plain(&explanation.conclusion, CELL * 2),
        explained.table,
        explanation.row_id,
        plain(message, CELL * 2)
    );
    for step in &explanation.steps {
        step_text(step, &mut text);
    }
    for finding in &explanation.findings {
        let _ = writeln!(text, "finding: {}", plain(finding, CELL * 2));
    }
    text
}

fn step_text(step: &Step, text: &mut String) {
    let output = step.output.as_ref().map(|output| format!(" → {output}")).unwrap_or_default();
    let _ = writeln!(text, "line {}: from {}{output}", step.line, step.from);
    for condition in &step.conditions {
        condition_text(condition, "  ", text);
    }
    if let Some(rows) = step.joined_rows {
        let _ = writeln!(text, "  joined with the other tables: {rows} rows");
    }
    for condition in step.group.iter().flat_map(|group| &group.conditions) {
        condition_text(condition, "  having ", text);
    }
    text.push_str(if step.passes { "  passes\n" } else { "  stops here\n" });
}

fn condition_text(condition: &Condition, lead: &str, text: &mut String) {
    let seen = condition
        .seen
        .iter()
        .map(|(name, value)| format!("{name}: {}", plain(value.as_deref().unwrap_or("null"), CELL)));
    let seen = seen.collect::<Vec<_>>().join(", ");
    let _ =
        writeln!(text, "{lead}{} = {} ({seen})", plain(&condition.condition, CELL), condition.value.name());
    for part in &condition.parts {
        let _ = writeln!(text, "{lead}  {} = {}", plain(&part.condition, CELL), part.value.name());
    }
}
