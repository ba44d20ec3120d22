//! The objects that are wrong as the states of all objects show it (the view `broken`), and which of them a start
//! depends on. Knows neither events nor logs.

use crate::analysis::evidence::evidence_of;
use crate::analysis::trace::link::LinkKind;
use crate::analysis::trace::places::{Place, Places};
use crate::analysis::trace::start::Start;
use crate::query::engine::Engine;
use crate::query::rows::rows;
use model::error::Result;
use model::report::{Evidence, State};
use model::table::Table;
use model::time::Ts;
use std::collections::{BTreeMap, BTreeSet};

/// How much it proves that an object of the same namespace is wrong: a quota, a network policy.
const SAME_NAMESPACE: f64 = 0.8;
/// How much it proves that a component of the cluster is wrong.
const COMPONENT: f64 = 0.7;
/// Kinds that bear on all pods of their namespace.
const OF_NAMESPACES: [&str; 3] = ["ResourceQuota", "LimitRange", "NetworkPolicy"];

/// An object that is wrong.
pub struct BrokenObject {
    /// The object, and its fault.
    pub state: State,
    /// Workload that it belongs to; empty if none.
    pub workload: String,
    /// Why, as one word.
    pub reason: String,
    /// How surely it is the cause, 0 to 1.
    pub strength: f64,
    /// When it was last seen.
    pub last: Ts,
    /// The row that shows it.
    pub evidence: Evidence,
}

/// The objects that are wrong, by namespace.
#[derive(Default)]
pub struct BrokenObjects(BTreeMap<String, Vec<BrokenObject>>);

impl BrokenObjects {
    /// Loads them.
    pub async fn load(engine: &Engine) -> Result<Self> {
        let sql = "select * from broken order by namespace, kind, name, reason";
        let batches = engine.query(sql).await?;
        let ids: BTreeSet<String> =
            rows(&batches).filter_map(|row| row.text("row_id").map(str::to_owned)).collect();
        let mut lines = evidence_of(engine, "state", &ids).await?;
        let missing: BTreeSet<String> = ids.into_iter().filter(|id| !lines.contains_key(id)).collect();
        // the refusal of a request is in a log
        for table in Table::LOGS.into_iter().filter(|_| !missing.is_empty()) {
            lines.extend(evidence_of(engine, table.name(), &missing).await?);
        }
        let mut objects = Self::default();
        for row in rows(&batches) {
            let text = |column: &str| row.text(column).unwrap_or_default().to_owned();
            let Some(line) = lines.get(&text("row_id")) else { continue };
            let state = State {
                kind: text("kind"),
                namespace: text("namespace"),
                name: text("name"),
                what: text("message"),
                zh: text("zh"),
            };
            let first = row.ts("ts").unwrap_or(line.ts);
            objects.0.entry(state.namespace.clone()).or_default().push(BrokenObject {
                workload: text("workload"),
                reason: text("reason"),
                strength: row.float("strength").unwrap_or(0.0),
                last: row.ts("last_ts").unwrap_or(line.ts),
                evidence: Evidence { ts: first, ..line.clone() },
                state,
            });
        }
        Ok(objects)
    }

    /// Returns those that a start may depend on: how they are related to it, how much that proves, and the calls
    /// between.
    pub fn around<'o>(
        &'o self,
        start: &Start,
        places: &Places,
    ) -> Vec<(&'o BrokenObject, LinkKind, f64, i64)> {
        let path = places.of(&start.id);
        let mut namespaces: BTreeSet<&str> = path.iter().map(|place| place.namespace.as_str()).collect();
        namespaces.extend(start.entity.namespace.as_deref());
        namespaces.extend(["", "kube-system"]);
        let near = namespaces.iter().filter_map(|namespace| self.0.get(*namespace)).flatten();
        near.filter_map(|object| {
            let (link, identity, hop) = relation(object, start, path, places)?;
            Some((object, link, identity, hop))
        })
        .collect()
    }
}

fn relation(
    object: &BrokenObject,
    start: &Start,
    path: &[Place],
    places: &Places,
) -> Option<(LinkKind, f64, i64)> {
    let (kind, namespace, name) = (&object.state.kind, &object.state.namespace, &object.state.name);
    if start.evidence.iter().any(|line| line.row_id == object.evidence.row_id) {
        return Some((LinkKind::SameWorkload, 1.0, 0));
    }
    if kind == "Node" {
        if start.entity.node.as_ref() == Some(name) {
            return Some((LinkKind::SameNode, 1.0, 0));
        }
        let runs = |place: &&Place| places.runs_on(&place.namespace, &place.workload, name);
        return path.iter().find(runs).map(|place| (LinkKind::SameNode, 0.9, place.hop));
    }
    let is_of_cluster = namespace.is_empty() && !object.workload.is_empty();
    let is_own = |place: &&Place| {
        (place.namespace == *namespace || is_of_cluster)
            && (place.workload == object.workload
                || place.workload == *name
                || place.name.as_ref() == Some(name))
    };
    if let Some(place) = path.iter().find(is_own) {
        let link = if place.hop == 0 { LinkKind::SameWorkload } else { LinkKind::Calls };
        return Some((link, 1.0, place.hop));
    }
    if OF_NAMESPACES.contains(&kind.as_str()) {
        let place = path.iter().find(|place| place.namespace == *namespace)?;
        return Some((LinkKind::SameNamespace, SAME_NAMESPACE, place.hop));
    }
    (namespace == "kube-system" && start.entity.namespace.as_deref() != Some("kube-system")).then_some((
        LinkKind::Cluster,
        COMPONENT,
        1,
    ))
}
