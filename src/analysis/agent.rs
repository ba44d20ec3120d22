//! The agents: each runs the rules of one table over a window and hands back findings. All four
//! have one interface; whoever calls them knows nothing of what is inside.

use crate::analysis::rules::header::Rule;
use crate::analysis::rules::{exception_for, of_agent};
use crate::config::Config;
use crate::query::engine::Engine;
use crate::query::shared_scan::Shared;
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use model::entity::Entity;
use model::error::{Error, Problem, Result};
use model::report::{AgentSummary, Evidence, Finding, Severity, Status, Suppressed};
use model::table::Table;
use model::time::{Ts, Window};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Rows of one rule beyond which the rest is only counted: a rule that finds so much says
/// nothing of any one of them.
const MAX_FINDINGS_PER_RULE: usize = 500;
/// Log lines kept for one finding.
const MAX_EVIDENCE: usize = 5;

/// What one agent found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AgentReport {
    /// What it did.
    pub summary: AgentSummary,
    /// Findings, in no order yet.
    pub findings: Vec<Finding>,
    /// What exceptions hid.
    pub suppressed: Vec<Suppressed>,
}

/// Runs the rules of one table over a window.
pub async fn invoke(
    agent: Table,
    rules: &[Rule],
    engine: &Engine,
    window: Window,
    config: &Config,
) -> Result<AgentReport> {
    let (rows, fields_without_data) = fields_seen(agent, engine).await?;
    let mut findings = Vec::new();
    let mut problems = Vec::new();
    let mut hidden: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut count = 0;
    let statements: Vec<(&Rule, Result<String>)> = of_agent(rules, agent)
        .map(|rule| {
            let none = BTreeMap::new();
            (rule, rule.sql(config.rules.params.get(&rule.id).unwrap_or(&none)))
        })
        .collect();
    // a hundred rules must not cost a hundred scans
    let texts: Vec<&str> = statements.iter().filter_map(|(_, sql)| sql.as_deref().ok()).collect();
    let shared = engine.sharing(&texts).await?;
    for (rule, sql) in statements {
        count += 1;
        let found = match run_rule(rule, sql, &shared, window).await {
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
    Ok(AgentReport { summary, findings, suppressed })
}

/// The fields that an agent's rules stand on.
fn key_fields(agent: Table) -> &'static [&'static str] {
    match agent {
        Table::Business => &["namespace", "workload", "pod", "level", "trace_id", "exception"],
        Table::Standard => &["namespace", "workload", "pod", "level", "stream"],
        Table::Event => &["namespace", "workload", "pod", "node", "reason", "type"],
        Table::Audit => {
            &["username", "verb", "resource", "namespace", "name", "code", "operation", "request", "response"]
        }
    }
}

/// Returns the rows of the window, and the key fields that carry no value in any of them.
async fn fields_seen(agent: Table, engine: &Engine) -> Result<(u64, Vec<String>)> {
    let table = agent.name();
    let counted = engine.query(&format!("select count(*) from {table}")).await?;
    let rows = counted.first().map_or(0, |batch| batch.column(0).as_primitive::<Int64Type>().value(0));
    let mut without_data = Vec::new();
    for field in key_fields(agent) {
        // one row tells; only a field without any is read to its end
        let sql = format!("select 1 from {table} where {field} is not null limit 1");
        if rows > 0 && engine.query(&sql).await?.iter().all(|batch| batch.num_rows() == 0) {
            without_data.push((*field).to_owned());
        }
    }
    Ok((rows.unsigned_abs(), without_data))
}

struct Found {
    findings: Vec<Finding>,
    over: usize,
}

async fn run_rule(rule: &Rule, sql: Result<String>, shared: &Shared, window: Window) -> Result<Found> {
    let frame = shared
        .plan(&sql?)
        .await
        .map_err(|fault| fault.into_error(&format!("rule `{}` cannot be planned", rule.id), &rule.place))?;
    let batches = frame.collect().await.map_err(|error| {
        crate::query::engine::engine_error(&format!("rule `{}` failed", rule.id), error)
            .at(rule.place.clone())
    })?;
    findings_of(rule, &batches, window)
}

/// Turns a rule's rows into findings: one for each entity, the rows of one entity merged.
fn findings_of(rule: &Rule, batches: &[RecordBatch], window: Window) -> Result<Found> {
    let mut by_id: BTreeMap<String, Finding> = BTreeMap::new();
    for row in rows_of(batches)? {
        let finding = finding_of(rule, row, window);
        match by_id.get_mut(&finding.id) {
            Some(earlier) => merge(earlier, finding),
            None => drop(by_id.insert(finding.id.clone(), finding)),
        }
    }
    let mut findings: Vec<Finding> = by_id.into_values().collect();
    findings.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then(b.count.cmp(&a.count)).then_with(|| a.id.cmp(&b.id))
    });
    let over = findings.len().saturating_sub(MAX_FINDINGS_PER_RULE);
    findings.truncate(MAX_FINDINGS_PER_RULE);
    Ok(Found { findings, over })
}

/// Reads batches as JSON rows; times keep their microseconds.
pub fn rows_of(batches: &[RecordBatch]) -> Result<Vec<Map<String, Value>>> {
    let failed =
        |error: arrow::error::ArrowError| Error::failed("rows cannot be written as JSON").because(error);
    let mut bytes = Vec::new();
    let mut writer = arrow::json::WriterBuilder::new()
        .with_explicit_nulls(false)
        .with_timestamp_tz_format("%Y-%m-%dT%H:%M:%S%.6fZ".into())
        .build::<_, arrow::json::writer::LineDelimited>(&mut bytes);
    writer.write_batches(&batches.iter().collect::<Vec<_>>()).map_err(failed)?;
    writer.finish().map_err(failed)?;
    drop(writer);
    serde_json::Deserializer::from_slice(&bytes)
        .into_iter::<Map<String, Value>>()
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::bug("rows written as JSON cannot be read").because(error))
}

/// Returns a JSON value as the text a sentence shows.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => {
                format!("{:.2}", float).trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            _ => number.to_string(),
        },
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn finding_of(rule: &Rule, mut row: Map<String, Value>, window: Window) -> Finding {
    let zone = window.zone;
    let fill = |name: &str| {
        let value = row.get(name)?;
        let text = shown(value);
        Some(match chrono::DateTime::parse_from_rfc3339(&text) {
            Ok(time) => Ts(time.timestamp_micros()).clock(zone), // a person reads local clocks
            Err(_) => text,
        })
    };
    let (summary, zh) = rule.sentences(&fill);
    let time = |row: &Map<String, Value>, name: &str| {
        row.get(name).and_then(Value::as_str).and_then(|text| Ts::parse(text, zone).ok())
    };
    let at = time(&row, "ts");
    let first_ts = time(&row, "first_ts").or(at).unwrap_or(window.from);
    let last_ts = time(&row, "last_ts").or(at).unwrap_or(first_ts);
    let mut entity = Entity::default();
    for column in Entity::COLUMNS {
        entity.set(
            column,
            row.get(column).and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned),
        );
    }
    let severity =
        row.get("severity").and_then(Value::as_str).and_then(Severity::of).unwrap_or(rule.header.severity);
    let count = row.get("count").and_then(Value::as_i64).unwrap_or(1);
    let evidence = row_ids(&row)
        .into_iter()
        .map(|row_id| Evidence { row_id, ts: first_ts, source: String::new(), line: 0, text: String::new() })
        .collect();
    // two users in one namespace are two findings though their entity is one
    let who: Vec<&str> = ["username", "name"].iter().filter_map(|key| row.get(*key)?.as_str()).collect();
    let id = id_of(&rule.id, &entity, &who, window);
    let known = ["first_ts", "last_ts", "ts", "row_id", "row_ids", "severity", "count"];
    row.retain(|name, _| !known.contains(&name.as_str()) && !Entity::COLUMNS.contains(&name.as_str()));
    Finding {
        id,
        rule: rule.id.clone(),
        agent: rule.agent.name().into(),
        title: rule.header.title.clone(),
        severity,
        status: Status::New,
        entity,
        first_ts,
        last_ts,
        count,
        summary,
        why: rule.header.why.clone(),
        advice: rule.header.advice.clone(),
        zh,
        facts: row,
        evidence,
        trace: None,
    }
}

/// Returns the id of a finding: rule, entity (for operations also whose and on what) and window,
/// so that the same day gives the same id.
fn id_of(rule: &str, entity: &Entity, who: &[&str], window: Window) -> String {
    let mut key = format!("{rule}\n{}\n{}", window.from.0, window.to.0);
    let parts = Entity::COLUMNS.iter().map(|column| entity.part(column).unwrap_or(""));
    for part in parts.chain(who.iter().copied()) {
        key.push('\n');
        key.push_str(part);
    }
    blake3::hash(key.as_bytes()).to_hex().get(..12).unwrap_or_default().to_owned()
}

fn row_ids(row: &Map<String, Value>) -> Vec<String> {
    let many = row.get("row_ids").and_then(Value::as_array).into_iter().flatten();
    let ids = many.chain(row.get("row_id")).filter_map(Value::as_str);
    let mut seen = BTreeSet::new();
    ids.filter(|id| seen.insert((*id).to_owned())).take(MAX_EVIDENCE).map(str::to_owned).collect()
}

/// Merges a second row about the same entity into its finding.
fn merge(earlier: &mut Finding, other: Finding) {
    earlier.first_ts = earlier.first_ts.min(other.first_ts);
    earlier.last_ts = earlier.last_ts.max(other.last_ts);
    earlier.severity = earlier.severity.max(other.severity);
    if other.count > earlier.count {
        // the sentence of the larger part speaks for the whole
        earlier.summary = other.summary;
        earlier.zh = other.zh;
        earlier.facts = other.facts;
    }
    earlier.count += other.count;
    earlier.evidence.extend(other.evidence);
    earlier.evidence.truncate(MAX_EVIDENCE);
}

/// Fills the evidence of findings: the lines behind their row ids.
async fn add_evidence(agent: Table, engine: &Engine, findings: &mut [Finding]) -> Result<()> {
    let wanted: BTreeSet<String> =
        findings.iter().flat_map(|f| f.evidence.iter().map(|e| e.row_id.clone())).collect();
    let mut lines = evidence_of(engine, agent.name(), &wanted).await?;
    let missing: BTreeSet<String> = wanted.into_iter().filter(|id| !lines.contains_key(id)).collect();
    if !missing.is_empty() {
        // a rule may point at a line of another table
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

/// Returns the lines of those row ids in `table` (a name in SQL), by row id.
pub async fn evidence_of(
    engine: &Engine,
    table: &str,
    wanted: &BTreeSet<String>,
) -> Result<BTreeMap<String, Evidence>> {
    let mut lines = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(lines);
    }
    let ids: Vec<String> = wanted.iter().filter(|id| is_row_id(id)).map(|id| format!("'{id}'")).collect();
    if ids.is_empty() {
        return Ok(lines);
    }
    let sql = format!(
        "select row_id, ts, source, line, substr(message, 1, 2000) from {table} where row_id in ({})",
        ids.join(", ")
    );
    for batch in engine.query(&sql).await? {
        let (ids, sources, texts) = (batch.column(0), batch.column(2), batch.column(4));
        let ts = batch.column(1).as_primitive::<TimestampMicrosecondType>();
        let line = batch.column(3).as_primitive::<Int64Type>();
        for at in 0..batch.num_rows() {
            let row_id = ids.as_string_view().value(at).to_owned();
            let evidence = Evidence {
                row_id: row_id.clone(),
                ts: Ts(ts.value(at)),
                source: sources.as_string_view().value(at).to_owned(),
                line: line.value(at),
                text: texts.as_string_view().value(at).to_owned(),
            };
            lines.insert(row_id, evidence);
        }
    }
    Ok(lines)
}

/// Tells whether a text has the shape of a row id, so that it may stand in a statement.
pub fn is_row_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
}
