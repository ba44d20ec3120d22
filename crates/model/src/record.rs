//! What a parser hands over: one record with borrowed texts. Knows the table contract's fields,
//! no log format and no Arrow.

use crate::table::Table;
use std::borrow::Cow;

/// A text that borrows from the line where it can.
pub type Text<'a> = Cow<'a, str>;

/// Log levels of the contract, mild to grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// trace
    Trace,
    /// debug
    Debug,
    /// info
    Info,
    /// warn
    Warn,
    /// error
    Error,
    /// fatal
    Fatal,
}

impl Level {
    /// Returns the name in the `level` column.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// Reads the many spellings: `WARNING`, `W`, `err`, `ERROR+2` (slog), `40` (pino), `SEVERE`.
    pub fn of(text: &str) -> Option<Self> {
        let word = text.trim().trim_matches(['[', ']', ':', '<', '>']);
        let word = word.split(['+', '-']).next().unwrap_or(word);
        if word.len() > 13 {
            return None;
        }
        Some(match word.to_ascii_lowercase().as_str() {
            "trace" | "trc" | "finest" | "finer" | "t" | "10" => Self::Trace,
            "debug" | "dbg" | "debu" | "fine" | "d" | "20" => Self::Debug,
            "info" | "inf" | "information" | "informational" | "notice" | "note" | "config" | "i" | "30" => {
                Self::Info
            }
            "warn" | "warning" | "wrn" | "w" | "40" => Self::Warn,
            "error" | "err" | "erro" | "eror" | "severe" | "e" | "50" => Self::Error,
            "fatal" | "critical" | "crit" | "panic" | "dpanic" | "alert" | "emerg" | "emergency" | "ftl"
            | "f" | "60" => Self::Fatal,
            _ => return None,
        })
    }
}

/// Where a record comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place<'a> {
    /// Cluster.
    pub cluster: Option<Text<'a>>,
    /// Namespace.
    pub namespace: Option<Text<'a>>,
    /// Workload, where it is told outright; else derived from the pod's name.
    pub workload: Option<Text<'a>>,
    /// Pod.
    pub pod: Option<Text<'a>>,
    /// Container.
    pub container: Option<Text<'a>>,
    /// Node.
    pub node: Option<Text<'a>>,
}

impl<'a> Place<'a> {
    /// Fills what is absent here from `other`.
    pub fn fill_from(&mut self, other: &Place<'a>) {
        let pairs = [
            (&mut self.cluster, &other.cluster),
            (&mut self.namespace, &other.namespace),
            (&mut self.workload, &other.workload),
            (&mut self.pod, &other.pod),
            (&mut self.container, &other.container),
            (&mut self.node, &other.node),
        ];
        for (mine, theirs) in pairs {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
    }

    /// Returns the same with texts of its own.
    pub fn into_owned(self) -> Place<'static> {
        let own = |text: Option<Text<'a>>| text.map(|t| Cow::Owned(t.into_owned()));
        Place {
            cluster: own(self.cluster),
            namespace: own(self.namespace),
            workload: own(self.workload),
            pod: own(self.pod),
            container: own(self.container),
            node: own(self.node),
        }
    }

    /// Returns the same, borrowing from this one.
    pub fn by_ref(&self) -> Place<'_> {
        Place {
            cluster: self.cluster.as_deref().map(Cow::Borrowed),
            namespace: self.namespace.as_deref().map(Cow::Borrowed),
            workload: self.workload.as_deref().map(Cow::Borrowed),
            pod: self.pod.as_deref().map(Cow::Borrowed),
            container: self.container.as_deref().map(Cow::Borrowed),
            node: self.node.as_deref().map(Cow::Borrowed),
        }
    }
}

/// What has no column: a JSON object written as it is filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attrs {
    json: String,
}

impl Attrs {
    /// Adds a key, with room for a value of so many bytes.
    fn key(&mut self, key: &str, value_bytes: usize) {
        self.json.reserve(key.len() + value_bytes + 6);
        self.json.push(if self.json.is_empty() { '{' } else { ',' });
        push_json_text(&mut self.json, key);
        self.json.push(':');
    }

    /// Adds a text.
    pub fn text(&mut self, key: &str, value: &str) {
        self.key(key, value.len());
        push_json_text(&mut self.json, value);
    }

    /// Adds a value that is JSON already; the caller vouches that it is valid.
    pub fn raw(&mut self, key: &str, json: &str) {
        self.key(key, json.len());
        self.json.push_str(json);
    }

    /// Adds what `other` holds.
    pub fn extend(&mut self, other: &Self) {
        if let Some(rest) = other.json.strip_prefix('{') {
            self.json.push(if self.json.is_empty() { '{' } else { ',' });
            self.json.push_str(rest);
        }
    }

    /// Replaces what it holds by what `with` makes of the JSON, which lacks its last brace. Tells whether it did.
    pub fn rewrite(&mut self, with: impl FnOnce(&str) -> Option<String>) -> bool {
        let new = with(&self.json);
        let is_new = new.is_some();
        self.json = new.unwrap_or_else(|| std::mem::take(&mut self.json));
        is_new
    }

    /// Tells whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    /// Returns the JSON object, or nothing when it is empty.
    pub fn into_json(mut self) -> Option<String> {
        if self.json.is_empty() {
            return None;
        }
        self.json.push('}');
        Some(self.json)
    }
}

/// Appends `text` as a JSON string.
pub fn push_json_text(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    loop {
        let (plain, tail) = rest.split_at(plain_len(rest.as_bytes()));
        out.push_str(plain);
        let Some(special) = tail.as_bytes().first() else { break };
        match special {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            other => out.push_str(&format!("\\u{:04x}", u32::from(*other))),
        }
        rest = tail.get(1..).unwrap_or("");
    }
    out.push('"');
}

/// Returns the bytes in front of the first that a JSON text escapes (`"`, `\`, control), eight
/// at a time: a byte that is one borrows into its top bit, and the lowest such bit is exact.
pub fn plain_len(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let (words, rest) = text.as_chunks();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let backslash = zero(word ^ (ONES * u64::from(b'\\')));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let special = (quote | backslash | control) & (ONES << 7);
        if special != 0 {
            return at * 8 + (special.trailing_zeros() / 8) as usize;
        }
    }
    let is_special = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
    text.len() - rest.len() + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// The fields of a text record: business and standard alike.
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
    /// Reason.
    pub reason: Option<Text<'a>>,
    /// Normal or Warning.
    pub kind_of_event: Option<Text<'a>>,
    /// Kind of the involved object.
    pub kind: Option<Text<'a>>,
    /// Name of the involved object.
    pub name: Option<Text<'a>>,
    /// Uid of the involved object.
    pub uid: Option<Text<'a>>,
    /// Times it occurred so far, at least 1.
    pub count: i64,
    /// Component that reported it.
    pub component: Option<Text<'a>>,
    /// First occurrence, µs.
    pub first_ts: Option<i64>,
    /// Last occurrence, µs.
    pub last_ts: Option<i64>,
}

/// The fields of an audit event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditFields<'a> {
    /// Id of the request.
    pub audit_id: Option<Text<'a>>,
    /// Stage.
    pub stage: Option<Text<'a>>,
    /// Verb.
    pub verb: Option<Text<'a>>,
    /// User.
    pub username: Option<Text<'a>>,
    /// Groups.
    pub groups: Vec<Text<'a>>,
    /// Last source address.
    pub source_ip: Option<Text<'a>>,
    /// User agent.
    pub user_agent: Option<Text<'a>>,
    /// API group.
    pub api_group: Option<Text<'a>>,
    /// Resource.
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
    /// Why.
    pub decision_reason: Option<Text<'a>>,
    /// Class of a mutating request.
    pub operation: Option<&'static str>,
    /// Request object, JSON text.
    pub request: Option<Text<'a>>,
    /// Response object, JSON text.
    pub response: Option<Text<'a>>,
    /// Received to this stage, ms.
    pub latency_ms: Option<f64>,
}

/// The part of a record that depends on its type.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, on the stack; a box would cost each audit event"
)]
pub enum Body<'a> {
    /// Business or standard: where it was collected tells which.
    Text(TextFields<'a>),
    /// Kubernetes event.
    Event(EventFields<'a>),
    /// Audit event.
    Audit(AuditFields<'a>),
}

impl Body<'_> {
    /// Returns the table, `text` standing for the one that text goes to.
    pub fn table(&self, text: Table) -> Table {
        match self {
            Self::Text(_) => text,
            Self::Event(_) => Table::Event,
            Self::Audit(_) => Table::Audit,
        }
    }
}

/// One record as a format read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<'a> {
    /// Event time, µs UTC; absent when the text tells none.
    pub ts: Option<i64>,
    /// True when the text's time carried its zone; else it was read in the configured one.
    pub zoned: bool,
    /// True when the text told a time of day alone; the date was taken from around it.
    pub time_of_day: bool,
    /// Where it comes from, as the record itself tells.
    pub place: Place<'a>,
    /// Level.
    pub level: Option<Level>,
    /// Text.
    pub message: Text<'a>,
    /// What has no column.
    pub attrs: Attrs,
    /// The rest.
    pub body: Body<'a>,
}

impl<'a> Record<'a> {
    /// Returns a text record with nothing but its message.
    pub fn text(message: impl Into<Text<'a>>) -> Self {
        Self {
            ts: None,
            zoned: false,
            time_of_day: false,
            place: Place::default(),
            level: None,
            message: message.into(),
            attrs: Attrs::default(),
            body: Body::Text(TextFields::default()),
        }
    }
}
