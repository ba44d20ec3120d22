//! The trace: from a symptom back to the operation that caused it. A start is the onset of a symptom
//! on one entity. SQL joins (`sql/trace/`) link the events and operations around it by identity and
//! time, a table of mechanisms says which operation can cause which effect, and code decides the
//! verdict. Must not know any rule, any cluster's objects, or how a trace is delivered.
//!
//! The modules stand in reading order.

// The onset of a symptom.
mod start;

// A pod, workload or node at a time, as a person names it.
mod subject;

// Addresses, object names and uids in log text.
mod names;

// The errors around the starts, by workload: what calls what, and since when errors come.
mod errors;

// The tables in memory that the joins under `sql/trace/` read.
mod tables;

// How an event or operation is related to a start; the strongest relation counts.
mod link;

// Bursts of errors, each a start of its own.
mod burst;

// The events around each start.
mod events;

// The objects that the texts of starts and events mention.
mod mentions;

// The operations before each start.
mod operations;

// Whether texts quote what an operation changed.
mod quoted;

// Which operation can cause which effect.
mod mechanism;

// The reasons of scores and verdicts, in English and Chinese.
mod reason;

// The score of one operation as the cause.
mod candidate;

// The workloads on the call path of each start.
mod places;

// Which line says that an object is wrong.
mod state_table;

// The objects that are wrong as all objects show it.
mod broken;

// What was seen of the objects that a start depends on.
mod observation;

// The object that is wrong, where no operation is known.
mod state;

// Hours without data.
mod gaps;

// The verdict: confirmed, likely or inconclusive.
mod verdict;

// The steps from the operation to the symptom.
mod chain;

// The operation after which a symptom ended.
mod restored;

// One start, with all that is linked to it → its trace.
mod judge;

// A trace as a flow chart.
mod mermaid;

// A trace as plain text.
mod text;

pub use crate::analysis::trace::burst::{Bursts, by_burst};
pub use crate::analysis::trace::mermaid::mermaid;
pub use crate::analysis::trace::start::{Start, starts_of};
pub use crate::analysis::trace::subject::{Subject, ensure_known, no_symptom, start_at, subject_of_trace};
pub use crate::analysis::trace::text::{NOTHING_BROKEN, text};

use crate::analysis::trace::broken::BrokenObjects;
use crate::analysis::trace::errors::Errors;
use crate::analysis::trace::events::{LinkedEvent, link_events, link_related, until};
use crate::analysis::trace::gaps::RowSlots;
use crate::analysis::trace::mechanism::{Mechanism, mechanisms};
use crate::analysis::trace::mentions::{Owners, mentions, owners_of_uids};
use crate::analysis::trace::names::KnownNames;
use crate::analysis::trace::operations::{LinkedOperation, link_operations};
use crate::analysis::trace::places::Places;
use crate::analysis::trace::state_table::StateEntry;
use crate::analysis::trace::tables::{register_calls, register_mentions, register_starts};
use crate::query::engine::Engine;
use crate::query::rows::rows;
use chrono_tz::Tz;
use model::error::Result;
use model::report::{Callee, Trace};
use model::time::{Ts, Window};
use std::collections::BTreeMap;

/// Seconds before the first start from which rows are read: the joins look back eight hours and
/// allow two minutes of clock skew, and a change at that edge is judged by the half hour before it.
const BACK_S: i64 = 8 * 3600 + 1800 + 120;
/// Seconds after the last start until which rows are read: half an hour and the clock skew.
const ON_S: i64 = 1800 + 120;
/// Starts that are joined at once: their links are held in memory.
const BATCH: usize = 500;

/// A start and what is linked to it, in the order of time.
struct LinkedStart<'e> {
    start: &'e Start,
    events: &'e [LinkedEvent],
    operations: &'e [LinkedOperation],
    /// Events about objects beside the call path; the effect of no operation.
    related: &'e [LinkedEvent],
}

/// What all starts of a batch are judged with.
struct Context<'c> {
    mechanisms: &'c [Mechanism],
    errors: &'c Errors,
    row_slots: &'c RowSlots,
    /// What each start calls, by the id of the start.
    calls: &'c BTreeMap<String, Vec<Callee>>,
    states: &'c [StateEntry],
    places: &'c Places,
    broken: &'c BrokenObjects,
    owners: &'c Owners,
    /// Time zone of the hours in reasons.
    zone: Tz,
}

/// Returns the trace of each start, in their order. The engine's window must contain the starts.
/// `custom` is a table of mechanisms (text, place) that precede the shipped ones.
pub async fn trace(
    engine: &Engine,
    window: Window,
    starts: &[Start],
    custom: Option<(&str, &str)>,
) -> Result<Vec<Trace>> {
    let tables = (mechanisms(custom)?, state_table::entries()?);
    let mut in_order: Vec<&Start> = starts.iter().collect();
    in_order.sort_by(|a, b| (a.ts, &a.id).cmp(&(b.ts, &b.id)));
    let broken = BrokenObjects::load(engine).await?;
    let mut traces = Vec::new();
    for batch in in_order.chunks(BATCH) {
        traces.extend(trace_batch(engine, window.zone, batch, &tables, &broken).await?);
    }
    let place: BTreeMap<&str, usize> =
        starts.iter().enumerate().map(|(at, start)| (start.id.as_str(), at)).collect();
    restored::name_repairs(engine, &mut traces).await?;
    traces.sort_by_key(|trace| place.get(trace.id.as_str()).copied());
    Ok(traces)
}

/// Traces some starts, sorted by time.
async fn trace_batch(
    engine: &Engine,
    zone: Tz,
    starts: &[&Start],
    (mechanisms, states): &(Vec<Mechanism>, Vec<StateEntry>),
    broken: &BrokenObjects,
) -> Result<Vec<Trace>> {
    let (Some(first), Some(last)) = (starts.first(), starts.last()) else { return Ok(Vec::new()) };
    narrow_tables(engine, first.ts.plus_s(-BACK_S), last.ts.plus_s(ON_S)).await?;

    // what each start depends on
    register_starts(engine, starts)?;
    let known = KnownNames::load(engine).await?;
    let errors = Errors::load(engine, &known).await?;
    register_calls(engine, starts, errors.calls(), &known)?;
    engine.materialize("workloads", include_str!("../../../sql/trace/workloads.sql")).await?;
    engine.materialize("keys", include_str!("../../../sql/trace/keys.sql")).await?;

    // what happened to it; the messages of events name further objects to look up operations by
    let events = link_events(engine).await?;
    let owners = &owners_of_uids(engine, &events).await?;
    register_mentions(engine, &mentions(starts, &events, owners))?;
    let operations = link_operations(engine).await?;
    let related = link_related(engine).await?;

    let (row_slots, places) = (&RowSlots::load(engine).await?, &Places::load(engine).await?);
    let calls = &callees(engine, &known).await?;
    let context =
        Context { mechanisms, errors: &errors, row_slots, calls, states, places, broken, owners, zone };
    let traces = starts.iter().map(|start| {
        let linked = LinkedStart {
            start,
            events: until(start, events.get(&start.id).map_or(&[], Vec::as_slice)),
            operations: operations.get(&start.id).map_or(&[], Vec::as_slice),
            related: related.get(&start.id).map_or(&[], Vec::as_slice),
        };
        judge::judge(&linked, &context)
    });
    Ok(traces.collect())
}

/// Returns the known objects that each start calls, by the id of the start.
async fn callees(engine: &Engine, known: &KnownNames) -> Result<BTreeMap<String, Vec<Callee>>> {
    let mut callees: BTreeMap<String, Vec<Callee>> = BTreeMap::new();
    let sql = "select w.start_id, w.namespace, w.workload, min(w.hop) as hop
               from workloads as w
               join starts as s on s.start_id = w.start_id
               where w.hop > 0
                   and (s.workload is null or s.namespace is null
                       or w.workload <> s.workload or w.namespace <> s.namespace)
               group by w.start_id, w.namespace, w.workload
               order by w.start_id, hop, w.namespace, w.workload";
    for row in rows(&engine.query(sql).await?) {
        let text = |name| row.text(name).unwrap_or_default().to_owned();
        let callee = Callee {
            namespace: text("namespace"),
            workload: text("workload"),
            hop: row.int("hop").unwrap_or(1),
        };
        if !known.has(&callee.namespace, &callee.workload) {
            continue; // a host outside, or a word like one
        }
        callees.entry(text("start_id")).or_default().push(callee);
    }
    Ok(callees)
}

/// Returns a statement that selects the changes by people and pipelines from a table like `audit`.
fn acts(table: &str) -> String {
    include_str!("../../../sql/trace/acts.sql").replace("{table}", table)
}

/// Creates the views `around_…` of the four tables, and of the changes by people: the rows between two points,
/// of the window and the days before it.
async fn narrow_tables(engine: &Engine, from: Ts, to: Ts) -> Result<()> {
    let span = format!("ts >= '{from}' and ts <= '{to}'");
    for table in ["business", "standard", "event", "audit"] {
        let sql = format!(
            "select * from {table} where {span} union all select * from history.{table} where {span}"
        );
        engine.view(&format!("around_{table}"), &sql).await?;
    }
    engine.view("around_acts", &acts("around_audit")).await
}
