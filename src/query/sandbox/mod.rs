//! Statements of strangers, each in a process of its own: what runs away, eats the memory or breaks
//! the stack costs one answer and never the server. Rows come back as Arrow; dropping the question
//! ends its process.

pub(crate) mod session;

mod child; // one process, as the server sees it
mod frame; // what goes over its pipes
mod pool; // which process answers
pub mod worker; // one process, from within

pub use crate::query::sandbox::pool::{Pool, Setup};

use crate::config::ServeConfig;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Most bytes of rows that a caller is given who names no number.
const BYTES: usize = 16 << 20;

/// What one question may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From its process at hand to the last row.
    pub deadline: Duration,
    /// Rows of the answer; `truncated` says when there were more.
    pub rows: usize,
    /// Bytes of the answer as Arrow; `truncated` says when there were more.
    pub bytes: usize,
    /// Memory of its process, beyond what any process of the kind needs.
    pub memory_bytes: u64,
}

impl Limits {
    /// Returns what the config allows.
    pub fn of(config: &ServeConfig) -> Self {
        Self {
            deadline: Duration::from_secs(config.query_seconds),
            rows: config.query_rows,
            bytes: BYTES,
            memory_bytes: config.query_mib << 20,
        }
    }
}

/// One statement of a stranger.
#[derive(Clone, Debug)]
pub struct Statement {
    /// It.
    pub sql: String,
    /// What it may use.
    pub limits: Limits,
}

/// What came of a question.
#[derive(Clone, Debug)]
pub struct Rows {
    /// Columns.
    pub schema: SchemaRef,
    /// Rows.
    pub batches: Vec<RecordBatch>,
    /// Why not all rows are there: `rows` or `bytes`.
    pub truncated: Option<&'static str>,
    /// From question to answer.
    pub took: Duration,
}

/// Why there is no answer. Nothing in it names a path of this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryError {
    /// It is not a statement that may be run.
    Refused {
        /// What is wrong with it, one line.
        what: String,
        /// What to do about it.
        hint: String,
    },
    /// It cannot be planned, or not run on these values.
    Invalid {
        /// What is wrong with it, one line.
        what: String,
        /// What to do about it.
        hint: Option<String>,
        /// Line from 1, where known.
        line: Option<u64>,
        /// Column from 1, where known.
        column: Option<u64>,
    },
    /// It took longer than it may.
    TimedOut,
    /// It needed more memory, or more disk for what does not fit, than it may.
    OutOfMemory,
    /// As many are under way as may be.
    Busy,
    /// Something here failed; the log says more.
    Failed {
        /// What, one line.
        what: String,
    },
}

impl QueryError {
    fn broke() -> Self {
        Self::Failed { what: "the engine broke on this statement".into() }
    }
}

/// Tells whether a process or a thread ended because there was no more memory, by what it says of it:
/// the allocator's last words, a mapping's, a thread's without a stack, a length beyond all bounds.
fn is_memory(text: &str) -> bool {
    ["memory allocat", "Cannot allocate memory", "Resource temporarily unavailable", "capacity overflow"]
        .iter()
        .any(|words| text.contains(words))
}
