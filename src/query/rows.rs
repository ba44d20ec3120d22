//! Rows of a query result: typed access to single columns, and whole rows as JSON objects.
//! The only place that reads result batches row by row; callers see no Arrow type. Knows no table.

use arrow::array::{Array, ArrowPrimitiveType, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use model::error::{Error, Result};
use model::time::Ts;
use serde_json::{Map, Value};

/// One row of a result. Each method returns `None` for a null, for a column that is missing and for
/// a column of another type.
#[derive(Clone, Copy)]
pub struct Row<'b> {
    batch: &'b RecordBatch,
    at: usize,
}

/// Returns the rows of `batches` in order.
pub fn rows(batches: &[RecordBatch]) -> impl Iterator<Item = Row<'_>> {
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |at| Row { batch, at }))
}

/// Returns the rows of `batches` as JSON objects: nulls are left out, and times with a zone are
/// written in UTC with microseconds.
pub fn json_rows(batches: &[RecordBatch]) -> Result<Vec<Map<String, Value>>> {
    let failed = |error: arrow::error::ArrowError| Error::failed("cannot write rows as JSON").because(error);
    let mut bytes = Vec::new();
    let mut writer = arrow::json::WriterBuilder::new()
        .with_explicit_nulls(false)
        .with_timestamp_tz_format("%Y-%m-%dT%H:%M:%S%.6fZ".into())
        .build::<_, arrow::json::writer::LineDelimited>(&mut bytes);
    writer.write_batches(&batches.iter().collect::<Vec<_>>()).map_err(failed)?;
    writer.finish().map_err(failed)?;
    drop(writer);
    serde_json::Deserializer::from_slice(&bytes)
        .into_iter::<Map<String, Value>>()
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| Error::bug("cannot read back rows written as JSON").because(error))
}

impl<'b> Row<'b> {
    /// Returns the column unless it is missing or null in this row.
    fn column(&self, name: &str) -> Option<&'b dyn Array> {
        let column = self.batch.column_by_name(name)?.as_ref();
        (!column.is_null(self.at)).then_some(column)
    }

    fn primitive<T: ArrowPrimitiveType>(&self, name: &str) -> Option<T::Native> {
        Some(self.column(name)?.as_primitive_opt::<T>()?.value(self.at))
    }

    /// Returns a text, which may be empty.
    pub fn text(&self, name: &str) -> Option<&'b str> {
        text_at(self.column(name)?, self.at)
    }

    /// Returns a text that is not empty.
    pub fn non_empty(&self, name: &str) -> Option<&'b str> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// Returns an integer of any width that fits 64 bits.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.column(name)?.data_type() {
            DataType::Int64 => self.primitive::<Int64Type>(name),
            DataType::Int32 => self.primitive::<Int32Type>(name).map(i64::from),
            DataType::Int16 => self.primitive::<Int16Type>(name).map(i64::from),
            DataType::Int8 => self.primitive::<Int8Type>(name).map(i64::from),
            DataType::UInt64 => i64::try_from(self.primitive::<UInt64Type>(name)?).ok(),
            DataType::UInt32 => self.primitive::<UInt32Type>(name).map(i64::from),
            DataType::UInt16 => self.primitive::<UInt16Type>(name).map(i64::from),
            DataType::UInt8 => self.primitive::<UInt8Type>(name).map(i64::from),
            _ => None,
        }
    }

    /// Returns a 64-bit float.
    pub fn float(&self, name: &str) -> Option<f64> {
        self.primitive::<Float64Type>(name)
    }

    /// Returns a truth value.
    pub fn bool(&self, name: &str) -> Option<bool> {
        Some(self.column(name)?.as_boolean_opt()?.value(self.at))
    }

    /// Returns a time with a zone, to the microsecond. A time without one is not a point in time.
    pub fn ts(&self, name: &str) -> Option<Ts> {
        let DataType::Timestamp(unit, Some(_)) = self.column(name)?.data_type() else { return None };
        let us = match unit {
            TimeUnit::Second => self.primitive::<TimestampSecondType>(name)?.checked_mul(1_000_000)?,
            TimeUnit::Millisecond => self.primitive::<TimestampMillisecondType>(name)?.checked_mul(1000)?,
            TimeUnit::Microsecond => self.primitive::<TimestampMicrosecondType>(name)?,
            TimeUnit::Nanosecond => self.primitive::<TimestampNanosecondType>(name)?.div_euclid(1000),
        };
        Some(Ts(us))
    }

    /// Returns the texts of a list without its nulls; empty when there is no list.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let list = self.column(name).and_then(|column| column.as_list_opt::<i32>());
        let Some(items) = list.map(|list| list.value(self.at)) else { return Vec::new() };
        let valid = (0..items.len()).filter(|at| items.is_valid(*at));
        valid.filter_map(|at| text_at(&items, at).map(str::to_owned)).collect()
    }
}

/// Returns a text of a column, however Arrow keeps it.
fn text_at(column: &dyn Array, at: usize) -> Option<&str> {
    match column.data_type() {
        DataType::Utf8 => Some(column.as_string_opt::<i32>()?.value(at)),
        DataType::LargeUtf8 => Some(column.as_string_opt::<i64>()?.value(at)),
        DataType::Utf8View => Some(column.as_string_view_opt()?.value(at)),
        DataType::Dictionary(..) => {
            let dictionary = column.as_dictionary_opt::<Int32Type>()?;
            text_at(dictionary.values().as_ref(), dictionary.key(at)?)
        }
        _ => None,
    }
}
