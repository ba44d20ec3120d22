//! Rows as Arrow, CSV or JSON, a few at a time. Must not know limits.

use crate::query::export::{Nulls, csv_header, csv_rows, json_lines};
use crate::query::sandbox::frame::Format;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;

/// Longest text that [`Encoder::end`] returns, in bytes.
pub const END_BYTES: usize = 16;

/// Encodes the rows of one result.
pub struct Encoder {
    format: Format,
    /// Writes the Arrow stream; `None` for a text.
    arrow: Option<StreamWriter<Vec<u8>>>,
}

impl Encoder {
    /// Returns an encoder of flat rows, and what comes before the first row.
    pub fn begin(format: Format, schema: &SchemaRef) -> Result<(Self, Vec<u8>), ArrowError> {
        let mut head = Vec::new();
        let mut arrow = None;
        match format {
            Format::Arrow => {
                let mut writer = StreamWriter::try_new(Vec::new(), schema)?;
                head = std::mem::take(writer.get_mut());
                arrow = Some(writer);
            }
            Format::Csv => csv_header(schema, &mut head)?,
            Format::Json => head.push(b'['),
            Format::Lines => {}
        }
        Ok((Self { format, arrow }, head))
    }

    /// Encodes rows; `before` is the number of rows before them.
    pub fn rows(&mut self, batch: &RecordBatch, before: usize) -> Result<Vec<u8>, ArrowError> {
        if let Some(writer) = &mut self.arrow {
            writer.write(batch)?;
            return Ok(std::mem::take(writer.get_mut()));
        }
        let mut text = Vec::new();
        match self.format {
            Format::Csv => csv_rows(batch, &mut text)?,
            Format::Json => {
                let mut lines = Vec::new();
                json_lines(batch, Nulls::Written, &mut lines)?;
                let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                for (at, line) in lines.enumerate() {
                    text.extend_from_slice(if before + at == 0 { b"\n" } else { b",\n" });
                    text.extend_from_slice(line);
                }
            }
            Format::Lines | Format::Arrow => json_lines(batch, Nulls::Omitted, &mut text)?,
        }
        Ok(text)
    }

    /// Returns what comes after the last of `rows` rows.
    pub fn end(&mut self, rows: usize) -> Result<Vec<u8>, ArrowError> {
        if let Some(writer) = &mut self.arrow {
            writer.finish()?;
            return Ok(std::mem::take(writer.get_mut()));
        }
        Ok(match self.format {
            Format::Json if rows == 0 => b"]".to_vec(),
            Format::Json => b"\n]".to_vec(),
            _ => Vec::new(),
        })
    }
}
