//! What hangs on the starts: the rows of the window joins, read, and of each the strongest link.

use crate::analysis::agent::rows_of;
use crate::analysis::trace::change;
use crate::analysis::trace::change::Change;
use crate::query::engine::Engine;
use futures::StreamExt;
use model::error::{Error, Result};
use model::report::Evidence;
use model::time::Ts;
use serde_json::{Map, Value};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// An event around a start.
#[derive(Clone, Debug)]
pub struct LinkedEvent {
    pub(super) link: String,
    pub(super) kind: String,
    pub(super) identity: f64,
    pub(super) hop: i64,
    pub(super) reason: String,
    pub(super) who: String,
    pub(super) namespace: Option<String>,
    pub(super) workload: Option<String>,
    pub(super) node: Option<String>,
    pub(super) evidence: Evidence,
}

/// An operation before a start.
#[derive(Clone, Debug)]
pub struct LinkedOperation {
    pub(super) link: String,
    pub(super) identity: f64,
    pub(super) hop: i64,
    pub(super) audit_id: String,
    pub(super) username: String,
    pub(super) verb: String,
    pub(super) resource: String,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) workload: Option<String>,
    pub(super) via: Option<String>,
    pub(super) operation: String,
    pub(super) change: change::Change,
    pub(super) evidence: Evidence,
}

impl LinkedOperation {
    /// Returns the classes of the change: a whole object that was put names everything, so what
    /// it changed is told by the object before.
    pub(super) fn classes(&self) -> Vec<&str> {
        let mut classes = vec![self.operation.as_str()];
        if self.operation == "update" {
            classes.extend(self.change.classes());
        }
        classes
    }
}

/// Returns the events around each start, in order: of one reason on one thing the first in ten
/// minutes, by its strongest link.
pub(super) async fn link_events(engine: &Engine) -> Result<BTreeMap<String, Vec<LinkedEvent>>> {
    const SLOT: i64 = 600_000_000;
    let mut strongest: HashMap<_, LinkedEvent> = HashMap::new();
    let keep = &mut |row: &Map<String, Value>| {
        let start = text_of(row, "start_id").unwrap_or_default();
        let event = event_of(row);
        let slot = event.evidence.ts.0.div_euclid(SLOT);
        let thing = (event.kind.clone(), event.workload.clone(), event.node.clone());
        let rank = |e: &LinkedEvent| {
            (rank_of(e.identity), e.evidence.ts, e.evidence.row_id.clone(), e.hop, e.link.clone())
        };
        keep_better(&mut strongest, (start, event.reason.clone(), thing, slot), event, rank);
    };
    each_row(engine, include_str!("../../../sql/trace/events.sql"), keep).await?;
    let of_start = strongest.into_iter().map(|((start, ..), event)| (start, event));
    Ok(by_start(of_start, |event| (event.evidence.ts, event.evidence.row_id.clone())))
}

/// Returns the operations before each start, in order, each by its strongest link.
pub(super) async fn link_operations(engine: &Engine) -> Result<BTreeMap<String, Vec<LinkedOperation>>> {
    let mut strongest: HashMap<_, LinkedOperation> = HashMap::new();
    let keep = &mut |row: &Map<String, Value>| {
        let start = text_of(row, "start_id").unwrap_or_default();
        let operation = operation_of(row);
        let rank = |o: &LinkedOperation| (rank_of(o.identity), o.hop, o.link.clone(), o.via.clone());
        keep_better(&mut strongest, (start, operation.evidence.row_id.clone()), operation, rank);
    };
    each_row(engine, include_str!("../../../sql/trace/operations.sql"), keep).await?;
    let changes = change::of_operations(engine, strongest.values()).await?;
    let of_start = strongest.into_iter().map(|((start, row_id), operation)| {
        let change = changes.get(&row_id).cloned().unwrap_or_default();
        (start, LinkedOperation { change, ..operation })
    });
    Ok(by_start(of_start, |operation| (operation.evidence.ts, operation.evidence.row_id.clone())))
}

/// Hands over the rows of a statement one by one: all of them at once may be more than memory holds.
async fn each_row(engine: &Engine, sql: &str, keep: &mut dyn FnMut(&Map<String, Value>)) -> Result<()> {
    let mut batches = engine.stream(sql).await?;
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| Error::failed("a join of the trace failed").because(error))?;
        rows_of(&[batch])?.iter().for_each(&mut *keep);
    }
    Ok(())
}

/// Returns an order in which the greatest identity comes first.
fn rank_of(identity: f64) -> Reverse<i64> {
    Reverse((identity * 1e6) as i64)
}

fn keep_better<K: Eq + std::hash::Hash, T, R: Ord>(
    kept: &mut HashMap<K, T>,
    key: K,
    one: T,
    rank: impl Fn(&T) -> R,
) {
    match kept.get_mut(&key) {
        Some(other) if rank(other) <= rank(&one) => {}
        Some(other) => *other = one,
        None => {
            kept.insert(key, one);
        }
    }
}

fn by_start<T, O: Ord>(
    rows: impl Iterator<Item = (String, T)>,
    order: impl Fn(&T) -> O,
) -> BTreeMap<String, Vec<T>> {
    let mut starts: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for (start, row) in rows {
        starts.entry(start).or_default().push(row);
    }
    starts.values_mut().for_each(|rows| rows.sort_by_key(&order));
    starts
}

pub(super) fn text_of(row: &Map<String, Value>, name: &str) -> Option<String> {
    row.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

pub(super) fn evidence(row: &Map<String, Value>) -> Evidence {
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
        kind: text_of(row, "kind").unwrap_or_default(),
        reason: text_of(row, "reason").unwrap_or_default(),
        who: object,
        namespace: text_of(row, "namespace"),
        workload: text_of(row, "workload"),
        node: text_of(row, "node"),
        evidence: evidence(row),
    }
}

fn operation_of(row: &Map<String, Value>) -> LinkedOperation {
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
        change: Change::default(),
        evidence,
    }
}
