//! How an object is split into frames, detected from its first bytes. Must not know how each way of
//! framing works.

use crate::framing::Framing;
use crate::framing::glue::{Extent, Glue, begins_object, extent, without_blanks};
use crate::framing::limits::damaged;
use crate::framing::window::WINDOW_BYTES;
use crate::framing::{journal_export, journal_verbose};
use crate::text::kubectl::sections;
use crate::text::{csv_header, csv_kind};
use std::io;

/// Bytes from which binary content is detected.
const SAMPLE_BYTES: usize = 8192;
/// NUL bytes in a row from which they are a hole in a text.
const HOLE_BYTES: usize = 8;

/// A way of framing with what was detected for it.
pub(crate) struct Plan {
    pub(crate) framing: Framing,
    /// How lines are searched for several JSON values.
    pub(crate) glue: Glue,
    /// The header of a CSV of a known kind that has none.
    pub(crate) header: Option<String>,
    /// True if entries of the journal are printed for people.
    pub(crate) is_verbose: bool,
    /// True if outputs of kubectl may be among the lines.
    pub(crate) has_outputs: bool,
}

impl Plan {
    fn of(framing: Framing) -> Self {
        Self { framing, glue: Glue::Never, header: None, is_verbose: false, has_outputs: false }
    }

    fn lines(glue: Glue) -> Self {
        Self { glue, ..Self::of(Framing::Lines) }
    }
}

/// Detects the framing of the object that begins with `head`. Fails on binary content.
pub(crate) fn plan_of(head: &[u8]) -> io::Result<Plan> {
    if is_binary(head) {
        return Err(damaged("binary content is not a log"));
    }
    let has_outputs = sections::may_have(&String::from_utf8_lossy(head));
    let plan = content_plan(head);
    Ok(Plan { has_outputs: has_outputs && plan.framing == Framing::Lines, ..plan })
}

/// Detects the framing of a text that begins with `head`.
fn content_plan(head: &[u8]) -> Plan {
    let Some(first) = first_line(head) else { return Plan::of(Framing::Lines) };
    if begins_object(first.text) || first.text.starts_with(b"[") {
        return json_plan(&first, head);
    }
    let yaml = [&b"apiVersion:"[..], b"kind:", b"items:", b"- apiVersion:", b"insertId:"];
    if yaml.iter().any(|key| first.text.starts_with(key)) {
        return Plan::of(Framing::Yaml);
    }
    if journal_export::begins(first.text) {
        return Plan::of(Framing::Journal);
    }
    if journal_verbose::begins(first.text) {
        return Plan { is_verbose: true, ..Plan::of(Framing::Journal) };
    }
    if csv_header::dialect_of(first.text).is_some() {
        return Plan::of(Framing::Csv);
    }
    if let Some(header) = csv_kind::missing_header(first.onwards) {
        return Plan { header: Some(header), ..Plan::of(Framing::Csv) };
    }
    let has_json = memchr::memmem::find(head, b"\n{\"").is_some();
    Plan::lines(if has_json { Glue::of_lines(head) } else { Glue::Never })
}

/// The first line with a content.
struct FirstLine<'h> {
    text: &'h [u8],
    /// The bytes from that line on.
    onwards: &'h [u8],
    /// The lines after it.
    after: &'h [u8],
    /// False if the line goes on after the head.
    is_whole: bool,
}

/// Returns the first line that is neither blank, a comment nor the mark of a YAML document.
fn first_line(head: &[u8]) -> Option<FirstLine<'_>> {
    let mut rest = without_blanks(head);
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest);
        let (text, after) = rest.split_at(end.unwrap_or(rest.len()));
        let text = text.trim_ascii_end();
        if !text.starts_with(b"#") && text != b"---" {
            let is_whole = end.is_some() || head.len() < WINDOW_BYTES;
            return Some(FirstLine { text, onwards: rest, after, is_whole });
        }
        rest = without_blanks(after);
    }
    None
}

/// Returns the plan of an object whose first line begins a JSON object or array.
fn json_plan(first: &FirstLine<'_>, head: &[u8]) -> Plan {
    let document = Plan::of(Framing::Json);
    if first.text.starts_with(b"[") {
        // text layouts have brackets too, but no JSON in them
        let inner = without_blanks(first.onwards.get(1..).unwrap_or_default());
        let is_none = inner.starts_with(b"]") && matches!(first.text, b"[" | b"[]");
        // rows of CloudWatch Logs Insights are arrays of fields
        let is_row = inner.strip_prefix(b"[").is_some_and(|row| begins_object(without_blanks(row)));
        let is_array = inner.is_empty() || is_none || is_row || begins_object(inner);
        return if is_array { document } else { Plan::of(Framing::Lines) };
    }
    if !first.is_whole {
        return document;
    }
    match extent(first.text) {
        // a first line that is a JSON value by itself: JSON lines, so a broken one costs only itself
        Extent::Closed(end) => {
            let after = without_blanks(first.text.get(end..).unwrap_or_default());
            match after.first() {
                Some(b',') => document,
                Some(b'{') if begins_object(after) => Plan::lines(Glue::Always),
                _ => Plan::lines(Glue::of_lines(head)),
            }
        }
        // no string goes on in the next line
        Extent::OpenString if !first.after.is_empty() => Plan::lines(Glue::of_lines(head)),
        _ if is_broken(first) => Plan::lines(Glue::of_lines(head)),
        _ => document,
    }
}

/// Returns true if a line that does not close is a broken one among JSON lines: the next one is whole.
fn is_broken(first: &FirstLine<'_>) -> bool {
    let next = without_blanks(first.after);
    let next = next.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let is_opener = first.text.ends_with(b"[") || first.text.ends_with(b"{") || first.text.ends_with(b",");
    !is_opener && begins_object(next) && extent(next) == Extent::Closed(next.len())
}

/// Returns true if the bytes are no text. Holes, which sparse and truncated files have, do not count.
fn is_binary(head: &[u8]) -> bool {
    let (mut zeros, mut odd, mut seen) = (0, 0, 0);
    let mut rest = head;
    while let Some(byte) = rest.first().filter(|_| seen < SAMPLE_BYTES) {
        let run = if *byte == 0 { rest.iter().take_while(|byte| **byte == 0).count() } else { 1 };
        rest = rest.get(run..).unwrap_or_default();
        if run >= HOLE_BYTES {
            continue;
        }
        seen += run;
        if *byte < 32 && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x1b | 0x0c) {
            odd += run;
            zeros += if *byte == 0 { run } else { 0 };
        }
    }
    zeros > 0 && odd * 10 > seen
}
