//! SQL of callers: one read-only statement, run in the sandbox.

use crate::api::operation::Operation;
use crate::api::paging::Paging;
use crate::api::request::{QueryRequest, RowsRequest};
use crate::api::response::{Cursors, QueryAnswer};
use crate::api::{Api, ApiError, ApiResult, Caller};
use crate::query::sandbox::{Output, Statement, StatementLimits};

/// Default and largest number of rows of a part.
const PAGE: usize = 50;
const MAX_PAGE: usize = 1000;

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
            let mut limits = self.statement_limits();
            limits.rows = request.limit.map_or(limits.rows, |rows| limits.rows.min(rows as usize));
            self.run_statement(Statement { sql: request.sql, output, limits }).await
        };
        self.handle(caller, Operation::Query, &arguments, work).await
    }

    /// Runs one read-only statement and returns a part of its rows, with what makes the cursor to the rows that
    /// follow. The statement runs again for each part; a cursor into a lake that has changed is an error.
    pub async fn query_rows(
        &self,
        caller: &Caller,
        request: RowsRequest,
        output: Output,
    ) -> ApiResult<(QueryAnswer, Cursors)> {
        let arguments = request.clone();
        let work = async move {
            let of_statement = RowsRequest { max_cell: None, ..request };
            let paging = Paging::of(&of_statement, PAGE, MAX_PAGE)?;
            let state = self.read(|_, catalog| {
                let totals = catalog.totals()?;
                let totals: Vec<String> = totals
                    .iter()
                    .map(|of| format!("{} {} {} {}", of.table, of.files, of.rows, of.bytes))
                    .collect();
                Ok(blake3::hash(totals.join("\n").as_bytes()).to_hex()[..8].to_owned())
            });
            let state = state.await?;
            paging.require_state(&state)?;
            let mut limits = self.statement_limits();
            limits.rows = limits.rows.saturating_sub(paging.skip).min(paging.limit);
            limits.skip = paging.skip;
            let answer = self.run_statement(Statement { sql: of_statement.sql, output, limits }).await?;
            Ok((answer, paging.cursors(&state)))
        };
        self.handle(caller, Operation::Query, &arguments, work).await
    }

    pub(super) fn statement_limits(&self) -> StatementLimits {
        StatementLimits::of(&self.inner.installation.config.serve)
    }

    pub(super) async fn run_statement(&self, statement: Statement) -> ApiResult<QueryAnswer> {
        let serve = &self.inner.installation.config.serve;
        self.inner.pool.run(statement).await.map_err(|error| ApiError::of_statement(error, serve))
    }
}
