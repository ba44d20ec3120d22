//! `kubectl describe`: the description of an object → the object as the API has it, as far as it is shown, and its
//! events. Must not know where a description ends.

use crate::text::age;
use crate::text::kubectl::cell::{self, labels, put};
use crate::text::kubectl::containers::{containers, time};
use crate::text::kubectl::fields;
use crate::text::kubectl::kinds;
use crate::text::kubectl::rights;
use crate::text::kubectl::table::before;
use crate::text::kubectl::tree::{self, Node, get, value};
use serde_json::{Value, json};

/// Keys by which a description is known to be of a kind; the first kind that has all of its keys.
const KINDS: [(&str, &[&str]); 20] = [
    ("Pod", &["Containers", "Status"]),
    ("Pod", &["Priority", "QoS Class"]),
    ("Node", &["CreationTimestamp", "Conditions", "Capacity"]),
    ("Node", &["Taints", "Unschedulable"]),
    ("Deployment", &["StrategyType"]),
    ("DaemonSet", &["Desired Number of Nodes Scheduled"]),
    ("StatefulSet", &["Update Strategy"]),
    ("StatefulSet", &["Volume Claims", "Pod Template"]),
    ("Job", &["Completions", "Pod Template"]),
    ("ReplicaSet", &["Pods Status", "Pod Template"]),
    ("CronJob", &["Schedule", "Suspend"]),
    ("Service", &["Type", "Endpoints"]),
    ("Service", &["Type", "IP Family Policy"]),
    ("Endpoints", &["Subsets"]),
    ("PersistentVolume", &["Reclaim Policy", "Claim"]),
    ("PersistentVolumeClaim", &["StorageClass", "Access Modes"]),
    ("HorizontalPodAutoscaler", &["Min replicas", "Max replicas"]),
    ("Ingress", &["Rules", "Default backend"]),
    ("NetworkPolicy", &["Spec", "Created on"]),
    ("ServiceAccount", &["Mountable secrets", "Tokens"]),
];

/// Returns true if a description may begin with a line.
pub(crate) fn begins(line: &str) -> bool {
    let Some(name) = line.strip_prefix("Name:") else { return false };
    let value = name.trim();
    name.starts_with([' ', '\t'])
        && !value.is_empty()
        && value
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b':'))
}

/// Returns true if a line may belong to a description.
pub(crate) fn continues(line: &str) -> bool {
    // below the name of a quota or of a range of limits is a table
    let is_amount = || {
        let cells = tree::row(line);
        if is_bound(&cells) {
            return true;
        }
        let is_resource =
            |name: &&str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-/_".contains(&b));
        matches!(cells.as_slice(), ["Resource", "Used", "Hard"])
            || matches!(cells.as_slice(), [name, used, hard] if is_resource(name)
                && [used, hard].iter().all(|cell| cell.starts_with(|c: char| c.is_ascii_digit() || c == '-')))
    };
    let is_key = || {
        let key = line.split(':').next().unwrap_or("");
        key.len() < line.len()
            && key.len() <= 48
            && key.starts_with(|c: char| c.is_ascii_uppercase())
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b" ()-_/.".contains(&b))
            && line.get(key.len() + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    };
    line.starts_with([' ', '\t']) || is_key() || is_amount()
}

/// Returns true for a row of the table of a LimitRange: its header, the line below that, or bounds.
fn is_bound(cells: &[&str]) -> bool {
    let [first, .., ratio] = cells else { return false };
    cells.len() == 7
        && (*ratio == "Max Limit/Request Ratio"
            || first.starts_with("---")
            || matches!(*first, "Container" | "Pod" | "PersistentVolumeClaim"))
}

/// A description that was read.
pub(crate) struct Described {
    /// The object, then those that it shows parts of.
    pub(crate) objects: Vec<Value>,
    /// Its events as core/v1 has them.
    pub(crate) events: Vec<Value>,
}

/// Reads a description; `kind` is that of the command above it, `written` when it was printed, µs UTC.
pub(crate) fn read(text: &str, kind: Option<&'static str>, written: Option<i64>) -> Option<Described> {
    let nodes = tree::parse(text);
    let nodes = nodes.as_slice();
    let named = || Some(kinds::kind(value(nodes, "Kind")?)?.0);
    let kind = rights::kind_of(nodes, kind).or_else(|| kind_of(nodes)).or(kind).or_else(named)?;
    let api = kinds::kind(kind).map_or("v1", |(_, kind)| kind.api.as_str());
    let name = value(nodes, "Name")?;
    let mut object = json!({ "apiVersion": api, "kind": kind, "metadata": { "name": name } });
    let namespace = value(nodes, "Namespace").filter(|_| kinds::has_namespace(kind));
    if let Some(namespace) = namespace {
        put(&mut object, "metadata.namespace", namespace.into());
    }
    metadata(nodes, &mut object);
    fields::conditions(nodes, &mut object);
    let mut objects = Vec::new();
    match kind {
        "Pod" => pod(nodes, &mut object),
        "Node" => fields::node(nodes, &mut object),
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob" => {
            workload(kind, nodes, &mut object)
        }
        "Service" => objects.extend(fields::service(nodes, &mut object)),
        "Endpoints" => fields::endpoints(nodes, &mut object),
        "PersistentVolume" | "PersistentVolumeClaim" => fields::volume(nodes, &mut object),
        "HorizontalPodAutoscaler" => fields::autoscaler(nodes, &mut object),
        "ResourceQuota" => fields::quota(nodes, &mut object),
        "Ingress" => fields::ingress(nodes, &mut object),
        "NetworkPolicy" => fields::policy(nodes, &mut object),
        "Role" | "ClusterRole" => rights::role(nodes, &mut object),
        "RoleBinding" | "ClusterRoleBinding" => rights::binding(nodes, &mut object),
        _ => {}
    }
    let involved = json!({ "apiVersion": api, "kind": kind, "name": name, "namespace": namespace });
    let events = get(nodes, "Events").map(|node| events(node, &involved, written)).unwrap_or_default();
    objects.insert(0, object);
    Some(Described { objects, events })
}

fn kind_of(nodes: &[Node<'_>]) -> Option<&'static str> {
    let has = |key: &&str| get(nodes, key).is_some();
    let known = KINDS.iter().find(|(_, keys)| keys.iter().all(has)).map(|(kind, _)| *kind);
    let is_quota = || nodes.iter().any(|node| tree::row(node.text) == ["Resource", "Used", "Hard"]);
    let is_range = || nodes.iter().any(|node| is_bound(&tree::row(node.text)));
    known.or_else(|| is_quota().then_some("ResourceQuota")).or_else(|| is_range().then_some("LimitRange"))
}

fn metadata(nodes: &[Node<'_>], object: &mut Value) {
    let own = get(nodes, "Labels").map(|node| labels(&node.values().collect::<Vec<_>>().join(",")));
    if let Some(own) = own.filter(|own| own.as_object().is_some_and(|own| !own.is_empty())) {
        put(object, "metadata.labels", own);
    }
    if let Some((kind, name)) = value(nodes, "Controlled By").and_then(|owner| owner.split_once('/')) {
        put(object, "metadata.ownerReferences", json!([{ "kind": kind, "name": name, "controller": true }]));
    }
    let created = ["CreationTimestamp", "Created on"].into_iter().find_map(|key| value(nodes, key));
    if let Some(created) = created.and_then(time) {
        put(object, "metadata.creationTimestamp", created.into());
    }
}

/// Puts containers and volumes where a pod's specification is.
fn pod_spec(nodes: &[Node<'_>], path: &str, object: &mut Value) {
    for (key, member) in [("Containers", "containers"), ("Init Containers", "initContainers")] {
        if let Some(node) = get(nodes, key) {
            put(object, &format!("{path}.{member}"), containers(node).0.into());
        }
    }
    if let Some(volumes) = get(nodes, "Volumes").filter(|volumes| !volumes.below.is_empty()) {
        put(object, &format!("{path}.volumes"), volumes.below.iter().map(fields::mounted).collect());
    }
    for (key, member) in
        [("Service Account", "serviceAccountName"), ("Priority Class Name", "priorityClassName")]
    {
        if let Some(name) = value(nodes, key) {
            put(object, &format!("{path}.{member}"), name.into());
        }
    }
    if let Some(selector) = get(nodes, "Node-Selectors") {
        let selector = labels(&selector.values().collect::<Vec<_>>().join(","));
        put(object, &format!("{path}.nodeSelector"), selector);
    }
    if let Some(tolerations) = get(nodes, "Tolerations") {
        put(object, &format!("{path}.tolerations"), tolerations.values().map(fields::toleration).collect());
    }
}

fn pod(nodes: &[Node<'_>], object: &mut Value) {
    pod_spec(nodes, "spec", object);
    if let Some(node) = value(nodes, "Node") {
        put(object, "spec.nodeName", node.split('/').next().unwrap_or(node).into());
    }
    for (key, member) in [("Containers", "containerStatuses"), ("Init Containers", "initContainerStatuses")] {
        let states = get(nodes, key).map(|node| containers(node).1).unwrap_or_default();
        if !states.is_empty() {
            put(object, &format!("status.{member}"), states.into());
        }
    }
    if let Some(status) = value(nodes, "Status") {
        match status.split(' ').next() {
            // `Terminating (lasts 3m)`
            Some("Terminating") => put(object, "status.reason", "Terminating".into()),
            _ => put(object, "status.phase", status.into()),
        }
    }
    for (key, path) in [("Reason", "status.reason"), ("Message", "status.message"), ("IP", "status.podIP")] {
        if let Some(text) = value(nodes, key) {
            put(object, path, text.into());
        }
    }
}

fn workload(kind: &str, nodes: &[Node<'_>], object: &mut Value) {
    let selector = get(nodes, "Selector").map(|node| labels(&node.values().collect::<Vec<_>>().join(",")));
    if let Some(selector) = selector {
        put(object, "spec.selector.matchLabels", selector);
    }
    if let Some(template) = get(nodes, "Pod Template") {
        let path = if kind == "CronJob" { "spec.jobTemplate.spec.template" } else { "spec.template" };
        pod_spec(&template.below, &format!("{path}.spec"), object);
        if let Some(own) = template.get("Labels") {
            put(
                object,
                &format!("{path}.metadata.labels"),
                labels(&own.values().collect::<Vec<_>>().join(",")),
            );
        }
    }
    fields::replicas(nodes, object);
}

/// Returns the rows of a description's events.
fn events(node: &Node<'_>, involved: &Value, written: Option<i64>) -> Vec<Value> {
    let rows = tree::table(&node.below).into_iter();
    rows.filter_map(|row| {
        let value = |name: &str| row.iter().find(|(column, _)| *column == name).map(|(_, value)| *value);
        let (reason, age, message) = (value("Reason")?, value("Age")?, value("Message")?);
        if !cell::is_age(age.split(' ').next()?) {
            return None;
        }
        let mut event = json!({
            "apiVersion": "v1", "kind": "Event", "involvedObject": involved, "type": value("Type")?,
            "reason": reason, "message": message, "age": age,
        });
        let from = value("From").unwrap_or("");
        let (component, host) = from.split_once(", ").unwrap_or((from, ""));
        put(&mut event, "source.component", component.into());
        if !host.is_empty() {
            put(&mut event, "source.host", host.into());
        }
        if let Some(last) = before(age, written) {
            put(&mut event, "lastTimestamp", last.into());
        }
        // `3m (x12 over 20m)`
        if let Some((count, over)) = age.split_once("(x").and_then(|(_, rest)| rest.split_once(" over ")) {
            put(&mut event, "count", count.parse::<i64>().unwrap_or(1).into());
            let over = over.trim_end_matches(')');
            if let Some(first) = age::seconds(over).and_then(|_| before(over, written)) {
                put(&mut event, "firstTimestamp", first.into());
            }
        }
        Some(event)
    })
    .collect()
}
