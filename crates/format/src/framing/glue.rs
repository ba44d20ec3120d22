//! JSON values that follow each other without a line end, as Amazon Data Firehose writes documents.
//! Ordinary lines cost no second pass: only a bracket that closes directly before another opens makes
//! a line be looked at. Must not know what a value means.

use crate::framing::frame::{BYTE_ORDER_MARK, EmitFrame, Frame};
use crate::framing::list;
use memchr::memmem::Finder;
use std::sync::LazyLock;

static TIGHT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("}{"));
static LOOSE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("} "));

/// Most places of a head that are looked at for values with blanks between.
const MAX_LOOSE: usize = 1000;

/// How lines are searched for several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glue {
    /// Not at all: the object has no lines of JSON.
    Never,
    /// Where `}{` occurs.
    Watch,
    /// Each line: in some of the first, blanks or marks are between values.
    Always,
}

impl Glue {
    /// Returns the search for an object of JSON lines that begins with `head`.
    pub(crate) fn of_lines(head: &[u8]) -> Self {
        let mut places = LOOSE.find_iter(head).take(MAX_LOOSE);
        let is_loose = places.any(|at| {
            let (before, after) = head.split_at(at + 1);
            let begun = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
            let line = before.get(begun..).unwrap_or_default();
            let blanks = after.iter().take_while(|byte| **byte == b' ').count();
            let next = after.get(blanks..).unwrap_or_default();
            begins_object(next) && begins_object(line) && extent(line) == Extent::Closed(line.len())
        });
        if is_loose { Self::Always } else { Self::Watch }
    }
}

/// The places in a buffer where one value may end and the next begin.
pub(crate) struct Watch<'b> {
    glue: Glue,
    buffer: &'b [u8],
    next: usize,
}

impl<'b> Watch<'b> {
    pub(crate) fn new(glue: Glue, buffer: &'b [u8]) -> Self {
        let mut watch = Self { glue, buffer, next: usize::MAX };
        if glue == Glue::Watch {
            watch.find_from(0);
        }
        watch
    }

    /// Returns true if the line that ends at `end` may hold several values. Lines come in order.
    pub(crate) fn finds_before(&mut self, end: usize) -> bool {
        if self.next >= end {
            return self.glue == Glue::Always;
        }
        self.find_from(end);
        true
    }

    fn find_from(&mut self, from: usize) {
        let rest = self.buffer.get(from..).unwrap_or_default();
        self.next = TIGHT.find(rest).map_or(usize::MAX, |at| from + at);
    }
}

/// Emits the values of a line, except the last, as long as each is followed by another. Returns the
/// number of bytes before the rest of the line, which is the last value or no value.
pub(crate) fn emit_values(line: &[u8], number: u64, emit: EmitFrame<'_>) -> usize {
    let mut done = 0;
    loop {
        let rest = line.get(done..).unwrap_or_default();
        if !begins_object(rest) {
            return done;
        }
        let Extent::Closed(len) = extent(rest) else { return done };
        let (value, after) = rest.split_at(len);
        let next = without_blanks(after);
        if !begins_object(next) {
            return done;
        }
        emit_value(value, number, emit);
        done = line.len() - next.len();
    }
}

/// Emits one JSON value.
pub(crate) fn emit_value(value: &[u8], number: u64, emit: EmitFrame<'_>) {
    emit(if list::is_empty(value) { Frame::empty_list(number, value) } else { Frame::of(number, value) });
}

/// Returns true for the front of a JSON object. Text layouts have braces too, but no quote in them.
pub(crate) fn begins_object(bytes: &[u8]) -> bool {
    let Some(inner) = bytes.strip_prefix(b"{") else { return false };
    matches!(inner.trim_ascii_start().first(), None | Some(b'"' | b'}'))
}

/// Returns the bytes after the blanks, byte order marks and NUL bytes that come first.
pub(crate) fn without_blanks(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    loop {
        let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0).count();
        rest = rest.get(blanks..).unwrap_or_default();
        match rest.strip_prefix(BYTE_ORDER_MARK) {
            Some(after) => rest = after,
            None => return rest,
        }
    }
}

/// Where a bracketed value ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// After that many bytes.
    Closed(usize),
    /// Not within the bytes.
    Open,
    /// Not within the bytes, which end within a string.
    OpenString,
}

/// Finds the end of the bracketed value that `bytes` begin with.
pub(crate) fn extent(bytes: &[u8]) -> Extent {
    let (mut at, mut depth) = (0, 0usize);
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => match string_end(bytes, at) {
                Some(end) => at = end,
                None => return Extent::OpenString,
            },
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Extent::Closed(at);
                }
            }
            _ => {}
        }
    }
    Extent::Open
}

/// Returns the position after the closing quote of the string whose inner text begins at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}
