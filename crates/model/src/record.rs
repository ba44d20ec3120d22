//! One record as a format reads it, with borrowed texts. Has the fields of the table contract; must
//! not know any log format or Arrow.

pub use crate::fields::{AuditFields, EventFields, StateFields, Text, TextFields};
use crate::json_string::push_json_string;
use crate::table::Table;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Log levels of the table contract, from the least to the most severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Finer than debug: `TRACE`, `FINEST`.
    Trace,
    /// Details for developers.
    Debug,
    /// Normal operation, notices too.
    Info,
    /// Something may be wrong.
    Warn,
    /// Something failed.
    Error,
    /// The program cannot continue: `FATAL`, `CRITICAL`, `PANIC`.
    Fatal,
}

impl Level {
    /// Returns the value of the `level` column.
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

    /// Returns the level of a syslog severity, 0 to 7.
    pub fn of_syslog(severity: u16) -> Option<Self> {
        Some(match severity {
            0..=2 => Self::Fatal,
            3 => Self::Error,
            4 => Self::Warn,
            5 | 6 => Self::Info,
            7 => Self::Debug,
            _ => return None,
        })
    }

    /// Reads a level in any of its spellings: `WARNING`, `W`, `err`, `ERROR+2` (slog), `40` (pino), `SEVERE`.
    pub fn of(text: &str) -> Option<Self> {
        // what most lines have
        match text {
            "info" | "INFO" => return Some(Self::Info),
            "debug" | "DEBUG" => return Some(Self::Debug),
            "warn" | "WARN" => return Some(Self::Warn),
            "error" | "ERROR" => return Some(Self::Error),
            _ => {}
        }
        let word = text.trim().trim_matches(['[', ']', ':', '<', '>', '【', '】', '：']);
        let word = word.split(['+', '-']).next().unwrap_or(word);
        if word.len() > 13 {
            return None;
        }
        Some(match word.to_ascii_lowercase().as_str() {
            "trace" | "trc" | "trce" | "silly" | "finest" | "finer" | "verbose" | "vrb" | "all" | "t"
            | "10" | "跟踪" | "追踪" | "较详细" | "非常详细" => Self::Trace,
            "debug" | "dbg" | "dbug" | "debu" | "debug1" | "debug2" | "debug3" | "debug4" | "debug5"
            | "fine" | "d" | "d1" | "d2" | "d3" | "d4" | "d5" | "20" | "调试" | "详细" | "除錯" | "偵錯" => {
                Self::Debug
            }
            "info" | "inf" | "information" | "informational" | "notice" | "note" | "log" | "config" | "i"
            | "30" | "信息" | "提示" | "通知" | "配置" | "資訊" | "訊息" => Self::Info,
            "warn" | "warning" | "wrn" | "w" | "40" | "警告" | "告警" => Self::Warn,
            "error" | "err" | "erro" | "eror" | "fail" | "failure" | "severe" | "e" | "50" | "错误"
            | "異常" | "异常" | "严重" | "錯誤" | "嚴重" => Self::Error,
            "fatal" | "critical" | "crit" | "panic" | "dpanic" | "alert" | "emerg" | "emergency" | "ftl"
            | "f" | "60" | "致命" | "紧急" | "緊急" => Self::Fatal,
            other => {
                let own = LEVEL_WORDS.get().and_then(|words| words.get(other).copied());
                return own.or_else(|| Self::of_number(other.parse().ok()?));
            }
        })
    }

    /// Returns the level of a number of logback, Monolog, or pino, whose own levels lie between its tens.
    fn of_number(number: u32) -> Option<Self> {
        Some(match number {
            10..=19 | 5_000 => Self::Trace,
            20..=29 | 100 | 10_000 => Self::Debug,
            30..=39 | 200 | 250 | 20_000 => Self::Info,
            40..=49 | 300 | 30_000 => Self::Warn,
            50..=59 | 400 | 40_000 => Self::Error,
            60..=69 | 500 | 550 | 600 | 50_000 => Self::Fatal,
            _ => return None,
        })
    }

    /// Returns the level of an OpenTelemetry severity number, four numbers to a level.
    pub fn of_otel(number: i64) -> Option<Self> {
        Some(match number {
            1..=4 => Self::Trace,
            5..=8 => Self::Debug,
            9..=12 => Self::Info,
            13..=16 => Self::Warn,
            17..=20 => Self::Error,
            21..=24 => Self::Fatal,
            _ => return None,
        })
    }

    /// Returns the level that access logs give an HTTP status.
    pub fn of_http(status: u16) -> Self {
        match status {
            500.. => Self::Error,
            400.. => Self::Warn,
            _ => Self::Info,
        }
    }
}

/// Level words of the config, in lower case.
static LEVEL_WORDS: OnceLock<HashMap<String, Level>> = OnceLock::new();

/// Adds level words of the config. Only the first call of a process has an effect.
pub fn add_level_words(words: Vec<(String, Level)>) {
    LEVEL_WORDS.get_or_init(|| words.into_iter().collect());
}

/// Where a record comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place<'a> {
    /// Cluster.
    pub cluster: Option<Text<'a>>,
    /// Namespace.
    pub namespace: Option<Text<'a>>,
    /// Workload, if the log names it; otherwise it is derived from the pod's name.
    pub workload: Option<Text<'a>>,
    /// Pod.
    pub pod: Option<Text<'a>>,
    /// Container.
    pub container: Option<Text<'a>>,
    /// Node.
    pub node: Option<Text<'a>>,
}

impl<'a> Place<'a> {
    /// Fills absent parts from `other`.
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

    /// Returns the same place with owned texts.
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

    /// Returns the same place, borrowing from this one.
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

/// Values without a column: a JSON object that is written as it is filled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attrs {
    json: String,
}

impl Attrs {
    /// Adds a key, and reserves room for a value of `value_bytes`.
    fn key(&mut self, key: &str, value_bytes: usize) {
        self.json.reserve(key.len() + value_bytes + 6);
        self.json.push(if self.json.is_empty() { '{' } else { ',' });
        push_json_string(&mut self.json, key);
        self.json.push(':');
    }

    /// Adds a text.
    pub fn text(&mut self, key: &str, value: &str) {
        self.key(key, value.len());
        push_json_string(&mut self.json, value);
    }

    /// Adds a value that is JSON already. The caller ensures that it is valid.
    pub fn raw(&mut self, key: &str, json: &str) {
        self.key(key, json.len());
        self.json.push_str(json);
    }

    /// Adds the members of `other`.
    pub fn extend(&mut self, other: &Self) {
        if let Some(rest) = other.json.strip_prefix('{') {
            self.json.push(if self.json.is_empty() { '{' } else { ',' });
            self.json.push_str(rest);
        }
    }

    /// Replaces the JSON, without its last brace, by the result of `with`. Returns true if there was one.
    pub fn rewrite(&mut self, with: impl FnOnce(&str) -> Option<String>) -> bool {
        let new = with(&self.json);
        let is_new = new.is_some();
        self.json = new.unwrap_or_else(|| std::mem::take(&mut self.json));
        is_new
    }

    /// Returns true if it has that text; neither may need an escape.
    pub fn has_text(&self, key: &str, value: &str) -> bool {
        self.json.contains(&format!("\"{key}\":\"{value}\""))
    }

    /// Returns its size in bytes.
    pub fn bytes(&self) -> usize {
        self.json.len()
    }

    /// Returns true if it has no members.
    pub fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    /// Returns the JSON object; `None` if it has no members.
    pub fn into_json(mut self) -> Option<String> {
        if self.json.is_empty() {
            return None;
        }
        self.json.push('}');
        Some(self.json)
    }
}

/// The part of a record that depends on its type.
#[derive(Clone, Debug, PartialEq)]
pub enum Body<'a> {
    /// Business or standard, depending on where it was collected.
    Text(TextFields<'a>),
    /// Kubernetes event.
    Event(EventFields<'a>),
    /// Audit event.
    Audit(AuditFields<'a>),
    /// Observed state of a Kubernetes object.
    State(StateFields<'a>),
}

impl Body<'_> {
    /// Returns the table of the record; `text` is the table of text records.
    pub fn table(&self, text: Table) -> Table {
        match self {
            Self::Text(_) => text,
            Self::Event(_) => Table::Event,
            Self::Audit(_) => Table::Audit,
            Self::State(_) => Table::State,
        }
    }
}

/// One record as a format read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<'a> {
    /// Event time, µs UTC; `None` if the text has none.
    pub ts: Option<i64>,
    /// True if the text's time named its zone; otherwise it was read in the configured one.
    pub zoned: bool,
    /// True if the text has only a time of day, with the date taken from the object or collector.
    pub time_of_day: bool,
    /// Where it comes from, as far as the record itself names it.
    pub place: Place<'a>,
    /// Level.
    pub level: Option<Level>,
    /// Text of the record.
    pub message: Text<'a>,
    /// Values without a column.
    pub attrs: Attrs,
    /// The fields of its type.
    pub body: Body<'a>,
}

impl<'a> Record<'a> {
    /// Returns a text record with only a message.
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
