//! Lines of a text, read without holding more than one. Runs of NUL bytes, which a truncated or sparse
//! file has where nothing was written, belong to no line. Must not know what a line contains.

use crate::framing::frame::{BLANK_LINE, EmitFrame, Frame, without_mark};
use crate::framing::glue::{self, Glue, Watch};
use crate::framing::limits::Limits;
use crate::framing::list;
use crate::framing::window::{Window, nul_count};
use std::io::{self, BufRead};

/// NUL bytes in the middle of a line from which they are a hole: what follows is another record.
const HOLE: &[u8] = &[0; 8];

/// Emits each line; of a line of several JSON values each value.
pub(crate) fn lines(
    input: &mut Window<'_>,
    limits: &Limits,
    glue: Glue,
    emit: EmitFrame<'_>,
) -> io::Result<()> {
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        // lines that the window holds to their end are not copied
        let buffer = input.fill_buf()?;
        let has_nul = memchr::memchr(0, buffer).is_some();
        let mut watch = Watch::new(glue, buffer);
        let mut at = 0;
        while let Some(len) = memchr::memchr(b'\n', buffer.get(at..).unwrap_or_default()) {
            let bytes = buffer.get(at..at + len).unwrap_or_default();
            at += len + 1;
            number += 1;
            let line = Line { number, has_nul, is_glued: watch.finds_before(at) };
            if len > limits.line_bytes {
                let bytes = bytes.get(..limits.line_bytes).unwrap_or_default();
                line.emit_cut(bytes, limits, emit);
            } else {
                line.emit(bytes.strip_suffix(b"\r").unwrap_or(bytes), emit);
            }
        }
        let is_split = at < buffer.len() || buffer.is_empty();
        input.consume(at);
        if !is_split {
            continue;
        }
        number += 1;
        let rest = Line { number, has_nul: true, is_glued: glue != Glue::Never };
        match next_line(input, &mut line, limits, &mut |line| rest.emit_values(line, emit))? {
            None => return Ok(()),
            Some(0) => rest.emit(&line, emit),
            Some(_) => rest.emit_cut(&line, limits, emit),
        }
    }
}

/// What is known of a line before its bytes are looked at.
struct Line {
    number: u64,
    /// True if NUL bytes may be in it.
    has_nul: bool,
    /// True if several JSON values may be in it.
    is_glued: bool,
}

impl Line {
    fn emit(&self, bytes: &[u8], emit: EmitFrame<'_>) {
        if !self.has_nul {
            self.emit_text(bytes, emit);
            return;
        }
        let mut rest = without_nuls(bytes);
        while let Some(hole) = memchr::memmem::find(rest, HOLE) {
            let (text, after) = rest.split_at(hole);
            self.emit_text(text, emit);
            rest = without_nuls(after);
            if rest.is_empty() {
                return;
            }
        }
        self.emit_text(rest, emit);
    }

    fn emit_text(&self, bytes: &[u8], emit: EmitFrame<'_>) {
        let text = without_mark(bytes);
        let text = text.get(self.emit_values(text, emit)..).unwrap_or_default();
        if text.is_empty() {
            emit(Frame { dropped: Some(BLANK_LINE), ..Frame::of(self.number, text) });
        } else if list::is_empty(text) {
            emit(Frame::empty_list(self.number, text));
        } else {
            emit(Frame::of(self.number, text));
        }
    }

    /// Emits each JSON value that another one follows; returns the bytes that were emitted.
    fn emit_values(&self, bytes: &[u8], emit: EmitFrame<'_>) -> usize {
        if self.is_glued { glue::emit_values(bytes, self.number, emit) } else { 0 }
    }

    fn emit_cut(&self, bytes: &[u8], limits: &Limits, emit: EmitFrame<'_>) {
        let fault = limits.cut_fault("line");
        emit(Frame::broken(self.number, without_mark(without_nuls(bytes)), &fault));
    }
}

/// Reads one line into `line` (without its end), at most `line_bytes` of it. A line that is longer is
/// passed to `full`, which returns the number of bytes at its front that it has used.
/// Returns the number of bytes that were skipped, or `None` at the end of the stream.
pub(crate) fn next_line(
    input: &mut Window<'_>,
    line: &mut Vec<u8>,
    limits: &Limits,
    full: &mut dyn FnMut(&[u8]) -> usize,
) -> io::Result<Option<u64>> {
    line.clear();
    let mut skipped = 0u64;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok((!line.is_empty() || skipped > 0).then_some(skipped));
        }
        let (part, used, is_end) = match memchr::memchr(b'\n', buffer) {
            Some(at) => (buffer.get(..at).unwrap_or_default(), at + 1, true),
            None => (buffer, buffer.len(), false),
        };
        let mut part = without_hole(line, part);
        while !part.is_empty() {
            if line.len() >= limits.line_bytes && skipped == 0 {
                let used = full(line);
                line.drain(..used.min(line.len()));
            }
            let room = limits.line_bytes.saturating_sub(line.len()).min(part.len());
            let (fitting, rest) = part.split_at(room);
            line.extend_from_slice(fitting);
            if room == 0 {
                skipped += rest.len() as u64;
                break;
            }
            part = rest;
        }
        input.consume(used);
        if is_end {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(Some(skipped));
        }
    }
}

/// Returns the part of a line that is new after `line`. A hole of any size takes a few bytes.
fn without_hole<'p>(line: &[u8], part: &'p [u8]) -> &'p [u8] {
    let text = without_nuls(part);
    if line.is_empty() || part.len() - text.len() <= HOLE.len() {
        return if line.is_empty() { text } else { part };
    }
    part.get(part.len() - text.len() - HOLE.len()..).unwrap_or(part)
}

/// Returns a line without the NUL bytes before its text.
pub(crate) fn without_nuls(line: &[u8]) -> &[u8] {
    line.get(nul_count(line)..).unwrap_or_default()
}
