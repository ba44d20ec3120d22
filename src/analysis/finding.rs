//! From the rows of a rule to findings: one for each entity, with sentences, facts and a
//! deterministic id. Values in, values out; no queries.

use crate::analysis::rules::header::Rule;
use crate::query::rows::{Row, json_rows, rows};
use arrow::array::RecordBatch;
use model::entity::Entity;
use model::error::Result;
use model::report::{Evidence, Finding, Severity, Status};
use model::time::{Ts, Window};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Log lines of one finding.
const MAX_EVIDENCE: usize = 5;
/// Columns with a place of their own in a finding; the others are its facts.
const OWN_COLUMNS: [&str; 7] = ["first_ts", "last_ts", "ts", "row_id", "row_ids", "severity", "count"];

/// Returns the findings of a rule, gravest first: one for each entity, the rows of one entity merged.
/// Their evidence has row ids and no text yet.
pub fn findings_of(rule: &Rule, batches: &[RecordBatch], window: Window) -> Result<Vec<Finding>> {
    let mut by_id: BTreeMap<String, Finding> = BTreeMap::new();
    for (row, columns) in rows(batches).zip(json_rows(batches)?) {
        let finding = finding_of(rule, row, columns, window);
        match by_id.get_mut(&finding.id) {
            Some(earlier) => merge(earlier, finding),
            None => drop(by_id.insert(finding.id.clone(), finding)),
        }
    }
    let mut findings: Vec<Finding> = by_id.into_values().collect();
    findings.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then(b.count.cmp(&a.count)).then_with(|| a.id.cmp(&b.id))
    });
    Ok(findings)
}

/// Returns a JSON value as it appears in a sentence.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => {
                format!("{float:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            _ => number.to_string(),
        },
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Returns the finding of one row; `columns` is the row as JSON.
fn finding_of(rule: &Rule, row: Row<'_>, mut columns: Map<String, Value>, window: Window) -> Finding {
    let zone = window.zone;
    let fill = |name: &str| {
        let text = shown(columns.get(name)?);
        Some(match chrono::DateTime::parse_from_rfc3339(&text) {
            Ok(time) => Ts(time.timestamp_micros()).clock(zone), // sentences have local times
            Err(_) => text,
        })
    };
    let (summary, advice, zh) = rule.sentences(&fill);
    // a rule of a user may return a time as text, or without a zone: then it is local
    let time = |name: &str| {
        row.ts(name)
            .or_else(|| columns.get(name).and_then(Value::as_str).and_then(|text| Ts::parse(text, zone).ok()))
    };
    let at = time("ts");
    let first_ts = time("first_ts").or(at).unwrap_or(window.from);
    let last_ts = time("last_ts").or(at).unwrap_or(first_ts);
    let mut entity = Entity::default();
    for column in Entity::COLUMNS {
        entity.set(column, row.non_empty(column).map(str::to_owned));
    }
    let evidence = row_ids(row)
        .into_iter()
        .map(|row_id| Evidence { row_id, ts: first_ts, source: String::new(), line: 0, text: String::new() })
        .collect();
    // findings of two users in one namespace differ though their entity is the same
    let subject: Vec<&str> = ["username", "name"].iter().filter_map(|column| row.text(column)).collect();
    let id = id_of(&rule.id, &entity, &subject, window);
    columns
        .retain(|name, _| !OWN_COLUMNS.contains(&name.as_str()) && !Entity::COLUMNS.contains(&name.as_str()));
    Finding {
        id,
        rule: rule.id.clone(),
        agent: rule.agent.name().into(),
        title: rule.header.title.clone(),
        severity: row.text("severity").and_then(Severity::of).unwrap_or(rule.header.severity),
        status: Status::New,
        entity,
        first_ts,
        last_ts,
        count: row.int("count").unwrap_or(1),
        episodes: Vec::new(),
        summary,
        why: rule.header.why.clone(),
        advice,
        zh,
        facts: columns,
        evidence,
        trace: None,
        incident: String::new(),
    }
}

/// Returns the id of a finding, a hash of rule, entity, user and object name, and window: a second
/// analysis of the same day returns the same id.
fn id_of(rule: &str, entity: &Entity, subject: &[&str], window: Window) -> String {
    let mut key = format!("{rule}\n{}\n{}", window.from.0, window.to.0);
    let parts = Entity::COLUMNS.iter().map(|column| entity.part(column).unwrap_or(""));
    for part in parts.chain(subject.iter().copied()) {
        key.push('\n');
        key.push_str(part);
    }
    blake3::hash(key.as_bytes()).to_hex().get(..12).unwrap_or_default().to_owned()
}

fn row_ids(row: Row<'_>) -> Vec<String> {
    let ids = row.texts("row_ids").into_iter().chain(row.text("row_id").map(str::to_owned));
    let mut seen = BTreeSet::new();
    ids.filter(|id| seen.insert(id.clone())).take(MAX_EVIDENCE).collect()
}

/// Merges a second finding about the same entity into the first.
fn merge(earlier: &mut Finding, other: Finding) {
    earlier.first_ts = earlier.first_ts.min(other.first_ts);
    earlier.last_ts = earlier.last_ts.max(other.last_ts);
    earlier.severity = earlier.severity.max(other.severity);
    if other.count > earlier.count {
        // the sentence of the larger part describes the whole
        earlier.summary = other.summary;
        earlier.advice = other.advice;
        earlier.zh = other.zh;
        earlier.facts = other.facts;
    }
    earlier.count += other.count;
    earlier.evidence.extend(other.evidence);
    earlier.evidence.truncate(MAX_EVIDENCE);
}
