//! The audit operations before each start, read from `sql/trace/operations.sql`, each with what it
//! changed. Which of them is the cause is decided in `candidate` and `verdict`.

use crate::analysis::change;
use crate::analysis::change::{Change, Object};
use crate::analysis::evidence::evidence;
use crate::analysis::trace::link::{Link, LinkKind, by_identity, by_start, each_row, keep_first, owned};
use crate::query::engine::Engine;
use crate::query::rows::Row;
use model::error::Result;
use model::report::Evidence;
use std::collections::{BTreeMap, HashMap};

/// An operation before a start.
#[derive(Clone, Debug)]
pub struct LinkedOperation {
    /// How the changed object is related to the start.
    pub link: LinkKind,
    /// How much that relation proves, 0 to 1.
    pub identity: f64,
    /// Calls between the start and the changed object.
    pub hop: i64,
    /// Audit id of the request.
    pub audit_id: String,
    /// User who made the request.
    pub username: String,
    /// Kubernetes verb.
    pub verb: String,
    /// The changed object; its namespace is empty for a cluster-wide one.
    pub object: Object,
    /// Workload that was changed, if the object is one or belongs to one.
    pub workload: Option<String>,
    /// The workload through which the start depends on the object.
    pub via: Option<String>,
    /// True if the object did not exist before: also an apply that creates it.
    pub is_creation: bool,
    /// Class of the operation: image, resources, config, scale, …
    pub class: String,
    /// The impersonated user.
    pub on_behalf_of: Option<String>,
    /// The fields that it changed.
    pub change: Change,
    /// The log line of the request.
    pub evidence: Evidence,
}

impl LinkedOperation {
    /// Returns the classes of the change. A whole object names every member, so the fields that differ from
    /// the state before decide; applied to nothing, it is a new one.
    pub fn classes(&self) -> Vec<&str> {
        let class = self.class.as_str();
        let is_workload =
            !matches!(class, "config" | "network" | "rbac" | "quota" | "webhook" | "storage" | "crd");
        if self.is_creation {
            return vec![if class == "update" { "create" } else { class }];
        }
        if self.change.is_restart() {
            return vec!["rollout"];
        }
        let mut classes = vec![class];
        if is_workload && self.change.is_known {
            classes = self.change.classes();
            if classes.is_empty() {
                classes.push(class);
            }
        }
        classes
    }

    /// Returns true if it changed nothing that anything reads.
    pub fn is_nothing(&self) -> bool {
        !self.is_creation
            && self.change.is_nothing()
            && !self.verb.starts_with("delete")
            && self.class != "evict"
    }

    /// Returns a sentence that describes the operation, in English and in Chinese.
    pub fn sentence(&self) -> (String, String) {
        let Self { username, verb, object: Object { resource, namespace, name }, .. } = self;
        let object = if namespace.is_empty() { name.clone() } else { format!("{namespace}/{name}") };
        match self.change.text() {
            Some(change) => (
                format!("{username} {verb} {resource} {object}: {change}"),
                format!("{username} 对 {resource} {object} 执行 {verb}：{change}"),
            ),
            None => (
                format!("{username} {verb} {resource} {object}"),
                format!("{username} 对 {resource} {object} 执行 {verb}"),
            ),
        }
    }

    /// Returns true if both operations are part of draining a node.
    pub fn is_one_drain(&self, other: &Self) -> bool {
        [self, other].iter().all(|operation| matches!(operation.class.as_str(), "evict" | "node"))
    }
}

/// Returns the operations before each start in the order of time, each by its strongest link.
pub async fn link_operations(engine: &Engine) -> Result<BTreeMap<String, Vec<LinkedOperation>>> {
    let mut strongest: HashMap<_, LinkedOperation> = HashMap::new();
    let keep = &mut |row: Row<'_>| {
        let (start, operation) = operation_of(row)?;
        let rank = |o: &LinkedOperation| (by_identity(o.identity), o.hop, o.link.name(), o.via.clone());
        keep_first(&mut strongest, (start, operation.evidence.row_id.clone()), operation, rank);
        Ok(())
    };
    each_row(engine, include_str!("../../../sql/trace/operations.sql"), keep).await?;
    let objects = strongest.values().map(|o| (o.evidence.row_id.clone(), o.object.clone())).collect();
    let changes = change::load(engine, "around_audit", &objects).await?;
    let of_start = strongest.into_iter().map(|((start, row_id), operation)| {
        let change = changes.get(&row_id).cloned().unwrap_or_default();
        (start, LinkedOperation { change, ..operation })
    });
    Ok(by_start(of_start, |operation| (operation.evidence.ts, operation.evidence.row_id.clone())))
}

/// Reads an operation, without its change, and the id of its start.
pub fn operation_of(row: Row<'_>) -> Result<(String, LinkedOperation)> {
    let link = Link::of(row)?;
    let operation = LinkedOperation {
        link: link.kind,
        identity: link.identity,
        hop: link.hop,
        audit_id: owned(row, "audit_id"),
        username: owned(row, "username"),
        verb: owned(row, "verb"),
        object: Object {
            resource: owned(row, "resource"),
            namespace: owned(row, "namespace"),
            name: owned(row, "name"),
        },
        workload: row.non_empty("workload").map(str::to_owned),
        via: row.non_empty("via").map(str::to_owned),
        is_creation: row.text("verb") == Some("create") || row.int("code") == Some(201),
        class: owned(row, "operation"),
        on_behalf_of: row.non_empty("on_behalf_of").map(str::to_owned),
        change: Change::default(),
        evidence: evidence(row),
    };
    Ok((link.start, operation))
}
