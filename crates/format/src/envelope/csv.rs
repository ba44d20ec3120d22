//! CSV with a header row, as Tencent CLS ships it and consoles export it. The header tells what it
//! is: columns with a time and a text, or names that CLS adds. Only the message goes on; the framing
//! hands over each record with the header before it.

use crate::contract::{Clock, Each, Format, Part, Peeled, Role};
use crate::envelope::cls::is_json;
use crate::framing::csv_stream::{Dialect, Scan, UNCLOSED, unquoted};
use crate::text::fields::Field;
use crate::text::time;
use model::record::{Attrs, Level, Text};
use std::borrow::Cow;

/// The format.
pub struct Csv;

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "CSV with a header row: Tencent CLS shipping, exports of consoles"
    }

    fn sample(&self) -> &'static str {
        "Timestamp,Node,PodName,Container,Log\n2026-11-22T02:12:01.123Z,node-1,pay-api-7d9f8b6c5d-x2x7k,app,\"refused, retrying\""
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn begins(&self, text: &str) -> bool {
        split(text.as_bytes()).is_some()
    }

    fn peel_all<'a>(&self, line: &'a [u8], each: Each<'_, 'a>) -> bool {
        split(line).map(|(header, record)| each(header.part(record))).is_some()
    }
}

/// Returns how the CSV is written that begins with this line, if one does.
pub(crate) fn dialect_of(line: &[u8]) -> Option<Dialect> {
    Header::of(std::str::from_utf8(line).ok()?).map(|header| header.dialect)
}

/// Splits what the framing hands over: a header line and one record.
fn split(line: &[u8]) -> Option<(Header<'_>, &[u8])> {
    let (head, record) = line.split_at_checked(memchr::memchr(b'\n', line)?)?;
    Some((Header::of(std::str::from_utf8(head).ok()?)?, record.get(1..)?))
}

struct Column<'a> {
    name: Text<'a>,
    /// What it stands for, and the rank of its name there.
    field: Option<(Field, u8)>,
}

struct Header<'a> {
    dialect: Dialect,
    columns: Vec<Column<'a>>,
    has_message: bool,
}

impl<'a> Header<'a> {
    /// Reads a header row by the one delimiter that fits.
    fn of(line: &'a str) -> Option<Self> {
        let line = line.trim();
        let first = line.bytes().next()?;
        if !first.is_ascii_alphabetic() && !b"_@\"'".contains(&first) {
            return None;
        }
        let quote = if first == b'\'' { first } else { b'"' };
        b",\t;| ".iter().find_map(|delimiter| Self::with(line, Dialect { delimiter: *delimiter, quote }))
    }

    fn with(line: &'a str, dialect: Dialect) -> Option<Self> {
        let mut scan = Scan::default();
        if scan.advance(line.as_bytes(), dialect) != Ok(true) {
            return None;
        }
        let mut columns = Vec::with_capacity(scan.fields.len());
        for span in &scan.fields {
            let name = text_of(unquoted(line.as_bytes().get(span.clone())?, dialect.quote));
            let is_plain = |c: char| c.is_alphanumeric() || "_.-@/ ".contains(c);
            if name.is_empty() || name.len() > 100 || !name.chars().all(is_plain) {
                return None;
            }
            columns.push(Column { field: field(&name), name });
        }
        let has = |field| columns.iter().any(|column| column.field.is_some_and(|known| known.0 == field));
        let has_mark = columns.iter().any(|column| column.name.starts_with("__"));
        let (has_time, has_message) = (has(Field::Time), has(Field::Message));
        let facts = [has_time, has_message, has_mark].into_iter().filter(|fact| *fact).count();
        // words between spaces are a header only with a name that no sentence has
        let fits = columns.len() > 1 && facts > 1 && (dialect.delimiter != b' ' || has_mark);
        fits.then_some(Self { dialect, columns, has_message })
    }

    /// Returns what the column at `index` stands for: of several that stand for one, the best does.
    fn field_at(&self, index: usize) -> Option<Field> {
        let (field, rank) = self.columns.get(index)?.field?;
        let mut others = self.columns.iter().enumerate();
        let is_best = !others.any(|(at, other)| {
            other.field.is_some_and(|(same, better)| same == field && (better, at) < (rank, index))
        });
        is_best.then_some(field)
    }

    /// Takes the envelope off one record.
    fn part<'r>(&self, record: &'r [u8]) -> Part<'r> {
        let broken = |why: String| Part::Broken(Cow::Borrowed(record), why);
        let mut scan = Scan::default();
        match scan.advance(record, self.dialect) {
            Ok(true) => {}
            Ok(false) => return broken(UNCLOSED.into()),
            Err(why) => return broken(why.into()),
        }
        let fields = scan.fields.into_iter().map(|span| record.get(span).unwrap_or_default());
        let values: Vec<Cow<'r, [u8]>> = fields.map(|field| unquoted(field, self.dialect.quote)).collect();
        if values.len() != self.columns.len() {
            return broken(format!("{} fields where the header has {}", values.len(), self.columns.len()));
        }
        let mut pairs = self.columns.iter().zip(&values);
        if pairs.all(|(column, value)| column.name.as_bytes() == value.trim_ascii()) {
            return Part::Dropped("CSV header");
        }
        Part::Line(self.peeled(values))
    }

    fn peeled<'r>(&self, values: Vec<Cow<'r, [u8]>>) -> Peeled<'r> {
        let mut peeled = Peeled { whole: true, ..Peeled::default() };
        let mut object = Attrs::default();
        for (index, (column, value)) in self.columns.iter().zip(values).enumerate() {
            let field = self.field_at(index);
            if field == Some(Field::Message) {
                peeled.payload = value;
                continue;
            }
            let text = text_of(value);
            if matches!(&*text, "" | "-" | "null") {
                continue; // what shippers write where a field is absent
            }
            if !self.has_message && !column.name.starts_with("__") {
                if is_json(&text) {
                    object.raw(&column.name, &text)
                } else {
                    object.text(&column.name, &text)
                }
                continue;
            }
            if let Some(rest) = put(&mut peeled, field, text) {
                peeled.attrs.text(&attr_name(&column.name), &rest);
            }
        }
        if !self.has_message {
            // a structured topic: the record as it was before it was taken apart
            peeled.payload = Cow::Owned(object.into_json().unwrap_or_default().into_bytes());
        }
        peeled
    }
}

/// Takes a value that has a place of its own; returns one that has none.
fn put<'r>(peeled: &mut Peeled<'r>, field: Option<Field>, text: Text<'r>) -> Option<Text<'r>> {
    let clock = Clock { zone: chrono_tz::UTC, day: chrono::NaiveDate::MIN };
    let place = &mut peeled.place;
    let slot = match field {
        Some(Field::Time) => {
            let Some(stamp) = time::any(&text, &clock) else { return Some(text) };
            (peeled.ts, peeled.is_local) = (Some(stamp.ts), !stamp.zoned);
            return None;
        }
        Some(Field::Level) => {
            peeled.level = Level::of(&text);
            return peeled.level.is_none().then_some(text);
        }
        Some(Field::TraceId) => &mut peeled.trace_id,
        Some(Field::SpanId) => &mut peeled.span_id,
        Some(Field::Stream) if matches!(&*text, "stdout" | "stderr") => &mut peeled.stream,
        Some(Field::Cluster) => &mut place.cluster,
        Some(Field::Namespace) => &mut place.namespace,
        Some(Field::Workload) => &mut place.workload,
        Some(Field::Pod) => &mut place.pod,
        Some(Field::Container) => &mut place.container,
        Some(Field::Node) => &mut place.node,
        _ => return Some(text),
    };
    *slot = Some(text);
    None
}

/// Returns the field that a column's name stands for, in whatever style it is written, and the
/// rank of the name there. A column called `pod` names one; a key of an application's JSON may not.
fn field(name: &str) -> Option<(Field, u8)> {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let bare: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    let prefix = ["tag", "kubernetes", "k8s"].into_iter().find_map(|prefix| bare.strip_prefix(prefix));
    Some(match prefix.unwrap_or(&bare) {
        "timestampus" => (Field::Time, 0),
        "timestamp" | "time" | "ts" | "datetime" | "eventtime" => (Field::Time, 1),
        "timeunixnano" => (Field::Time, 2),
        "message" | "msg" | "content" | "body" => (Field::Message, 0),
        "log" | "text" | "logmessage" => (Field::Message, 1),
        "level" | "loglevel" | "severity" | "severitytext" => (Field::Level, 0),
        "traceid" => (Field::TraceId, 0),
        "spanid" => (Field::SpanId, 0),
        "stream" => (Field::Stream, 0),
        "cluster" | "clustername" => (Field::Cluster, 0),
        "clusterid" => (Field::Cluster, 1),
        "namespace" | "namespacename" | "podnamespace" => (Field::Namespace, 0),
        "workload" | "workloadname" | "deploymentname" => (Field::Workload, 0),
        "pod" | "podname" => (Field::Pod, 0),
        "container" | "containername" => (Field::Container, 0),
        "node" | "nodename" => (Field::Node, 0),
        "host" | "hostname" => (Field::Node, 1),
        _ => return None,
    })
}

/// Returns the name of an attribute: what CLS adds as its JSON has it, all else as written.
fn attr_name(name: &str) -> Text<'_> {
    match name.strip_prefix("__TAG__.") {
        Some(tag) => Cow::Borrowed(tag),
        None if name.starts_with("__") => Cow::Owned(name.trim_matches('_').to_ascii_lowercase()),
        None => Cow::Borrowed(name),
    }
}

/// Returns a field as text without blanks around it.
fn text_of(value: Cow<'_, [u8]>) -> Text<'_> {
    match value {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes.trim_ascii()),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(bytes.trim_ascii()).into_owned()),
    }
}
