//! Formats: one file each, one list. A format turns text into records and knows nothing of
//! files, Arrow or the lake; it does no I/O and cannot fail, it reads or it does not.

pub mod audit;
pub mod cloudwatch;
pub mod cls;
pub mod cri;
pub mod csv;
mod csv_stream;
pub mod docker;
pub mod event;
mod fields;
pub mod frame;
pub mod gcp;
mod gcp_audit;
mod gcp_target;
mod header;
pub mod json;
pub mod json_app;
mod json_stream;
pub mod klog;
pub mod kubectl_time;
mod layout;
pub mod logback;
pub mod logfmt;
pub mod nginx_access;
pub mod nginx_error;
pub mod operation;
pub mod origin;
pub mod otlp;
mod otlp_value;
pub mod reader;
pub mod redact;
pub mod scan;
pub mod stack;
pub mod template;
pub mod time;
mod yaml;

/// Every format, in the order they are tried.
pub static FORMATS: &[&dyn Format] = &[
    &cri::Cri,
    &docker::Docker,
    &cls::Cls,
    &otlp::Otlp,
    &cloudwatch::CloudWatch,
    &gcp::Gcp,
    &csv::Csv,
    &audit::Audit,
    &event::Event,
    &kubectl_time::KubectlTime,
    &json_app::JsonApp,
    &klog::Klog,
    &nginx_access::NginxAccess,
    &nginx_error::NginxError,
    &logback::Logback,
    &logfmt::Logfmt,
];

use crate::record::{Attrs, Level, Place, Record, Text};
use chrono::NaiveDate;
use chrono_tz::Tz;
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
