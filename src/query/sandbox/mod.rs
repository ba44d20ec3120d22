//! The sandbox for untrusted SQL: each statement runs in a child process, so a statement that runs away,
//! exhausts memory or overflows the stack costs one response and never the server. Rows come back as
//! Arrow; dropping the future ends the process. Must not know HTTP, MCP or the API.

mod child; // one child process, as the server sees it
mod frame; // the protocol of its pipes
mod pool; // which child process runs a statement
mod session; // the restricted session
pub mod worker; // the child process itself

pub use crate::query::sandbox::frame::Truncated;
pub use crate::query::sandbox::pool::{Pool, PoolConfig};

use crate::config::ServeConfig;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use std::time::Duration;

/// Largest result in bytes of Arrow.
const MAX_RESULT_BYTES: usize = 16 << 20;

/// The resource limits of one statement.
#[derive(Clone, Copy, Debug)]
pub struct StatementLimits {
    /// Time limit, from the moment a child process is available to the last row.
    pub deadline: Duration,
    /// Rows of the result; more are cut off.
    pub rows: usize,
    /// Bytes of the result as Arrow; more are cut off.
    pub bytes: usize,
    /// Memory of the child process, beyond the fixed overhead of every child process.
    pub memory_bytes: u64,
}

impl StatementLimits {
    /// Returns the limits of `[serve]`.
    pub fn of(config: &ServeConfig) -> Self {
        Self {
            deadline: Duration::from_secs(config.query_seconds),
            rows: config.query_rows,
            bytes: MAX_RESULT_BYTES,
            memory_bytes: config.query_mib << 20,
        }
    }
}

/// One untrusted statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The SQL text.
    pub sql: String,
    /// Its resource limits.
    pub limits: StatementLimits,
}

/// The result of a statement.
#[derive(Clone, Debug)]
pub struct Rows {
    /// Columns, also when there are no rows.
    pub schema: SchemaRef,
    /// Rows.
    pub batches: Vec<RecordBatch>,
    /// The limit that cut the result off; `None` if it is complete.
    pub truncated: Option<Truncated>,
    /// Time from request to last row.
    pub took: Duration,
}
