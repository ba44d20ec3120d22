//! Errors of SQL: a statement that cannot be planned, and the error of an untrusted statement.
//! Reads position, text and hint out of DataFusion's errors. Must not know HTTP, MCP or the API.

use crate::config::ErrorText;
use crate::query::nearest::nearest;
use datafusion::common::{Column, DataFusionError, SchemaError};
use model::error::Error;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Longest text of an error of an untrusted statement, in characters: it may quote the statement.
const MAX_TEXT: usize = 500;

/// What the engine says of a text that is not a time, and the next step.
const TIME_ERROR: &str = "parsing timestamp from";
const TIME_HINT: &str = "write 2026-11-22T10:12:00+08:00, or 2026-11-22 10:12 or 2026-11-22 for local time";

/// Where an SQL text is wrong, and the planner's reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlError {
    /// Line from 1; `None` if unknown.
    pub line: Option<u64>,
    /// Column from 1; `None` if unknown.
    pub column: Option<u64>,
    /// The reason, one line.
    pub what: String,
    /// The next step.
    pub hint: Option<String>,
}

/// Why an untrusted statement returned no rows. Contains no path of this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryError {
    /// The statement is not on the allow-list, or is too large.
    NotAllowed {
        /// The reason, one line.
        what: String,
        /// The next step.
        hint: String,
    },
    /// The statement cannot be parsed or planned, or fails on these values.
    Invalid(SqlError),
    /// The deadline passed.
    TimedOut,
    /// The limit of memory, or of disk for what does not fit into memory, was reached.
    OutOfMemory,
    /// The limit of concurrent statements was reached.
    Busy,
    /// Something failed on this side; the log has the details.
    Failed {
        /// What failed, one line.
        what: String,
    },
}

impl SqlError {
    /// Reads position, text and hint of a planner's error.
    pub(crate) fn of(error: &DataFusionError) -> Self {
        let text = error.strip_backtrace();
        let first = text.lines().next().unwrap_or_default();
        let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
        let (line, column) = match span {
            Some(span) => (Some(span.start.line), Some(span.start.column)),
            None => parser_position(first),
        };
        let (what, hint) = missing(error).unwrap_or_else(|| split_hint(first));
        Self { line, column, what, hint }
    }

    /// Converts into an error of the program; `place` is the file or the name of the statement.
    pub fn into_error(self, what: &str, place: &str) -> Error {
        let at = match (self.line, self.column) {
            (Some(line), Some(column)) => format!("{place}:{line}:{column}"),
            _ => place.to_owned(),
        };
        let mut error = Error::usage(what).at(at).because(ErrorText(self.what));
        if let Some(hint) = self.hint {
            error = error.hint(hint);
        }
        error
    }
}

impl From<SqlError> for QueryError {
    fn from(error: SqlError) -> Self {
        Self::Invalid(SqlError { what: error.what.chars().take(MAX_TEXT).collect(), ..error })
    }
}

impl QueryError {
    /// Returns the error of an engine that crashed.
    pub(crate) fn crashed() -> Self {
        Self::Failed { what: "the query engine crashed on this statement".into() }
    }

    /// Logs an error whose details are for the operator only, and returns the part for the caller.
    pub(crate) fn failed(error: Error) -> Self {
        tracing::error!(place = error.place, reason = error.why(), "{}", error.what);
        Self::Failed { what: error.what }
    }
}

/// Returns an error of the engine without its backtrace.
pub fn engine_error(what: &str, error: DataFusionError) -> Error {
    let text = error.strip_backtrace();
    let hint = match () {
        () if text.contains("Resources exhausted") => {
            Some("raise `[engine] memory_mib`, or narrow the query")
        }
        () if text.contains(TIME_ERROR) => Some(TIME_HINT),
        () => None,
    };
    let error = Error::failed(what).because(ErrorText(text));
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Returns true if a process or thread ended for lack of memory, judged by its last message: of the
/// allocator, of a failed mapping, of a thread without a stack, or of a length out of range; the texts of a
/// column have at most 2 GiB. What is spilled to disk counts too.
pub(crate) fn is_out_of_memory(text: &str) -> bool {
    [
        "memory allocat",
        "Cannot allocate memory",
        "Resource temporarily unavailable",
        "capacity overflow",
        "offset overflow",
        "Offset overflow",
        "used disk space during the spilling process",
    ]
    .iter()
    .any(|words| text.contains(words))
}

/// Reads sqlparser's ` at Line: 3, Column: 8`.
fn parser_position(text: &str) -> (Option<u64>, Option<u64>) {
    let number = |key: &str| {
        let digits: String = text.split_once(key)?.1.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    (number("Line: "), number("Column: "))
}

/// Returns reason and hint of a name that does not exist; `None` for any other error.
fn missing(error: &DataFusionError) -> Option<(String, Option<String>)> {
    match error.find_root() {
        DataFusionError::SchemaError(error, _) => match &**error {
            SchemaError::FieldNotFound { field, valid_fields } => Some(missing_column(field, valid_fields)),
            _ => None,
        },
        DataFusionError::Plan(text) => {
            let text = text.split(DataFusionError::BACK_TRACE_SEP).next().unwrap_or(text);
            if let Some(name) = text.strip_prefix("table '").and_then(|rest| rest.strip_suffix("' not found"))
            {
                let name = name.strip_prefix("headwater.").unwrap_or(name);
                let name = name.strip_prefix("public.").unwrap_or(name);
                let last = name.rsplit('.').next().unwrap_or(name);
                let near = nearest(last, crate::lake::tables());
                let hint = did_you_mean(near, "tables", crate::lake::tables().collect());
                return Some((format!("table `{name}` does not exist"), hint));
            }
            let (name, rest) = text.strip_prefix("Invalid function '")?.split_once('\'')?;
            let near = rest.rsplit_once(" mean '").and_then(|(_, near)| near.split('\'').next());
            let hint = match near.and_then(|near| nearest(name, [near])) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`show functions` lists those that exist".to_owned(),
            };
            Some((format!("function `{name}` does not exist"), Some(hint)))
        }
        _ => None,
    }
}

fn missing_column(field: &Column, valid: &[Column]) -> (String, Option<String>) {
    let relation = |column: &Column| column.relation.as_ref().map(|relation| relation.table().to_owned());
    let relations: BTreeSet<String> = valid.iter().filter_map(relation).collect();
    if let Some(of) = relation(field).filter(|of| !relations.contains(of)) {
        let names: Vec<&str> = relations.iter().map(String::as_str).collect();
        let hint = did_you_mean(nearest(&of, names.iter().copied()), "it reads", names);
        return (format!("the statement has no table `{of}` for column `{}`", field.name), hint);
    }
    let of_table = |column: &&Column| field.relation.is_none() || relation(column) == relation(field);
    let mut names: Vec<&str> = Vec::new();
    for column in valid.iter().filter(of_table) {
        if !names.contains(&column.name.as_str()) {
            names.push(&column.name);
        }
    }
    let hint = did_you_mean(nearest(&field.name, names.iter().copied()), "columns", names);
    (format!("column `{}` does not exist", field.name), hint)
}

/// Returns the nearest name, if there is one, and all of them.
fn did_you_mean(near: Option<&str>, what: &str, names: Vec<&str>) -> Option<String> {
    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    (!names.is_empty()).then(|| format!("{near}{what}: {}", names.join(", ")))
}

/// Splits the planner's text into the reason, without class names, and the next step.
fn split_hint(text: &str) -> (String, Option<String>) {
    let mut what = text;
    for prefix in [
        "Error during planning: ",
        "Schema error: ",
        "SQL error: ",
        "ParserError(\"",
        "type_coercion",
        "This feature is not implemented: ",
        "Arrow error: ",
        "Parser error: ",
    ] {
        what = what.strip_prefix(prefix).unwrap_or(what);
    }
    let what = what.split(" at Line: ").next().unwrap_or(what).trim_end_matches(['.', '"', ')']);
    let acronym = what.get(..2).is_some_and(|lead| lead.bytes().all(|b| b.is_ascii_uppercase()));
    let mut first = what.chars();
    let what = match first.next() {
        Some(c) if !acronym => c.to_lowercase().chain(first).collect(),
        _ => what.to_owned(),
    };
    let hint = what.contains(TIME_ERROR).then(|| TIME_HINT.to_owned()).or_else(|| {
        let is_write = what.contains("not supported")
            && ["DDL", "DML", "Statement"].iter().any(|kind| what.starts_with(kind));
        is_write.then(|| "only read statements are allowed: select, with, explain, describe, show".to_owned())
    });
    (what, hint)
}
