//! Requests that investigate: what changed, which lines are near, which patterns, how many. Each is a statement over
//! the tables, which runs in the sandbox like the statements of callers.

mod changes; // what changed
pub(super) mod condition; // conditions of statements
mod histogram; // counts by time
mod lines; // lines of a window
mod neighbours; // lines around a row or a time
mod patterns; // patterns of messages
mod unknown; // names that no row has

use crate::api::bounds::TEXT;
use crate::api::{Api, ApiError, ApiResult, ErrorKind};
use crate::query::sandbox::{Format, Output, Statement, StatementLimits};
use model::error::Error;
use model::table::Table;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Most rows that a statement may return.
const MAX_ROWS: usize = 1000;

impl Api {
    /// Runs a statement that the API wrote, in the sandbox and within its limits, and returns its rows.
    pub(super) async fn select<T: DeserializeOwned>(&self, sql: String) -> ApiResult<Vec<T>> {
        let limits = StatementLimits { rows: MAX_ROWS, ..self.statement_limits() };
        let statement = Statement { sql, output: Output::of(Format::Lines), limits };
        let answer = self.run_statement(statement).await?;
        if answer.truncated.is_some() {
            return Err(ApiError::new(ErrorKind::TooLarge, "the rows exceed the size of a response")
                .hint("request a shorter window, or a lower `limit`"));
        }
        let rows = answer.objects()?.into_iter().map(|row| serde_json::from_value(Value::Object(row)));
        let rows = rows.collect::<serde_json::Result<_>>();
        Ok(rows.map_err(|error| Error::bug("cannot read the rows of a statement").because(error))?)
    }
}

/// Returns a column of a statement, cut to so many characters, with the number of those cut off.
fn cut(column: &str, most: usize) -> String {
    format!(
        "case when character_length({column}) > {most} then concat(left({column}, {most}), '… (', \
         cast(character_length({column}) - {most} as varchar), ' more characters)') else {column} end"
    )
}

/// Returns the select of the lines of a table, with the columns of [`Line`](crate::api::response::Line).
fn lines_of(table: Table, conditions: &str) -> String {
    let name = table.name();
    let reason = if table == Table::Event { "reason" } else { "cast(null as varchar)" };
    format!(
        "select '{name}' as tab, ts, namespace, workload, pod, container, node, level, {reason} as reason, \
         {} as message, row_id, source, line from {name} where {conditions}",
        cut("message", TEXT)
    )
}
