//! The fields of a record that depend on its type: those of its table beside the common columns. Must not know
//! any log format or Arrow.

use std::borrow::Cow;

/// A text that borrows from the log line if it can.
pub type Text<'a> = Cow<'a, str>;

/// The fields of a text record, business or standard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextFields<'a> {
    /// stdout or stderr.
    pub stream: Option<Text<'a>>,
    /// Logger name.
    pub logger: Option<Text<'a>>,
    /// Thread name.
    pub thread: Option<Text<'a>>,
    /// Trace id.
    pub trace_id: Option<Text<'a>>,
    /// Span id.
    pub span_id: Option<Text<'a>>,
    /// HTTP status or the application's own code.
    pub error_code: Option<Text<'a>>,
    /// Class of the exception.
    pub exception: Option<Text<'a>>,
    /// Stack trace.
    pub stack: Option<Text<'a>>,
}

/// The fields of a Kubernetes event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFields<'a> {
    /// Short machine-readable reason: `BackOff`, `FailedScheduling`.
    pub reason: Option<Text<'a>>,
    /// Normal or Warning.
    pub event_type: Option<Text<'a>>,
    /// Kind of the involved object.
    pub kind: Option<Text<'a>>,
    /// Name of the involved object.
    pub name: Option<Text<'a>>,
    /// Uid of the involved object.
    pub uid: Option<Text<'a>>,
    /// Occurrences so far, at least 1.
    pub count: i64,
    /// Component that reported it.
    pub component: Option<Text<'a>>,
    /// First occurrence, µs UTC.
    pub first_ts: Option<i64>,
    /// Last occurrence, µs UTC.
    pub last_ts: Option<i64>,
}

/// The fields of an audit event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditFields<'a> {
    /// Id of the request, the same in all its stages.
    pub audit_id: Option<Text<'a>>,
    /// RequestReceived, ResponseStarted, ResponseComplete or Panic.
    pub stage: Option<Text<'a>>,
    /// Kubernetes verb.
    pub verb: Option<Text<'a>>,
    /// Authenticated user.
    pub username: Option<Text<'a>>,
    /// Groups.
    pub groups: Vec<Text<'a>>,
    /// Last source address; earlier ones can be forged.
    pub source_ip: Option<Text<'a>>,
    /// User agent.
    pub user_agent: Option<Text<'a>>,
    /// API group; `None` for core.
    pub api_group: Option<Text<'a>>,
    /// Resource, plural.
    pub resource: Option<Text<'a>>,
    /// Subresource.
    pub subresource: Option<Text<'a>>,
    /// Object name.
    pub name: Option<Text<'a>>,
    /// Request URI.
    pub uri: Option<Text<'a>>,
    /// HTTP status.
    pub code: Option<i64>,
    /// allow or forbid.
    pub decision: Option<Text<'a>>,
    /// Reason of the authorizer.
    pub decision_reason: Option<Text<'a>>,
    /// Class of a mutating request; `None` for reads and bookkeeping.
    pub operation: Option<&'static str>,
    /// Request object, JSON text.
    pub request: Option<Text<'a>>,
    /// Response object, JSON text.
    pub response: Option<Text<'a>>,
    /// From received to this stage, ms.
    pub latency_ms: Option<f64>,
}

/// The observed state of one Kubernetes object. Its namespace, node, pod and workload are the record's place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateFields<'a> {
    /// Kind: `Pod`, `Service`; `Unit` for a unit of systemd.
    pub kind: Option<Text<'a>>,
    /// Object name.
    pub name: Option<Text<'a>>,
    /// Uid.
    pub uid: Option<Text<'a>>,
    /// Phase: `Running`, `Bound`, `Ready`, `NotReady`, `active`.
    pub phase: Option<Text<'a>>,
    /// Whether all of it is ready; `None` if the kind has no readiness or the text does not show it.
    pub ready: Option<bool>,
    /// Why it is in that phase: `CrashLoopBackOff`, `OOMKilled`, `Unschedulable`.
    pub reason: Option<Text<'a>>,
    /// Exit code of the container that ended last.
    pub exit_code: Option<i64>,
    /// Restarts of all its containers.
    pub restarts: Option<i64>,
    /// Images of its containers, sorted, separated by commas.
    pub image: Option<Text<'a>>,
    /// Its controller, `Kind/name`.
    pub owner: Option<Text<'a>>,
    /// Hash of its specification: equal if and only if nothing changed; `None` if the text shows only a part of it.
    pub spec_hash: Option<Text<'a>>,
    /// The object as JSON text in the shape of the API, without secrets.
    pub object: Option<Text<'a>>,
}
