//! The header row of a CSV of logs: its dialect, and the field that each column's name stands for.
//! A header has columns for a time and a text, an audit id, or names that Tencent CLS adds. Must not know how
//! records are read.

use crate::text::csv::{Dialect, FieldSplitter, text_of, unquoted};
use crate::text::fields::{Field, bare};
use model::record::Text;
use std::borrow::Cow;

/// One column.
pub struct Column<'a> {
    /// Its name as written.
    pub name: Text<'a>,
    /// The field it stands for, and the rank of its name for that field.
    field: Option<(Field, u8)>,
}

impl Column<'_> {
    /// Returns true if it may hold the text.
    pub fn is_message(&self) -> bool {
        self.field.is_some_and(|(field, _)| field == Field::Message)
    }
}

/// A header row.
pub struct Header<'a> {
    /// How the CSV is written.
    pub dialect: Dialect,
    /// The columns in order.
    pub columns: Vec<Column<'a>>,
    /// True if one column holds the text; otherwise the columns are the record (a structured topic).
    pub has_message: bool,
}

/// Returns the dialect of the CSV whose header is `line`; `None` if it is not a header.
pub fn dialect_of(line: &[u8]) -> Option<Dialect> {
    Header::of(std::str::from_utf8(line).ok()?).map(|header| header.dialect)
}

impl<'a> Header<'a> {
    /// Reads a header row by the first delimiter that fits.
    pub fn of(line: &'a str) -> Option<Self> {
        let line = line.trim();
        let first = line.bytes().next()?;
        if !first.is_ascii_alphabetic() && first.is_ascii() && !b"_@\"'".contains(&first) {
            return None;
        }
        let quote = if first == b'\'' { first } else { b'"' };
        b",\t;| ".iter().find_map(|delimiter| Self::with(line, Dialect { delimiter: *delimiter, quote }))
    }

    fn with(line: &'a str, dialect: Dialect) -> Option<Self> {
        let mut splitter = FieldSplitter::default();
        if splitter.advance(line.as_bytes(), dialect) != Ok(true) {
            return None;
        }
        let mut columns = Vec::with_capacity(splitter.fields.len());
        for span in &splitter.fields {
            let name = text_of(unquoted(line.as_bytes().get(span.clone())?, dialect.quote));
            let is_plain = |c: char| c.is_alphanumeric() || "_.-@/: []()".contains(c);
            if name.is_empty() || name.len() > 100 || !name.chars().all(is_plain) {
                return None;
            }
            columns.push(Column { field: field(&name), name });
        }
        let has = |field| columns.iter().any(|column| column.field.is_some_and(|known| known.0 == field));
        let has_mark = columns.iter().any(|column| column.name.starts_with("__"));
        let is_event = is_header_of_events(&columns);
        let (has_time, has_message) = (has(Field::Time), has(Field::Message) && !is_event);
        let has_pod = has(Field::Pod) && has(Field::Namespace);
        let has_audit_id = columns.iter().any(|column| bare(&column.name) == "auditid");
        let known =
            [has_time, has_message, has_mark, has_pod, has_audit_id, has_audit_id, is_event, is_event];
        let facts = known.into_iter().filter(|fact| *fact).count();
        // words between spaces are a header only with a name that occurs in no sentence
        let fits = columns.len() > 1 && facts > 1 && (dialect.delimiter != b' ' || has_mark);
        fits.then_some(Self { dialect, columns, has_message })
    }

    /// Returns the field that each column of a row fills, in order. Of several columns for one field, only the best
    /// that has a value fills it.
    pub fn fields_of(&self, values: &[Cow<'_, [u8]>]) -> Vec<Option<Field>> {
        let mut best: Vec<(Field, u8, usize)> = Vec::new();
        for (at, (column, value)) in self.columns.iter().zip(values).enumerate() {
            let Some((field, rank)) = column.field.filter(|_| !is_absent(value)) else { continue };
            match best.iter_mut().find(|(same, ..)| *same == field) {
                Some(known) if rank < known.1 => *known = (field, rank, at),
                Some(_) => {}
                None => best.push((field, rank, at)),
            }
        }
        let mut fields = vec![None; values.len()];
        for (field, _, at) in best {
            if let Some(slot) = fields.get_mut(at) {
                *slot = Some(field);
            }
        }
        fields
    }
}

/// Returns true for what shippers write where a value is missing.
pub fn is_absent(value: &[u8]) -> bool {
    matches!(value.trim_ascii(), b"" | b"-" | b"null")
}

/// Returns true for the columns of Kubernetes events: a reason, a message, an object, and when or how often.
fn is_header_of_events(columns: &[Column<'_>]) -> bool {
    const PARTS: [&[&str]; 4] = [
        &["reason"],
        &["message", "note"],
        &["kind", "object", "objectkind", "involvedobject", "involvedobjectkind"],
        &[
            "lasttimestamp",
            "lastseen",
            "firsttimestamp",
            "firstseen",
            "eventtime",
            "timestamp",
            "time",
            "count",
        ],
    ];
    let names: Vec<String> = columns.iter().map(|column| bare(&column.name)).collect();
    PARTS.iter().all(|part| names.iter().any(|name| part.contains(&name.as_str())))
}

/// Words before the name of a column.
const PREFIXES: [&str; 8] =
    ["kubernetes", "k8s", "kube", "resourcelabels", "jsonpayload", "labels", "fields", "tag"];

/// Returns the field that a column's name stands for in any spelling, and the rank of the name.
/// A column named `pod` names the pod; a key of an application's JSON may not.
pub fn field(name: &str) -> Option<(Field, u8)> {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    let bare: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    let known = field_of_bare(&bare);
    known.or_else(|| PREFIXES.iter().find_map(|prefix| field_of_bare(bare.strip_prefix(prefix)?)))
}

fn field_of_bare(bare: &str) -> Option<(Field, u8)> {
    Some(match bare {
        "timestampus" | "messagetimems" => (Field::Time, 0),
        "timestamp" | "time" | "ts" | "datetime" | "eventtime" | "logtime" | "messagetime"
        | "timegenerated" | "timegeneratedutc" | "timestamputc" | "时间" | "日志时间" | "时间戳" => {
            (Field::Time, 1)
        }
        "timeunixnano" | "tsns" | "date" | "realtimetimestamp" | "采集时间" => (Field::Time, 2),
        "message" | "msg" | "content" | "body" | "日志内容" | "内容" | "原始日志" | "日志原文" => {
            (Field::Message, 0)
        }
        "log" | "logs" | "text" | "logmessage" | "line" | "textpayload" | "logentry" => (Field::Message, 1),
        "raw" | "rawlog" | "rawmessage" | "event" | "payload" => (Field::Message, 2),
        "level" | "loglevel" | "severity" | "severitytext" | "detectedlevel" | "日志级别" | "级别" => {
            (Field::Level, 0)
        }
        "status" => (Field::Status, 0),
        "traceid" => (Field::TraceId, 0),
        "spanid" => (Field::SpanId, 0),
        "stream" | "logsource" | "source" => (Field::Stream, 0),
        "cluster" | "clustername" => (Field::Cluster, 0),
        "clusterid" | "resourceid" => (Field::Cluster, 1),
        "namespace" | "namespacename" | "podnamespace" | "ns" | "命名空间" => (Field::Namespace, 0),
        "workload" | "workloadname" | "deploymentname" | "deployment" => (Field::Workload, 0),
        "pod" | "podname" | "pod名称" => (Field::Pod, 0),
        "container" | "containername" | "容器名称" | "容器" => (Field::Container, 0),
        "node" | "nodename" | "podnodename" | "节点" => (Field::Node, 0),
        "host" | "hostname" | "computer" | "computegoogleapiscomresourcename" => (Field::Node, 1),
        _ => return None,
    })
}
