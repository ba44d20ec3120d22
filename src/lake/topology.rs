//! The relations between Kubernetes objects, from events and audit: the owner and node of a pod, the
//! ConfigMaps, Secrets and claims that a workload uses, the Services that select it. Only relations
//! that a log line states; nothing is inferred. Must not know how traces use them.

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use format::reader::Row;
use model::entity::{workload_of_owner, workload_of_pod};
use model::record::Body;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// The description of the table `topology`.
pub const ABOUT: &str = "relations between Kubernetes objects, from events and audit: one row per relation and day, when first and last \
     seen; after some days one row per relation of a workload";

/// The columns of `topology` between `ts` and `last_ts`, with descriptions.
pub const COLUMNS: [(&str, &str); 8] = [
    ("cluster", "cluster"),
    ("namespace", "namespace"),
    ("workload", "workload that has the relation"),
    ("pod", "pod, if the relation is that of one pod"),
    ("relation", "owns, runs_on, uses, selects or scales"),
    (
        "kind",
        "kind of the other object: ReplicaSet, Node, ConfigMap, Secret, PersistentVolumeClaim, Service, …",
    ),
    ("name", "name of the other object"),
    ("row_id", "log line with the relation"),
];

/// How two objects are related.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    // in the order of their names: rows with equal times are sorted by it
    /// The other object is the controller of the pod.
    #[default]
    Owns,
    /// The pod runs on the node.
    RunsOn,
    /// The other object scales the workload.
    Scales,
    /// The other object selects the pods of the workload.
    Selects,
    /// The workload mounts the other object or takes environment variables from it.
    Uses,
}

impl Relation {
    /// All relations.
    pub const ALL: [Self; 5] = [Self::Owns, Self::RunsOn, Self::Scales, Self::Selects, Self::Uses];

    /// Returns the name in SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Owns => "owns",
            Self::RunsOn => "runs_on",
            Self::Scales => "scales",
            Self::Selects => "selects",
            Self::Uses => "uses",
        }
    }
}

/// One relation, without its time.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// Cluster.
    pub cluster: String,
    /// Namespace.
    pub namespace: String,
    /// Workload.
    pub workload: String,
    /// Pod; empty if the relation is that of the whole workload.
    pub pod: String,
    /// How the two objects are related.
    pub relation: Relation,
    /// Kind of the other object.
    pub kind: Cow<'static, str>,
    /// Name of the other object.
    pub name: String,
}

/// When log lines had a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Time of the first line, µs.
    pub first: i64,
    /// Time of the last line, µs.
    pub last: i64,
    /// Row id of the first line.
    pub row_id: String,
}

/// Relations, each once.
pub type Edges = BTreeMap<Edge, Seen>;

/// Adds a relation, or the times at which a known one was seen.
pub fn add(edges: &mut Edges, edge: Edge, seen: Seen) {
    match edges.entry(edge) {
        Entry::Vacant(entry) => {
            entry.insert(seen);
        }
        Entry::Occupied(mut entry) => {
            let known = entry.get_mut();
            known.last = known.last.max(seen.last);
            if seen.first < known.first {
                (known.first, known.row_id) = (seen.first, seen.row_id);
            }
        }
    }
}

/// Returns the Arrow schema of `topology`.
pub fn schema(text: &DataType) -> SchemaRef {
    let ts = Field::new("ts", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false);
    let texts = COLUMNS.iter().map(|(name, _)| Field::new(*name, text.clone(), true));
    let last = Field::new("last_ts", ts.data_type().clone(), true);
    Arc::new(Schema::new(std::iter::once(ts).chain(texts).chain([last]).collect::<Vec<_>>()))
}

/// Returns relations as rows sorted by `ts`.
pub fn batch(edges: &Edges) -> Result<RecordBatch, ArrowError> {
    let mut rows: Vec<(&Edge, &Seen)> = edges.iter().collect();
    rows.sort_by_key(|(_, seen)| seen.first);
    let text = |get: fn(&Edge) -> &str| -> ArrayRef {
        Arc::new(
            rows.iter().map(|(edge, _)| Some(get(edge)).filter(|t| !t.is_empty())).collect::<StringArray>(),
        )
    };
    let times = |get: fn(&Seen) -> i64| -> ArrayRef {
        let times = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|(_, seen)| get(seen)));
        Arc::new(times.with_timezone("UTC"))
    };
    let columns: Vec<ArrayRef> = vec![
        times(|seen| seen.first),
        text(|e| &e.cluster),
        text(|e| &e.namespace),
        text(|e| &e.workload),
        text(|e| &e.pod),
        text(|e| e.relation.name()),
        text(|e| &e.kind),
        text(|e| &e.name),
        Arc::new(rows.iter().map(|(_, seen)| Some(seen.row_id.as_str())).collect::<StringArray>()),
        times(|seen| seen.last),
    ];
    RecordBatch::try_new(schema(&DataType::Utf8), columns)
}

/// Adds the relations in a row to `edges`.
pub fn observe(row: &Row<'_>, object_id: &str, cluster: &str, edges: &mut Edges) {
    if matches!(row.record.body, Body::Text(_)) {
        return;
    }
    let mut found = Vec::new();
    let place = &row.record.place;
    let base = Edge {
        cluster: place.cluster.as_deref().unwrap_or(cluster).to_owned(),
        namespace: place.namespace.as_deref().unwrap_or("").to_owned(),
        ..Edge::default()
    };
    match &row.record.body {
        Body::Event(event) => {
            if let (Some("Pod"), Some(pod), Some(node)) =
                (event.kind.as_deref(), place.pod.as_deref(), place.node.as_deref())
            {
                found.push(runs_on(&base, pod, node));
            } else if event.reason.as_deref() == Some("Scheduled")
                && let (Some(pod), Some((_, node))) =
                    (place.pod.as_deref(), row.record.message.rsplit_once(" to "))
            {
                found.push(runs_on(&base, pod, node.trim()));
            }
        }
        Body::Audit(audit) if matches!(audit.code, Some(200..300)) => {
            let resource = audit.resource.as_deref().unwrap_or("");
            let body = audit.response.as_deref().or(audit.request.as_deref());
            let is_binding = resource == "pods" && audit.subresource.as_deref() == Some("binding");
            let is_relevant = is_binding
                || audit.operation.is_some()
                    && audit.subresource.is_none()
                    && matches!(
                        resource,
                        "pods"
                            | "replicasets"
                            | "deployments"
                            | "statefulsets"
                            | "daemonsets"
                            | "jobs"
                            | "cronjobs"
                            | "services"
                            | "networkpolicies"
                            | "horizontalpodautoscalers"
                    );
            if is_relevant && let Some(body) = body.and_then(|body| serde_json::from_str::<Value>(body).ok())
            {
                let name = audit.name.as_deref().or_else(|| at(&body, "/metadata/name")).unwrap_or("");
                if is_binding {
                    found.extend(at(&body, "/target/name").map(|node| runs_on(&base, name, node)));
                } else {
                    of_object(resource, name, &body, &base, &mut found);
                }
            }
        }
        _ => {}
    }
    for edge in found {
        let seen = Seen { first: row.ts, last: row.ts, row_id: format!("{object_id}:{}", row.line) };
        add(edges, edge, seen);
    }
}

fn at<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn runs_on(base: &Edge, pod: &str, node: &str) -> Edge {
    Edge {
        workload: workload_of_pod(pod, Some(node)).to_owned(),
        pod: pod.to_owned(),
        relation: Relation::RunsOn,
        kind: "Node".into(),
        name: node.to_owned(),
        ..base.clone()
    }
}

/// Adds the relations in an object that the API server returned.
fn of_object(resource: &str, name: &str, body: &Value, base: &Edge, found: &mut Vec<Edge>) {
    let above = match resource {
        "services" => Some((Relation::Selects, "Service", app_of(body.pointer("/spec/selector")))),
        "networkpolicies" => {
            Some((Relation::Selects, "NetworkPolicy", app_of(body.pointer("/spec/podSelector/matchLabels"))))
        }
        "horizontalpodautoscalers" => {
            Some((Relation::Scales, "HorizontalPodAutoscaler", at(body, "/spec/scaleTargetRef/name")))
        }
        _ => None,
    };
    if let Some((relation, kind, workload)) = above {
        let edge = |workload: &str| Edge {
            workload: workload.to_owned(),
            relation,
            kind: kind.into(),
            name: name.to_owned(),
            ..base.clone()
        };
        found.extend(workload.map(edge));
        return;
    }
    let mut subject = Edge { ..base.clone() };
    match resource {
        "pods" => {
            subject.pod = name.to_owned();
            subject.workload = workload_of_pod(name, at(body, "/spec/nodeName")).to_owned();
            if let Some(node) = at(body, "/spec/nodeName") {
                found.push(runs_on(base, name, node));
            }
            if let Some(owner) = at(body, "/metadata/ownerReferences/0/name") {
                let kind = owner_kind(at(body, "/metadata/ownerReferences/0/kind").unwrap_or(""));
                subject.workload = match kind {
                    "ReplicaSet" | "Job" => workload_of_owner(owner).to_owned(),
                    _ => owner.to_owned(),
                };
                found.push(Edge {
                    relation: Relation::Owns,
                    kind: kind.into(),
                    name: owner.to_owned(),
                    ..subject.clone()
                });
            }
        }
        "replicasets" | "jobs" => subject.workload = workload_of_owner(name).to_owned(),
        _ => subject.workload = name.to_owned(),
    }
    let spec = ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec", "/spec"]
        .iter()
        .find_map(|pointer| body.pointer(pointer).filter(|spec| spec.get("containers").is_some()));
    if let Some(spec) = spec {
        uses(spec, &subject, found);
    }
}

/// Returns the workload that a selector selects, from the labels that usually have its name.
fn app_of(labels: Option<&Value>) -> Option<&str> {
    ["app", "app.kubernetes.io/name", "k8s-app", "name"]
        .iter()
        .find_map(|label| labels?.get(*label)?.as_str())
}

fn owner_kind(kind: &str) -> &'static str {
    match kind {
        "ReplicaSet" => "ReplicaSet",
        "StatefulSet" => "StatefulSet",
        "DaemonSet" => "DaemonSet",
        "Job" => "Job",
        "Node" => "Node",
        _ => "Other",
    }
}

/// Adds the objects that a pod spec mounts or takes environment variables from.
fn uses(spec: &Value, subject: &Edge, found: &mut Vec<Edge>) {
    let mut add = |kind: &'static str, name: Option<&str>| {
        if let Some(name) = name {
            found.push(Edge {
                relation: Relation::Uses,
                kind: kind.into(),
                name: name.to_owned(),
                ..subject.clone()
            });
        }
    };
    let items = |value: &'_ Value, key: &str| -> Vec<Value> {
        value.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    for volume in items(spec, "volumes") {
        add("ConfigMap", at(&volume, "/configMap/name"));
        add("Secret", at(&volume, "/secret/secretName"));
        add("PersistentVolumeClaim", at(&volume, "/persistentVolumeClaim/claimName"));
        for source in volume.pointer("/projected/sources").and_then(Value::as_array).into_iter().flatten() {
            add("ConfigMap", at(source, "/configMap/name"));
            add("Secret", at(source, "/secret/name"));
        }
    }
    for container in items(spec, "containers").iter().chain(&items(spec, "initContainers")) {
        for source in items(container, "envFrom") {
            add("ConfigMap", at(&source, "/configMapRef/name"));
            add("Secret", at(&source, "/secretRef/name"));
        }
        for variable in items(container, "env") {
            add("ConfigMap", at(&variable, "/valueFrom/configMapKeyRef/name"));
            add("Secret", at(&variable, "/valueFrom/secretKeyRef/name"));
        }
    }
}
