//! The workloads on the call path of each start: what kind of object each is, and on which node its pods run.
//! Knows neither events nor operations.

use crate::analysis::trace::link::{each_row, owned};
use crate::query::engine::Engine;
use crate::query::rows::{Row, rows};
use model::entity::workload_of_pod;
use model::error::Result;
use std::collections::{BTreeMap, BTreeSet};

/// A workload that a start depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Calls between the start and the workload.
    pub hop: i64,
    /// Namespace.
    pub namespace: String,
    /// Workload.
    pub workload: String,
    /// Service or host by which it is called; `None` for the start's own.
    pub name: Option<String>,
}

/// The workloads on the call paths of a batch, and their pods.
#[derive(Clone, Debug, Default)]
pub struct Places {
    of_start: BTreeMap<String, Vec<Place>>,
    /// Namespaces and workloads with pods.
    workloads: BTreeSet<(String, String)>,
    /// Namespace and workload → kind of its controller.
    kinds: BTreeMap<(String, String), &'static str>,
    /// Namespace and pod → node.
    nodes: BTreeMap<(String, String), String>,
    /// Namespace, workload and node of pods.
    runs_on: BTreeSet<(String, String, String)>,
}

impl Places {
    /// Loads the places from the table `workloads`.
    pub async fn load(engine: &Engine) -> Result<Self> {
        let mut places = Self::default();
        let keep = &mut |row: Row<'_>| {
            let place = Place {
                hop: row.int("hop").unwrap_or(0),
                namespace: owned(row, "namespace"),
                workload: owned(row, "workload"),
                name: row.non_empty("name").map(str::to_owned),
            };
            places.of_start.entry(owned(row, "start_id")).or_default().push(place);
            Ok(())
        };
        each_row(engine, "select start_id, namespace, workload, name, hop from workloads", keep).await?;
        places.of_start.values_mut().for_each(|of_start| of_start.sort());
        for row in rows(&engine.query(include_str!("../../../sql/trace/places.sql")).await?) {
            let (namespace, pod) = (owned(row, "namespace"), owned(row, "pod"));
            places.workloads.insert((namespace.clone(), owned(row, "workload")));
            if let Some(kind) = kind_of(&pod) {
                places.kinds.insert((namespace.clone(), owned(row, "workload")), kind);
            }
            let node = owned(row, "node");
            places.runs_on.insert((namespace.clone(), owned(row, "workload"), node.clone()));
            places.nodes.insert((namespace, pod), node);
        }
        Ok(places)
    }

    /// Returns the places of a start, nearest first.
    pub fn of(&self, start: &str) -> &[Place] {
        self.of_start.get(start).map_or(&[], Vec::as_slice)
    }

    /// Returns the kind of a workload, as far as the names of its pods show it.
    pub fn kind(&self, namespace: &str, workload: &str, pod: &str) -> &'static str {
        let known = || self.kinds.get(&(namespace.to_owned(), workload.to_owned())).copied();
        kind_of(pod).or_else(known).unwrap_or("Workload")
    }

    /// Returns true if a place has or had pods.
    pub fn has_pods(&self, place: &Place) -> bool {
        self.workloads.contains(&(place.namespace.clone(), place.workload.clone()))
    }

    /// Returns true if a pod of a workload runs or ran on a node.
    pub fn runs_on(&self, namespace: &str, workload: &str, node: &str) -> bool {
        self.runs_on.contains(&(namespace.to_owned(), workload.to_owned(), node.to_owned()))
    }

    /// Returns the node of a pod.
    pub fn node(&self, namespace: &str, pod: &str) -> Option<&str> {
        self.nodes.get(&(namespace.to_owned(), pod.to_owned())).map(String::as_str)
    }
}

/// Returns the kind of the controller that gave a pod its name; `None` where several give such names.
fn kind_of(pod: &str) -> Option<&'static str> {
    let mut suffixes = pod.strip_prefix(workload_of_pod(pod, None))?.split('-').skip(1);
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    match (suffixes.next(), suffixes.next()) {
        (Some(ordinal), None) if is_number(ordinal) => Some("StatefulSet"),
        (Some(time), Some(_)) if is_number(time) => Some("CronJob"),
        (Some(_), Some(_)) => Some("Deployment"),
        _ => None,
    }
}
