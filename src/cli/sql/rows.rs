//! Runs a statement and collects its rows. Must not know how they are shown.

use crate::cli::Result;
use crate::cli::sql::excerpt;
use crate::query::engine::Engine;
use crate::query::error::engine_error;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use model::error::Error;
use std::sync::Arc;

/// Rows of a statement.
pub struct Rows {
    /// Columns, also when there are no rows.
    pub schema: SchemaRef,
    /// The first rows.
    pub batches: Vec<RecordBatch>,
    /// Number of rows in the batches.
    pub kept: usize,
    /// Number of all rows.
    pub total: usize,
}

/// Runs a statement to its end and keeps its first rows.
pub async fn collect(engine: Engine, sql: String, keep: usize) -> Result<Rows> {
    let frame = engine.plan(&sql).await.map_err(|error| excerpt::error(error, &sql))?;
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let failed = |error| engine_error("the statement failed", error);
    let mut stream = frame.execute_stream().await.map_err(failed)?;
    let mut rows = Rows { schema, batches: Vec::new(), kept: 0, total: 0 };
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(failed)?;
        rows.total += batch.num_rows();
        let count = batch.num_rows().min(keep - rows.kept);
        if count > 0 {
            rows.kept += count;
            rows.batches.push(batch.slice(0, count));
        }
    }
    Ok(rows)
}

/// Returns the error of rows that cannot be written.
pub fn cannot_write(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::failed("cannot write the result").because(error)
}
