//! SQL of callers: one read-only statement, run in the sandbox.

use crate::api::operation::Operation;
use crate::api::request::QueryRequest;
use crate::api::response::QueryAnswer;
use crate::api::{Api, ApiError, ApiResult, Caller};
use crate::query::sandbox::{Output, Statement, StatementLimits};

impl Api {
    /// Runs one read-only statement in a child process, which also encodes the rows. Dropping the future
    /// ends the process.
    pub async fn query(
        &self,
        caller: &Caller,
        request: QueryRequest,
        output: Output,
    ) -> ApiResult<QueryAnswer> {
        let arguments = request.clone();
        let work = async move {
            let serve = &self.inner.installation.config.serve;
            let mut limits = StatementLimits::of(serve);
            limits.rows = request.limit.map_or(limits.rows, |rows| limits.rows.min(rows as usize));
            let statement = Statement { sql: request.sql, output, limits };
            self.inner.pool.run(statement).await.map_err(|error| ApiError::of_statement(error, serve))
        };
        self.handle(caller, Operation::Query, &arguments, work).await
    }
}
