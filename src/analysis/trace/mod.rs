//! From an error back to the operation that caused it. The joins are SQL under `sql/trace/`; what
//! can cause what is data (`mechanisms.csv`); scores and verdicts are this code, with reasons.

mod chain;
mod change;
mod errors;
mod judge;
mod link;
mod mechanism;
mod mermaid;
mod names;
mod register;
mod start;
mod text;
mod words;

pub use crate::analysis::trace::mermaid::mermaid;
pub use crate::analysis::trace::start::{Start, Subject, start_at, starts_of, subject_of_trace};
pub use crate::analysis::trace::text::{NOTHING_BROKEN, text};

use crate::analysis::agent::rows_of;
use crate::analysis::trace::errors::{ErrorSlot, Errors};
use crate::analysis::trace::judge::{Facts, SURE_IDENTITY};
use crate::analysis::trace::link::{
    LinkedEvent, LinkedOperation, evidence, link_events, link_operations, text_of,
};
use crate::analysis::trace::mechanism::Mechanism;
use crate::analysis::trace::names::Known;
use crate::analysis::trace::register::{Names, register_calls, register_names, register_starts};
use crate::query::engine::Engine;
use model::error::Result;
use model::report::Trace;
use model::time::{Ts, Window};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// How far back a cause is looked for, and how far on clocks may differ; as in `sql/trace/`.
/// Both with the half hour of errors that a change at their edge is judged by.
const BACK_S: i64 = 8 * 3600 + 1800 + 120;
const ON_S: i64 = 1800 + 120;
/// Starts that are joined at once: what hangs on them lies in memory.
const BATCH: usize = 500;
/// What being called by its name proves of an object, at most.
const NAMED: f64 = 0.8;

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
    let mechanisms = mechanism::mechanisms(mechanisms)?;
    let mut in_order: Vec<&Start> = starts.iter().collect();
    in_order.sort_by(|a, b| (a.ts, &a.id).cmp(&(b.ts, &b.id)));
    let mut traces = Vec::new();
    for batch in in_order.chunks(BATCH) {
        traces.extend(trace_batch(engine, window, batch, &mechanisms).await?);
    }
    let place: BTreeMap<&str, usize> =
        starts.iter().enumerate().map(|(at, start)| (start.id.as_str(), at)).collect();
    traces.sort_by_key(|trace| place.get(trace.id.as_str()).copied());
    Ok(traces)
}

/// Traces some starts, the first of which is the earliest.
async fn trace_batch(
    engine: &Engine,
    window: Window,
    starts: &[&Start],
    mechanisms: &[Mechanism],
) -> Result<Vec<Trace>> {
    let (Some(first), Some(last)) = (starts.first(), starts.last()) else { return Ok(Vec::new()) };
    around(engine, first.ts.plus_s(-BACK_S), last.ts.plus_s(ON_S)).await?;
    register_starts(engine, starts)?;
    let known = known_names(engine).await?;
    let errors = Errors::new(error_slots(engine).await?, &known);
    register_calls(engine, starts, errors.calls(), &known)?;
    engine.keep("things", include_str!("../../../sql/trace/things.sql")).await?;
    engine.keep("keys", include_str!("../../../sql/trace/keys.sql")).await?;
    let events = link_events(engine).await?;
    register_names(engine, &called_by_name(engine, starts, &events).await?)?;
    let operations = link_operations(engine).await?;
    let present =
        Present { audit: slots(engine, "around_audit").await?, event: slots(engine, "around_event").await? };
    let facts = Facts { mechanisms, errors: &errors, present: &present, zone: window.zone };
    let traces = starts.iter().map(|start| {
        let events = events.get(&start.id).map_or(&[][..], Vec::as_slice);
        let operations = operations.get(&start.id).map_or(&[][..], Vec::as_slice);
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
    let rows = rows_of(&engine.query(include_str!("../../../sql/trace/errors.sql")).await?)?;
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
    starts: &[&Start],
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
        "select uid, min(namespace || '/' || workload) as owner from around_event
         where workload is not null and uid in ({}) group by uid",
        list.join(", ")
    );
    let rows = rows_of(&engine.query(&sql).await?)?;
    Ok(rows.iter().filter_map(|row| Some((text_of(row, "uid")?, text_of(row, "owner")?))).collect())
}

async fn slots(engine: &Engine, table: &str) -> Result<BTreeSet<i64>> {
    let sql =
        format!("select distinct cast(floor(date_part('epoch', ts) / 600) as bigint) as slot from {table}");
    let rows = rows_of(&engine.query(&sql).await?)?;
    Ok(rows.iter().filter_map(|row| row.get("slot")?.as_i64()).collect())
}
