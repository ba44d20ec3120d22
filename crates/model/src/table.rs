//! The table contract: four log tables and one derived, their columns in order, and the meaning of each column.
//! The Parquet schema, `describe`, docs and tests derive from it. Must not know Arrow or SQL.

/// A table of the lake. Each log type has one, and one agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Application logs.
    Business,
    /// Container stdout.
    Standard,
    /// Kubernetes events.
    Event,
    /// API server audit.
    Audit,
    /// Observed states of Kubernetes objects: derived, without an agent, coverage or gaps.
    State,
}

/// How the values of a column are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Microseconds, UTC.
    Ts,
    /// Text that seldom repeats: stored as a plain string.
    Text,
    /// Text that often repeats: stored with a dictionary.
    Name,
    /// 64-bit integer.
    Int,
    /// 64-bit float.
    Float,
    /// List of texts.
    Names,
}

/// One column of the contract.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Name in SQL.
    pub name: &'static str,
    /// How its values are stored.
    pub kind: ColumnKind,
    /// Its meaning, one line.
    pub about: &'static str,
}

const fn column(name: &'static str, kind: ColumnKind, about: &'static str) -> Column {
    Column { name, kind, about }
}

/// The columns that all tables begin with.
pub const COMMON: [Column; 13] = [
    column("ts", ColumnKind::Ts, "event time"),
    column("cluster", ColumnKind::Name, "cluster"),
    column("namespace", ColumnKind::Name, "namespace of the object or of the pod that logged"),
    column(
        "workload",
        ColumnKind::Name,
        "owner of the pod: from owner references, otherwise the pod name without its hashes",
    ),
    column("pod", ColumnKind::Name, "pod"),
    column("container", ColumnKind::Name, "container"),
    column("node", ColumnKind::Name, "node"),
    column("level", ColumnKind::Name, "trace, debug, info, warn, error or fatal"),
    column("message", ColumnKind::Text, "the text of the record"),
    column("row_id", ColumnKind::Text, "id of the object and line in it: `<object id>:<line>`"),
    column("source", ColumnKind::Name, "key of the object"),
    column("line", ColumnKind::Int, "line in the object, from 1"),
    column("attrs", ColumnKind::Text, "values without a column, as JSON text"),
];

const TEMPLATE: [Column; 2] = [
    column("template", ColumnKind::Name, "message with its variables masked"),
    column("template_id", ColumnKind::Name, "hash of the template"),
];

const BUSINESS: [Column; 9] = [
    column("logger", ColumnKind::Name, "logger name"),
    column("thread", ColumnKind::Name, "thread name"),
    column("trace_id", ColumnKind::Text, "trace id"),
    column("span_id", ColumnKind::Text, "span id"),
    column("error_code", ColumnKind::Name, "error code: HTTP status or the application's own"),
    column("exception", ColumnKind::Name, "class of the exception"),
    column("stack", ColumnKind::Text, "stack trace"),
    TEMPLATE[0],
    TEMPLATE[1],
];

const STANDARD: [Column; 3] =
    [column("stream", ColumnKind::Name, "stdout or stderr"), TEMPLATE[0], TEMPLATE[1]];

const EVENT: [Column; 9] = [
    column("reason", ColumnKind::Name, "reason of the event"),
    column("type", ColumnKind::Name, "Normal or Warning"),
    column("kind", ColumnKind::Name, "kind of the involved object"),
    column("name", ColumnKind::Name, "name of the involved object"),
    column("uid", ColumnKind::Name, "uid of the involved object"),
    column("count", ColumnKind::Int, "times it occurred so far"),
    column("component", ColumnKind::Name, "component that reported it"),
    column("first_ts", ColumnKind::Ts, "first occurrence"),
    column("last_ts", ColumnKind::Ts, "last occurrence"),
];

const AUDIT: [Column; 19] = [
    column("audit_id", ColumnKind::Text, "id of the request"),
    column("stage", ColumnKind::Name, "RequestReceived, ResponseStarted, ResponseComplete or Panic"),
    column("verb", ColumnKind::Name, "Kubernetes verb"),
    column("username", ColumnKind::Name, "who made the request; the impersonated user is in attrs"),
    column("groups", ColumnKind::Names, "the user's groups"),
    column("source_ip", ColumnKind::Name, "last source address; earlier ones can be forged"),
    column("user_agent", ColumnKind::Name, "client, as it names itself"),
    column("api_group", ColumnKind::Name, "API group; empty for core"),
    column("resource", ColumnKind::Name, "resource, plural"),
    column("subresource", ColumnKind::Name, "subresource"),
    column("name", ColumnKind::Name, "object name"),
    column("uri", ColumnKind::Text, "request URI"),
    column("code", ColumnKind::Int, "HTTP status"),
    column("decision", ColumnKind::Name, "allow or forbid"),
    column("decision_reason", ColumnKind::Name, "reason of the authorizer"),
    column("operation", ColumnKind::Name, "class of a mutating request: image, resources, config, scale, …"),
    column("request", ColumnKind::Text, "request object, JSON text"),
    column("response", ColumnKind::Text, "response object, JSON text"),
    column("latency_ms", ColumnKind::Float, "milliseconds from received to this stage"),
];

const STATE: [Column; 12] = [
    column("kind", ColumnKind::Name, "kind of the object"),
    column("name", ColumnKind::Name, "name of the object"),
    column("uid", ColumnKind::Name, "uid of the object"),
    column("phase", ColumnKind::Name, "phase: Running, Pending, Bound, Ready, NotReady, …"),
    column("ready", ColumnKind::Int, "1 if all of it is ready, 0 if not; null if that is not known"),
    column("reason", ColumnKind::Name, "why: CrashLoopBackOff, OOMKilled, Unschedulable, …"),
    column("exit_code", ColumnKind::Int, "exit code of the container that ended last"),
    column("restarts", ColumnKind::Int, "restarts of all its containers"),
    column("image", ColumnKind::Name, "images of its containers, sorted, separated by commas"),
    column("owner", ColumnKind::Name, "its controller, kind/name"),
    column("spec_hash", ColumnKind::Name, "hash of the specification, if the text shows all of it"),
    column("object", ColumnKind::Text, "the object as JSON text in the shape of the API, without secrets"),
];

impl Table {
    /// The tables of log types in the order of a report: each has an agent and coverage.
    pub const LOGS: [Self; 4] = [Self::Business, Self::Standard, Self::Event, Self::Audit];

    /// All tables: those of log types, then the derived one.
    pub const ALL: [Self; 5] = [Self::Business, Self::Standard, Self::Event, Self::Audit, Self::State];

    /// Returns the name used in SQL, paths, rules and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::Standard => "standard",
            Self::Event => "event",
            Self::Audit => "audit",
            Self::State => "state",
        }
    }

    /// Returns a description of its rows.
    pub fn about(self) -> &'static str {
        match self {
            Self::Business => "application logs, one row per record; a stack trace is one record",
            Self::Standard => "stdout and stderr of containers, and logs of the system itself",
            Self::Event => "Kubernetes events, one row for each time an event was reported",
            Self::Audit => "requests to the API server, one row per stage",
            Self::State => "observed states of Kubernetes objects, one row per object and observation",
        }
    }

    /// Returns the table with that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Returns the table of the log type with that name.
    pub fn log_of(name: &str) -> Option<Self> {
        Self::LOGS.into_iter().find(|table| table.name() == name)
    }

    /// Returns its columns in order.
    pub fn columns(self) -> impl Iterator<Item = &'static Column> {
        let own: &'static [Column] = match self {
            Self::Business => &BUSINESS,
            Self::Standard => &STANDARD,
            Self::Event => &EVENT,
            Self::Audit => &AUDIT,
            Self::State => &STATE,
        };
        COMMON.iter().chain(own)
    }
}
