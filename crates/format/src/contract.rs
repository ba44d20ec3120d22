//! The contract of a format: it turns text into records, does no I/O and knows nothing of files,
//! Arrow or the lake. It cannot fail: it reads a text, or says why it does not.

use chrono::NaiveDate;
use chrono_tz::Tz;
use model::record::{Attrs, Level, Place, Record, Text};
use std::borrow::Cow;

/// What a format does with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Wraps another text: a collector's or runtime's metadata around the application's line.
    Envelope,
    /// Audit events.
    Audit,
    /// Kubernetes events.
    Event,
    /// Application text, one record a line.
    Line,
    /// Application text whose records may go on over further lines (stack traces, long messages).
    Lines,
}

/// What a format may need to know of the object it reads from.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Zone of times that name none.
    pub zone: Tz,
    /// Day of the object, for times without a year or a date.
    pub day: NaiveDate,
}

/// A line with its envelope taken off.
#[derive(Clone, Debug, Default)]
pub struct Peeled<'a> {
    /// The collector's or runtime's time, µs UTC.
    pub ts: Option<i64>,
    /// True when that time named no zone: it was read as if in UTC.
    pub is_local: bool,
    /// Level of a text that tells none itself.
    pub level: Option<Level>,
    /// Trace id of a text that tells none itself.
    pub trace_id: Option<Text<'a>>,
    /// Span id of a text that tells none itself.
    pub span_id: Option<Text<'a>>,
    /// stdout or stderr.
    pub stream: Option<Text<'a>>,
    /// Where it was collected.
    pub place: Place<'a>,
    /// Name of the log, where several come from one place: their lines are not joined.
    pub log: Option<Text<'a>>,
    /// True when the next line of the stream goes on with this one (bytes, undecoded).
    pub partial: bool,
    /// True when nothing goes on with this one, whatever envelopes within say.
    pub whole: bool,
    /// The application's line.
    pub payload: Cow<'a, [u8]>,
    /// Metadata without a column.
    pub attrs: Attrs,
    /// True when the envelope itself says that this is container stdout (CRI, docker).
    pub stdout: bool,
}

/// One of the things an envelope holds.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "most parts are lines, handed over one at a time")]
pub enum Part<'a> {
    /// A line.
    Line(Peeled<'a>),
    /// A record that a rule of this name drops.
    Dropped(&'static str),
    /// A text that cannot be read, and why.
    Broken(Cow<'a, [u8]>, String),
}

/// Takes the parts of an envelope one at a time.
pub type Each<'e, 'a> = &'e mut dyn FnMut(Part<'a>);

/// Takes records one at a time.
pub type Emit<'e> = &'e mut dyn FnMut(Record<'_>);

/// One log format. Text arrives decoded and without its line end.
pub trait Format: Sync {
    /// Short name: `cri`, `k8s-audit`, `logback`.
    fn name(&self) -> &'static str;
    /// What writes it, one line.
    fn about(&self) -> &'static str;
    /// A line it reads, for `inspect --list` and the docs.
    fn sample(&self) -> &'static str;
    /// What it does with a line.
    fn role(&self) -> Role;

    /// Tells whether a record of this format begins with `text`; cheap, called for every line.
    fn begins(&self, text: &str) -> bool;

    /// Takes the envelope off one line; envelopes that hold one line each.
    fn peel<'a>(&self, _line: &'a [u8]) -> Option<Peeled<'a>> {
        None
    }

    /// Takes the envelope off all that it holds, in order; envelopes that hold several lines.
    /// Returns whether it fitted; nothing is handed over when it did not.
    fn peel_all<'a>(&self, line: &'a [u8], each: Each<'_, 'a>) -> bool {
        self.peel(line).map(|peeled| each(Part::Line(peeled))).is_some()
    }

    /// Reads one record's text (several lines joined by `\n` for [`Role::Lines`]) and emits its
    /// records. An error says why it could not, with the byte where it is known.
    fn read(&self, _text: &str, _clock: &Clock, _emit: Emit<'_>) -> Result<(), String> {
        Err("an envelope has no records of its own".into())
    }
}
