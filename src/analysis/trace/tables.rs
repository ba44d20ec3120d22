//! The small tables in memory that the joins under `sql/trace/` read beside the lake: the starts, the
//! addresses and names in their texts, and the calls between workloads.

use crate::analysis::trace::errors::Call;
use crate::analysis::trace::mentions::Mentions;
use crate::analysis::trace::names::{KnownNames, Named, addresses};
use crate::analysis::trace::start::{Burst, Start};
use crate::query::engine::Engine;
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{Field, Schema};
use model::error::{Error, Result};
use std::sync::Arc;

/// Registers columns as the table `name`, in place of an earlier one.
fn register(engine: &Engine, name: &str, columns: Vec<(&str, ArrayRef)>) -> Result<()> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, values)| Field::new(*name, values.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let values = columns.into_iter().map(|(_, values)| values).collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), values)
        .map_err(|error| Error::bug(format!("table `{name}` does not fit its schema")).because(error))?;
    engine.replace("public", name, schema, vec![batch])
}

fn texts<'t>(values: impl Iterator<Item = Option<&'t str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn times(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC"))
}

/// Registers the table `starts`.
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

/// Registers the table `bursts`: the starts and the spans of their errors.
pub fn register_bursts(engine: &Engine, bursts: &[(&Start, &Burst)]) -> Result<()> {
    let places = || bursts.iter().map(|(start, _)| &start.entity);
    register(
        engine,
        "bursts",
        vec![
            ("start_id", texts(bursts.iter().map(|(start, _)| Some(start.id.as_str())))),
            ("namespace", texts(places().map(|entity| entity.namespace.as_deref()))),
            ("workload", texts(places().map(|entity| entity.workload.as_deref()))),
            ("from_ts", times(bursts.iter().map(|(_, burst)| burst.from.0))),
            ("to_ts", times(bursts.iter().map(|(_, burst)| burst.to.0))),
        ],
    )
}

/// Registers the tables `addresses` (those in the texts of the starts) and `calls` (those in all errors).
pub fn register_calls(engine: &Engine, starts: &[&Start], calls: &[Call], known: &KnownNames) -> Result<()> {
    let addresses_of: Vec<(&str, Named)> = starts
        .iter()
        .flat_map(|start| {
            let own = start.entity.namespace.as_deref().unwrap_or("");
            addresses(&start.text(), own, known).into_iter().map(|named| (start.id.as_str(), named))
        })
        .collect();
    register(
        engine,
        "addresses",
        vec![
            ("start_id", texts(addresses_of.iter().map(|(id, _)| Some(*id)))),
            ("namespace", texts(addresses_of.iter().map(|(_, (namespace, _))| Some(namespace.as_str())))),
            ("name", texts(addresses_of.iter().map(|(_, (_, name))| Some(name.as_str())))),
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
            ("ts", times(calls.iter().map(|c| c.ts.0))),
        ],
    )
}

/// Registers the table `mentions`: the objects that texts mention by name or uid.
pub fn register_mentions(engine: &Engine, mentions: &Mentions) -> Result<()> {
    register(
        engine,
        "mentions",
        vec![
            ("start_id", texts(mentions.keys().map(|(start, _)| Some(start.as_str())))),
            ("key", texts(mentions.keys().map(|(_, key)| Some(key.as_str())))),
            (
                "identity",
                Arc::new(Float64Array::from_iter_values(mentions.values().map(|(identity, _)| *identity))),
            ),
            ("hop", Arc::new(Int64Array::from_iter_values(mentions.values().map(|(_, hop)| *hop)))),
        ],
    )
}
