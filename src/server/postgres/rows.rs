//! Rows of a result as messages: the Arrow stream of the sandbox, read a batch at a time.

use crate::query::export::nested_texts;
use crate::query::pg_catalog::types::ColumnType;
use crate::server::postgres::error::{PgError, PgResult};
use crate::server::postgres::value::{put_binary, put_text_value};
use crate::server::postgres::wire::{Output, is_binary, put_column, sized};
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use std::io::Cursor;

/// A column of a result.
#[derive(Debug)]
struct PgColumn {
    name: String,
    kind: ColumnType,
    is_binary: bool,
}

/// The columns of a result, and the rows that were not sent yet.
pub struct Rows {
    columns: Vec<PgColumn>,
    /// `None` once the last row was sent.
    batches: Option<StreamReader<Cursor<Vec<u8>>>>,
    batch: Vec<ArrayRef>,
    /// Rows of the batch, and how many of them were sent.
    rows: usize,
    sent: usize,
}

impl Rows {
    /// Reads the columns of an Arrow stream. `formats` are those that the client requests: none (text), one for all
    /// columns, or one each.
    pub fn of(stream: Vec<u8>, formats: &[i16]) -> PgResult<Self> {
        let batches = StreamReader::try_new(Cursor::new(stream), None).map_err(failed)?;
        let schema = batches.schema();
        let columns = schema.fields().iter().enumerate().map(|(at, field)| {
            let kind = ColumnType::of(field.data_type());
            PgColumn { name: field.name().clone(), kind, is_binary: is_binary(formats, at) }
        });
        Ok(Self { columns: columns.collect(), batches: Some(batches), batch: Vec::new(), rows: 0, sent: 0 })
    }

    /// Adds the message with the columns.
    pub fn describe(&self, output: &mut Output) {
        output.message(b'T', |body| {
            body.extend(count(self.columns.len()));
            for PgColumn { name, kind, is_binary } in &self.columns {
                put_column(body, name, (kind.oid(), kind.size()), *is_binary);
            }
        });
    }

    /// Adds the message of the next row; returns false if there is none.
    pub fn next(&mut self, output: &mut Output) -> PgResult<bool> {
        while self.sent == self.rows {
            let Some(batch) = self.batches.as_mut().and_then(Iterator::next) else {
                (self.batches, self.batch) = (None, Vec::new());
                return Ok(false);
            };
            self.read(&batch.map_err(failed)?)?;
        }
        let at = self.sent;
        self.sent += 1;
        output.message(b'D', |body| {
            body.extend(count(self.columns.len()));
            for (PgColumn { kind, is_binary, .. }, values) in self.columns.iter().zip(&self.batch) {
                match () {
                    () if values.is_null(at) => body.extend((-1_i32).to_be_bytes()),
                    () if *is_binary => sized(body, 0, |out| put_binary(out, values, at, kind)),
                    () => sized(body, 0, |out| put_text_value(out, values, at, kind)),
                }
            }
        });
        Ok(true)
    }

    fn read(&mut self, batch: &RecordBatch) -> PgResult<()> {
        let columns = batch.columns().iter().zip(&self.columns);
        let columns =
            columns.map(|(values, column)| cast(&nested(values, &column.kind)?, &column.kind.arrow));
        self.batch = columns.collect::<Result<_, _>>().map_err(failed)?;
        (self.rows, self.sent) = (batch.num_rows(), 0);
        Ok(())
    }
}

/// Returns nested values as JSON, unless they are lists of simple ones.
fn nested(values: &ArrayRef, kind: &ColumnType) -> Result<ArrayRef, ArrowError> {
    if kind.is_list { Ok(values.clone()) } else { nested_texts(values) }
}

fn count(columns: usize) -> [u8; 2] {
    u16::try_from(columns).unwrap_or(u16::MAX).to_be_bytes()
}

fn failed(error: ArrowError) -> PgError {
    tracing::error!(%error, "cannot read the rows of the sandbox");
    PgError::error("XX000", "cannot read the rows")
}
