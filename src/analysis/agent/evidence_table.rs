//! The log rows behind findings as small tables: the key fields of the agent's table and the text.

use crate::analysis::agent::key_fields;
use crate::query::engine::Engine;
use crate::query::literal::list;
use crate::query::rows::json_rows;
use model::agent::EvidenceTable;
use model::error::Result;
use model::report::{Evidence, Finding};
use model::table::Table;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Findings with a table.
const MAX_TABLES: usize = 100;

/// Longest value, in characters.
const MAX_CHARS: usize = 500;

/// The columns after the key fields.
const LAST: [&str; 4] = ["row_id", "source", "line", "message"];

/// Returns the tables of the first findings.
pub async fn tables(engine: &Engine, agent: Table, findings: &[Finding]) -> Result<Vec<EvidenceTable>> {
    let columns: Vec<&str> =
        ["ts"].into_iter().chain(key_fields(agent).iter().copied()).chain(LAST).collect();
    let shown = findings.get(..MAX_TABLES).unwrap_or(findings);
    let ids: BTreeSet<&str> =
        shown.iter().flat_map(|f| &f.evidence).map(|line| line.row_id.as_str()).collect();
    let mut rows: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    if !ids.is_empty() {
        let ids = list(ids);
        let sql = format!("select {} from {} where row_id in ({ids})", columns.join(", "), agent.name());
        for row in json_rows(&engine.query(&sql).await?)? {
            if let Some(Value::String(id)) = row.get("row_id") {
                rows.insert(id.clone(), row);
            }
        }
    }
    let table = |finding: &Finding| EvidenceTable {
        finding: finding.id.clone(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        rows: finding.evidence.iter().map(|line| cells(line, rows.get(&line.row_id), &columns)).collect(),
    };
    Ok(shown.iter().map(table).collect())
}

/// Returns the cells of a row; a line of another table has only what every line has.
fn cells(line: &Evidence, row: Option<&Map<String, Value>>, columns: &[&str]) -> Vec<Value> {
    let of_line = |column: &str| match column {
        "ts" => json!(line.ts),
        "row_id" => json!(line.row_id),
        "source" => json!(line.source),
        "line" => json!(line.line),
        "message" => json!(line.text),
        _ => Value::Null,
    };
    let cell = |column: &&str| match row {
        Some(row) => row.get(*column).cloned().unwrap_or(Value::Null),
        None => of_line(column),
    };
    columns.iter().map(cell).map(shorten).collect()
}

fn shorten(value: Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > MAX_CHARS => {
            Value::String(text.chars().take(MAX_CHARS).chain(['…']).collect())
        }
        other => other,
    }
}
