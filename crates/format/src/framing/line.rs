//! Lines of a text, read without holding more than one; and [`Frame`], the unit that every way of
//! framing emits. Must not know what a line contains.

use std::io::{self, BufRead};

/// Bytes of the longest line or JSON value that is read whole.
pub const MAX_FRAME_BYTES: usize = 16 << 20;
/// The fault of a line that is longer.
pub(crate) const CUT: &str = "line longer than 16 MiB, cut";
/// UTF-8 byte order mark.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One line, CSV record (after its header), JSON value or YAML item (as JSON).
#[derive(Debug)]
pub struct Frame<'a> {
    /// Line it begins on, from 1.
    pub line: u64,
    /// Its bytes, without the line end.
    pub bytes: &'a [u8],
    /// The reason why it cannot be read, if the framing found one.
    pub fault: Option<&'a str>,
}

/// Receives frames one at a time.
pub type EmitFrame<'e> = &'e mut dyn FnMut(Frame<'_>);

/// Emits each line.
pub(crate) fn lines(input: &mut dyn BufRead, emit: EmitFrame<'_>) -> io::Result<()> {
    let mut line = Vec::with_capacity(4096);
    let mut number = 0;
    loop {
        number += 1;
        // a line that the buffer holds to its end is not copied
        let buffer = input.fill_buf()?;
        if let Some(at) = memchr::memchr(b'\n', buffer).filter(|at| *at <= MAX_FRAME_BYTES) {
            let bytes = buffer.get(..at).unwrap_or_default();
            let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
            emit(Frame { line: number, bytes: without_mark(bytes, number), fault: None });
            input.consume(at + 1);
            continue;
        }
        let Some(skipped) = next_line(input, &mut line)? else { return Ok(()) };
        let fault = (skipped > 0).then_some(CUT);
        emit(Frame { line: number, bytes: without_mark(&line, number), fault });
    }
}

/// Reads one line into `line` (without its end), at most [`MAX_FRAME_BYTES`] of it.
/// Returns the number of bytes that were skipped, or `None` at the end of the stream.
pub(crate) fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<Option<u64>> {
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
        let room = MAX_FRAME_BYTES.saturating_sub(line.len()).min(part.len());
        line.extend_from_slice(part.get(..room).unwrap_or_default());
        skipped += (part.len() - room) as u64;
        input.consume(used);
        if is_end {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(Some(skipped));
        }
    }
}

/// Returns a line without the byte order mark that line 1 may begin with.
pub(crate) fn without_mark(line: &[u8], number: u64) -> &[u8] {
    if number == 1 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line }
}
