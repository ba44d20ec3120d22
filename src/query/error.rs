//! Errors of SQL: a statement that cannot be planned, and the error of an untrusted statement.
//! Reads position, text and hint out of DataFusion's errors. Must not know HTTP, MCP or the API.

use crate::config::ErrorText;
use datafusion::common::DataFusionError;
use model::error::Error;
use serde::{Deserialize, Serialize};

/// Longest text of an error of an untrusted statement, in characters: it may quote the statement.
const MAX_TEXT: usize = 500;

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
        let text = text.lines().next().unwrap_or_default().to_owned();
        let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
        let (line, column) = match span {
            Some(span) => (Some(span.start.line), Some(span.start.column)),
            None => parser_position(&text),
        };
        let (what, hint) = split_hint(&text);
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
    let hint =
        text.contains("Resources exhausted").then_some("raise `[engine] memory_mib`, or narrow the query");
    let error = Error::failed(what).because(ErrorText(text));
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Returns true if a process or thread ended for lack of memory, judged by its last message: of the
/// allocator, of a failed mapping, of a thread without a stack, or of a length out of range.
pub(crate) fn is_out_of_memory(text: &str) -> bool {
    ["memory allocat", "Cannot allocate memory", "Resource temporarily unavailable", "capacity overflow"]
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

/// Splits the planner's text into the reason, without class names, and its advice.
fn split_hint(text: &str) -> (String, Option<String>) {
    let mut what = text;
    for prefix in [
        "Error during planning: ",
        "Schema error: ",
        "SQL error: ",
        "ParserError(\"",
        "type_coercion",
        "This feature is not implemented: ",
    ] {
        what = what.strip_prefix(prefix).unwrap_or(what);
    }
    let (what, hint) = match what.split_once(". Valid fields are ") {
        Some((what, fields)) => {
            let names: Vec<&str> =
                fields.trim_end_matches('.').split(", ").map(|f| f.rsplit('.').next().unwrap_or(f)).collect();
            (what, Some(format!("valid names: {}", names.join(", "))))
        }
        None => match what.split_once(" Did you mean ") {
            Some((what, name)) => (what, Some(format!("did you mean {name}"))),
            None => (what, None),
        },
    };
    let what = what.split(" at Line: ").next().unwrap_or(what).trim_end_matches(['.', '"', ')']);
    let acronym = what.get(..2).is_some_and(|lead| lead.bytes().all(|b| b.is_ascii_uppercase()));
    let mut first = what.chars();
    let what = match first.next() {
        Some(c) if !acronym => c.to_lowercase().chain(first).collect(),
        _ => what.to_owned(),
    };
    let hint = hint.or_else(|| {
        let is_write = what.contains("not supported")
            && ["DDL", "DML", "Statement"].iter().any(|kind| what.starts_with(kind));
        is_write.then(|| "only read statements are allowed: select, with, explain, describe, show".to_owned())
    });
    (what, hint)
}
