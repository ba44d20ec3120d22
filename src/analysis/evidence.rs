//! The log lines behind row ids: what findings and starts of traces are backed by.
//! Knows neither rules nor traces.

use crate::query::engine::Engine;
use crate::query::rows::{Row, rows};
use model::error::Result;
use model::report::Evidence;
use std::collections::{BTreeMap, BTreeSet};

/// Returns the lines of `table` (a name in SQL) that have those row ids, by row id. Texts are cut
/// to 2000 characters.
pub async fn evidence_of(
    engine: &Engine,
    table: &str,
    row_ids: &BTreeSet<String>,
) -> Result<BTreeMap<String, Evidence>> {
    let ids: Vec<String> = row_ids.iter().filter(|id| is_row_id(id)).map(|id| format!("'{id}'")).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sql = format!(
        "select row_id, ts, source, line, substr(message, 1, 2000) as message
         from {table} where row_id in ({})",
        ids.join(", ")
    );
    let batches = engine.query(&sql).await?;
    let evidence = rows(&batches).map(evidence).map(|evidence| (evidence.row_id.clone(), evidence));
    Ok(evidence.collect())
}

/// Reads the columns `row_id`, `ts`, `source`, `line` and `message` of a row.
pub fn evidence(row: Row<'_>) -> Evidence {
    let text = |column: &str| row.text(column).unwrap_or_default().to_owned();
    Evidence {
        row_id: text("row_id"),
        ts: row.ts("ts").unwrap_or_default(),
        source: text("source"),
        line: row.int("line").unwrap_or(0),
        text: text("message"),
    }
}

/// Returns true if a text has the form of a row id, `<object id>:<line>[.<item>]`, and can be put
/// into a statement without quoting.
pub fn is_row_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
}
