//! The sandbox for untrusted SQL: each statement runs in a child process, so a statement that runs away,
//! exhausts memory or overflows the stack costs one response and never the server. The child encodes the rows
//! too, within limits, and the server copies them; dropping the future ends the process. Must not know
//! HTTP, MCP or the API.

mod answer; // rows within the limits of a request
mod child; // one child process, as the server sees it
mod encoder; // rows as Arrow, CSV or JSON
mod frame; // the protocol of its pipes
mod pool; // which child process runs a statement
mod session; // the restricted session
mod sweep; // folders of killed programs
pub mod worker; // the child process itself

pub use crate::query::sandbox::frame::{Column, Format, Output, Truncated};
pub use crate::query::sandbox::pool::{Pool, PoolConfig};

use crate::config::ServeConfig;
use arrow::ipc::reader::StreamReader;
use model::error::{Error, Result};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::{Map, Value};
use std::time::Duration;

/// Largest encoded result in bytes.
const MAX_RESULT_BYTES: usize = 16 << 20;
/// Longest text in a result, in bytes.
const MAX_CELL_BYTES: usize = 1 << 20;

/// The resource limits of one statement.
#[derive(Clone, Copy, Debug)]
pub struct StatementLimits {
    /// Time limit, from the moment a child process is available to the last row.
    pub deadline: Duration,
    /// Rows of the result that are left out before the first one.
    pub skip: usize,
    /// Rows of the result; more are cut off.
    pub rows: usize,
    /// Memory of the child process, beyond the fixed overhead of every child process.
    pub memory_bytes: u64,
}

impl StatementLimits {
    /// Returns the limits of `[serve]`.
    pub fn of(config: &ServeConfig) -> Self {
        Self {
            deadline: Duration::from_secs(config.query_seconds),
            skip: 0,
            rows: config.query_rows,
            memory_bytes: config.query_mib << 20,
        }
    }
}

impl Output {
    /// Returns a format with the limits of a response to a program.
    pub const fn of(format: Format) -> Self {
        Self { format, bytes: MAX_RESULT_BYTES, cell_bytes: MAX_CELL_BYTES }
    }
}

/// One untrusted statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The SQL text.
    pub sql: String,
    /// How its rows are encoded.
    pub output: Output,
    /// Its resource limits.
    pub limits: StatementLimits,
}

/// The result of a statement.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Columns, also when there are no rows.
    pub columns: Vec<Column>,
    /// The encoded rows.
    pub body: Vec<u8>,
    /// Number of rows in the body.
    pub rows: usize,
    /// The limit that cut the result off; `None` if it is complete.
    pub truncated: Option<Truncated>,
    /// Time from request to last row.
    pub took: Duration,
}

impl Answer {
    /// Parses a body of [`Format::Lines`].
    ///
    /// # Errors
    /// The body has another format.
    pub fn objects(&self) -> Result<Vec<Map<String, Value>>> {
        serde_json::Deserializer::from_slice(&self.body)
            .into_iter()
            .collect::<std::result::Result<_, _>>()
            .map_err(|error| Error::bug("cannot read back rows written as JSON").because(error))
    }

    /// Returns a body of [`Format::Arrow`] as a Parquet file.
    ///
    /// # Errors
    /// The body has another format, or Parquet cannot express the columns.
    pub fn parquet(&self) -> Result<Vec<u8>> {
        let failed = |reason: String| {
            Error::failed("cannot write the rows as Parquet").because(reason).hint("download CSV instead")
        };
        let reader =
            StreamReader::try_new(self.body.as_slice(), None).map_err(|error| failed(error.to_string()))?;
        let properties =
            WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        let writer = ArrowWriter::try_new(Vec::new(), reader.schema(), Some(properties));
        let mut writer = writer.map_err(|error| failed(error.to_string()))?;
        for batch in reader {
            writer
                .write(&batch.map_err(|error| failed(error.to_string()))?)
                .map_err(|error| failed(error.to_string()))?;
        }
        writer.into_inner().map_err(|error| failed(error.to_string()))
    }
}
