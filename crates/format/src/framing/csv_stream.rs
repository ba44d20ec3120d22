//! CSV as the records in it: a quoted field may hold line ends. Each record leaves with the header
//! before it, a small CSV of its own. A quote that never closes costs its line, never what follows.
//! Must not know what a column means.

use crate::envelope::csv;
use crate::framing::{CUT, Frame, next_line, without_mark};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::ops::Range;

/// Longest record over several lines; the reader keeps no more of one.
const MAX_QUOTED_BYTES: usize = 1 << 20;
/// Why a record with an open quote is not read.
pub(crate) const UNCLOSED: &str = "a quote that never closes";

/// How a CSV is written.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    /// Stands between fields.
    pub delimiter: u8,
    /// Stands around a field, doubled within.
    pub quote: u8,
}

/// Walks over a record that may still grow.
#[derive(Default)]
pub(crate) struct Scan {
    /// The fields that ended, with their quotes.
    pub fields: Vec<Range<usize>>,
    at: usize,
    open: Option<usize>,
}

impl Scan {
    /// Goes on to the end of `text`; tells whether the record ends there or a quote is open.
    pub fn advance(&mut self, text: &[u8], dialect: Dialect) -> Result<bool, &'static str> {
        loop {
            let rest = text.get(self.at..).unwrap_or_default();
            let Some(begun) = self.open else {
                if rest.first() == Some(&dialect.quote) {
                    self.open = Some(self.at);
                    self.at += 1;
                    continue;
                }
                let end = memchr::memchr(dialect.delimiter, rest).map_or(text.len(), |len| self.at + len);
                self.fields.push(self.at..end);
                if end == text.len() {
                    return Ok(true);
                }
                self.at = end + 1;
                continue;
            };
            let Some(len) = memchr::memchr(dialect.quote, rest) else {
                self.at = text.len();
                return Ok(false);
            };
            self.at += len + 1;
            if text.get(self.at) == Some(&dialect.quote) {
                self.at += 1;
                continue;
            }
            self.fields.push(begun..self.at);
            self.open = None;
            match text.get(self.at) {
                None => return Ok(true),
                Some(byte) if *byte == dialect.delimiter => self.at += 1,
                Some(_) => return Err("text behind a closing quote"),
            }
        }
    }
}

/// Returns what a field holds: without its quotes, those within single again.
pub(crate) fn unquoted(field: &[u8], quote: u8) -> Cow<'_, [u8]> {
    let Some(mut rest) = field.strip_prefix(&[quote]).and_then(|rest| rest.strip_suffix(&[quote])) else {
        return Cow::Borrowed(field);
    };
    let mut out = Vec::new();
    while let Some(at) = memchr::memchr(quote, rest) {
        out.extend_from_slice(rest.get(..=at).unwrap_or_default());
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    if out.is_empty() {
        return Cow::Borrowed(rest);
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// The lines of a stream, some of them given back.
struct Lines<'i> {
    input: &'i mut dyn BufRead,
    /// Lines given back, each with the bytes that were cut off it.
    given_back: VecDeque<(Vec<u8>, u64)>,
    /// The last line's number, from 1.
    number: u64,
}

impl Lines<'_> {
    /// Reads a line as [`next_line`] does.
    fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Option<u64>> {
        let over = match self.given_back.pop_front() {
            Some((back, over)) => {
                *line = back;
                Some(over)
            }
            None => next_line(self.input, line)?,
        };
        self.number += u64::from(over.is_some());
        Ok(over)
    }

    /// Takes lines back; `over` bytes were cut off the last.
    fn give_back(&mut self, lines: &[u8], over: u64) {
        for (from_last, line) in lines.rsplit(|byte| *byte == b'\n').enumerate() {
            self.given_back.push_front((line.to_vec(), if from_last == 0 { over } else { 0 }));
            self.number -= 1;
        }
    }
}

/// Hands each record of the CSV to `take`, the header before it, the header's own row too.
pub(crate) fn records(input: &mut dyn BufRead, take: &mut dyn FnMut(Frame<'_>)) -> io::Result<()> {
    let mut lines = Lines { input, given_back: VecDeque::new(), number: 0 };
    let mut line = Vec::with_capacity(4096);
    let mut dialect = None;
    let (mut frame, mut head_len) = (Vec::new(), 0); // the header with its line end, the record
    while let Some(mut over) = lines.next(&mut line)? {
        let begun = lines.number;
        let text = without_mark(&line, begun);
        if dialect.is_none()
            && let Some(found) = csv::dialect_of(text)
        {
            let chosen = Dialect { quote: quote_of(text, lines.input.fill_buf()?, found), ..found };
            frame = header_of(text, chosen);
            head_len = frame.len();
            dialect = Some(chosen);
        }
        let Some(dialect) = dialect.filter(|_| over == 0 && !text.trim_ascii().is_empty()) else {
            take(Frame { line: begun, bytes: text, fault: (over > 0).then_some(CUT) });
            continue;
        };
        frame.truncate(head_len);
        frame.extend_from_slice(text);
        let first_end = frame.len();
        let mut scan = Scan::default();
        let fault = loop {
            match scan.advance(frame.get(head_len..).unwrap_or_default(), dialect) {
                Ok(true) => break None,
                Ok(false) if frame.len() - head_len > MAX_QUOTED_BYTES => break Some(UNCLOSED),
                Ok(false) => {}
                Err(why) => break Some(why),
            }
            let Some(cut) = lines.next(&mut line)? else { break Some(UNCLOSED) };
            over = cut;
            frame.push(b'\n');
            frame.extend_from_slice(&line);
            if over > 0 {
                break Some(UNCLOSED);
            }
        };
        if fault.is_none() {
            take(Frame { line: begun, bytes: &frame, fault });
            continue;
        }
        take(Frame { line: begun, bytes: frame.get(head_len..first_end).unwrap_or_default(), fault });
        if let Some(further) = frame.get(first_end + 1..) {
            lines.give_back(further, over);
        }
    }
    Ok(())
}

/// Returns the quote of a CSV: that of its header, else the one that stands around more fields.
fn quote_of(header: &[u8], text: &[u8], dialect: Dialect) -> u8 {
    if header.contains(&dialect.quote) {
        return dialect.quote;
    }
    let is_edge = |byte: &u8| *byte == dialect.delimiter || matches!(byte, b'\n' | b'\r');
    let count = |quote: u8| {
        let begun =
            text.windows(2).filter(|pair| pair.ends_with(&[quote]) && pair.first().is_some_and(is_edge));
        let ended =
            text.windows(2).filter(|pair| pair.starts_with(&[quote]) && pair.last().is_some_and(is_edge));
        begun.count().min(ended.count())
    };
    if count(b'\'') > count(b'"') { b'\'' } else { b'"' }
}

/// Returns the header as it stands before each record, its first name in the quotes of the CSV.
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
