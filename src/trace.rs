//! From an error back to the operation that caused it. The joins are SQL under `sql/trace/`; what
//! can cause what is data (`mechanisms.csv`); scores and verdicts are this code, with reasons.

mod change;
mod judge;
mod start;
mod words;

pub use start::{Start, starts_of};

use crate::analyse::{evidence_of, rows_of};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::finding::{Evidence, Trace};
use crate::window::{Ts, Window};
use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How far back a cause is looked for, and how far on clocks may differ; as in `sql/trace/`.
const BACK_S: i64 = 6 * 3600;
const ON_S: i64 = 600;

/// An event around a start.
#[derive(Clone, Debug)]
pub struct LinkedEvent {
    link: String,
    identity: f64,
    hop: i64,
    reason: String,
    who: String,
    workload: Option<String>,
    evidence: Evidence,
}

/// An operation before a start.
#[derive(Clone, Debug)]
pub struct LinkedOperation {
    link: String,
    identity: f64,
    hop: i64,
    audit_id: String,
    username: String,
    verb: String,
    resource: String,
    namespace: String,
    name: String,
    operation: String,
    change: change::Change,
    evidence: Evidence,
}

/// Which local hours around the starts have rows.
#[derive(Clone, Debug, Default)]
pub struct Present {
    audit_hours: BTreeSet<i64>,
    has_events: bool,
}

/// Traces every start. The engine's window must hold the starts.
pub async fn trace(engine: &Engine, window: Window, starts: &[Start]) -> Result<Vec<Trace>> {
    let (Some(first), Some(last)) = (starts.iter().map(|s| s.ts).min(), starts.iter().map(|s| s.ts).max())
    else {
        return Ok(Vec::new());
    };
    let (from, to) = (first.plus_s(-BACK_S), last.plus_s(ON_S));
    for table in ["event", "audit"] {
        let span = format!("ts >= '{from}' and ts <= '{to}'");
        let sql = format!(
            "select * from {table} where {span} union all select * from history.{table} where {span}"
        );
        engine.view(&format!("around_{table}"), &sql).await?;
    }
    register(engine, starts).await?;
    engine.keep("keys", include_str!("../sql/trace/keys.sql")).await?;
    let mut events = by_start(engine.query(include_str!("../sql/trace/events.sql")).await?)?;
    let mut operations = by_start(engine.query(include_str!("../sql/trace/operations.sql")).await?)?;
    let changes = change::of_operations(engine, operations.values().flatten()).await?;
    let present = present(engine).await?;
    let mechanisms = judge::mechanisms()?;
    let mut traces = Vec::new();
    for start in starts {
        let events = events.remove(&start.id).unwrap_or_default().iter().map(event_of).collect();
        let operations = operations
            .remove(&start.id)
            .unwrap_or_default()
            .iter()
            .map(|row| operation_of(row, &changes))
            .collect();
        traces.push(judge::judge(start, events, operations, &present, &mechanisms, window.zone));
    }
    Ok(traces)
}

/// Puts the starts, and the names in their texts, before the joins.
async fn register(engine: &Engine, starts: &[Start]) -> Result<()> {
    let wrong = |error: arrow::error::ArrowError| Error::bug("starts do not fit their schema").because(error);
    let text = |get: &dyn Fn(&Start) -> Option<String>| -> ArrayRef {
        Arc::new(starts.iter().map(get).collect::<StringArray>())
    };
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let named = |name: &str| Field::new(name, DataType::Utf8, true);
    let schema = Arc::new(Schema::new(vec![
        named("start_id"),
        Field::new("ts", utc, false),
        named("namespace"),
        named("workload"),
        named("pod"),
        named("node"),
    ]));
    let ts = TimestampMicrosecondArray::from_iter_values(starts.iter().map(|s| s.ts.0)).with_timezone("UTC");
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![
            text(&|s| Some(s.id.clone())),
            Arc::new(ts),
            text(&|s| s.entity.namespace.clone()),
            text(&|s| s.entity.workload.clone()),
            text(&|s| s.entity.pod.clone()),
            text(&|s| s.entity.node.clone()),
        ],
    )
    .map_err(wrong)?;
    engine.replace("public", "starts", schema, vec![batch])?;

    let known = known_names(engine).await?;
    let mentions: Vec<(String, Option<String>, String)> = starts
        .iter()
        .flat_map(|start| {
            start.mentions(&known).into_iter().map(|(namespace, name)| (start.id.clone(), namespace, name))
        })
        .collect();
    let schema = Arc::new(Schema::new(vec![named("start_id"), named("namespace"), named("name")]));
    let column = |get: &dyn Fn(&(String, Option<String>, String)) -> Option<String>| -> ArrayRef {
        Arc::new(mentions.iter().map(get).collect::<StringArray>())
    };
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        vec![column(&|m| Some(m.0.clone())), column(&|m| m.1.clone()), column(&|m| Some(m.2.clone()))],
    )
    .map_err(wrong)?;
    engine.replace("public", "mentions", schema, vec![batch])
}

/// Returns the names of workloads and Services, with the namespaces there are.
async fn known_names(engine: &Engine) -> Result<start::Known> {
    let sql = "select distinct namespace, workload as name from topology where workload is not null
               union select distinct namespace, name from topology where kind = 'Service'";
    let mut known = start::Known::default();
    for row in rows_of(&engine.query(sql).await?)? {
        known.namespaces.extend(text_of(&row, "namespace"));
        known.names.extend(text_of(&row, "name"));
    }
    Ok(known)
}

type Rows = BTreeMap<String, Vec<Map<String, Value>>>;

fn by_start(batches: Vec<RecordBatch>) -> Result<Rows> {
    let mut rows = Rows::new();
    for row in rows_of(&batches)? {
        rows.entry(text_of(&row, "start_id").unwrap_or_default()).or_default().push(row);
    }
    Ok(rows)
}

async fn present(engine: &Engine) -> Result<Present> {
    let mut present = Present::default();
    let sql =
        "select distinct cast(floor(date_part('epoch', ts) / 3600) as bigint) as hour from around_audit";
    for row in rows_of(&engine.query(sql).await?)? {
        present.audit_hours.extend(row.get("hour").and_then(Value::as_i64));
    }
    present.has_events =
        !rows_of(&engine.query("select 1 as one from around_event limit 1").await?)?.is_empty();
    Ok(present)
}

fn text_of(row: &Map<String, Value>, name: &str) -> Option<String> {
    row.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn evidence(row: &Map<String, Value>) -> Evidence {
    let ts = text_of(row, "ts").and_then(|text| Ts::parse(&text, chrono_tz::UTC).ok()).unwrap_or_default();
    Evidence {
        row_id: text_of(row, "row_id").unwrap_or_default(),
        ts,
        source: text_of(row, "source").unwrap_or_default(),
        line: row.get("line").and_then(Value::as_i64).unwrap_or(0),
        text: text_of(row, "message").unwrap_or_default(),
    }
}

fn event_of(row: &Map<String, Value>) -> LinkedEvent {
    let object = text_of(row, "pod")
        .or_else(|| text_of(row, "name"))
        .or_else(|| text_of(row, "node"))
        .unwrap_or_default();
    LinkedEvent {
        link: text_of(row, "link").unwrap_or_default(),
        identity: row.get("identity").and_then(Value::as_f64).unwrap_or(0.0),
        hop: row.get("hop").and_then(Value::as_i64).unwrap_or(0),
        reason: text_of(row, "reason").unwrap_or_default(),
        who: object,
        workload: text_of(row, "workload"),
        evidence: evidence(row),
    }
}

fn operation_of(row: &Map<String, Value>, changes: &BTreeMap<String, change::Change>) -> LinkedOperation {
    let evidence = evidence(row);
    let text = |name: &str| text_of(row, name).unwrap_or_default();
    LinkedOperation {
        link: text("link"),
        identity: row.get("identity").and_then(Value::as_f64).unwrap_or(0.0),
        hop: row.get("hop").and_then(Value::as_i64).unwrap_or(0),
        audit_id: text("audit_id"),
        username: text("username"),
        verb: text("verb"),
        resource: text("resource"),
        namespace: text("namespace"),
        name: text("name"),
        operation: text("operation"),
        change: changes.get(&evidence.row_id).cloned().unwrap_or_default(),
        evidence,
    }
}

/// Returns the start of a trace of a pod and a time: the pod's errors just before it are its text.
pub async fn start_at_pod(engine: &Engine, namespace: &str, pod: &str, at: Ts) -> Result<Start> {
    let quoted = |text: &str| text.replace('\'', "''");
    let mut ids = BTreeSet::new();
    let mut lines = BTreeMap::new();
    for table in ["business", "standard"] {
        let sql = format!(
            "select row_id from {table} where namespace = '{}' and (pod = '{p}' or workload = '{p}')
             and level in ('error', 'fatal') and ts between '{}' and '{}' order by ts desc limit 5",
            quoted(namespace),
            at.plus_s(-900),
            at.plus_s(60),
            p = quoted(pod),
        );
        ids.extend(rows_of(&engine.query(&sql).await?)?.iter().filter_map(|row| text_of(row, "row_id")));
        lines.extend(evidence_of(engine, table, &ids).await?);
    }
    Ok(Start::of_pod(namespace, pod, at, lines.into_values().collect()))
}
