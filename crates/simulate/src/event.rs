//! Writes core/v1 Events as kubernetes-event-exporter ships them: the object, what happened to
//! it, and how often. Field presence follows kubernetes/api `core/v1/types.go`.

use crate::cluster::CLUSTER;
use crate::rng::Rng;
use crate::text::escape;

/// The object an event is about.
#[derive(Clone)]
pub struct Object {
    /// Kind.
    pub kind: &'static str,
    /// apiVersion.
    pub api: &'static str,
    /// Namespace; empty for a node.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Uid.
    pub uid: String,
    /// `spec.containers{name}` or empty.
    pub field: String,
}

impl Object {
    /// Names an object that nothing else here knows; its uid follows from its name.
    pub fn named(kind: &'static str, api: &'static str, namespace: &str, name: &str) -> Self {
        let uid = Rng::new(&format!("{kind}/{namespace}/{name}")).uuid();
        Self { kind, api, namespace: namespace.to_owned(), name: name.to_owned(), uid, field: String::new() }
    }
}

/// What an event says.
pub struct Note<'a> {
    /// CamelCase reason.
    pub reason: &'a str,
    /// Message.
    pub message: &'a str,
    /// Warning, not Normal.
    pub is_warning: bool,
    /// Component and, for the kubelet, its node.
    pub source: (&'a str, &'a str),
}

/// The parts of an event that change from one record to the next, as texts or template holes.
pub struct Stamps<'a> {
    /// metadata.uid.
    pub uid: &'a str,
    /// End of metadata.name.
    pub suffix: &'a str,
    /// metadata.resourceVersion.
    pub version: &'a str,
    /// firstTimestamp.
    pub first: &'a str,
    /// lastTimestamp.
    pub last: &'a str,
    /// eventTime, of the scheduler's only.
    pub exact: &'a str,
    /// count.
    pub count: &'a str,
}

/// Returns the line of an event.
pub fn line(object: &Object, note: &Note<'_>, stamps: &Stamps<'_>) -> String {
    let namespace = if object.namespace.is_empty() { "default" } else { &object.namespace };
    let mut out = String::with_capacity(1024);
    out.extend([
        r#"{"kind":"Event","apiVersion":"v1","metadata":{"name":""#,
        &object.name,
        ".",
        stamps.suffix,
    ]);
    out.extend([r#"","namespace":""#, namespace, r#"","uid":""#, stamps.uid]);
    out.extend([r#"","resourceVersion":""#, stamps.version, r#"","creationTimestamp":""#, stamps.first]);
    out.extend([r#""},"involvedObject":{"kind":""#, object.kind]);
    let fields = [
        ("namespace", &object.namespace),
        ("name", &object.name),
        ("uid", &object.uid),
        ("fieldPath", &object.field),
    ];
    for (name, value) in fields {
        if !value.is_empty() {
            out.extend(["\",\"", name, "\":\"", value]);
        }
    }
    out.extend([r#"","apiVersion":""#, object.api, r#""},"reason":""#, note.reason]);
    out.extend([r#"","message":""#, &escape(note.message), r#"","source":{"component":""#, note.source.0]);
    if !note.source.1.is_empty() {
        out.extend([r#"","host":""#, note.source.1]);
    }
    if note.source.0 == "default-scheduler" {
        // The scheduler writes events.k8s.io/v1, whose core form has eventTime only.
        out.extend([r#""},"firstTimestamp":null,"lastTimestamp":null,"eventTime":""#, stamps.exact, "\","]);
    } else {
        out.extend([r#""},"firstTimestamp":""#, stamps.first, r#"","lastTimestamp":""#, stamps.last]);
        out.extend([r#"","count":"#, stamps.count, r#","eventTime":null,"#]);
    }
    out.extend([r#""type":""#, if note.is_warning { "Warning" } else { "Normal" }]);
    out.extend([r#"","reportingComponent":""#, note.source.0, r#"","reportingInstance":""#, note.source.1]);
    out.extend([r#"","clusterName":""#, CLUSTER, "\"}"]);
    out
}
