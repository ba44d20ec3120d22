//! Rows of a query result as text for people and programs: CSV and JSON of any statement, whatever the types of its
//! columns. Nulls and the order of columns are kept. Must not know who reads it.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UnionArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
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
    let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(&mut text);
    if batches.is_empty() {
        writer.write(&converted(&RecordBatch::new_empty(Arc::clone(schema)), flat)?)?;
    }
    for batch in batches {
        writer.write(&converted(batch, flat)?)?;
    }
    drop(writer);
    Ok(text)
}

/// Writes rows as a JSON array of objects, one row a line. A column name that occurs twice gets a number.
pub fn json(batches: &[RecordBatch], mut out: impl Write) -> Result<(), ArrowError> {
    let mut lines = Vec::new();
    for batch in batches.iter().filter(|batch| batch.num_rows() > 0) {
        write_lines(&distinct_names(&converted(batch, plain)?)?, &mut lines)?;
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

/// Returns rows without types that only Arrow has: a JSON value of any type (`attrs->'k'`) becomes its text, and so
/// does a time in another zone than UTC, with its offset.
pub fn without_unions(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    converted(batch, plain)
}

fn write_lines(batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    let mut writer = arrow::json::WriterBuilder::new()
        .with_explicit_nulls(true)
        .with_timestamp_tz_format(TIME.into())
        .build::<_, arrow::json::writer::LineDelimited>(out);
    writer.write(batch)?;
    writer.finish()
}

/// Returns a batch with each column converted by `convert`.
fn converted(
    batch: &RecordBatch,
    convert: fn(&ArrayRef) -> Result<ArrayRef, ArrowError>,
) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().map(convert).collect::<Result<Vec<_>, _>>()?;
    let schema = batch.schema();
    let fields = schema
        .fields()
        .iter()
        .zip(&columns)
        .map(|(field, column)| Field::new(field.name(), column.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let rows = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema, columns, &rows)
}

/// Returns a column that both formats can write.
fn plain(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match column.data_type() {
        DataType::Union(..) => Ok(Arc::new(union_texts(column.as_union())?)),
        DataType::Timestamp(_, Some(zone)) if !matches!(&**zone, "UTC" | "Z" | "+00:00" | "Etc/UTC") => {
            cast(column, &DataType::Utf8)
        }
        _ => Ok(Arc::clone(column)),
    }
}

/// Returns a column that CSV can write: what has members becomes JSON text.
fn flat(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    /// One value of the column.
    #[derive(Deserialize)]
    struct Line<'l> {
        #[serde(borrow)]
        value: Option<&'l RawValue>,
    }
    let column = plain(column)?;
    if !column.data_type().is_nested() {
        return Ok(column);
    }
    let field = Field::new("value", column.data_type().clone(), true);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![column])?;
    let mut lines = Vec::new();
    write_lines(&batch, &mut lines)?;
    let texts = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| {
        let line: Line<'_> =
            serde_json::from_slice(line).map_err(|error| ArrowError::JsonError(error.to_string()))?;
        Ok(line.value.map(|value| value.get().to_owned()))
    });
    Ok(Arc::new(texts.collect::<Result<StringArray, ArrowError>>()?))
}

/// Returns the value of each row of a union as text; null where the value is null.
fn union_texts(column: &UnionArray) -> Result<StringArray, ArrowError> {
    let DataType::Union(fields, _) = column.data_type() else {
        return Ok(StringArray::new_null(column.len()));
    };
    let options = FormatOptions::default();
    let mut members = HashMap::new();
    for (id, field) in fields.iter() {
        if *field.data_type() != DataType::Null {
            let member = column.child(id);
            members.insert(id, (member, ArrayFormatter::try_new(member, &options)?));
        }
    }
    let texts = (0..column.len()).map(|at| {
        let (member, text) = members.get(&column.type_id(at))?;
        let at = column.value_offset(at);
        member.is_valid(at).then(|| text.value(at).to_string())
    });
    Ok(texts.collect())
}

/// Returns the batch with names that occur once: `ts`, `ts_2`.
fn distinct_names(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    let mut taken: HashMap<&str, usize> = HashMap::new();
    let fields = schema.fields().iter().map(|field| {
        let count = taken.entry(field.name()).or_default();
        *count += 1;
        match count {
            1 => Arc::clone(field),
            _ => Arc::new(field.as_ref().clone().with_name(format!("{}_{count}", field.name()))),
        }
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let rows = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema, batch.columns().to_vec(), &rows)
}
