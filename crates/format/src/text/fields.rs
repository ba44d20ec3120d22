//! The names under which structured logs keep a column's value, and the record made from them.
//! `json_app` and `logfmt` read values; the meaning of a name is defined here once.
//! Must not know how a value was written.

use crate::contract::{Clock, last_segment};
use crate::text::http_request::{HttpRequest, Parts};
use crate::text::{ansi, exception, header, place, stack, time};
use model::record::{Body, Level, Place, Record, Text, TextFields};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::{LazyLock, OnceLock};

/// A column that a name can stand for, in the order that columns are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Event time.
    Time,
    /// Nanoseconds beside a time in whole seconds.
    Nanos,
    /// Level.
    Level,
    /// Severity of syslog, 0 to 7: the level of a record that has none.
    Priority,
    /// Severity of OpenTelemetry, 1 to 24: the level of a record that has none.
    SeverityNumber,
    /// Text.
    Message,
    /// Logger name.
    Logger,
    /// Thread name.
    Thread,
    /// Trace id.
    TraceId,
    /// Span id.
    SpanId,
    /// The application's own error code.
    ErrorCode,
    /// A code that means an error only if it is 400 or more or the record is an error.
    Status,
    /// Stack trace.
    Stack,
    /// Class of the exception.
    Exception,
    /// stdout or stderr.
    Stream,
    /// Cluster.
    Cluster,
    /// Namespace.
    Namespace,
    /// Workload.
    Workload,
    /// Pod.
    Pod,
    /// Container.
    Container,
    /// Node.
    Node,
    /// Method of an HTTP request.
    Method,
    /// Path or URL of an HTTP request.
    Target,
    /// First line of an HTTP request.
    Request,
}

/// The groups of `formats/names/application.toml`.
const GROUPS: [(&str, Field); 24] = [
    ("time", Field::Time),
    ("nanos", Field::Nanos),
    ("level", Field::Level),
    ("message", Field::Message),
    ("logger", Field::Logger),
    ("thread", Field::Thread),
    ("trace_id", Field::TraceId),
    ("span_id", Field::SpanId),
    ("error_code", Field::ErrorCode),
    ("status", Field::Status),
    ("stack", Field::Stack),
    ("exception", Field::Exception),
    ("stream", Field::Stream),
    ("cluster", Field::Cluster),
    ("namespace", Field::Namespace),
    ("workload", Field::Workload),
    ("pod", Field::Pod),
    ("container", Field::Container),
    ("node", Field::Node),
    ("priority", Field::Priority),
    ("severity_number", Field::SeverityNumber),
    ("method", Field::Method),
    ("target", Field::Target),
    ("request", Field::Request),
];

/// A name, its field and its rank for that field.
type Name = (String, Field, usize);

/// Bytes of the longest name.
const MAX_NAME: usize = 64;

/// Names of the config, by group.
static CUSTOM: OnceLock<BTreeMap<String, Vec<String>>> = OnceLock::new();

/// Adds names of the config. Returns the name of a group that does not exist.
pub fn add_names(names: &BTreeMap<String, Vec<String>>) -> Result<(), String> {
    match names.keys().find(|name| GROUPS.iter().all(|(group, _)| group != name)) {
        Some(unknown) => Err(unknown.clone()),
        None => {
            CUSTOM.get_or_init(|| names.clone());
            Ok(())
        }
    }
}

/// The names by [`slot_of`], so that a lookup compares few.
static BY_SLOT: LazyLock<Vec<Vec<Name>>> = LazyLock::new(|| {
    let text = include_str!("../../../../formats/names/application.toml");
    let file: BTreeMap<String, Vec<String>> = toml::from_str(text).unwrap_or_default();
    let mut by_slot = vec![Vec::new(); MAX_NAME * 32];
    for (group, field) in GROUPS {
        let custom = CUSTOM.get().and_then(|custom| custom.get(group));
        let names = custom.into_iter().chain(file.get(group)).flatten();
        for (rank, name) in names.enumerate() {
            if let Some(same) = by_slot.get_mut(slot_of(name)) {
                same.push((name.clone(), field, rank));
            }
        }
    }
    by_slot
});

/// Returns a number that is the same for a name in capitals: of its length and first letter.
fn slot_of(name: &str) -> usize {
    name.len() * 32 + usize::from(name.bytes().next().unwrap_or(0) & 31)
}

/// Returns the field that `name` stands for and its rank among the names of that field.
pub fn field(name: &str) -> Option<(Field, usize)> {
    let same = BY_SLOT.get(slot_of(name))?;
    same.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name)).map(|(_, field, rank)| (*field, *rank))
}

/// What is before a dot of some name, in lower case.
static PARENTS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let names = BY_SLOT.iter().flatten().map(|(name, ..)| name.to_ascii_lowercase());
    let parents = |name: String| -> Vec<String> {
        name.match_indices('.').filter_map(|(at, _)| name.get(..at).map(str::to_owned)).collect()
    };
    names.flat_map(parents).collect()
});

/// Returns true if some name begins with `path` and a dot, like `kubernetes` and `kubernetes.pod`.
pub fn is_parent(path: &str) -> bool {
    PARENTS.contains(&path.to_ascii_lowercase())
}

/// A value that may fill a field.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The field.
    pub field: Field,
    /// Rank of its name.
    pub rank: usize,
    /// The caller's identifier of the value.
    pub id: usize,
    /// The value.
    pub text: Text<'a>,
}

/// Returns a record made of the best candidate for each field, and the ids of the candidates used.
/// The message is empty if there is no candidate for it.
pub fn record<'a>(mut candidates: Vec<Candidate<'a>>, clock: &Clock) -> (Record<'a>, Vec<usize>) {
    candidates.sort_by_key(|candidate| (candidate.field, candidate.rank));
    let request = request_of(&candidates);
    let date = join_date(&mut candidates);
    let mut record = Record::text("");
    let mut fields = TextFields::default();
    let mut taken = Vec::with_capacity(candidates.len());
    let mut has_message = false;
    for Candidate { field, id, text, .. } in candidates {
        let is_coloured = matches!(field, Field::Level | Field::Message);
        let text = if is_coloured { ansi::without(text) } else { text };
        let is_taken = match field {
            Field::Time if record.ts.is_none() => set_time(&mut record, &text, clock),
            Field::Time if Some(id) == date => true,
            Field::Nanos => match (record.ts, text.parse::<i64>()) {
                (Some(ts), Ok(nanos @ 0..1_000_000_000)) if ts % 1_000_000 == 0 => {
                    record.ts = Some(ts + nanos / 1_000);
                    true
                }
                _ => false,
            },
            Field::Level if record.level.is_none() => {
                record.level = Level::of(&text).or_else(|| php_level(&text));
                record.level.is_some()
            }
            Field::Priority if record.level.is_none() => {
                let number = text.parse().ok().and_then(Level::of_syslog);
                record.level = number.or_else(|| Level::of(&text));
                record.level.is_some()
            }
            Field::SeverityNumber if record.level.is_none() => {
                record.level = text.parse().ok().and_then(Level::of_otel);
                record.level.is_some()
            }
            Field::Message if !has_message => {
                record.message = trimmed(text);
                has_message = true;
                true
            }
            // Datadog's name for the level
            Field::Status if record.level.is_none() && header::clear_level(&text).is_some() => {
                record.level = header::clear_level(&text);
                true
            }
            Field::ErrorCode | Field::Status if fields.error_code.is_none() => {
                let is_error = field == Field::ErrorCode && text.bytes().any(|byte| byte != b'0')
                    || is_error_code(&text, record.level);
                fields.error_code = is_error.then_some(text);
                is_error
            }
            Field::Stack if fields.stack.is_none() => {
                // `exc_info: true` and `exception: "timeout"` are not stacks
                let is_stack = text.contains('\n') || exception::exception_of(&text).is_some();
                fields.stack = is_stack.then_some(text);
                is_stack
            }
            Field::Exception if fields.exception.is_none() => put(&mut fields.exception, text),
            // a `target` may also be an address
            Field::Logger => !text.contains("://") && put(&mut fields.logger, text),
            Field::Thread => put(&mut fields.thread, text),
            // clouds name a trace by its path
            Field::TraceId => put(&mut fields.trace_id, last_segment(text)),
            Field::SpanId => put(&mut fields.span_id, text),
            Field::Stream => matches!(&*text, "stdout" | "stderr") && put(&mut fields.stream, text),
            _ => put_place(&mut record.place, field, text),
        };
        if is_taken {
            taken.push(id);
        }
    }
    find_stack(&mut record, &mut fields);
    record.body = Body::Text(fields);
    if let Some(request) = request {
        request.fill(&mut record);
    }
    place::split_names(&mut record.place);
    (record, taken)
}

/// Reads the name of an error of PHP: `Fatal error`, `User Warning`, `E_NOTICE`.
fn php_level(text: &str) -> Option<Level> {
    let lower = text.to_ascii_lowercase();
    match lower.split_once(['_', ' '])? {
        ("fatal" | "core" | "compile", "error") => Some(Level::Fatal),
        ("e" | "user" | "parse" | "core" | "compile", word @ ("error" | "parse" | "warning" | "notice")) => {
            Level::of(if word == "parse" { "error" } else { word })
        }
        _ => None,
    }
}

fn request_of(candidates: &[Candidate<'_>]) -> Option<HttpRequest> {
    let mut parts = Parts::default();
    for Candidate { field, text, .. } in candidates {
        match field {
            Field::Status => parts.statuses.push(text),
            Field::Method => parts.methods.push(text),
            Field::Target => parts.targets.push(text),
            Field::Request => parts.lines.push(text),
            _ => {}
        }
    }
    HttpRequest::of(&parts)
}

/// Reads a time; returns false if the text is none.
fn set_time(record: &mut Record<'_>, text: &str, clock: &Clock) -> bool {
    let whole = time::any(text, clock);
    let stamp = whole.or_else(|| time::time_of_day(text, clock));
    record.ts = stamp.map(|stamp| stamp.ts);
    record.zoned = stamp.is_some_and(|stamp| stamp.zoned);
    record.time_of_day = stamp.is_some() && whole.is_none();
    stamp.is_some()
}

/// Moves a stack out of the message, and names the exception.
fn find_stack(record: &mut Record<'_>, fields: &mut TextFields<'_>) {
    if fields.stack.is_none()
        && memchr::memchr(b'\n', record.message.as_bytes()).is_some()
        && let Some((first, rest)) = record.message.split_once('\n')
        && rest.lines().any(|line| stack::continues(line, first) && line.starts_with([' ', '\t']))
        && exception::exception_of(rest).is_some()
    {
        (record.message, fields.stack) = (Cow::Owned(first.to_owned()), Some(Cow::Owned(rest.to_owned())));
    }
    let named = |text: &str| exception::exception_of(text).map(|class| Cow::Owned(class.to_owned()));
    let stack = fields.stack.as_deref();
    fields.exception =
        fields.exception.take().or_else(|| stack.and_then(named)).or_else(|| named(&record.message));
}

/// Puts a date and a time of day that are kept apart together, as the time of day's text. Returns the id of
/// the date.
fn join_date(candidates: &mut [Candidate<'_>]) -> Option<usize> {
    let times = || candidates.iter().enumerate().filter(|(_, one)| one.field == Field::Time);
    let is_clock = |text: &str| header::is_time_of_day(text) && text.as_bytes().get(5) == Some(&b':');
    let (clock_at, clock) = times().find(|(_, one)| is_clock(&one.text))?;
    let is_date = |text: &str| {
        (8..=10).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit() || b"-/.".contains(&byte))
            && time::at_front(&format!("{text} 00:00:00"), &Clock::UTC).is_some()
    };
    let (_, date) = times().find(|(_, one)| is_date(&one.text))?;
    let (id, whole) = (date.id, format!("{} {}", date.text, clock.text));
    if let Some(clock) = candidates.get_mut(clock_at) {
        clock.text = Cow::Owned(whole);
    }
    Some(id)
}

/// Returns true if a status belongs in the error column: HTTP from 400, or any failure of an error.
fn is_error_code(text: &str, level: Option<Level>) -> bool {
    let is_word = || {
        text.len() > 2
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"_-.".contains(&b))
    };
    match text.parse::<i64>() {
        Ok(400..=599) => true,
        Ok(code) => level >= Some(Level::Error) && !matches!(code, 0 | 100..=399),
        Err(_) => level >= Some(Level::Error) && is_word() && !matches!(text, "OK" | "SUCCESS"),
    }
}

/// Fills a column that is still empty; an id of zeros means that there is none.
fn put<'a>(column: &mut Option<Text<'a>>, text: Text<'a>) -> bool {
    let is_new = column.is_none() && text.bytes().any(|byte| byte != b'0' && byte != b' ');
    if is_new {
        *column = Some(text);
    }
    is_new
}

fn put_place<'a>(place: &mut Place<'a>, field: Field, text: Text<'a>) -> bool {
    let column = match field {
        Field::Cluster => &mut place.cluster,
        Field::Namespace => &mut place.namespace,
        Field::Workload => &mut place.workload,
        Field::Pod => &mut place.pod,
        Field::Container => &mut place.container,
        Field::Node => &mut place.node,
        _ => return false,
    };
    put(column, text)
}

fn trimmed(text: Text<'_>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_end()),
        Cow::Owned(text) => Cow::Owned(text.trim_end().to_owned()),
    }
}

/// Returns a name in lower case without what separates its words.
pub fn bare(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
