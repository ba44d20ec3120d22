//! The fields of a CSV record (RFC 4180, with any delimiter and quote), as byte ranges that borrow
//! from it. Strict, unlike csv-core: text after a closing quote is an error, so that a quote opened
//! by accident is noticed and joins no further line. Must not know what a column means.

use std::borrow::Cow;
use std::ops::Range;

/// The fault of a record whose quote is still open at its end.
pub const UNCLOSED: &str = "a quote that never closes";

/// How a CSV is written.
#[derive(Clone, Copy)]
pub struct Dialect {
    /// Separates fields.
    pub delimiter: u8,
    /// Encloses a field; doubled within it.
    pub quote: u8,
}

/// Splits a record that may still grow into its fields.
#[derive(Default)]
pub struct FieldSplitter {
    /// The fields that have ended, quotes included.
    pub fields: Vec<Range<usize>>,
    at: usize,
    /// Start of the field whose quote is open.
    open: Option<usize>,
}

impl FieldSplitter {
    /// Continues to the end of `text`. Returns true if the record ends there, false if a quote is
    /// open. Fails on text after a closing quote.
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
                Some(_) => return Err("text after a closing quote"),
            }
        }
    }
}

/// Returns the content of a field: without its quotes, doubled quotes single.
pub fn unquoted(field: &[u8], quote: u8) -> Cow<'_, [u8]> {
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

/// Returns a field as text without surrounding blanks.
pub fn text_of(field: Cow<'_, [u8]>) -> Cow<'_, str> {
    match field {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes.trim_ascii()),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(bytes.trim_ascii()).into_owned()),
    }
}
