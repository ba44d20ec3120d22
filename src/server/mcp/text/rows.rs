//! Rows of SQL statements, as a table. A long cell keeps its head and its tail, where the end of a stack trace is.

use crate::api::response::{Cursors, Listed, QueryAnswer};
use crate::api::{ApiResult, within};
use crate::query::sandbox::{Column, Format, Output, Truncated};
use crate::server::mcp::limits::MAX_BYTES;
use crate::server::mcp::local_times;
use crate::server::mcp::text::{CELL, DATA_NOTICE};
use chrono_tz::Tz;
use redact::sanitize::plain;
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt::Write;
use std::ops::RangeInclusive;

/// How rows are encoded for a model: half of a response is the structured content, half the text.
pub const OUTPUT: Output = Output { format: Format::Lines, bytes: MAX_BYTES / 2, cell_bytes: MAX_BYTES / 8 };

/// Least and largest value of `max_cell`.
const CELLS: RangeInclusive<u32> = 20..=8000;

/// Longest cell, in characters, of an answer of at most [`FEW_ROWS`] rows.
const LONG_CELL: usize = 2000;
const FEW_ROWS: usize = 3;

/// Rows of an SQL statement.
#[derive(Clone, Serialize)]
pub struct Rows {
    /// Columns of the result, in order.
    columns: Vec<Column>,
    /// Rows as objects by column name; nulls are omitted.
    rows: Vec<Map<String, Value>>,
    /// Number of rows before the first one.
    skipped: usize,
    /// The limit that cut the rows off: `rows`, `bytes` or `tokens`, or `cell` if only values were cut.
    truncated: Option<&'static str>,
    /// Requests the rows that follow; null if there are none.
    next_cursor: Option<String>,
    /// Duration in milliseconds.
    took_ms: u64,
    #[serde(skip)]
    cursors: Cursors,
    /// Longest cell of the text, in characters.
    #[serde(skip)]
    max_cell: usize,
}

impl Rows {
    /// Reads the rows of an answer that was encoded as [`OUTPUT`] requires; points in time become local.
    pub fn of((answer, cursors): (QueryAnswer, Cursors), max_cell: Option<u32>, zone: Tz) -> ApiResult<Self> {
        let mut rows = answer.objects()?;
        let times = answer.columns.iter().filter(|column| is_time(&column.kind));
        let times: Vec<&str> = times.map(|column| column.name.as_str()).collect();
        for row in &mut rows {
            for name in &times {
                if let Some(Value::String(text)) = row.get_mut(*name) {
                    local_times::replace(text, zone);
                }
            }
        }
        let default = if rows.len() > FEW_ROWS { CELL } else { LONG_CELL };
        let max_cell = match max_cell {
            None => default,
            Some(max_cell) => within("max_cell", max_cell, CELLS)? as usize,
        };
        let has_more = matches!(answer.truncated, Some(Truncated::Rows | Truncated::Bytes));
        Ok(Self {
            skipped: cursors.skip,
            truncated: answer.truncated.map(Truncated::name),
            next_cursor: has_more.then(|| cursors.after(rows.len())),
            took_ms: u64::try_from(answer.took.as_millis()).unwrap_or(u64::MAX),
            columns: answer.columns,
            rows,
            cursors,
            max_cell,
        })
    }

    /// Returns the rows as a Markdown table.
    pub fn table(&self) -> String {
        if self.rows.is_empty() {
            return "0 行 · no rows".into();
        }
        let mut text = DATA_NOTICE.to_owned();
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        line(&mut text, names.iter().map(|name| self.cell(name)));
        line(&mut text, names.iter().map(|_| "---".to_owned()));
        for row in &self.rows {
            line(
                &mut text,
                names.iter().map(|name| match row.get(*name) {
                    Some(Value::String(value)) => self.cell(value),
                    Some(value) => self.cell(&value.to_string()),
                    None => String::new(),
                }),
            );
        }
        let (first, last) = (self.skipped + 1, self.skipped + self.rows.len());
        let _ = match &self.next_cursor {
            Some(cursor) => writeln!(
                text,
                "{first}–{last} 行，未完 · rows, truncated ({} limit); for the rest: cursor = \"{cursor}\"",
                self.truncated.unwrap_or_default()
            ),
            None if self.skipped > 0 => writeln!(text, "{first}–{last} 行 · rows, the last"),
            None => writeln!(text, "{last} 行 · rows"),
        };
        text
    }

    /// Returns a value on one line, without its middle if it is long.
    fn cell(&self, value: &str) -> String {
        ends(&plain(value, value.len()), self.max_cell).replace('|', "\\|")
    }
}

impl Listed for Rows {
    fn count(&self) -> usize {
        self.rows.len()
    }

    fn keep(&mut self, count: usize) {
        if count < self.rows.len() {
            self.rows.truncate(count);
            self.truncated = Some("tokens");
            self.next_cursor = Some(self.cursors.after(count));
        }
    }
}

/// Returns true for the type of points in time in UTC.
fn is_time(kind: &str) -> bool {
    kind.starts_with("Timestamp") && ["\"UTC\"", "\"+00:00\"", "\"Z\""].iter().any(|zone| kind.contains(zone))
}

/// Returns the first and last characters of a text, with the number of those left out between them; at most `most`
/// characters are kept.
fn ends(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let (head, tail) = (most - most / 2, most / 2);
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - tail).collect();
    format!("{start}…({} more)…{end}", count - head - tail)
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for cell in cells {
        let _ = write!(text, "| {cell} ");
    }
    text.push_str("|\n");
}
