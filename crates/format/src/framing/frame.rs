//! [`Frame`], the unit that every way of framing emits. Must not know how it was found.

/// UTF-8 byte order mark.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The rule that drops lines without text.
pub(crate) const BLANK_LINE: &str = "blank line";

/// One line, CSV record (after its header), JSON value or YAML item (as JSON).
#[derive(Debug)]
pub struct Frame<'a> {
    /// Line it begins on, from 1.
    pub line: u64,
    /// Its bytes, without the line end.
    pub bytes: &'a [u8],
    /// The reason why it cannot be read, if the framing found one.
    pub fault: Option<&'a str>,
    /// The name of the rule that drops it, if the framing found that it holds no record.
    pub dropped: Option<&'static str>,
}

impl<'a> Frame<'a> {
    /// Returns a frame that can be read.
    pub(crate) fn of(line: u64, bytes: &'a [u8]) -> Self {
        Self { line, bytes, fault: None, dropped: None }
    }

    /// Returns a frame that cannot be read.
    pub(crate) fn broken(line: u64, bytes: &'a [u8], fault: &'a str) -> Self {
        Self { line, bytes, fault: Some(fault), dropped: None }
    }

    /// Returns the frame of a line that marks the begin or end of a container's log.
    pub(crate) fn log_mark(line: u64, bytes: &'a [u8]) -> Self {
        Self { dropped: Some("mark of a container's log"), ..Self::of(line, bytes) }
    }

    /// Returns the frame of a list without items.
    pub(crate) fn empty_list(line: u64, bytes: &'a [u8]) -> Self {
        Self { dropped: Some("empty list"), ..Self::of(line, bytes) }
    }
}

/// Receives frames one at a time.
pub type EmitFrame<'e> = &'e mut dyn FnMut(Frame<'_>);

/// Returns a line without the byte order mark before its text, which can stand on any line because files are
/// appended to each other, or the record separator of a JSON text sequence (RFC 7464).
pub(crate) fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(BYTE_ORDER_MARK).or_else(|| line.strip_prefix(b"\x1e")).unwrap_or(line)
}
