//! How an event or an operation is related to a start. The joins under `sql/trace/` return a row
//! for each relation; only the strongest of them is kept. Knows neither events nor operations.

use crate::query::engine::Engine;
use crate::query::rows::{Row, rows};
use futures::StreamExt;
use model::error::{Error, Result};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// Identity from which a link is certain: the object is the start's own, its configuration, or named
/// by its errors.
pub const SURE_IDENTITY: f64 = 0.75;

/// The relation between a start and the object of an event or operation: column `link` of
/// `sql/trace/`, `link.type` in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// The pod of the start.
    SamePod,
    /// The workload of the start.
    SameWorkload,
    /// A ConfigMap, Secret or volume claim that the workload uses.
    Uses,
    /// A Service, NetworkPolicy or autoscaler that selects the workload.
    Selects,
    /// A workload that the start calls, directly or through another one.
    Calls,
    /// An object that errors or events mention by name.
    Names,
    /// A node that the workload runs on.
    SameNode,
    /// The whole namespace: policies, quotas, roles.
    SameNamespace,
    /// The cluster's name resolution.
    ClusterDns,
    /// The whole cluster: webhooks, definitions, new load.
    Cluster,
}

impl LinkKind {
    const ALL: [Self; 10] = [
        Self::SamePod,
        Self::SameWorkload,
        Self::Uses,
        Self::Selects,
        Self::Calls,
        Self::Names,
        Self::SameNode,
        Self::SameNamespace,
        Self::ClusterDns,
        Self::Cluster,
    ];

    /// Returns the name in SQL and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::SamePod => "same_pod",
            Self::SameWorkload => "same_workload",
            Self::Uses => "uses",
            Self::Selects => "selects",
            Self::Calls => "calls",
            Self::Names => "names",
            Self::SameNode => "same_node",
            Self::SameNamespace => "same_namespace",
            Self::ClusterDns => "cluster_dns",
            Self::Cluster => "cluster",
        }
    }
}

/// The columns that both joins return for the relation between a row and a start.
pub struct Link {
    /// Id of the start.
    pub start: String,
    /// What relates the two.
    pub kind: LinkKind,
    /// How much the relation proves, 0 to 1.
    pub identity: f64,
    /// Calls between the start and the object.
    pub hop: i64,
}

impl Link {
    /// Reads the relation of a row.
    pub fn of(row: Row<'_>) -> Result<Self> {
        let name = row.text("link").unwrap_or_default();
        let kind = LinkKind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| Error::bug(format!("a join of the trace returned the unknown link `{name}`")))?;
        Ok(Self {
            start: owned(row, "start_id"),
            kind,
            identity: row.float("identity").unwrap_or(0.0),
            hop: row.int("hop").unwrap_or(0),
        })
    }
}

/// Returns a text of a row, empty when it is null.
pub fn owned(row: Row<'_>, column: &str) -> String {
    row.text(column).unwrap_or_default().to_owned()
}

/// Passes the rows of a join to `keep` one by one: memory may not hold all of them at once.
pub async fn each_row(engine: &Engine, sql: &str, keep: &mut dyn FnMut(Row<'_>) -> Result<()>) -> Result<()> {
    let mut batches = engine.stream(sql).await?;
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| Error::failed("a join of the trace failed").because(error))?;
        for row in rows(&[batch]) {
            keep(row)?;
        }
    }
    Ok(())
}

/// Returns a key by which the greatest identity sorts first.
pub fn by_identity(identity: f64) -> Reverse<i64> {
    Reverse((identity * 1e6) as i64)
}

/// Keeps the value of each key that sorts first by `rank`.
pub fn keep_first<K: Eq + Hash, T, R: Ord>(
    kept: &mut HashMap<K, T>,
    key: K,
    value: T,
    rank: impl Fn(&T) -> R,
) {
    match kept.get_mut(&key) {
        Some(other) if rank(other) <= rank(&value) => {}
        Some(other) => *other = value,
        None => {
            kept.insert(key, value);
        }
    }
}

/// Groups values by their start, those of each start in the order of `order`.
pub fn by_start<T, O: Ord>(
    values: impl Iterator<Item = (String, T)>,
    order: impl Fn(&T) -> O,
) -> BTreeMap<String, Vec<T>> {
    let mut starts: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for (start, value) in values {
        starts.entry(start).or_default().push(value);
    }
    starts.values_mut().for_each(|values| values.sort_by_key(&order));
    starts
}
