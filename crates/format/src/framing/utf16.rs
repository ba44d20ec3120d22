//! UTF-16 → UTF-8 while it streams. Windows programs write it, with a byte order mark or without.
//! Must not know what the text is.

use crate::framing::window::Window;
use std::io::{self, BufRead, Read};

/// Bytes from which UTF-16 without a mark is detected.
const SAMPLE_BYTES: usize = 512;

/// The order of the two bytes of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

/// Returns the byte order of UTF-16 text: its mark says so, or nearly all of it is ASCII, so that every
/// second byte is NUL.
pub(crate) fn order_of(head: &[u8]) -> Option<Order> {
    if head.starts_with(&[0xff, 0xfe]) {
        return Some(Order::Little);
    }
    if head.starts_with(&[0xfe, 0xff]) {
        return Some(Order::Big);
    }
    let sample = head.get(..head.len().min(SAMPLE_BYTES) & !1)?;
    let units = sample.chunks_exact(2);
    let is_ascii = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x1b | b' '..=b'~');
    let is_most = |count: usize| units.len() >= 4 && count * 10 >= units.len() * 9;
    let little = units.clone().filter(|unit| matches!(unit, [byte, 0] if is_ascii(*byte))).count();
    let big = units.clone().filter(|unit| matches!(unit, [0, byte] if is_ascii(*byte))).count();
    if is_most(little) { Some(Order::Little) } else { is_most(big).then_some(Order::Big) }
}

/// The text of a UTF-16 stream as UTF-8. Unpaired surrogates become U+FFFD.
pub(crate) struct Utf8<'a> {
    input: Window<'a>,
    order: Order,
    /// Decoded text, and the number of its bytes that were read.
    text: String,
    at: usize,
}

impl<'a> Utf8<'a> {
    pub(crate) fn new(input: Window<'a>, order: Order) -> Self {
        Self { input, order, text: String::new(), at: 0 }
    }

    /// Decodes what the window holds.
    fn advance(&mut self) -> io::Result<()> {
        self.text.clear();
        self.at = 0;
        let bytes = self.input.peek(4)?;
        let unit = |pair: &[u8]| match (self.order, pair) {
            (Order::Little, [first, second]) => u16::from_le_bytes([*first, *second]),
            (Order::Big, [first, second]) => u16::from_be_bytes([*first, *second]),
            _ => 0,
        };
        let mut units = bytes.chunks_exact(2).map(unit);
        let mut used = units.len() * 2;
        if used > 2 && matches!(units.next_back(), Some(0xd800..0xdc00)) {
            used -= 2; // the first half of a pair waits for the other
        }
        let units = bytes.get(..used).unwrap_or_default().chunks_exact(2).map(unit);
        let decoded = char::decode_utf16(units);
        self.text.extend(decoded.map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER)));
        if used == 0 && !bytes.is_empty() {
            used = 1;
            self.text.push(char::REPLACEMENT_CHARACTER); // half a unit at the end
        }
        self.input.consume(used);
        Ok(())
    }
}

impl Read for Utf8<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.text.len() {
            self.advance()?;
        }
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let count = rest.len().min(out.len());
        if let (Some(out), Some(rest)) = (out.get_mut(..count), rest.get(..count)) {
            out.copy_from_slice(rest);
        }
        self.at += count;
        Ok(count)
    }
}
