//! The rules with what they found, and one rule with its source, tests and backtest.

use crate::api::response::{Backtest, DaySummary, RuleDoc, RuleList, RuleTests};
use crate::brief::notation::grouped;
use crate::page::chart::{Sparkline, sparkline};
use crate::page::link::link;
use crate::page::{TEXT, Visit, render};
use chrono::TimeDelta;
use model::error::Result;
use model::lang::Lang;
use model::report::Severity;
use model::time::parse_date;
use redact::sanitize::plain;
use serde::Serialize;
use std::collections::BTreeMap;

/// Days of a sparkline.
const DAYS: i64 = 28;

/// Rules, ready to show.
#[derive(Serialize)]
struct RulesView {
    agents: Vec<AgentChoice>,
    rules: Vec<RuleLine>,
    problems: Vec<String>,
    days: usize,
}

#[derive(Serialize)]
struct AgentChoice {
    name: &'static str,
    href: String,
    is_chosen: bool,
}

#[derive(Serialize)]
struct RuleLine {
    id: String,
    href: String,
    title: String,
    severity: &'static str,
    severity_name: &'static str,
    found: String,
    days: usize,
    spark: Sparkline,
}

/// Returns the page of the rules; `calendar` has the days with a report, `agent` is the chosen one.
///
/// # Errors
/// A bug if the template and its values do not match.
pub fn html(list: &RuleList, calendar: &[DaySummary], agent: Option<&str>, visit: &Visit) -> Result<String> {
    let choice = |name: &'static str| AgentChoice {
        name,
        href: link("/rules", &[("agent", name)]),
        is_chosen: agent.unwrap_or_default() == name,
    };
    let view = RulesView {
        agents: ["", "business", "standard", "event", "audit"].map(choice).into(),
        rules: list.rules.iter().map(|rule| rule_line(rule, calendar, visit.lang)).collect(),
        problems: list.problems.iter().map(|problem| plain(problem, TEXT)).collect(),
        days: calendar.len(),
    };
    render("rules.html", visit.lang.pick("规则", "Rules"), visit, &view)
}

fn rule_line(rule: &RuleDoc, calendar: &[DaySummary], lang: Lang) -> RuleLine {
    let (found, days) = hits(&rule.id, calendar);
    RuleLine {
        id: plain(&rule.id, 120),
        href: link("/rules", &[("id", &rule.id)]),
        title: plain(&rule.title, 200),
        severity: rule.severity.name(),
        severity_name: rule.severity.name_in(lang),
        found: grouped(found),
        days,
        spark: spark(&rule.id, calendar, lang),
    }
}

/// Returns the findings of a rule, and the days with some.
fn hits(rule: &str, calendar: &[DaySummary]) -> (u64, usize) {
    let counts = calendar.iter().filter_map(|day| day.by_rule.get(rule));
    counts.fold((0, 0), |(found, days), count| (found + count, days + 1))
}

fn spark(rule: &str, calendar: &[DaySummary], lang: Lang) -> Sparkline {
    let by_date: BTreeMap<&str, u64> = calendar
        .iter()
        .filter(|day| day.has_rows)
        .map(|day| (day.date.as_str(), day.by_rule.get(rule).copied().unwrap_or(0)))
        .collect();
    let last = calendar.last().and_then(|day| parse_date(&day.date).ok()).unwrap_or_default();
    let count = |back: i64| {
        let date = last.checked_sub_signed(TimeDelta::days(back))?.to_string();
        by_date.get(date.as_str()).copied()
    };
    let counts: Vec<Option<u64>> = (0..DAYS).rev().map(count).collect();
    let texts: Vec<String> =
        by_date.iter().filter(|(_, n)| **n > 0).map(|(day, n)| format!("{day}: {n}")).collect();
    let none = lang.pick("没有命中", "no findings");
    sparkline(&counts, if texts.is_empty() { none.into() } else { texts.join(", ") })
}

/// A rule, ready to show.
#[derive(Serialize)]
struct RuleView {
    id: String,
    title: String,
    severity: &'static str,
    severity_name: &'static str,
    why: String,
    advice: String,
    source: String,
    found: String,
    days: usize,
    spark: Sparkline,
    /// The statement of the rule in the editor.
    sql: String,
    test: String,
    backtest: String,
    /// Days to run the rule over, one at a time.
    log_days: Vec<String>,
    tests: Option<TestsView>,
    backtested: Option<BacktestView>,
}

#[derive(Serialize)]
struct TestsView {
    passed: u64,
    failed: u64,
    failures: Vec<(String, String)>,
}

#[derive(Serialize)]
struct BacktestView {
    findings: String,
    note: String,
    quiet_when: String,
    days: Vec<BacktestLine>,
}

#[derive(Serialize)]
struct BacktestLine {
    date: String,
    rows: String,
    findings: usize,
    hidden: u64,
    samples: Vec<String>,
    problems: Vec<String>,
}

/// What was run of a rule.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    /// Results of its tests.
    pub tests: Option<RuleTests>,
    /// The rule over days of the lake.
    pub backtest: Option<Backtest>,
}

/// Returns the page of a rule; `log_days` are the days of the lake.
///
/// # Errors
/// A bug if the template and its values do not match.
pub fn one(
    rule: &RuleDoc,
    calendar: &[DaySummary],
    (log_days, outcomes): (Vec<String>, &Outcomes),
    visit: &Visit,
) -> Result<String> {
    let (found, days) = hits(&rule.id, calendar);
    let severity: Severity = rule.severity;
    let source = rule.sql.as_deref().unwrap_or_default();
    let view = RuleView {
        id: plain(&rule.id, 120),
        title: plain(&rule.title, 200),
        severity: severity.name(),
        severity_name: severity.name_in(visit.lang),
        why: plain(&rule.why, TEXT),
        advice: plain(&rule.advice, TEXT),
        source: source.to_owned(),
        found: grouped(found),
        days,
        spark: spark(&rule.id, calendar, visit.lang),
        sql: link("/sql", &[("q", source)]),
        test: link("/rules", &[("id", &rule.id), ("run", "test")]),
        backtest: link("/rules", &[("id", &rule.id), ("run", "backtest")]),
        log_days,
        tests: outcomes.tests.as_ref().map(tests),
        backtested: outcomes.backtest.as_ref().map(backtested),
    };
    render("rule.html", &view.id, visit, &view)
}

fn tests(tests: &RuleTests) -> TestsView {
    let failure = |outcome: &crate::analysis::rules::test::Outcome| {
        let text = serde_json::to_string_pretty(outcome).unwrap_or_default();
        (plain(&outcome.case, 200), text.chars().take(4000).collect())
    };
    TestsView {
        passed: tests.passed,
        failed: tests.failed,
        failures: tests.failures.iter().map(failure).collect(),
    }
}

fn backtested(backtest: &Backtest) -> BacktestView {
    let line = |day: &crate::pipeline::BacktestDay| BacktestLine {
        date: plain(&day.date, 40),
        rows: grouped(day.rows),
        findings: day.findings,
        hidden: day.hidden,
        samples: day.samples.iter().map(|text| plain(text, 300)).collect(),
        problems: day.problems.iter().map(|problem| plain(&problem.what, 300)).collect(),
    };
    BacktestView {
        findings: grouped(backtest.findings),
        note: plain(backtest.note.as_deref().unwrap_or_default(), TEXT),
        quiet_when: plain(&backtest.quiet_when, TEXT),
        days: backtest.days.iter().map(line).collect(),
    }
}
