//! A CSV as its records; a quoted field may contain line ends. Each record is emitted after the
//! header, as a small CSV by itself; a CSV of a known kind without one gets the kind's. A quote that
//! never closes costs its own line and no further one. Must not know what a column means.

use crate::framing::frame::{EmitFrame, Frame, without_mark};
use crate::framing::limits::Limits;
use crate::framing::line::next_line;
use crate::framing::window::Window;
use crate::text::csv::{Dialect, FieldSplitter, UNCLOSED};
use crate::text::{csv_header, csv_kind};
use std::collections::VecDeque;
use std::io::{self, BufRead};

/// Bytes of the longest record over several lines; no more of one is held.
const MAX_QUOTED_BYTES: usize = 1 << 20;

/// The lines of a stream, some of which may be returned to it.
struct Lines<'i, 'w> {
    input: &'i mut Window<'w>,
    limits: &'i Limits,
    /// Lines returned, each with the number of bytes that were cut off.
    returned: VecDeque<(Vec<u8>, u64)>,
    /// The last line's number, from 1.
    number: u64,
}

impl Lines<'_, '_> {
    /// Reads a line as [`next_line`] does.
    fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Option<u64>> {
        let skipped = match self.returned.pop_front() {
            Some((earlier, skipped)) => {
                *line = earlier;
                Some(skipped)
            }
            None => next_line(self.input, line, self.limits, &mut |_| 0)?,
        };
        self.number += u64::from(skipped.is_some());
        Ok(skipped)
    }

    /// Puts lines back; `skipped` bytes were cut off the last.
    fn put_back(&mut self, lines: &[u8], skipped: u64) {
        for (from_last, line) in lines.rsplit(|byte| *byte == b'\n').enumerate() {
            self.returned.push_front((line.to_vec(), if from_last == 0 { skipped } else { 0 }));
            self.number -= 1;
        }
    }
}

/// Emits each record of the CSV after the header, the header's own row too. `header` is that of a
/// kind without one.
pub(crate) fn records(
    input: &mut Window<'_>,
    limits: &Limits,
    header: Option<String>,
    emit: EmitFrame<'_>,
) -> io::Result<()> {
    let mut lines = Lines { input, limits, returned: VecDeque::new(), number: 0 };
    let mut line = Vec::with_capacity(4096);
    let mut record = header.map(|header| RecordBuffer::of(header.as_bytes(), csv_kind::DIALECT));
    while let Some(skipped) = lines.next(&mut line)? {
        let begun = lines.number;
        let text = without_mark(&line);
        if record.is_none()
            && let Some(found) = csv_header::dialect_of(text)
        {
            let dialect = Dialect { quote: quote_of(text, lines.input.fill_buf()?, found), ..found };
            record = Some(RecordBuffer::of(text, dialect));
        }
        if skipped > 0 {
            emit(Frame::broken(begun, text, &limits.cut_fault("line")));
            continue;
        }
        let Some(record) = record.as_mut().filter(|_| !text.trim_ascii().is_empty()) else {
            emit(Frame::of(begun, text));
            continue;
        };
        record.begin(text);
        let (fault, skipped) = record.complete(&mut lines)?;
        let Some(fault) = fault else {
            emit(Frame::of(begun, &record.bytes));
            continue;
        };
        emit(Frame::broken(begun, record.first_line(), fault));
        if let Some(further) = record.bytes.get(record.first_end + 1..) {
            lines.put_back(further, skipped);
        }
    }
    Ok(())
}

/// The header with its line end, and after it the lines of one record.
struct RecordBuffer {
    dialect: Dialect,
    bytes: Vec<u8>,
    head_len: usize,
    /// End of the record's first line.
    first_end: usize,
}

impl RecordBuffer {
    fn of(header: &[u8], dialect: Dialect) -> Self {
        let bytes = header_of(header, dialect);
        Self { dialect, head_len: bytes.len(), first_end: bytes.len(), bytes }
    }

    fn begin(&mut self, line: &[u8]) {
        self.bytes.truncate(self.head_len);
        self.bytes.extend_from_slice(line);
        self.first_end = self.bytes.len();
    }

    fn first_line(&self) -> &[u8] {
        self.bytes.get(self.head_len..self.first_end).unwrap_or_default()
    }

    /// Adds lines until no quote is open. Returns the fault of a record that never gets there, and
    /// the bytes that were cut off its last line.
    fn complete(&mut self, lines: &mut Lines<'_, '_>) -> io::Result<(Option<&'static str>, u64)> {
        let mut splitter = FieldSplitter::default();
        let mut line = Vec::new();
        loop {
            match splitter.advance(self.bytes.get(self.head_len..).unwrap_or_default(), self.dialect) {
                Ok(true) => return Ok((None, 0)),
                Ok(false) if self.bytes.len() - self.head_len > MAX_QUOTED_BYTES => {
                    return Ok((Some(UNCLOSED), 0));
                }
                Ok(false) => {}
                Err(why) => return Ok((Some(why), 0)),
            }
            let Some(skipped) = lines.next(&mut line)? else { return Ok((Some(UNCLOSED), 0)) };
            self.bytes.push(b'\n');
            self.bytes.extend_from_slice(&line);
            if skipped > 0 {
                return Ok((Some(UNCLOSED), skipped));
            }
        }
    }
}

/// Returns the quote of a CSV: that of its header, otherwise the one that encloses more fields of
/// the first rows.
fn quote_of(header: &[u8], rows: &[u8], dialect: Dialect) -> u8 {
    if header.contains(&dialect.quote) {
        return dialect.quote;
    }
    let is_edge = |byte: &u8| *byte == dialect.delimiter || matches!(byte, b'\n' | b'\r');
    let count = |quote: u8| {
        let begun =
            rows.windows(2).filter(|pair| pair.ends_with(&[quote]) && pair.first().is_some_and(is_edge));
        let ended =
            rows.windows(2).filter(|pair| pair.starts_with(&[quote]) && pair.last().is_some_and(is_edge));
        begun.count().min(ended.count())
    };
    if count(b'\'') > count(b'"') { b'\'' } else { b'"' }
}

/// Returns the header as it precedes each record, its first name in the quotes of the CSV.
fn header_of(line: &[u8], dialect: Dialect) -> Vec<u8> {
    let mut header = Vec::with_capacity(line.len() + 3);
    let line = line.trim_ascii();
    if line.first() == Some(&dialect.quote) {
        header.extend_from_slice(line);
    } else {
        let end = memchr::memchr(dialect.delimiter, line).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        header.push(dialect.quote);
        header.extend_from_slice(name);
        header.push(dialect.quote);
        header.extend_from_slice(rest);
    }
    header.push(b'\n');
    header
}
