//! From records to Arrow batches, in the order of the table contract.
//! Knows no files and no catalog.

use crate::lake::column::{Builder, Cursor};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;
use format::reader::Row;
use format::text::template;
use model::entity::workload_of_pod;
use model::fields::{AuditFields, EventFields, StateFields, TextFields};
use model::record::{Body, Record};
use model::table::{ColumnKind, Table};
use std::fmt::Write;
use std::sync::Arc;

/// How the texts of a table are represented in Arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// While written: names are dictionaries while they repeat, so that pods and namespaces take little memory.
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

/// Rows of one table, collected until they are written.
pub struct Rows {
    table: Table,
    builders: Vec<Builder>,
    /// Number of rows.
    pub len: usize,
    /// Estimated bytes of memory.
    pub bytes: usize,
    /// Buffer for the id of a row.
    row_id: String,
    owner: Owner,
}

/// The workload of the last pod: most rows have the pod of the row before.
#[derive(Default)]
struct Owner {
    pod: String,
    node: Option<String>,
    workload: String,
}

impl Owner {
    /// Returns the workload of a pod.
    fn of(&mut self, pod: &str, node: Option<&str>) -> &str {
        if self.pod != pod || self.node.as_deref() != node {
            pod.clone_into(&mut self.pod);
            self.node = node.map(str::to_owned);
            workload_of_pod(pod, node).clone_into(&mut self.workload);
        }
        &self.workload
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
        Self { table, builders, len: 0, bytes: 0, row_id: String::new(), owner: Owner::default() }
    }

    /// Adds a record.
    pub fn push(&mut self, row: Row<'_>, object: &SourceObject) {
        let Row { record, ts, line, item, .. } = row;
        let Record { place, level, message, attrs, body, .. } = record;
        let mut cursor = Cursor { builders: self.builders.iter_mut(), bytes: 0 };
        let workload = place
            .workload
            .as_deref()
            .or_else(|| place.pod.as_deref().map(|pod| self.owner.of(pod, place.node.as_deref())));
        let row_id = &mut self.row_id;
        row_id.clear();
        // writing to a string cannot fail
        let _ = write!(row_id, "{}:{line}", object.id);
        if item > 0 {
            let _ = write!(row_id, ".{item}");
        }
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
        cursor.text(Some(row_id));
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

    /// Returns the rows sorted by `ts` and empties the collection, which keeps its capacity.
    pub fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let columns: Vec<ArrayRef> = self.builders.iter_mut().map(Builder::finish).collect();
        // the next rows are like these: memory that grows is copied and cleared again and again
        let bytes_of =
            |column: &ArrayRef| column.as_string_opt::<i32>().map_or(0, |texts| texts.value_data().len());
        let kinds = self.table.columns().map(|column| column.kind);
        let like = |(kind, column): (ColumnKind, &ArrayRef)| Builder::like(kind, self.len, bytes_of(column));
        let builders = kinds.zip(&columns).map(like).collect();
        *self = Self { builders, ..Self::new(self.table) };
        let names = schema(self.table, Texts::Written);
        let typed = |(field, column): (&Arc<Field>, &ArrayRef)| {
            Field::clone(field).with_data_type(column.data_type().clone())
        };
        let fields: Vec<Field> = names.fields().iter().zip(&columns).map(typed).collect();
        sorted(&RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
    }
}

/// Returns a batch sorted by its first column, `ts`; rows with equal times keep their order.
pub fn sorted(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let ts = batch.column(0).as_primitive::<TimestampMicrosecondType>().values();
    if ts.is_sorted() {
        return Ok(batch.clone()); // most objects are written in order
    }
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
    // most messages are one line
    let is_whole = memchr::memchr(b'\n', message.as_bytes()).is_none();
    let first_line = if is_whole { message } else { message.lines().next().unwrap_or(message) };
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
