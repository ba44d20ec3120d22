//! Columns in which each row holds its own values. Dictionary, run-end, view and union types can repeat one
//! large value in a million rows, so they are expanded here, a few rows at a time, and long cells are cut.
//! What is nested too deeply is an error. Must not know how rows are encoded.

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, GenericBinaryArray, GenericListArray, GenericStringArray,
    LargeBinaryArray, ListArray, MapArray, OffsetSizeTrait, RecordBatch, RecordBatchOptions, StringArray,
    StructArray, UInt64Array, UnionArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use std::collections::HashMap;
use std::sync::Arc;

/// Deepest nesting of lists and structs; parsers of JSON accept 128.
const MAX_DEPTH: usize = 64;
/// Bytes that an item of a list counts as, at least.
const ITEM_BYTES: usize = 16;

/// Expands columns and cuts long cells.
#[derive(Debug)]
pub struct Flattener {
    /// Longest text or binary value in bytes; a list has at most one item for each 16 of them.
    pub cell_bytes: usize,
    /// True once a cell was cut.
    pub has_cut: bool,
}

/// Returns rows with every column expanded and no cell cut.
pub fn whole(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    Flattener { cell_bytes: usize::MAX, has_cut: false }.batch(batch)
}

/// Returns the schema of rows after [`Flattener::batch`].
pub fn flat_schema(schema: &Schema) -> Schema {
    Schema::new(schema.fields().iter().map(flat_field).collect::<Vec<_>>())
}

fn flat_field(field: &FieldRef) -> FieldRef {
    Arc::new(Field::new(field.name(), flat_type(field.data_type()), true))
}

/// Returns the type of a column after [`Flattener::batch`].
pub fn flat_type(kind: &DataType) -> DataType {
    match kind {
        DataType::Utf8View | DataType::Union(..) => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::Timestamp(_, Some(zone)) if !is_utc(zone) => DataType::Utf8,
        DataType::Dictionary(_, of) => flat_type(of),
        DataType::RunEndEncoded(_, of) => flat_type(of.data_type()),
        DataType::List(of) | DataType::ListView(of) | DataType::FixedSizeList(of, _) => {
            DataType::List(flat_field(of))
        }
        DataType::LargeList(of) | DataType::LargeListView(of) => DataType::LargeList(flat_field(of)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(flat_field).collect()),
        DataType::Map(entries, is_sorted) => {
            let entries = flat_field(entries);
            match map_entries(&entries) {
                Some(entries) => DataType::Map(entries, *is_sorted),
                None => DataType::List(entries),
            }
        }
        other => other.clone(),
    }
}

/// Returns the entries of a map with text keys, without nulls as Arrow requires; `None` for other keys, which
/// JSON cannot write.
fn map_entries(entries: &FieldRef) -> Option<FieldRef> {
    let DataType::Struct(fields) = entries.data_type() else { return None };
    let [key, value] = &fields[..] else { return None };
    if *key.data_type() != DataType::Utf8 {
        return None;
    }
    let key = Arc::new(key.as_ref().clone().with_nullable(false));
    let fields = DataType::Struct([key, Arc::clone(value)].into_iter().collect());
    Some(Arc::new(Field::new(entries.name(), fields, false)))
}

fn is_utc(zone: &str) -> bool {
    matches!(zone, "UTC" | "Z" | "+00:00" | "Etc/UTC")
}

impl Flattener {
    /// Returns rows of the schema that [`flat_schema`] returns.
    pub fn batch(&mut self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let columns = batch.columns().iter().map(|column| self.column(column, 0));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::new(flat_schema(&batch.schema())), columns, &options)
    }

    fn column(&mut self, column: &ArrayRef, depth: usize) -> Result<ArrayRef, ArrowError> {
        if depth > MAX_DEPTH {
            return Err(ArrowError::NotYetImplemented(format!(
                "a value is nested more than {MAX_DEPTH} times"
            )));
        }
        let (depth, kind) = (depth + 1, column.data_type());
        match kind {
            DataType::Utf8 => Ok(self.texts(column.as_string::<i32>())),
            DataType::LargeUtf8 => Ok(self.texts(column.as_string::<i64>())),
            DataType::Binary => Ok(self.binaries(column.as_binary::<i32>())),
            DataType::LargeBinary => Ok(self.binaries(column.as_binary::<i64>())),
            DataType::Union(..) => Ok(self.texts(&union_texts(column.as_union())?)),
            DataType::Utf8View | DataType::BinaryView | DataType::Timestamp(..) => match flat_type(kind) {
                same if same == *kind => Ok(Arc::clone(column)),
                other => self.column(&cast(column, &other)?, depth),
            },
            DataType::Dictionary(_, of) => self.column(&cast(column, of)?, depth),
            DataType::RunEndEncoded(_, of) => self.column(&cast(column, of.data_type())?, depth),
            DataType::List(_) => self.list(column.as_list::<i32>(), depth),
            DataType::LargeList(_) => self.list(column.as_list::<i64>(), depth),
            DataType::ListView(of) | DataType::FixedSizeList(of, _) => {
                self.column(&cast(column, &DataType::List(Arc::clone(of)))?, depth)
            }
            DataType::LargeListView(of) => {
                self.column(&cast(column, &DataType::LargeList(Arc::clone(of)))?, depth)
            }
            DataType::Struct(_) => self.members(column.as_struct(), depth),
            DataType::Map(entries, is_sorted) => {
                self.map(column.as_map(), Arc::clone(entries), *is_sorted, depth)
            }
            _ => Ok(Arc::clone(column)),
        }
    }

    /// Returns the texts, each at most `cell_bytes` long with a mark where its middle was.
    fn texts<O: OffsetSizeTrait>(&mut self, texts: &GenericStringArray<O>) -> ArrayRef {
        if longest(texts.value_offsets()) <= self.cell_bytes {
            return Arc::new(texts.clone());
        }
        self.has_cut = true;
        let cut = texts.iter().map(|text| {
            text.map(|text| match text.len() > self.cell_bytes {
                true => ends(text, self.cell_bytes),
                false => text.to_owned(),
            })
        });
        Arc::new(cut.collect::<GenericStringArray<O>>())
    }

    fn binaries<O: OffsetSizeTrait>(&mut self, values: &GenericBinaryArray<O>) -> ArrayRef {
        if longest(values.value_offsets()) <= self.cell_bytes {
            return Arc::new(values.clone());
        }
        self.has_cut = true;
        let cut = values.iter().map(|value| value.map(|value| &value[..value.len().min(self.cell_bytes)]));
        match O::IS_LARGE {
            true => Arc::new(cut.collect::<LargeBinaryArray>()),
            false => Arc::new(cut.collect::<BinaryArray>()),
        }
    }

    fn list<O: OffsetSizeTrait>(
        &mut self,
        list: &GenericListArray<O>,
        depth: usize,
    ) -> Result<ArrayRef, ArrowError> {
        let limit = (self.cell_bytes / ITEM_BYTES).max(1);
        let offsets = list.value_offsets();
        let start = offsets.first().map_or(0, |first| first.as_usize());
        let values = if longest(offsets) <= limit {
            let end = offsets.last().map_or(0, |last| last.as_usize());
            list.values().slice(start, end - start)
        } else {
            self.has_cut = true;
            let kept = offsets.windows(2).flat_map(|pair| {
                let (from, to) = (pair[0].as_usize(), pair[1].as_usize());
                from as u64..to.min(from + limit) as u64
            });
            take(list.values(), &UInt64Array::from_iter_values(kept), None)?
        };
        let lengths = offsets.windows(2).map(|pair| (pair[1] - pair[0]).as_usize().min(limit));
        let values = self.column(&values, depth)?;
        let name = match list.data_type() {
            DataType::List(of) | DataType::LargeList(of) => of.name(),
            _ => "item",
        };
        let field = Arc::new(Field::new(name, values.data_type().clone(), true));
        let offsets = OffsetBuffer::from_lengths(lengths);
        Ok(Arc::new(GenericListArray::<O>::try_new(field, offsets, values, list.nulls().cloned())?))
    }

    fn members(&mut self, members: &StructArray, depth: usize) -> Result<ArrayRef, ArrowError> {
        if members.num_columns() == 0 {
            return Ok(Arc::new(members.clone()));
        }
        let columns = members.columns().iter().map(|column| self.column(column, depth));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let fields = members.fields().iter().map(flat_field).collect();
        Ok(Arc::new(StructArray::try_new(fields, columns, members.nulls().cloned())?))
    }

    /// Returns a map as a map if its keys are texts, and as a list of entries otherwise.
    fn map(
        &mut self,
        map: &MapArray,
        entries: FieldRef,
        is_sorted: bool,
        depth: usize,
    ) -> Result<ArrayRef, ArrowError> {
        let values = Arc::new(map.entries().clone());
        let list = ListArray::try_new(entries, map.offsets().clone(), values, map.nulls().cloned())?;
        let list = self.list(&list, depth)?;
        let flat = list.as_list::<i32>();
        let DataType::List(field) = flat.data_type() else { return Ok(list) };
        let Some(field) = map_entries(field) else { return Ok(list) };
        let DataType::Struct(fields) = field.data_type() else { return Ok(list) };
        let (_, columns, entry_nulls) = flat.values().as_struct().clone().into_parts();
        let values = StructArray::try_new(fields.clone(), columns, entry_nulls)?;
        let (offsets, nulls) = (flat.offsets().clone(), flat.nulls().cloned());
        Ok(Arc::new(MapArray::try_new(field, offsets, values, nulls, is_sorted)?))
    }
}

/// Returns the first and the last part of a text, together at most `limit` bytes.
fn ends(text: &str, limit: usize) -> String {
    let head = &text[..text.floor_char_boundary(limit - limit / 2)];
    let tail = &text[text.ceil_char_boundary(text.len() - limit / 2)..];
    format!("{head}…{tail}")
}

/// Returns the largest distance between two offsets.
fn longest<O: OffsetSizeTrait>(offsets: &[O]) -> usize {
    offsets.windows(2).map(|pair| (pair[1] - pair[0]).as_usize()).max().unwrap_or(0)
}

/// Returns the value of each row of a union, such as a JSON value of any type (`attrs->'k'`), as text; null
/// where the value is null.
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
        member.is_valid(at).then(|| text.value(at).try_to_string().unwrap_or_default())
    });
    Ok(texts.collect())
}
