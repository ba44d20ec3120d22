//! The snappy formats. Only the framing format can be read as a stream without knowing how it was
//! written; the others are recognised, so that the error can name them.

/// The first bytes of the framing format.
pub(super) const FRAMED: &[u8] = b"\xff\x06\x00\x00sNaPpY";
/// The first bytes of the framing of snappy-java.
pub(super) const XERIAL: &[u8] = b"\x82SNAPPY\x00";

/// Bytes at the front of a log that are ASCII text.
const TEXT_BYTES: usize = 8;

/// Returns the name of an unframed snappy format that the bytes can only be.
pub(super) fn unframed(head: &[u8]) -> Option<&'static str> {
    let front = head.get(..TEXT_BYTES)?;
    let is_odd = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    let is_utf8 = std::str::from_utf8(front).map_or_else(|error| error.error_len().is_none(), |_| true);
    if is_utf8 && !front.iter().any(is_odd) {
        return None; // text
    }
    let number = |at: usize| Some(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?));
    let block = head.get(8..).and_then(|rest| Block { rest }.unpacked_bytes());
    if block.is_some() && number(0) >= block && number(4) > Some(0) {
        return Some("snappy in Hadoop's framing");
    }
    Block { rest: head }.unpacked_bytes().map(|_| "raw snappy")
}

/// The front of a raw block.
struct Block<'h> {
    rest: &'h [u8],
}

impl Block<'_> {
    /// Returns the unpacked size of the block. `None` if its elements make no sense, or its text does
    /// not begin with ASCII.
    fn unpacked_bytes(mut self) -> Option<u32> {
        let size = self.varint()?;
        let mut unpacked = 0u32;
        while let Some((tag, after)) = self.rest.split_first() {
            self.rest = after;
            let len = u32::from(tag >> 2) + 1;
            let further = match tag & 3 {
                0 => len.saturating_sub(60) as usize,
                1 => 1,
                2 => 2,
                _ => 4,
            };
            if self.rest.len() < further {
                break; // the head ends within the element
            }
            let number = self.little(further)?;
            let (len, offset) = match tag & 3 {
                0 if further == 0 => (len, None),
                0 => (number.checked_add(1)?, None),
                1 => (4 + u32::from(tag >> 2 & 7), Some(u32::from(tag >> 5) << 8 | number)),
                _ => (len, Some(number)),
            };
            if offset.is_some_and(|offset| offset == 0 || offset > unpacked) {
                return None;
            }
            if offset.is_none() {
                let front = self.rest.get(..TEXT_BYTES.min(len as usize)).unwrap_or(self.rest);
                let is_ascii = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
                if unpacked == 0 && !(front.len() == TEXT_BYTES && front.iter().all(is_ascii)) {
                    return None;
                }
                self.rest = self.rest.get(len as usize..).unwrap_or_default();
            }
            unpacked = unpacked.checked_add(len).filter(|unpacked| *unpacked <= size)?;
        }
        (unpacked > 0).then_some(size)
    }

    /// Reads the size at the front of a block.
    fn varint(&mut self) -> Option<u32> {
        let len = self.rest.iter().take(5).position(|byte| *byte < 0x80)? + 1;
        let (bytes, after) = self.rest.split_at_checked(len)?;
        self.rest = after;
        let size = bytes.iter().rev().fold(0u64, |size, byte| size << 7 | u64::from(byte & 0x7f));
        u32::try_from(size).ok()
    }

    /// Reads a number of `count` bytes.
    fn little(&mut self, count: usize) -> Option<u32> {
        let (bytes, after) = self.rest.split_at_checked(count)?;
        self.rest = after;
        Some(bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }
}
