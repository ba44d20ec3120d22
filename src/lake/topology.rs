//! What hangs together, as seen in events and audit: pod → workload → node → mounted ConfigMaps,
//! Secrets and claims → Services. Edges are facts of a moment; nothing here guesses.

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use format::reader::Row;
use model::entity::{workload_of_owner, workload_of_pod};
use model::record::Body;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the rows of `topology` are.
pub const ABOUT: &str =
    "what hangs together, as events and audit told it: one row an edge, when it was first seen";

/// The columns of `topology` behind `ts`, and what they mean.
pub const COLUMNS: [(&str, &str); 8] = [
    ("cluster", "cluster"),
    ("namespace", "namespace"),
    ("workload", "workload the edge is about"),
    ("pod", "pod, where the edge is one pod's"),
    ("relation", "owns, runs_on, uses, selects or scales"),
    ("kind", "kind of the other end: ReplicaSet, Node, ConfigMap, Secret, PersistentVolumeClaim, Service, …"),
    ("name", "name of the other end"),
    ("row_id", "the log line that told it"),
];

/// One edge, less its time.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// Cluster.
    pub cluster: String,
    /// Namespace.
    pub namespace: String,
    /// Workload.
    pub workload: String,
    /// Pod; empty when the edge is the whole workload's.
    pub pod: String,
    /// owns, runs_on, uses, selects or scales.
    pub relation: &'static str,
    /// Kind of the other end.
    pub kind: &'static str,
    /// Name of the other end.
    pub name: String,
}

/// Edges with the time and line that first told them.
pub type Edges = BTreeMap<Edge, (i64, String)>;

/// Returns the Arrow schema of `topology`.
pub fn schema(text: &DataType) -> SchemaRef {
    let ts = Field::new("ts", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false);
    let texts = COLUMNS.iter().map(|(name, _)| Field::new(*name, text.clone(), true));
    Arc::new(Schema::new(std::iter::once(ts).chain(texts).collect::<Vec<_>>()))
}

/// Returns the edges as rows sorted by `ts`.
pub fn batch(edges: &Edges) -> Result<RecordBatch, ArrowError> {
    let mut rows: Vec<(&Edge, &(i64, String))> = edges.iter().collect();
    rows.sort_by_key(|(_, (ts, _))| *ts);
    let text = |get: fn(&Edge) -> &str| -> ArrayRef {
        Arc::new(
            rows.iter().map(|(edge, _)| Some(get(edge)).filter(|t| !t.is_empty())).collect::<StringArray>(),
        )
    };
    let ts = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|(_, (ts, _))| *ts));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(ts.with_timezone("UTC")),
        text(|e| &e.cluster),
        text(|e| &e.namespace),
        text(|e| &e.workload),
        text(|e| &e.pod),
        text(|e| e.relation),
        text(|e| e.kind),
        text(|e| &e.name),
        Arc::new(rows.iter().map(|(_, (_, row))| Some(row.as_str())).collect::<StringArray>()),
    ];
    RecordBatch::try_new(schema(&DataType::Utf8), columns)
}

/// Adds what a row tells to `edges`.
pub fn observe(row: &Row<'_>, object_id: &str, cluster: &str, edges: &mut Edges) {
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
            let binding = resource == "pods" && audit.subresource.as_deref() == Some("binding");
            let told = binding
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
            if told && let Some(body) = body.and_then(|body| serde_json::from_str::<Value>(body).ok()) {
                let name = audit.name.as_deref().or_else(|| at(&body, "/metadata/name")).unwrap_or("");
                of_object(resource, name, binding, &body, &base, &mut found);
            }
        }
        _ => {}
    }
    for edge in found {
        edges.entry(edge).or_insert_with(|| (row.ts, format!("{object_id}:{}", row.line)));
    }
}

fn at<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn runs_on(base: &Edge, pod: &str, node: &str) -> Edge {
    Edge {
        workload: workload_of_pod(pod, Some(node)).to_owned(),
        pod: pod.to_owned(),
        relation: "runs_on",
        kind: "Node",
        name: node.to_owned(),
        ..base.clone()
    }
}

/// Reads the edges of an object as the API server returned it.
fn of_object(resource: &str, name: &str, binding: bool, body: &Value, base: &Edge, found: &mut Vec<Edge>) {
    if binding {
        if let Some(node) = at(body, "/target/name") {
            found.push(runs_on(base, name, node));
        }
        return;
    }
    let above = match resource {
        "services" => Some(("selects", "Service", app_of(body.pointer("/spec/selector")))),
        "networkpolicies" => {
            Some(("selects", "NetworkPolicy", app_of(body.pointer("/spec/podSelector/matchLabels"))))
        }
        "horizontalpodautoscalers" => {
            Some(("scales", "HorizontalPodAutoscaler", at(body, "/spec/scaleTargetRef/name")))
        }
        _ => None,
    };
    if let Some((relation, kind, workload)) = above {
        let edge = |workload: &str| Edge {
            workload: workload.to_owned(),
            relation,
            kind,
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
                found.push(Edge { relation: "owns", kind, name: owner.to_owned(), ..subject.clone() });
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

/// Returns the workload that labels select, by the labels that carry its name.
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

/// Reads what a pod spec mounts or takes its environment from.
fn uses(spec: &Value, subject: &Edge, found: &mut Vec<Edge>) {
    let mut add = |kind: &'static str, name: Option<&str>| {
        if let Some(name) = name {
            found.push(Edge { relation: "uses", kind, name: name.to_owned(), ..subject.clone() });
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
