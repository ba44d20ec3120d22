//! SQL of callers: one statement, in a process of its own.

use crate::api::request::QueryRequest;
use crate::api::response::QueryRows;
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Role};
use crate::query::sandbox::{Limits, QueryError, Statement};

impl Api {
    /// Runs one read-only statement in a process of its own. Dropping the future ends it.
    pub async fn query(&self, caller: &Caller, ask: QueryRequest) -> ApiResult<QueryRows> {
        let said = ask.clone();
        let work = async move {
            let mut limits = Limits::of(&self.inner.site.config.serve);
            limits.rows = ask.limit.map_or(limits.rows, |rows| limits.rows.min(rows as usize));
            self.inner.pool.ask(Statement { sql: ask.sql, limits }).await.map_err(ApiError::from)
        };
        self.answer(caller, Role::Read, "query", &said, work).await
    }
}

impl From<QueryError> for ApiError {
    fn from(fault: QueryError) -> Self {
        match fault {
            QueryError::Refused { what, hint } => Self::new(ErrorKind::Refused, what).hint(hint),
            QueryError::Invalid { what, hint, line, column } => {
                let what = match (line, column) {
                    (Some(line), Some(column)) => format!("line {line}, column {column}: {what}"),
                    _ => what,
                };
                Self { hint, ..Self::new(ErrorKind::Invalid, what) }
            }
            QueryError::TimedOut => Self::new(ErrorKind::TimedOut, "the statement took longer than it may")
                .hint("narrow it by `ts`, or count first"),
            QueryError::OutOfMemory => {
                Self::new(ErrorKind::OutOfMemory, "the statement needed more memory than it may")
                    .hint("narrow it by `ts`, choose fewer columns, or aggregate")
            }
            QueryError::Busy => Self::new(ErrorKind::Busy, "as many statements are under way as may be")
                .hint("ask again in a moment"),
            QueryError::Failed { what } => Self::new(ErrorKind::Failed, what),
        }
    }
}
