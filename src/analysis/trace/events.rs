//! The cluster events around each start, read from `sql/trace/events.sql`. Knows no operations:
//! which of them caused an event is decided in `candidate`.

use crate::analysis::evidence::evidence;
use crate::analysis::trace::link::{Link, LinkKind, by_identity, by_start, each_row, keep_first, owned};
use crate::analysis::trace::start::Start;
use crate::query::engine::Engine;
use crate::query::rows::Row;
use model::error::Result;
use model::report::Evidence;
use std::collections::{BTreeMap, HashMap};

/// An event around a start.
#[derive(Clone, Debug)]
pub struct LinkedEvent {
    /// How the object of the event is related to the start.
    pub link: LinkKind,
    /// How much that relation proves, 0 to 1.
    pub identity: f64,
    /// Calls between the start and the object.
    pub hop: i64,
    /// Kind of the involved object.
    pub kind: String,
    /// Reason of the event: `OOMKilling`, `BackOff`, …
    pub reason: String,
    /// Pod of the event, else the name of its object, else its node.
    pub object: String,
    /// Namespace; absent for an event about a node.
    pub namespace: Option<String>,
    /// Workload of the pod.
    pub workload: Option<String>,
    /// Node, where the event names one.
    pub node: Option<String>,
    /// The log line of the event; its text is the message.
    pub evidence: Evidence,
}

/// Returns the events around each start in the order of time: of equal reasons on one object
/// within a minute only the first, by its strongest link.
pub async fn link_events(engine: &Engine) -> Result<BTreeMap<String, Vec<LinkedEvent>>> {
    const SLOT_US: i64 = 60_000_000;
    let mut strongest: HashMap<_, LinkedEvent> = HashMap::new();
    let keep = &mut |row: Row<'_>| {
        let (start, event) = event_of(row)?;
        let slot = event.evidence.ts.0.div_euclid(SLOT_US);
        let object = (event.kind.clone(), event.workload.clone(), event.node.clone());
        let rank = |e: &LinkedEvent| {
            (by_identity(e.identity), e.evidence.ts, e.evidence.row_id.clone(), e.hop, e.link.name())
        };
        keep_first(&mut strongest, (start, event.reason.clone(), object, slot), event, rank);
        Ok(())
    };
    each_row(engine, include_str!("../../../sql/trace/events.sql"), keep).await?;
    let of_start = strongest.into_iter().map(|((start, ..), event)| (start, event));
    Ok(by_start(of_start, |event| (event.evidence.ts, event.evidence.row_id.clone())))
}

/// Returns those of the events around a start, in the order of time, that may belong to it: a start without a line of a
/// log is a mere moment, and what comes long after it is not about it.
pub fn until<'e>(start: &Start, events: &'e [LinkedEvent]) -> &'e [LinkedEvent] {
    const MOMENT_S: i64 = 60;
    let end = start.ts.plus_s(MOMENT_S);
    let count = events.partition_point(|event| !start.evidence.is_empty() || event.evidence.ts <= end);
    events.get(..count).unwrap_or(events)
}

/// Returns the events that say what is wrong with objects beside the call path, in the order of time.
pub async fn link_related(engine: &Engine) -> Result<BTreeMap<String, Vec<LinkedEvent>>> {
    let mut strongest: HashMap<_, LinkedEvent> = HashMap::new();
    let keep = &mut |row: Row<'_>| {
        let (start, event) = event_of(row)?;
        let rank = |e: &LinkedEvent| (by_identity(e.identity), e.hop, e.link.name());
        keep_first(&mut strongest, (start, event.evidence.row_id.clone()), event, rank);
        Ok(())
    };
    each_row(engine, include_str!("../../../sql/trace/related.sql"), keep).await?;
    let of_start = strongest.into_iter().map(|((start, _), event)| (start, event));
    Ok(by_start(of_start, |event| (event.evidence.ts, event.evidence.row_id.clone())))
}

/// Reads an event and the id of its start.
fn event_of(row: Row<'_>) -> Result<(String, LinkedEvent)> {
    let link = Link::of(row)?;
    let text = |column: &str| row.non_empty(column).map(str::to_owned);
    let event = LinkedEvent {
        link: link.kind,
        identity: link.identity,
        hop: link.hop,
        kind: owned(row, "kind"),
        reason: owned(row, "reason"),
        object: text("pod").or_else(|| text("name")).or_else(|| text("node")).unwrap_or_default(),
        namespace: text("namespace"),
        workload: text("workload"),
        node: text("node"),
        evidence: evidence(row),
    };
    Ok((link.start, event))
}
