//! Writes core/v1 Events as kubernetes-event-exporter ships them: the object, its news, and how
//! often. Field presence follows kubernetes/api `core/v1/types.go`.

use crate::api::api_version;
use crate::cluster::CLUSTER;
use crate::rng::Rng;
use crate::text::escape;

/// The object an event is about.
#[derive(Clone)]
pub struct Object {
    pub kind: &'static str,
    /// Namespace; empty for a node.
    pub namespace: String,
    pub name: String,
    pub uid: String,
    /// `spec.containers{name}` or empty.
    pub field: String,
    /// The node it is or runs on; empty for other objects.
    pub node: &'static str,
}

impl Object {
    /// Names an object that nothing else here knows; its uid follows from its name.
    pub fn named(kind: &'static str, namespace: &str, name: &str) -> Self {
        let uid = Rng::new(&format!("{kind}/{namespace}/{name}")).uuid();
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        Self { kind, namespace, name, uid, field: String::new(), node: "" }
    }

    /// Names a node; its uid is its name, as the kubelet writes it.
    pub fn node(node: &'static str) -> Self {
        Self { uid: node.to_owned(), node, ..Self::named("Node", "", node) }
    }
}

/// An event of an object: the component that reports it, its reason and its message.
pub struct Note<'a> {
    pub object: &'a Object,
    pub source: &'a str,
    pub reason: &'a str,
    pub message: &'a str,
}

/// The reasons that components report as Warning.
const WARNINGS: &str = "BackOff BackoffLimitExceeded Evicted EvictionThresholdMet Failed FailedAttachVolume \
    FailedCreate FailedMount FailedScheduling FreeDiskSpaceFailed IOError KernelOops NodeNotReady \
    ProvisioningFailed Rebooted RecreatingFailedPod TaskHung Unhealthy";

impl Note<'_> {
    /// Returns the node of the component that reports it; empty unless it runs on every node.
    pub fn host(&self) -> &'static str {
        if matches!(self.source, "kubelet" | "kernel-monitor") { self.object.node } else { "" }
    }

    /// Returns true if its type is Warning.
    pub fn is_warning(&self) -> bool {
        // A node's turn to NotReady is Normal; the controller warns of its pods. To wait for an image is.
        WARNINGS.split(' ').any(|reason| reason == self.reason)
            && (self.reason, self.object.kind) != ("NodeNotReady", "Node")
            && !self.message.starts_with("Back-off pulling image")
    }

    /// Returns the line.
    pub fn line(&self, stamps: &Stamps<'_>) -> String {
        let object = self.object;
        let namespace = if object.namespace.is_empty() { "default" } else { &object.namespace };
        let Stamps { ids: [uid, suffix, version], times: [first, last, exact, again], count } = stamps;
        let Object { kind, name, .. } = object;
        let fields = [
            ("namespace", &object.namespace),
            ("name", &object.name),
            ("uid", &object.uid),
            ("fieldPath", &object.field),
        ];
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let fields: String = fields.map(|(key, value)| format!(r#","{key}":"{value}""#)).collect();
        let (source, host, reason) = (self.source, self.host(), self.reason);
        let (api, message) = (api_version(kind), escape(self.message));
        let at = if host.is_empty() { String::new() } else { format!(r#","host":"{host}""#) };
        // The scheduler writes events.k8s.io/v1, whose core form has no source and eventTime only.
        let (is_new, instance) = match source {
            "default-scheduler" => (true, "default-scheduler-10-0-0-2"),
            _ => (false, host),
        };
        let times = match (is_new, *count) {
            (false, _) => format!(
                r#""firstTimestamp":"{first}","lastTimestamp":"{last}","count":{count},"eventTime":null"#
            ),
            (true, "1") => format!(r#""firstTimestamp":null,"lastTimestamp":null,"eventTime":"{exact}""#),
            (true, count) => format!(
                r#""firstTimestamp":null,"lastTimestamp":null,"eventTime":"{exact}","series":{{"count":{count},"lastObservedTime":"{again}"}}"#
            ),
        };
        let from = if is_new { String::new() } else { format!(r#""component":"{source}"{at}"#) };
        let level = if self.is_warning() { "Warning" } else { "Normal" };
        format!(
            r#"{{"kind":"Event","apiVersion":"v1","metadata":{{"name":"{name}.{suffix}","namespace":"{namespace}","uid":"{uid}","resourceVersion":"{version}","creationTimestamp":"{first}"}},"involvedObject":{{"kind":"{kind}"{fields},"apiVersion":"{api}"}},"reason":"{reason}","message":"{message}","source":{{{from}}},{times},"type":"{level}","reportingComponent":"{source}","reportingInstance":"{instance}","clusterName":"{CLUSTER}"}}"#
        )
    }
}

/// The parts of an event that change from one record to the next, as texts or template holes.
pub struct Stamps<'a> {
    /// metadata.uid, the end of metadata.name, metadata.resourceVersion.
    pub ids: [&'a str; 3],
    /// firstTimestamp, lastTimestamp; of the scheduler, eventTime and when it was last observed.
    pub times: [&'a str; 4],
    pub count: &'a str,
}
