//! The table `change`: one row for each field that a granted write changed. Derived from `audit` and replaced
//! whole, day by day. Must not know how changes are found.

use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use crate::lake::part::{Ending, Part, publish};
use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use model::error::{Error, Result};
use std::sync::Arc;

/// The description of the table.
pub const ABOUT: &str = "what granted writes changed, from audit: one row per changed field; a write that changed \
                         nothing has none, and values of Secrets are never kept";

/// The columns after `ts`, with descriptions.
pub const COLUMNS: [(&str, &str); 15] = [
    ("cluster", "cluster"),
    ("audit_id", "id of the request"),
    ("row_id", "row of the request in `audit`"),
    ("username", "authenticated user"),
    (
        "on_behalf_of",
        "impersonated user, or what a controller works for: an application, a release, a commit",
    ),
    ("kind", "kind of the object: Deployment, ConfigMap, …"),
    ("namespace", "namespace; null for a cluster-wide object"),
    ("name", "name of the object"),
    ("workload", "workload of the object, where known"),
    (
        "field",
        "JSON path, items of lists by their key; after # a key in a ConfigMap's text; null if only the object is known",
    ),
    ("old", "value before; null if there was none or it is not known"),
    ("new", "value after; null if the field is gone"),
    ("operation", "class of the operation"),
    ("verb", "Kubernetes verb"),
    ("effect", "created, changed, deleted or trigger: a restart, which makes earlier changes take effect"),
];

/// One changed field.
#[derive(Clone, Debug, Default)]
pub struct ChangeRow {
    /// Time of the request, µs.
    pub ts: i64,
    /// The values of [`COLUMNS`], in their order.
    pub values: [Option<String>; COLUMNS.len()],
}

/// Returns the Arrow schema.
pub fn schema(text: &DataType) -> SchemaRef {
    let ts = Field::new("ts", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false);
    let texts = COLUMNS.iter().map(|(name, _)| Field::new(*name, text.clone(), true));
    Arc::new(Schema::new(std::iter::once(ts).chain(texts).collect::<Vec<_>>()))
}

/// Returns rows as a batch sorted by `ts`; rows with equal times keep their order.
fn batch(rows: &mut [ChangeRow]) -> Result<RecordBatch> {
    rows.sort_by_key(|row| row.ts);
    let ts = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.ts));
    let texts = (0..COLUMNS.len()).map(|at| -> ArrayRef {
        Arc::new(rows.iter().map(|row| row.values.get(at)?.as_deref()).collect::<StringArray>())
    });
    let columns = std::iter::once(Arc::new(ts.with_timezone("UTC")) as ArrayRef).chain(texts).collect();
    RecordBatch::try_new(schema(&DataType::Utf8), columns)
        .map_err(|error| Error::bug("changes do not fit the schema of their table").because(error))
}

/// Replaces the rows of a day. The caller must hold the write lock. Files are named after `stem`.
pub fn replace_day(
    lake: &Lake,
    catalog: &mut Catalog,
    date: &str,
    stem: &str,
    rows: &mut [ChangeRow],
) -> Result<()> {
    let replaced: Vec<String> =
        catalog.files_of_day("change", date)?.into_iter().map(|file| file.path).collect();
    let mut parts = Vec::new();
    if !rows.is_empty() {
        let batch = batch(rows)?;
        let mut part = Part::create(lake, "change", date, stem, batch.schema())?;
        part.write(&batch)?;
        parts.push(part.finish(&Ending::default())?);
    }
    publish(lake, &parts)?;
    let files: Vec<_> = parts.into_iter().map(|(_, entry)| entry).collect();
    catalog.commit(&[], &files, &replaced)
}
