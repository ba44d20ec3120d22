//! The names under which structured logs keep a column's value, and the record made from them.
//! `json_app` and `logfmt` read values; the meaning of a name is defined here once.
//! Must not know how a value was written.

use crate::contract::Clock;
use crate::text::{stack, time};
use model::record::{Body, Level, Place, Record, Text, TextFields};
use std::borrow::Cow;
use std::sync::LazyLock;

/// A column that a name can stand for, in the order that columns are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Event time.
    Time,
    /// Nanoseconds beside a time in whole seconds.
    Nanos,
    /// Level.
    Level,
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
}

/// Names by field, the likelier first. Case does not matter; nested names are joined by dots.
const NAMES: [(Field, &str); 19] = [
    (
        Field::Time,
        "@timestamp timestamp time ts @t datetime date_time asctime t eventTime event_time date __REALTIME_TIMESTAMP instant.epochSecond timeMillis epochMillis time_iso8601 time_local started_at",
    ),
    (Field::Nanos, "instant.nanoOfSecond"),
    (
        Field::Level,
        "level log.level severity lvl levelname loglevel log_level severityText severity_text @l fields.level l",
    ),
    (
        Field::Message,
        "message msg fields.message short_message @m RenderedMessage @mt MessageTemplate log event body text error.message thrown.message exception.message",
    ),
    (
        Field::Logger,
        "logger logger_name loggerName log.logger target category SourceContext Properties.SourceContext",
    ),
    (Field::Thread, "thread thread_name threadName process.thread.name thread.name"),
    (
        Field::TraceId,
        "trace_id traceId trace.id dd.trace_id otelTraceID x-b3-traceid mdc.traceId mdc.trace_id contextMap.traceId contextMap.trace_id context.traceId fields.trace_id span.trace_id @tr",
    ),
    (
        Field::SpanId,
        "span_id spanId span.id dd.span_id otelSpanID x-b3-spanid mdc.spanId mdc.span_id contextMap.spanId contextMap.span_id context.spanId fields.span_id @sp",
    ),
    (Field::ErrorCode, "error_code errorCode error.code err.code err_code"),
    (
        Field::Status,
        "http.response.status_code http.status_code status_code statusCode res.statusCode code status",
    ),
    (
        Field::Stack,
        "stack_trace stacktrace error.stack_trace error.stack stackTrace exception.stacktrace exc_info exc_text err.stack stack traceback thrown.extendedStackTrace @x exception",
    ),
    (
        Field::Exception,
        "error.type exception.class exception.type exception_class exceptionClass thrown.name err.type error.kind exc_type",
    ),
    (Field::Stream, "stream"),
    (Field::Cluster, "kubernetes.cluster_name k8s.cluster.name orchestrator.cluster.name"),
    (
        Field::Namespace,
        "kubernetes.namespace_name kubernetes.pod_namespace kubernetes.namespace k8s.namespace.name",
    ),
    (
        Field::Workload,
        "kubernetes.deployment.name kubernetes.statefulset.name kubernetes.daemonset.name k8s.deployment.name k8s.statefulset.name k8s.daemonset.name",
    ),
    (Field::Pod, "kubernetes.pod_name kubernetes.pod.name k8s.pod.name"),
    (Field::Container, "kubernetes.container_name kubernetes.container.name k8s.container.name"),
    (
        Field::Node,
        "kubernetes.host kubernetes.pod_node_name kubernetes.node_name kubernetes.node.name k8s.node.name",
    ),
];

/// A name, its field and its rank for that field.
type Name = (&'static str, Field, usize);

/// The names by length, so that a lookup compares few.
static BY_LENGTH: LazyLock<Vec<Vec<Name>>> = LazyLock::new(|| {
    let mut by_length = vec![Vec::new(); 40];
    for (field, names) in NAMES {
        for (rank, name) in names.split(' ').enumerate() {
            if let Some(same) = by_length.get_mut(name.len()) {
                same.push((name, field, rank));
            }
        }
    }
    by_length
});

/// Returns the field that `name` stands for and its rank among the names of that field.
pub fn field(name: &str) -> Option<(Field, usize)> {
    let same = BY_LENGTH.get(name.len())?;
    same.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name)).map(|(_, field, rank)| (*field, *rank))
}

/// Returns true if some name begins with `path` and a dot, like `kubernetes` and `kubernetes.pod`.
pub fn is_parent(path: &str) -> bool {
    NAMES.iter().any(|(_, names)| {
        names.split(' ').any(|name| {
            name.as_bytes().get(path.len()) == Some(&b'.')
                && name.get(..path.len()).is_some_and(|head| head.eq_ignore_ascii_case(path))
        })
    })
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
    let mut record = Record::text("");
    let mut fields = TextFields::default();
    let mut taken = Vec::with_capacity(candidates.len());
    let mut has_message = false;
    for Candidate { field, id, text, .. } in candidates {
        let is_taken = match field {
            Field::Time if record.ts.is_none() => {
                let stamp = time::any(&text, clock).or_else(|| time::common_log(&text, clock));
                record.ts = stamp.map(|stamp| stamp.ts);
                record.zoned = stamp.is_some_and(|stamp| stamp.zoned);
                stamp.is_some()
            }
            Field::Nanos => match (record.ts, text.parse::<i64>()) {
                (Some(ts), Ok(nanos @ 0..1_000_000_000)) if ts % 1_000_000 == 0 => {
                    record.ts = Some(ts + nanos / 1_000);
                    true
                }
                _ => false,
            },
            Field::Level if record.level.is_none() => {
                record.level = Level::of(&text);
                record.level.is_some()
            }
            Field::Message if !has_message => {
                record.message = trimmed(text);
                has_message = true;
                true
            }
            Field::ErrorCode | Field::Status if fields.error_code.is_none() => {
                let is_error = field == Field::ErrorCode && !matches!(&*text, "0" | "")
                    || is_error_code(&text, record.level);
                fields.error_code = is_error.then_some(text);
                is_error
            }
            Field::Stack if fields.stack.is_none() => {
                // `exc_info: true` and `exception: "timeout"` are not stacks
                let is_stack = text.contains('\n') || stack::exception_of(&text).is_some();
                fields.stack = is_stack.then_some(text);
                is_stack
            }
            Field::Exception if fields.exception.is_none() => put(&mut fields.exception, text),
            // a `target` may also be an address
            Field::Logger => !text.contains("://") && put(&mut fields.logger, text),
            Field::Thread => put(&mut fields.thread, text),
            Field::TraceId => put(&mut fields.trace_id, text),
            Field::SpanId => put(&mut fields.span_id, text),
            Field::Stream => matches!(&*text, "stdout" | "stderr") && put(&mut fields.stream, text),
            _ => put_place(&mut record.place, field, text),
        };
        if is_taken {
            taken.push(id);
        }
    }
    if fields.stack.is_none()
        && let Some((first, rest)) = record.message.split_once('\n')
        && rest.lines().any(|line| stack::continues(line, first) && line.starts_with([' ', '\t']))
        && stack::exception_of(rest).is_some()
    {
        (record.message, fields.stack) = (Cow::Owned(first.to_owned()), Some(Cow::Owned(rest.to_owned())));
    }
    let named = |text: &str| stack::exception_of(text).map(|class| Cow::Owned(class.to_owned()));
    let stack = fields.stack.as_deref();
    fields.exception = fields.exception.or_else(|| stack.and_then(named)).or_else(|| named(&record.message));
    record.body = Body::Text(fields);
    (record, taken)
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
