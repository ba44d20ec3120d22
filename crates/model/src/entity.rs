//! The Kubernetes objects that a record or finding refers to, and how their names are derived.
//! Must not know any log format.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The Kubernetes objects that a finding refers to; absent parts are absent in JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Entity {
    /// Cluster name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Deployment, StatefulSet, DaemonSet or Job that owns the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// Pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<String>,
    /// Container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// Node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

impl Entity {
    /// The columns of an entity, from the widest to the narrowest.
    pub const COLUMNS: [&'static str; 6] = ["cluster", "namespace", "workload", "pod", "container", "node"];

    /// Returns the value of a column; `None` for an absent value or an unknown column.
    pub fn part(&self, column: &str) -> Option<&str> {
        match column {
            "cluster" => self.cluster.as_deref(),
            "namespace" => self.namespace.as_deref(),
            "workload" => self.workload.as_deref(),
            "pod" => self.pod.as_deref(),
            "container" => self.container.as_deref(),
            "node" => self.node.as_deref(),
            _ => None,
        }
    }

    /// Sets the value of a column; an unknown column changes nothing.
    pub fn set(&mut self, column: &str, value: Option<String>) {
        match column {
            "cluster" => self.cluster = value,
            "namespace" => self.namespace = value,
            "workload" => self.workload = value,
            "pod" => self.pod = value,
            "container" => self.container = value,
            "node" => self.node = value,
            _ => {}
        }
    }

    /// Returns the name that a person would use: `shop/pay-api`, otherwise the node, the namespace or the
    /// cluster.
    pub fn label(&self) -> String {
        let object = self.workload.as_deref().or(self.pod.as_deref());
        match (self.namespace.as_deref(), object) {
            (Some(namespace), Some(object)) => format!("{namespace}/{object}"),
            (None, Some(object)) => object.to_owned(),
            (_, None) => self
                .node
                .as_deref()
                .or(self.namespace.as_deref())
                .or(self.cluster.as_deref())
                .unwrap_or("the cluster")
                .to_owned(),
        }
    }
}

/// Returns true if the text has only characters of generated names (k8s.io/apimachinery,
/// `pkg/util/rand`).
fn is_generated(text: &str) -> bool {
    text.bytes().all(|b| {
        matches!(b, b'b'..=b'z' | b'2' | b'4'..=b'9') && !matches!(b, b'e' | b'i' | b'o' | b'u' | b'y')
    })
}

/// Kinds without a namespace.
const CLUSTER_WIDE: [&str; 14] = [
    "APIService",
    "CSIDriver",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingWebhookConfiguration",
];

/// Returns true for a kind without a namespace.
pub fn is_cluster_wide(kind: &str) -> bool {
    CLUSTER_WIDE.contains(&kind)
}

/// Returns the workload of a pod name: the name without the suffixes that its controller generated.
/// `pay-api-7d9f8b6c5d-x2x7k` → `pay-api`, `orders-db-0` → `orders-db`, `backup-29384720-x2x7k` → `backup`.
pub fn workload_of_pod<'a>(pod: &'a str, node: Option<&str>) -> &'a str {
    if let Some(node) = node
        && let Some(name) = pod.strip_suffix(node).and_then(|rest| rest.strip_suffix('-'))
    {
        return name; // the kubelet appends the node to the name of a static pod
    }
    let Some((rest, last)) = pod.rsplit_once('-') else { return pod };
    if last.len() <= 4 && !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()) {
        return rest; // StatefulSet ordinal
    }
    if last.len() != 5 || !is_generated(last) {
        return pod;
    }
    match rest.rsplit_once('-') {
        // ReplicaSet hashes are 8 to 10 characters, CronJob times 8 to 10 digits.
        Some((name, hash))
            if (6..=10).contains(&hash.len())
                && !name.is_empty()
                // a short hash without a digit may be a word
                && (is_generated(hash) && (hash.len() >= 8 || hash.bytes().any(|b| b.is_ascii_digit()))
                    || hash.len() >= 8 && hash.bytes().all(|b| b.is_ascii_digit())) =>
        {
            name
        }
        _ => rest,
    }
}

/// Returns true if a name has the shape that a controller gives to a pod: `<name>-<hash>-<suffix>`,
/// `<name>-<suffix>` with a digit in the suffix, or, if `ordinals` count, `<name>-<number>`.
pub fn is_pod_name(name: &str, ordinals: bool) -> bool {
    let is_name = name.len() <= 253
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'));
    let workload = workload_of_pod(name, None);
    let Some(suffix) = name.strip_prefix(workload).filter(|suffix| is_name && !suffix.is_empty()) else {
        return false;
    };
    if suffix.bytes().skip(1).all(|b| b.is_ascii_digit()) {
        return ordinals && suffix.len() <= 4 && !workload.ends_with(|c: char| c.is_ascii_digit());
    }
    suffix.len() > 6 || suffix.bytes().any(|b| b.is_ascii_digit())
}

/// Returns the workload of a ReplicaSet or Job name: the name without its hash or time.
/// `pay-api-7d9f8b6c5d` → `pay-api`, `backup-29384720` → `backup`.
pub fn workload_of_owner(owner: &str) -> &str {
    match owner.rsplit_once('-') {
        Some((name, last))
            if !name.is_empty()
                && (6..=10).contains(&last.len())
                && (is_generated(last) || last.bytes().all(|b| b.is_ascii_digit())) =>
        {
            name
        }
        _ => owner,
    }
}
