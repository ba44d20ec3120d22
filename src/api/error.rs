//! The error of a request. HTTP, MCP and the robot each translate its kind into their own terms: a
//! status, a problem type, an MCP error.

use crate::config::ServeConfig;
use crate::query::error::QueryError;
use model::error::{self, Error};

/// What a caller can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is malformed: 400.
    Invalid,
    /// The SQL statement is not on the allow-list: 400.
    StatementNotAllowed,
    /// The caller's role, or the config, does not allow the request: 403.
    Forbidden,
    /// The thing does not exist: 404.
    NotFound,
    /// The request is larger than a limit: 413.
    TooLarge,
    /// The body of the request did not arrive in time: 408.
    RequestTimeout,
    /// A limit of concurrent work is reached, another run writes the lake, or there is no lake yet. A
    /// later attempt may succeed: 503.
    Busy,
    /// The request exceeded its time limit: 504.
    TimedOut,
    /// The request exceeded its memory limit: 507.
    OutOfMemory,
    /// Something failed on this side: 500.
    Failed,
}

impl ErrorKind {
    /// Returns the name used in the audit log, in problem types and in MCP.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::StatementNotAllowed => "statement-not-allowed",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::TooLarge => "too-large",
            Self::RequestTimeout => "request-timeout",
            Self::Busy => "busy",
            Self::TimedOut => "timed-out",
            Self::OutOfMemory => "out-of-memory",
            Self::Failed => "failed",
        }
    }
}

/// The error of a request. Contains no path of this machine.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// What the caller can do about it.
    pub kind: ErrorKind,
    /// What is wrong, one line.
    pub what: String,
    /// The next step.
    pub hint: Option<String>,
    /// Line and column in the SQL statement, from 1; `None` if unknown, and for other requests.
    pub position: Option<(u64, u64)>,
}

impl ApiError {
    /// Returns an error without a hint.
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), hint: None, position: None }
    }

    /// Adds the next step.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Converts the error of an SQL statement; names the limits of `[serve]`.
    pub fn of_statement(error: QueryError, serve: &ServeConfig) -> Self {
        match error {
            QueryError::NotAllowed { what, hint } => {
                Self::new(ErrorKind::StatementNotAllowed, what).hint(hint)
            }
            QueryError::Invalid(error) => {
                let position = error.line.zip(error.column);
                let what = match position {
                    Some((line, column)) => format!("line {line}, column {column}: {}", error.what),
                    None => error.what,
                };
                Self { hint: error.hint, position, ..Self::new(ErrorKind::Invalid, what) }
            }
            QueryError::TimedOut => Self::new(
                ErrorKind::TimedOut,
                format!(
                    "the statement exceeded its time limit ({} s; `[serve] query_seconds`)",
                    serve.query_seconds
                ),
            )
            .hint("filter by `ts`, or run a count first"),
            QueryError::OutOfMemory => Self::new(
                ErrorKind::OutOfMemory,
                format!(
                    "the statement exceeded its memory limit ({} MiB; `[serve] query_mib`)",
                    serve.query_mib
                ),
            )
            .hint("filter by `ts`, select fewer columns, or aggregate"),
            QueryError::Busy => Self::new(
                ErrorKind::Busy,
                format!("statement limit reached ({} running; `[serve] queries`)", serve.queries.max(1)),
            )
            .hint("retry in a moment"),
            QueryError::Failed { what } => Self::new(ErrorKind::Failed, what),
        }
    }
}

impl From<Error> for ApiError {
    /// Keeps what the caller needs; place and cause go to the log.
    fn from(error: Error) -> Self {
        let is_memory = error.why().is_some_and(|reason| reason.contains("Resources exhausted"));
        let kind = match error.kind {
            error::ErrorKind::Usage => ErrorKind::Invalid,
            error::ErrorKind::Missing => ErrorKind::NotFound,
            error::ErrorKind::Busy => ErrorKind::Busy,
            error::ErrorKind::Failed if is_memory => ErrorKind::OutOfMemory,
            error::ErrorKind::Failed | error::ErrorKind::Bug => {
                tracing::error!(place = error.place, reason = error.why(), "{}", error.what);
                ErrorKind::Failed
            }
        };
        Self { hint: error.hint, ..Self::new(kind, error.what) }
    }
}
