//! The report of one agent, from what it found. Must not know how the rules were run, or other agents.

use crate::analysis::agent::evidence_table::tables;
use crate::analysis::agent::selection::{Selection, condition, is_in_scope};
use crate::analysis::agent::summary::{outcome, summary};
use crate::analysis::agent::{AgentFindings, key_fields, statement};
use crate::config::Config;
use crate::query::engine::Engine;
use crate::query::rows::rows;
use model::agent::{AGENT_SCHEMA, AgentOutcome, AgentReport, AgentWindow, FieldValue, KeyField, RuleSql};
use model::coverage::TableCoverage;
use model::error::{Problem, Result};
use model::report::Finding;
use model::table::Table;
use model::time::Window;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Values of a key field.
const MAX_VALUES: usize = 5;

/// What a report is made of.
pub struct Parts<'r> {
    /// The agent.
    pub agent: Table,
    /// The analysed time.
    pub window: Window,
    /// The rules that were run, and the scope.
    pub selection: Selection<'r>,
    /// What they found; findings are sorted.
    pub found: AgentFindings,
    /// The agent's table in the window.
    pub coverage: TableCoverage,
    /// Problems besides those of the rules that were run.
    pub problems: Vec<Problem>,
}

/// Returns the report. `engine` has the rows of the window, `config` the parameters of rules.
pub async fn report(engine: &Engine, config: &Config, parts: Parts<'_>) -> Result<AgentReport> {
    let Parts { agent, window, selection, found, coverage, problems } = parts;
    let AgentFindings { summary: work, mut findings, suppressed } = found;
    findings.retain(|finding| is_in_scope(&selection.scope, finding));
    let mut problems: Vec<Problem> = problems.into_iter().chain(work.problems).collect();
    problems.sort();
    problems.dedup();
    let sql = |rule: &&crate::analysis::rules::header::Rule| {
        let sql = statement(rule, config).ok()?.trim().to_owned();
        Some(RuleSql { rule: rule.id.clone(), sql })
    };
    let mut report = AgentReport {
        schema: AGENT_SCHEMA.into(),
        agent: agent.name().into(),
        window: AgentWindow { from: window.from, to: window.to, timezone: window.zone.name().into() },
        rows: rows_in_scope(engine, agent, &condition(&selection.scope)).await?,
        sql: selection.rules.iter().filter_map(sql).collect(),
        scope: selection.scope,
        selection: selection.why,
        outcome: AgentOutcome::NoData,
        summary: String::new(),
        summary_zh: String::new(),
        coverage,
        key_fields: fields(agent, &work.fields_without_data, work.rows, &findings),
        total: findings.len() as u64,
        tables: tables(engine, agent, &findings).await?,
        findings,
        suppressed,
        problems,
    };
    report.outcome = outcome(&report);
    (report.summary, report.summary_zh) = summary(&report, window);
    Ok(report)
}

async fn rows_in_scope(engine: &Engine, agent: Table, condition: &str) -> Result<u64> {
    let sql = format!("select count(*) as n from {} where {condition}", agent.name());
    let batches = engine.query(&sql).await?;
    Ok(rows(&batches).next().and_then(|row| row.int("n")).unwrap_or(0).unsigned_abs())
}

/// Returns the key fields with their most frequent values among the findings.
fn fields(agent: Table, without_data: &[String], rows: u64, findings: &[Finding]) -> Vec<KeyField> {
    let field = |name: &&str| {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for finding in findings {
            let fact = finding.facts.get(*name).and_then(Value::as_str);
            if let Some(value) = finding.entity.part(name).or(fact).filter(|value| !value.is_empty()) {
                *counts.entry(value).or_default() += 1;
            }
        }
        let mut values: Vec<FieldValue> = counts
            .into_iter()
            .map(|(value, findings)| FieldValue { value: value.to_owned(), findings })
            .collect();
        values.sort_by_key(|of| Reverse(of.findings));
        values.truncate(MAX_VALUES);
        KeyField {
            name: (*name).to_owned(),
            about: about(agent, name).to_owned(),
            has_data: rows > 0 && !without_data.iter().any(|field| field == name),
            values,
        }
    };
    key_fields(agent).iter().map(field).collect()
}

/// Returns the meaning of a column of an agent's table.
pub fn about(agent: Table, column: &str) -> &'static str {
    agent.columns().find(|of| of.name == column).map_or("", |of| of.about)
}
