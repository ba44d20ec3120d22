//! From records to Arrow batches: one builder for each column of the table contract, in its order.
//! Knows no files and no catalog.

use arrow::array::{
    ArrayRef, AsArray, DictionaryArray, Float64Builder, Int64Builder, ListBuilder, RecordBatch,
    StringBuilder, StringDictionaryBuilder, TimestampMicrosecondBuilder, UInt32Array,
};
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;
use format::reader::Row;
use format::text::template;
use model::entity::workload_of_pod;
use model::fields::{AuditFields, EventFields, StateFields, TextFields};
use model::record::{Body, Record};
use model::table::{ColumnKind, Table};
use std::sync::Arc;

/// How the texts of a table are represented in Arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// While written: names are dictionaries, so that repeated pods and namespaces take little memory.
    Written,
    /// In files: plain strings.
    Stored,
    /// In queries: string views, so that rules never see a dictionary type.
    Queried,
}

/// Returns the Arrow schema of a table.
pub fn schema(table: Table, texts: Texts) -> SchemaRef {
    let fields: Vec<Field> = table
        .columns()
        .map(|column| {
            let text = if texts == Texts::Queried { DataType::Utf8View } else { DataType::Utf8 };
            let kind = match column.kind {
                ColumnKind::Ts => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
                ColumnKind::Text => text,
                ColumnKind::Name if texts == Texts::Written => {
                    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
                }
                ColumnKind::Name => text,
                ColumnKind::Int => DataType::Int64,
                ColumnKind::Float => DataType::Float64,
                ColumnKind::Names => DataType::List(Arc::new(Field::new("item", text, true))),
            };
            Field::new(column.name, kind, column.name != "ts")
        })
        .collect();
    Arc::new(Schema::new(fields))
}

enum Builder {
    Ts(TimestampMicrosecondBuilder),
    Text(StringBuilder),
    Name(NameBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    Names(ListBuilder<StringBuilder>),
}

impl Builder {
    fn of(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Ts => Self::Ts(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            ColumnKind::Text => Self::Text(StringBuilder::new()),
            ColumnKind::Name => Self::Name(NameBuilder::default()),
            ColumnKind::Int => Self::Int(Int64Builder::new()),
            ColumnKind::Float => Self::Float(Float64Builder::new()),
            ColumnKind::Names => Self::Names(ListBuilder::new(StringBuilder::new())),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Ts(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Name(builder) => Arc::new(builder.finish()),
            Self::Int(builder) => Arc::new(builder.finish()),
            Self::Float(builder) => Arc::new(builder.finish()),
            Self::Names(builder) => Arc::new(builder.finish()),
        }
    }
}

/// A dictionary of names. Equal names in a row, as of a pod in its own file, are looked up once.
#[derive(Default)]
struct NameBuilder {
    names: StringDictionaryBuilder<Int32Type>,
    /// The last name, if the last value is one.
    last: String,
    is_name: bool,
    /// Number of rows that have the last value and are not in `names` yet.
    run: usize,
}

impl NameBuilder {
    fn append_option(&mut self, value: Option<&str>) {
        if self.run == 0 || self.is_name != value.is_some() || value.is_some_and(|name| name != self.last) {
            self.end_run();
            self.is_name = value.is_some();
            self.last.clear();
            self.last.push_str(value.unwrap_or_default());
        }
        self.run += 1;
    }

    fn end_run(&mut self) {
        let run = std::mem::take(&mut self.run);
        if self.is_name {
            self.names.append_values(&self.last, run);
        } else {
            self.names.append_nulls(run);
        }
    }

    fn finish(&mut self) -> DictionaryArray<Int32Type> {
        self.end_run();
        self.names.finish()
    }
}

/// Rows of one table, collected until they are written.
pub struct Rows {
    table: Table,
    builders: Vec<Builder>,
    /// Number of rows.
    pub len: usize,
    /// Estimated bytes of memory.
    pub bytes: usize,
}

/// Writes the columns of one row from left to right.
struct Cursor<'b> {
    builders: std::slice::IterMut<'b, Builder>,
    bytes: usize,
}

impl Cursor<'_> {
    fn text(&mut self, value: Option<&str>) {
        self.bytes += value.map_or(4, |text| text.len() + 4);
        match self.builders.next() {
            Some(Builder::Text(builder)) => builder.append_option(value),
            Some(Builder::Name(builder)) => {
                self.bytes -= value.map_or(0, str::len); // stored once, in the dictionary
                builder.append_option(value);
            }
            _ => debug_assert!(false, "the contract has no text here"),
        }
    }

    fn ts(&mut self, value: Option<i64>) {
        self.bytes += 8;
        match self.builders.next() {
            Some(Builder::Ts(builder)) => builder.append_option(value),
            _ => debug_assert!(false, "the contract has no time here"),
        }
    }

    fn int(&mut self, value: Option<i64>) {
        self.bytes += 8;
        match self.builders.next() {
            Some(Builder::Int(builder)) => builder.append_option(value),
            _ => debug_assert!(false, "the contract has no integer here"),
        }
    }

    fn float(&mut self, value: Option<f64>) {
        self.bytes += 8;
        match self.builders.next() {
            Some(Builder::Float(builder)) => builder.append_option(value),
            _ => debug_assert!(false, "the contract has no float here"),
        }
    }

    fn names<'t>(&mut self, values: impl Iterator<Item = &'t str>) {
        match self.builders.next() {
            Some(Builder::Names(builder)) => {
                for value in values {
                    self.bytes += value.len() + 4;
                    builder.values().append_value(value);
                }
                builder.append(true);
            }
            _ => debug_assert!(false, "the contract has no list here"),
        }
    }
}

/// The object that a record comes from.
#[derive(Clone, Debug)]
pub struct SourceObject {
    /// Object id, the first half of every row id.
    pub id: String,
    /// Object key.
    pub key: String,
    /// Cluster of records that do not name one.
    pub cluster: String,
}

impl Rows {
    /// Returns an empty collection.
    pub fn new(table: Table) -> Self {
        let builders = table.columns().map(|column| Builder::of(column.kind)).collect();
        Self { table, builders, len: 0, bytes: 0 }
    }

    /// Adds a record.
    pub fn push(&mut self, row: Row<'_>, object: &SourceObject) {
        let Row { record, ts, line, item, .. } = row;
        let Record { place, level, message, attrs, body, .. } = record;
        let mut cursor = Cursor { builders: self.builders.iter_mut(), bytes: 0 };
        let workload = place
            .workload
            .as_deref()
            .or_else(|| place.pod.as_deref().map(|pod| workload_of_pod(pod, place.node.as_deref())));
        let row_id =
            if item == 0 { format!("{}:{line}", object.id) } else { format!("{}:{line}.{item}", object.id) };
        cursor.ts(Some(ts));
        cursor
            .text(Some(place.cluster.as_deref().unwrap_or(&object.cluster)).filter(|name| !name.is_empty()));
        cursor.text(place.namespace.as_deref());
        cursor.text(workload);
        cursor.text(place.pod.as_deref());
        cursor.text(place.container.as_deref());
        cursor.text(place.node.as_deref());
        cursor.text(level.map(|level| level.name()));
        cursor.text(Some(&message));
        cursor.text(Some(&row_id));
        cursor.text(Some(&object.key));
        cursor.int(i64::try_from(line).ok());
        cursor.text(attrs.into_json().as_deref());
        match &body {
            Body::Text(fields) => push_text(&mut cursor, self.table, fields, &message),
            Body::Event(fields) => push_event(&mut cursor, fields),
            Body::Audit(fields) => push_audit(&mut cursor, fields),
            Body::State(fields) => push_state(&mut cursor, fields),
        }
        self.bytes += cursor.bytes;
        self.len += 1;
    }

    /// Returns the rows sorted by `ts` and empties the collection.
    pub fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let columns = self.builders.iter_mut().map(Builder::finish).collect();
        *self = Self::new(self.table);
        sorted(&RecordBatch::try_new(schema(self.table, Texts::Written), columns)?)
    }
}

/// Returns a batch sorted by its first column, `ts`; rows with equal times keep their order.
pub fn sorted(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let ts = batch.column(0).as_primitive::<TimestampMicrosecondType>().values();
    let mut order: Vec<u32> = (0u32..).take(ts.len()).collect();
    order.sort_by_key(|row| ts[*row as usize]); // Arrow's sort is not stable
    take_record_batch(batch, &UInt32Array::from(order))
}

fn push_text(cursor: &mut Cursor<'_>, table: Table, fields: &TextFields<'_>, message: &str) {
    if table == Table::Business {
        cursor.text(fields.logger.as_deref());
        cursor.text(fields.thread.as_deref());
        cursor.text(fields.trace_id.as_deref());
        cursor.text(fields.span_id.as_deref());
        cursor.text(fields.error_code.as_deref());
        cursor.text(fields.exception.as_deref());
        cursor.text(fields.stack.as_deref());
    } else {
        cursor.text(fields.stream.as_deref());
    }
    let first_line = message.lines().next().unwrap_or(message);
    let template = template::template_of(first_line);
    cursor.text(Some(&template));
    cursor.text(Some(&template::id_of(&template)));
}

fn push_event(cursor: &mut Cursor<'_>, fields: &EventFields<'_>) {
    cursor.text(fields.reason.as_deref());
    cursor.text(fields.event_type.as_deref());
    cursor.text(fields.kind.as_deref());
    cursor.text(fields.name.as_deref());
    cursor.text(fields.uid.as_deref());
    cursor.int(Some(fields.count));
    cursor.text(fields.component.as_deref());
    cursor.ts(fields.first_ts);
    cursor.ts(fields.last_ts);
}

fn push_audit(cursor: &mut Cursor<'_>, fields: &AuditFields<'_>) {
    cursor.text(fields.audit_id.as_deref());
    cursor.text(fields.stage.as_deref());
    cursor.text(fields.verb.as_deref());
    cursor.text(fields.username.as_deref());
    cursor.names(fields.groups.iter().map(AsRef::as_ref));
    cursor.text(fields.source_ip.as_deref());
    cursor.text(fields.user_agent.as_deref());
    cursor.text(fields.api_group.as_deref());
    cursor.text(fields.resource.as_deref());
    cursor.text(fields.subresource.as_deref());
    cursor.text(fields.name.as_deref());
    cursor.text(fields.uri.as_deref());
    cursor.int(fields.code);
    cursor.text(fields.decision.as_deref());
    cursor.text(fields.decision_reason.as_deref());
    cursor.text(fields.operation);
    cursor.text(fields.request.as_deref());
    cursor.text(fields.response.as_deref());
    cursor.float(fields.latency_ms);
}

fn push_state(cursor: &mut Cursor<'_>, fields: &StateFields<'_>) {
    cursor.text(fields.kind.as_deref());
    cursor.text(fields.name.as_deref());
    cursor.text(fields.uid.as_deref());
    cursor.text(fields.phase.as_deref());
    cursor.int(fields.ready.map(i64::from));
    cursor.text(fields.reason.as_deref());
    cursor.int(fields.exit_code);
    cursor.int(fields.restarts);
    cursor.text(fields.image.as_deref());
    cursor.text(fields.owner.as_deref());
    cursor.text(fields.spec_hash.as_deref());
    cursor.text(fields.object.as_deref());
}

/// Returns written rows in the types of queries.
pub fn queried(table: Table, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = schema(table, Texts::Queried);
    let columns = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| arrow::compute::cast(column, field.data_type()))
        .collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(schema, columns)
}
