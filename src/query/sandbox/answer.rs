//! The one writer of results: encodes rows within the limits of rows, bytes and cells, whatever the format,
//! and sends them. Rows are taken a few at a time, so that no step needs more memory than some rows.

use crate::query::error::{QueryError, SqlError};
use crate::query::export::distinct;
use crate::query::flat::{Flattener, flat_schema};
use crate::query::sandbox::encoder::{END_BYTES, Encoder};
use crate::query::sandbox::frame;
use crate::query::sandbox::frame::{Column, Done, Format, Request, Truncated};
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use model::error::Error;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, QueryError>;

/// Most rows that are encoded at once.
const MAX_SLICE: usize = 1024;
/// Twice as many rows are encoded at once if the last ones took fewer bytes than this.
const GROW_BYTES: usize = 256 << 10;
/// Cells of a first row that does not fit are cut down to this many bytes.
const MIN_CELL_BYTES: usize = 16;
/// Largest names and types of all columns together, in bytes.
const MAX_COLUMN_BYTES: usize = 1 << 20;
/// Longest type of a column that is named in full, in characters.
const MAX_TYPE: usize = 200;

/// Sends rows within the limits of a request.
pub struct AnswerWriter<'a, W> {
    output: &'a mut W,
    encoder: Encoder,
    flattener: Flattener,
    columns: Vec<Column>,
    /// Rows that are still left out before the first one.
    skip: usize,
    /// Rows sent.
    sent: usize,
    /// Rows and bytes that may still be sent.
    rows: usize,
    bytes: usize,
    /// Rows that are encoded at once.
    slice: usize,
    truncated: Option<Truncated>,
    took: Duration,
}

impl<'a, W: Write> AnswerWriter<'a, W> {
    /// Sends what comes before the first row.
    ///
    /// # Errors
    /// The columns alone exceed a limit.
    pub fn begin(schema: &Schema, request: &Request, output: &'a mut W) -> Result<Self> {
        let schema = Arc::new(flat_schema(schema));
        let columns = columns(&schema, request.output.format)?;
        let (encoder, head) = Encoder::begin(request.output.format, &schema).map_err(cannot_encode)?;
        let bytes = request.output.bytes.checked_sub(head.len() + END_BYTES).ok_or_else(too_wide)?;
        let flattener = Flattener { cell_bytes: request.output.cell_bytes, has_cut: false };
        send_bytes(output, &head)?;
        let (rows, sent, slice) = (request.rows, 0, 1);
        let (truncated, took) = (None, Duration::ZERO);
        let skip = request.skip;
        Ok(Self { output, encoder, flattener, columns, skip, sent, rows, bytes, slice, truncated, took })
    }

    /// Sends the rows of a batch that fit.
    pub fn send(&mut self, batch: &RecordBatch) -> Result<()> {
        let begun = Instant::now();
        let sent = self.send_slices(batch);
        self.took += begun.elapsed();
        sent
    }

    /// Returns true if no further row would be sent.
    pub fn is_full(&self) -> bool {
        self.truncated.is_some()
    }

    /// Returns the time spent on sending.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Sends what comes after the last row.
    pub fn end(mut self) -> Result<Done> {
        let tail = self.encoder.end(self.sent).map_err(cannot_encode)?;
        send_bytes(self.output, &tail)?;
        let cut = self.flattener.has_cut.then_some(Truncated::Cell);
        let truncated = self.truncated.or(cut);
        Ok(Done { columns: self.columns, rows: self.sent, truncated, engine_us: 0 })
    }

    fn send_slices(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut at = self.skip.min(batch.num_rows());
        self.skip -= at;
        while at < batch.num_rows() {
            if self.rows == 0 {
                self.truncated = Some(Truncated::Rows);
                return Ok(());
            }
            let count = self.slice.min(batch.num_rows() - at).min(self.rows);
            let flat = self.flattener.batch(&batch.slice(at, count)).map_err(cannot_encode)?;
            let bytes = self.encoder.rows(&flat, self.sent).map_err(cannot_encode)?;
            if bytes.len() <= self.bytes {
                send_bytes(self.output, &bytes)?;
                self.bytes -= bytes.len();
                self.rows -= count;
                self.sent += count;
                at += count;
                if bytes.len() < GROW_BYTES {
                    self.slice = (self.slice * 2).min(MAX_SLICE);
                }
            } else if count > 1 {
                self.slice = count / 2;
            } else if self.sent == 0 && self.flattener.cell_bytes > MIN_CELL_BYTES {
                self.flattener.cell_bytes = (self.flattener.cell_bytes / 2).max(MIN_CELL_BYTES);
            } else {
                self.truncated = Some(Truncated::Bytes);
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Returns the columns of a result.
fn columns(schema: &Schema, format: Format) -> Result<Vec<Column>> {
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let names = match format {
        Format::Json | Format::Lines => distinct(names), // as the rows have them
        Format::Arrow | Format::Csv => names.map(str::to_owned).collect(),
    };
    let mut bytes = 0;
    let fields = schema.fields().iter().zip(names);
    fields
        .map(|(field, name)| {
            let kind = field.data_type().to_string();
            let kind = match kind.char_indices().nth(MAX_TYPE) {
                Some((at, _)) => format!("{}…", &kind[..at]),
                None => kind,
            };
            bytes += name.len() + kind.len();
            if bytes > MAX_COLUMN_BYTES {
                return Err(too_wide());
            }
            Ok(Column { name, kind })
        })
        .collect()
}

fn too_wide() -> QueryError {
    QueryError::NotAllowed {
        what: "the names and types of the columns alone are too large for a response".into(),
        hint: "select fewer columns, and name each with `as`".into(),
    }
}

fn cannot_encode(error: ArrowError) -> QueryError {
    let text = error.to_string();
    let what = format!("cannot write the rows: {}", text.lines().next().unwrap_or_default());
    SqlError { line: None, column: None, what, hint: Some("cast the column to text".into()) }.into()
}

fn send_bytes(output: &mut impl Write, bytes: &[u8]) -> Result<()> {
    let sent: io::Result<()> = match bytes {
        [] => Ok(()),
        bytes => frame::write(output, frame::BODY, bytes),
    };
    sent.map_err(|error| QueryError::failed(Error::failed("cannot send the rows").because(error)))
}
