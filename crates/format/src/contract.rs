//! The contract of a format: it turns text into records, does no I/O and knows nothing of files,
//! Arrow or the lake. It cannot fail: it reads a text, or returns the reason why it cannot.

use chrono::NaiveDate;
use chrono_tz::Tz;
use model::record::{Attrs, Level, Place, Record, Text};
use std::borrow::Cow;

/// The kind of content that a format reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Wraps another text: a collector's or runtime's metadata around the application's line.
    Envelope,
    /// Audit events.
    Audit,
    /// Kubernetes events.
    Event,
    /// Kubernetes objects.
    State,
    /// Application text, one record per line.
    Line,
    /// Application text whose records may span several lines (stack traces, long messages).
    Lines,
}

/// The zone and day of the object that a format reads from.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Zone of times that name none.
    pub zone: Tz,
    /// Day of the object, for times without a year or a date.
    pub day: NaiveDate,
    /// When the text was written, µs UTC, if that is known: ages count from it.
    pub written: Option<i64>,
}

impl Clock {
    /// UTC without a day, for times that always carry both.
    pub const UTC: Self = Self { zone: Tz::UTC, day: NaiveDate::MIN, written: None };
}

/// A line without its envelope, and the metadata that the envelope carried.
#[derive(Clone, Debug, Default)]
pub struct Unwrapped<'a> {
    /// The collector's or runtime's time, µs UTC.
    pub ts: Option<i64>,
    /// Level of a text that has none itself.
    pub level: Option<Level>,
    /// Trace id of a text that has none itself.
    pub trace_id: Option<Text<'a>>,
    /// Span id of a text that has none itself.
    pub span_id: Option<Text<'a>>,
    /// stdout or stderr.
    pub stream: Option<Text<'a>>,
    /// Where it was collected.
    pub place: Place<'a>,
    /// Name of the log if one place writes several: lines of different logs are not joined.
    pub log: Option<Text<'a>>,
    /// True if the next line of the stream continues this one, byte by byte.
    pub partial: bool,
    /// True if no line continues this one, whatever the envelopes within it say.
    pub complete: bool,
    /// The application's line.
    pub payload: Cow<'a, [u8]>,
    /// Metadata without a column.
    pub attrs: Attrs,
    /// True if the line also is an application's own record, which it is unless its payload is in a format
    /// that is known.
    pub only_if_known: bool,
    /// True if the envelope is only ever written for container stdout and stderr (CRI, docker).
    pub stdout: bool,
}

/// One element of an envelope.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "most parts are lines, passed on one at a time")]
pub enum Part<'a> {
    /// A line.
    Line(Unwrapped<'a>),
    /// A record that the rule of this name drops.
    Dropped(&'static str),
    /// A text that cannot be read, and the reason.
    Broken(Cow<'a, [u8]>, String),
}

/// Receives the parts of an envelope one at a time.
pub type EmitPart<'e, 'a> = &'e mut dyn FnMut(Part<'a>);

/// Receives records one at a time.
pub type Emit<'e> = &'e mut dyn FnMut(Record<'_>);

/// One log format. Text arrives decoded and without its line end.
pub trait Format: Send + Sync {
    /// Short name: `cri`, `k8s-audit`, `logback`.
    fn name(&self) -> &str;
    /// The programs that write it, one line.
    fn about(&self) -> &str;
    /// A line that it reads, for `inspect --list` and the docs.
    fn sample(&self) -> &str;
    /// The kind of content.
    fn role(&self) -> Role;

    /// Returns true if a record of this format begins with `text`. Must be cheap: it is called for
    /// every line.
    fn begins(&self, text: &str) -> bool;

    /// The bytes that a line in this envelope can begin with; other lines are not tried.
    fn first_bytes(&self) -> &'static [u8] {
        b"{"
    }

    /// Words of which every JSON line of this format contains one; none if a line needs no word. One search for the
    /// words of all formats spares most lines a search for each.
    fn words(&self) -> &'static [&'static str] {
        &[]
    }

    /// Returns true if this envelope never occurs within another one.
    fn is_outermost(&self) -> bool {
        false
    }

    /// Removes an envelope that holds one line. Returns `None` if the line is not in this envelope.
    fn unwrap_line<'a>(&self, _line: &'a [u8], _clock: &Clock) -> Option<Unwrapped<'a>> {
        None
    }

    /// Removes an envelope that holds several lines and emits all its parts in order. Returns false,
    /// with nothing emitted, if the line is not in this envelope.
    fn unwrap_all<'a>(&self, line: &'a [u8], clock: &Clock, emit: EmitPart<'_, 'a>) -> bool {
        self.unwrap_line(line, clock).map(|unwrapped| emit(Part::Line(unwrapped))).is_some()
    }

    /// Reads the text of one record (several lines joined by `\n` for [`Role::Lines`]) and emits its
    /// records. An error is the reason why it cannot, with the byte offset if it is known.
    fn read(&self, _text: &str, _clock: &Clock, _emit: Emit<'_>) -> Result<(), String> {
        Err("an envelope has no records of its own".into())
    }
}

/// Returns a text as the payload of an envelope.
pub fn payload_of(text: Text<'_>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

fn after_slash(path: &str) -> &str {
    memchr::memrchr(b'/', path.as_bytes()).and_then(|at| path.get(at + 1..)).unwrap_or(path)
}

/// Returns the part of a path after its last `/`: how clouds name a log, a trace and a cluster.
pub fn last_segment(path: Text<'_>) -> Text<'_> {
    match path {
        Cow::Borrowed(path) => Cow::Borrowed(after_slash(path)),
        Cow::Owned(path) => Cow::Owned(after_slash(&path).to_owned()),
    }
}
