//! Puts what the joins start from before them, as small tables in memory: the starts, the names
//! in their texts, and who calls whom.

use crate::analysis::trace::errors::Call;
use crate::analysis::trace::names::{Known, Named, addresses};
use crate::analysis::trace::start::Start;
use crate::query::engine::Engine;
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{Field, Schema};
use model::error::{Error, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Keys that a start's texts and events call objects by: (start, key) → (identity, hop).
pub type Names = BTreeMap<(String, String), (f64, i64)>;

/// Puts columns in place of the table `name`.
fn register(engine: &Engine, name: &str, columns: Vec<(&str, ArrayRef)>) -> Result<()> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, values)| Field::new(*name, values.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let values = columns.into_iter().map(|(_, values)| values).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), values)
        .map_err(|error| Error::bug(format!("`{name}` does not fit its schema")).because(error))?;
    engine.replace("public", name, schema, vec![batch])
}

fn texts<'t>(values: impl Iterator<Item = Option<&'t str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn times(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC"))
}

/// Registers `starts`.
pub fn register_starts(engine: &Engine, starts: &[&Start]) -> Result<()> {
    register(
        engine,
        "starts",
        vec![
            ("start_id", texts(starts.iter().map(|s| Some(s.id.as_str())))),
            ("ts", times(starts.iter().map(|s| s.ts.0))),
            ("namespace", texts(starts.iter().map(|s| s.entity.namespace.as_deref()))),
            ("workload", texts(starts.iter().map(|s| s.entity.workload.as_deref()))),
            ("pod", texts(starts.iter().map(|s| s.entity.pod.as_deref()))),
            ("node", texts(starts.iter().map(|s| s.entity.node.as_deref()))),
        ],
    )
}

/// Registers `mentions` (the addresses in the starts' texts) and `calls` (those in all errors).
pub fn register_calls(engine: &Engine, starts: &[&Start], calls: &[Call], known: &Known) -> Result<()> {
    let mentions: Vec<(&str, Named)> = starts
        .iter()
        .flat_map(|start| {
            let own = start.entity.namespace.as_deref().unwrap_or("");
            addresses(&start.text(), own, known).into_iter().map(|named| (start.id.as_str(), named))
        })
        .collect();
    register(
        engine,
        "mentions",
        vec![
            ("start_id", texts(mentions.iter().map(|(id, _)| Some(*id)))),
            ("namespace", texts(mentions.iter().map(|(_, (namespace, _))| Some(namespace.as_str())))),
            ("name", texts(mentions.iter().map(|(_, (_, name))| Some(name.as_str())))),
        ],
    )?;
    register(
        engine,
        "calls",
        vec![
            ("namespace", texts(calls.iter().map(|c| Some(c.namespace.as_str())))),
            ("workload", texts(calls.iter().map(|c| Some(c.workload.as_str())))),
            ("callee_namespace", texts(calls.iter().map(|c| Some(c.callee_namespace.as_str())))),
            ("callee", texts(calls.iter().map(|c| Some(c.callee.as_str())))),
            ("ts", times(calls.iter().map(|c| c.first.ts.0))),
        ],
    )
}

/// Registers `names`.
pub fn register_names(engine: &Engine, names: &Names) -> Result<()> {
    register(
        engine,
        "names",
        vec![
            ("start_id", texts(names.keys().map(|(start, _)| Some(start.as_str())))),
            ("key", texts(names.keys().map(|(_, key)| Some(key.as_str())))),
            (
                "identity",
                Arc::new(Float64Array::from_iter_values(names.values().map(|(identity, _)| *identity))),
            ),
            ("hop", Arc::new(Int64Array::from_iter_values(names.values().map(|(_, hop)| *hop)))),
        ],
    )
}
