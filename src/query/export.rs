//! Rows of a query result as text for people and programs: CSV and JSON of any statement, whatever the types of its
//! columns. Nulls and the order of columns are kept. Must not know who reads it.

use crate::query::flat;
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

/// How JSON shows a point in time: UTC with microseconds.
pub const TIME: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// Returns rows as CSV with a header line (RFC 4180). Lists and structs are JSON text.
pub fn csv(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Vec<u8>, ArrowError> {
    let mut text = Vec::new();
    csv_header(schema, &mut text)?;
    for batch in batches {
        csv_rows(&flat::whole(batch)?, &mut text)?;
    }
    Ok(text)
}

/// Writes rows as a JSON array of objects, one row a line. A column name that occurs twice gets a number.
pub fn json(batches: &[RecordBatch], mut out: impl Write) -> Result<(), ArrowError> {
    let mut lines = Vec::new();
    for batch in batches.iter().filter(|batch| batch.num_rows() > 0) {
        json_lines(&flat::whole(batch)?, Nulls::Written, &mut lines)?;
    }
    let lines = lines.strip_suffix(b"\n").unwrap_or(&lines);
    out.write_all(b"[")?;
    for (at, line) in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        out.write_all(line)?;
    }
    out.write_all(if lines.is_empty() { b"]" } else { b"\n]" })?;
    Ok(())
}

/// Whether JSON has a member for a null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// `"name":null`
    Written,
    /// No member.
    Omitted,
}

/// Writes the header line of CSV.
pub fn csv_header(schema: &Schema, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    let fields = schema.fields().iter().map(|field| Field::new(field.name(), DataType::Utf8, true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(out);
    writer.write(&RecordBatch::new_empty(schema))
}

/// Writes flat rows as lines of CSV.
pub fn csv_rows(batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    let columns = batch.columns().iter().map(nested_texts).collect::<Result<Vec<_>, _>>()?;
    let schema = batch.schema();
    let fields = schema
        .fields()
        .iter()
        .zip(&columns)
        .map(|(field, column)| Field::new(field.name(), column.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let batch = RecordBatch::try_new_with_options(schema, columns, &rows)?;
    arrow::csv::WriterBuilder::new().with_header(false).build(out).write(&batch)
}

/// Writes flat rows as JSON objects, one a line. A column name that occurs twice gets a number.
pub fn json_lines(batch: &RecordBatch, nulls: Nulls, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    write_lines(&distinct_names(batch)?, nulls, out)
}

fn write_lines(batch: &RecordBatch, nulls: Nulls, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    let mut writer = arrow::json::WriterBuilder::new()
        .with_explicit_nulls(nulls == Nulls::Written)
        .with_timestamp_tz_format(TIME.into())
        .build::<_, arrow::json::writer::LineDelimited>(out);
    writer.write(batch)?;
    writer.finish()
}

/// Returns a column that CSV can write: what has members becomes JSON text.
pub fn nested_texts(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    /// One value of the column.
    #[derive(Deserialize)]
    struct Line<'l> {
        #[serde(borrow)]
        value: Option<&'l RawValue>,
    }
    if !column.data_type().is_nested() {
        return Ok(Arc::clone(column));
    }
    let field = Field::new("value", column.data_type().clone(), true);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![Arc::clone(column)])?;
    let mut lines = Vec::new();
    write_lines(&batch, Nulls::Written, &mut lines)?;
    let texts = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| {
        let line: Line<'_> =
            serde_json::from_slice(line).map_err(|error| ArrowError::JsonError(error.to_string()))?;
        Ok(line.value.map(|value| value.get().to_owned()))
    });
    Ok(Arc::new(texts.collect::<Result<StringArray, ArrowError>>()?))
}

/// Returns names that occur once: `ts`, `ts_2`.
pub fn distinct<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut taken: HashMap<String, usize> = HashMap::new();
    let mut distinct = Vec::new();
    for name in names {
        let mut own = name.to_owned();
        while let Some(count) = taken.get_mut(&own) {
            *count += 1;
            own = format!("{name}_{count}");
        }
        taken.insert(own.clone(), 1);
        distinct.push(own);
    }
    distinct
}

/// Returns the batch with names that occur once.
fn distinct_names(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    let names = distinct(schema.fields().iter().map(|field| field.name().as_str()));
    let fields = schema.fields().iter().zip(names);
    let fields = fields.map(|(field, name)| field.as_ref().clone().with_name(name));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema, batch.columns().to_vec(), &rows)
}
