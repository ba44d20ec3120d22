//! The agents: each runs the rules of one table over a window and returns its findings with their
//! evidence. All four have one interface. A rule that fails, takes too long or returns too much is left
//! out alone. Must not know traces or the report of a day.

pub mod selection; // an instruction → rules and scope

mod evidence_table; // the rows behind findings
pub mod report; // the report of one agent
mod summary; // its sentences
mod words; // words of instructions and rules

use crate::analysis::evidence::evidence_of;
use crate::analysis::finding::findings_of;
use crate::analysis::rules::exception_for;
use crate::analysis::rules::header::Rule;
use crate::config::{Config, ErrorText};
use crate::query::engine::Engine;
use crate::query::error::engine_error;
use crate::query::rows::rows;
use crate::query::shared_scan::SharedScan;
use model::error::{Error, Problem, Result};
use model::report::{AgentSummary, Finding, Suppressed};
use model::table::Table;
use model::time::Window;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Findings of one rule beyond which the rest is only counted: a rule that finds more has the wrong
/// threshold for this cluster.
const MAX_FINDINGS_PER_RULE: usize = 500;

/// Rows of one rule beyond which it is left out: they are all held in memory, and such a rule counts lines
/// instead of finding anomalies.
const MAX_ROWS_PER_RULE: usize = 20_000;

/// What one agent found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AgentFindings {
    /// Rows, rules, findings and problems.
    pub summary: AgentSummary,
    /// Findings, unsorted.
    pub findings: Vec<Finding>,
    /// Findings that exceptions hid, counted by rule and exception.
    pub suppressed: Vec<Suppressed>,
}

/// Runs rules of one table over a window; the other rules of `rules` are ignored.
pub async fn invoke(
    agent: Table,
    rules: &[&Rule],
    engine: &Engine,
    window: Window,
    config: &Config,
) -> Result<AgentFindings> {
    let rows = count_rows(agent, engine).await?;
    let fields_without_data = if rows > 0 { fields_without_data(agent, engine).await? } else { Vec::new() };
    let mut findings = Vec::new();
    let mut problems = Vec::new();
    let mut hidden: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut count = 0;
    let of_agent = rules.iter().filter(|rule| rule.agent == agent);
    let statements: Vec<(&Rule, Result<String>)> =
        of_agent.map(|rule| (*rule, statement(rule, config))).collect();
    let limit = Duration::from_secs(config.rules.rule_seconds());
    // a hundred rules must not cost a hundred scans
    let texts: Vec<&str> = statements.iter().filter_map(|(_, sql)| sql.as_deref().ok()).collect();
    let shared = engine.share_scans(&texts).await?;
    for (rule, sql) in statements {
        count += 1;
        let found = match run_rule(rule, sql, &shared, window, limit).await {
            Ok(found) => found,
            Err(error) => {
                problems.push(error.into_problem("analyse"));
                continue;
            }
        };
        if found.over > 0 {
            problems.push(Problem {
                step: "analyse".into(),
                what: format!(
                    "rule `{}` found {} entities; only the first {MAX_FINDINGS_PER_RULE} are in the report",
                    rule.id,
                    MAX_FINDINGS_PER_RULE + found.over
                ),
                place: Some(rule.place.clone()),
                hint: Some("raise its threshold with `[rules.params]`, or name an exception".into()),
            });
        }
        for finding in found.findings {
            match exception_for(&config.rules.exceptions, &rule.id, &finding.entity, window.date()) {
                Some(exception) => *hidden.entry((rule.id.clone(), exception.name.clone())).or_default() += 1,
                None => findings.push(finding),
            }
        }
    }
    add_evidence(agent, engine, &mut findings).await?;
    let summary = AgentSummary {
        agent: agent.name().into(),
        table: agent.name().into(),
        rows,
        rules: count,
        findings: findings.len() as u64,
        fields_without_data,
        problems,
    };
    let suppressed =
        hidden.into_iter().map(|((rule, exception), count)| Suppressed { rule, exception, count }).collect();
    Ok(AgentFindings { summary, findings, suppressed })
}

/// Returns the SQL of a rule with the parameters of the config.
fn statement(rule: &Rule, config: &Config) -> Result<String> {
    rule.sql(config.rules.params.get(&rule.id).unwrap_or(&BTreeMap::new()))
}

/// Returns the columns that the rules of an agent depend on.
pub fn key_fields(agent: Table) -> &'static [&'static str] {
    match agent {
        Table::Business => &["namespace", "workload", "pod", "level", "trace_id", "exception"],
        Table::Standard => &["namespace", "workload", "pod", "level", "stream"],
        Table::Event => &["namespace", "workload", "pod", "node", "reason", "type"],
        Table::State => &[],
        Table::Audit => {
            &["username", "verb", "resource", "namespace", "name", "code", "operation", "request", "response"]
        }
    }
}

/// Returns the number of rows of a table in the window.
async fn count_rows(agent: Table, engine: &Engine) -> Result<u64> {
    let batches = engine.query(&format!("select count(*) as n from {}", agent.name())).await?;
    Ok(rows(&batches).next().and_then(|row| row.int("n")).unwrap_or(0).unsigned_abs())
}

/// Returns the key fields that have no value in any row of the window.
async fn fields_without_data(agent: Table, engine: &Engine) -> Result<Vec<String>> {
    let mut without_data = Vec::new();
    for field in key_fields(agent) {
        // one row is enough: only a column without values is read to its end
        let sql = format!("select 1 from {} where {field} is not null limit 1", agent.name());
        if rows(&engine.query(&sql).await?).next().is_none() {
            without_data.push((*field).to_owned());
        }
    }
    Ok(without_data)
}

/// The findings of one rule.
struct Found {
    /// The gravest [`MAX_FINDINGS_PER_RULE`].
    findings: Vec<Finding>,
    /// Number of the others.
    over: usize,
}

async fn run_rule(
    rule: &Rule,
    sql: Result<String>,
    shared: &SharedScan,
    window: Window,
    limit: Duration,
) -> Result<Found> {
    let sql = sql?;
    let batches = async {
        let plan = shared.plan(&sql).await.map_err(|fault| {
            fault.into_error(&format!("rule `{}` cannot be planned", rule.id), &rule.place)
        })?;
        shared.rows(plan, MAX_ROWS_PER_RULE).await.map_err(|error| {
            engine_error(&format!("rule `{}` failed", rule.id), error).at(rule.place.clone())
        })
    };
    let left_out = |why: String| {
        Error::failed(format!("rule `{}` is left out", rule.id))
            .at(rule.place.clone())
            .because(ErrorText(why))
    };
    let batches = tokio::time::timeout(limit, batches).await.map_err(|_| {
        left_out(format!("it exceeded its time limit ({} s)", limit.as_secs()))
            .hint("narrow its joins, or raise `[rules] rule_seconds`")
    })??;
    let batches = batches.ok_or_else(|| {
        left_out(format!("it returned more than {MAX_ROWS_PER_RULE} rows"))
            .hint("group by the objects that it is about, or raise its threshold")
    })?;
    let mut findings = findings_of(rule, &batches, window)?;
    let over = findings.len().saturating_sub(MAX_FINDINGS_PER_RULE);
    findings.truncate(MAX_FINDINGS_PER_RULE);
    Ok(Found { findings, over })
}

/// Adds the log lines to the evidence of findings, which so far has only row ids.
async fn add_evidence(agent: Table, engine: &Engine, findings: &mut [Finding]) -> Result<()> {
    let ids: BTreeSet<String> =
        findings.iter().flat_map(|f| f.evidence.iter().map(|e| e.row_id.clone())).collect();
    let mut lines = evidence_of(engine, agent.name(), &ids).await?;
    let missing: BTreeSet<String> = ids.into_iter().filter(|id| !lines.contains_key(id)).collect();
    if !missing.is_empty() {
        // a rule may return row ids of another table
        for other in Table::ALL.into_iter().filter(|table| *table != agent) {
            lines.extend(evidence_of(engine, other.name(), &missing).await?);
        }
    }
    for finding in findings {
        finding.evidence = finding.evidence.iter().filter_map(|e| lines.get(&e.row_id).cloned()).collect();
        finding.evidence.sort_by(|a, b| a.ts.cmp(&b.ts).then_with(|| a.row_id.cmp(&b.row_id)));
    }
    Ok(())
}
