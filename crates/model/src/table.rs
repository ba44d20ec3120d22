//! The table contract: four tables, their columns in order, and what each column means.
//! The Parquet schema, `describe`, docs and tests all derive from here.

/// A log type: one table, one agent.
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
}

/// How a column's values are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Microseconds, UTC.
    Ts,
    /// Text that seldom repeats.
    Text,
    /// Text that repeats: kept as a dictionary.
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
    /// How it is kept.
    pub kind: Kind,
    /// What it means, one line.
    pub about: &'static str,
}

const fn column(name: &'static str, kind: Kind, about: &'static str) -> Column {
    Column { name, kind, about }
}

/// The columns of all four tables; a table's own follow.
pub const COMMON: [Column; 13] = [
    column("ts", Kind::Ts, "event time"),
    column("cluster", Kind::Name, "cluster"),
    column("namespace", Kind::Name, "namespace of the object or of the pod that logged"),
    column(
        "workload",
        Kind::Name,
        "owner of the pod: from owner references, else the pod name less its hashes",
    ),
    column("pod", Kind::Name, "pod"),
    column("container", Kind::Name, "container"),
    column("node", Kind::Name, "node"),
    column("level", Kind::Name, "trace, debug, info, warn, error or fatal"),
    column("message", Kind::Text, "the text of the record"),
    column("row_id", Kind::Text, "<object id>:<line>"),
    column("source", Kind::Name, "key of the object"),
    column("line", Kind::Int, "line in the object, from 1"),
    column("attrs", Kind::Text, "what has no column, as JSON text"),
];

const TEMPLATE: [Column; 2] = [
    column("template", Kind::Name, "message with its variables masked"),
    column("template_id", Kind::Name, "hash of the template"),
];

const BUSINESS: [Column; 9] = [
    column("logger", Kind::Name, "logger name"),
    column("thread", Kind::Name, "thread name"),
    column("trace_id", Kind::Text, "trace id"),
    column("span_id", Kind::Text, "span id"),
    column("error_code", Kind::Name, "error code: HTTP status or the application's own"),
    column("exception", Kind::Name, "class of the exception"),
    column("stack", Kind::Text, "stack trace"),
    TEMPLATE[0],
    TEMPLATE[1],
];

const STANDARD: [Column; 3] = [column("stream", Kind::Name, "stdout or stderr"), TEMPLATE[0], TEMPLATE[1]];

const EVENT: [Column; 9] = [
    column("reason", Kind::Name, "reason of the event"),
    column("type", Kind::Name, "Normal or Warning"),
    column("kind", Kind::Name, "kind of the involved object"),
    column("name", Kind::Name, "name of the involved object"),
    column("uid", Kind::Name, "uid of the involved object"),
    column("count", Kind::Int, "times it occurred so far"),
    column("component", Kind::Name, "component that reported it"),
    column("first_ts", Kind::Ts, "first occurrence"),
    column("last_ts", Kind::Ts, "last occurrence"),
];

const AUDIT: [Column; 19] = [
    column("audit_id", Kind::Text, "id of the request"),
    column("stage", Kind::Name, "RequestReceived, ResponseStarted, ResponseComplete or Panic"),
    column("verb", Kind::Name, "Kubernetes verb"),
    column("username", Kind::Name, "who asked; the impersonated user is in attrs"),
    column("groups", Kind::Names, "the user's groups"),
    column("source_ip", Kind::Name, "last source address; earlier ones can be forged"),
    column("user_agent", Kind::Name, "client, as it calls itself"),
    column("api_group", Kind::Name, "API group; empty for core"),
    column("resource", Kind::Name, "resource, plural"),
    column("subresource", Kind::Name, "subresource"),
    column("name", Kind::Name, "object name"),
    column("uri", Kind::Text, "request URI"),
    column("code", Kind::Int, "HTTP status"),
    column("decision", Kind::Name, "allow or forbid"),
    column("decision_reason", Kind::Name, "why the authoriser decided so"),
    column("operation", Kind::Name, "class of a mutating request: image, resources, config, scale, …"),
    column("request", Kind::Text, "request object, JSON text"),
    column("response", Kind::Text, "response object, JSON text"),
    column("latency_ms", Kind::Float, "from received to this stage"),
];

impl Table {
    /// All four, in the order a report lists them.
    pub const ALL: [Self; 4] = [Self::Business, Self::Standard, Self::Event, Self::Audit];

    /// Returns the name used in SQL, paths, rules and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::Standard => "standard",
            Self::Event => "event",
            Self::Audit => "audit",
        }
    }

    /// Returns what its rows are.
    pub fn about(self) -> &'static str {
        match self {
            Self::Business => "application logs, one row a record; a stack trace is one record",
            Self::Standard => "stdout and stderr of containers, and logs of the system itself",
            Self::Event => "Kubernetes events, one row each time one was reported",
            Self::Audit => "requests to the API server, one row a stage",
        }
    }

    /// Returns the table of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Returns its columns in order.
    pub fn columns(self) -> impl Iterator<Item = &'static Column> {
        let own: &'static [Column] = match self {
            Self::Business => &BUSINESS,
            Self::Standard => &STANDARD,
            Self::Event => &EVENT,
            Self::Audit => &AUDIT,
        };
        COMMON.iter().chain(own)
    }
}
