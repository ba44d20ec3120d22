//! From an error back to the operation that caused it. The joins are SQL under `sql/trace/`; what
//! can cause what is data (`mechanisms.csv`); scores and verdicts are this code, with reasons.

mod chain;
mod change;
mod errors;
mod judge;
mod mechanism;
mod mermaid;
mod names;
mod register;
mod start;
mod words;

pub use mermaid::mermaid;
pub use start::{Start, Subject, start_at, starts_of, subject_of_trace};

use crate::analyse::rows_of;
use crate::engine::Engine;
use crate::error::Result;
use crate::finding::{Evidence, Trace};
use crate::window::{Ts, Window};
use errors::{ErrorSlot, Errors};
use judge::{Facts, SURE_IDENTITY};
use names::Known;
use register::{Names, register_calls, register_names, register_starts};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// How far back a cause is looked for, and how far on clocks may differ; as in `sql/trace/`.
const BACK_S: i64 = 8 * 3600;
const ON_S: i64 = 1200;
/// What being called by its name proves of an object, at most.
const NAMED: f64 = 0.8;

/// An event around a start.
#[derive(Clone, Debug)]
pub struct LinkedEvent {
    link: String,
    identity: f64,
    hop: i64,
    reason: String,
    who: String,
    namespace: Option<String>,
    workload: Option<String>,
    node: Option<String>,
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
    workload: Option<String>,
    via: Option<String>,
    operation: String,
    change: change::Change,
    evidence: Evidence,
}

impl LinkedOperation {
    /// Returns the classes of the change: a whole object that was put names everything, so what
    /// it changed is told by the object before.
    fn classes(&self) -> Vec<&str> {
        let mut classes = vec![self.operation.as_str()];
        if self.operation == "update" {
            classes.extend(self.change.classes());
        }
        classes
    }
}

/// Which ten minutes around the starts have rows, counted since the epoch.
#[derive(Clone, Debug, Default)]
pub struct Present {
    audit: BTreeSet<i64>,
    event: BTreeSet<i64>,
}

/// Traces every start. The engine's window must hold the starts. `mechanisms` are lines of a
/// mechanism table of one's own, with their place.
pub async fn trace(
    engine: &Engine,
    window: Window,
    starts: &[Start],
    mechanisms: Option<(&str, &str)>,
) -> Result<Vec<Trace>> {
    let (Some(first), Some(last)) = (starts.iter().map(|s| s.ts).min(), starts.iter().map(|s| s.ts).max())
    else {
        return Ok(Vec::new());
    };
    let mechanisms = mechanism::mechanisms(mechanisms)?;
    around(engine, first.plus_s(-BACK_S), last.plus_s(ON_S)).await?;
    register_starts(engine, starts)?;
    let known = known_names(engine).await?;
    let errors = Errors::new(error_slots(engine).await?, &known);
    register_calls(engine, starts, errors.calls(), &known)?;
    engine.keep("things", include_str!("../sql/trace/things.sql")).await?;
    engine.keep("keys", include_str!("../sql/trace/keys.sql")).await?;
    let events = by_start(engine, include_str!("../sql/trace/events.sql"), event_of).await?;
    register_names(engine, &called_by_name(engine, starts, &events).await?)?;
    let operations = rows_of(&engine.query(include_str!("../sql/trace/operations.sql")).await?)?;
    let changes = change::of_operations(engine, operations.iter()).await?;
    let mut operations_of: BTreeMap<String, Vec<LinkedOperation>> = BTreeMap::new();
    for row in &operations {
        let start = text_of(row, "start_id").unwrap_or_default();
        operations_of.entry(start).or_default().push(operation_of(row, &changes));
    }
    let present =
        Present { audit: slots(engine, "around_audit").await?, event: slots(engine, "around_event").await? };
    let facts = Facts { mechanisms: &mechanisms, errors: &errors, present: &present, zone: window.zone };
    let traces = starts.iter().map(|start| {
        let events = events.get(&start.id).map_or(&[][..], Vec::as_slice);
        let operations = operations_of.get(&start.id).map_or(&[][..], Vec::as_slice);
        judge::judge(start, events, operations, &facts)
    });
    Ok(traces.collect())
}

/// Narrows the tables to the time around the starts.
async fn around(engine: &Engine, from: Ts, to: Ts) -> Result<()> {
    let span = format!("ts >= '{from}' and ts <= '{to}'");
    for table in ["business", "standard", "event", "audit"] {
        let sql = format!(
            "select * from {table} where {span} union all select * from history.{table} where {span}"
        );
        engine.view(&format!("around_{table}"), &sql).await?;
    }
    Ok(())
}

/// Returns the names of workloads and Services, with the namespaces they are in.
async fn known_names(engine: &Engine) -> Result<Known> {
    let sql = "select distinct namespace, workload as name from topology where workload is not null
               union select distinct namespace, name from topology where kind = 'Service'";
    let mut known = Known::default();
    for row in rows_of(&engine.query(sql).await?)? {
        if let (Some(namespace), Some(name)) = (text_of(&row, "namespace"), text_of(&row, "name")) {
            known.add(namespace, name);
        }
    }
    Ok(known)
}

async fn error_slots(engine: &Engine) -> Result<Vec<ErrorSlot>> {
    let rows = rows_of(&engine.query(include_str!("../sql/trace/errors.sql")).await?)?;
    let slot = |row: &Map<String, Value>| {
        Some(ErrorSlot {
            namespace: text_of(row, "namespace")?,
            workload: text_of(row, "workload")?,
            count: row.get("errors").and_then(Value::as_i64).unwrap_or(0),
            is_warning: row.get("is_warning").and_then(Value::as_bool).unwrap_or(false),
            first: evidence(row),
            detail: text_of(row, "detail").unwrap_or_default(),
        })
    };
    Ok(rows.iter().filter_map(slot).collect())
}

/// Returns the keys of what the starts' texts, and the events on what they hang on, call objects by.
async fn called_by_name(
    engine: &Engine,
    starts: &[Start],
    events: &BTreeMap<String, Vec<LinkedEvent>>,
) -> Result<Names> {
    let mut names = Names::new();
    let owners = owners_of_uids(engine, events).await?;
    for start in starts {
        let own = start.entity.namespace.as_deref().unwrap_or("");
        let mut add = |key: String, identity: f64, hop: i64| {
            let entry = names.entry((start.id.clone(), key)).or_insert((identity, hop));
            if identity > entry.0 {
                *entry = (identity, hop);
            }
        };
        let mut read = |text: &str, namespace: &str, identity: f64, hop: i64| {
            for (told, name) in names::objects(text) {
                add(format!("name:/{name}"), identity, hop);
                add(format!("name:{}/{name}", told.as_deref().unwrap_or(namespace)), identity, hop);
            }
            for owner in names::uids(text).filter_map(|uid| owners.get(uid)) {
                add(format!("workload:{owner}"), identity, hop);
            }
        };
        read(&start.text(), own, NAMED, 0);
        for event in events.get(&start.id).into_iter().flatten().filter(|e| e.identity >= SURE_IDENTITY) {
            let namespace = event.namespace.as_deref().unwrap_or(own);
            read(&event.evidence.text, namespace, event.identity.min(NAMED), event.hop);
        }
    }
    Ok(names)
}

/// Returns the workloads (`namespace/name`) of the pods that events call by their uid.
async fn owners_of_uids(
    engine: &Engine,
    events: &BTreeMap<String, Vec<LinkedEvent>>,
) -> Result<BTreeMap<String, String>> {
    let texts = events.values().flatten().map(|event| event.evidence.text.as_str());
    let uids: BTreeSet<&str> = texts.flat_map(names::uids).collect();
    if uids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let list: Vec<String> = uids.iter().map(|uid| format!("'{uid}'")).collect();
    let sql = format!(
        "select distinct uid, namespace || '/' || workload as owner from around_event
         where workload is not null and uid in ({})",
        list.join(", ")
    );
    let rows = rows_of(&engine.query(&sql).await?)?;
    Ok(rows.iter().filter_map(|row| Some((text_of(row, "uid")?, text_of(row, "owner")?))).collect())
}

async fn by_start<T>(
    engine: &Engine,
    sql: &str,
    read: fn(&Map<String, Value>) -> T,
) -> Result<BTreeMap<String, Vec<T>>> {
    let mut rows: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for row in rows_of(&engine.query(sql).await?)? {
        rows.entry(text_of(&row, "start_id").unwrap_or_default()).or_default().push(read(&row));
    }
    Ok(rows)
}

async fn slots(engine: &Engine, table: &str) -> Result<BTreeSet<i64>> {
    let sql =
        format!("select distinct cast(floor(date_part('epoch', ts) / 600) as bigint) as slot from {table}");
    let rows = rows_of(&engine.query(&sql).await?)?;
    Ok(rows.iter().filter_map(|row| row.get("slot")?.as_i64()).collect())
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
        namespace: text_of(row, "namespace"),
        workload: text_of(row, "workload"),
        node: text_of(row, "node"),
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
        workload: text_of(row, "workload"),
        via: text_of(row, "via"),
        operation: text("operation"),
        change: changes.get(&evidence.row_id).cloned().unwrap_or_default(),
        evidence,
    }
}
