//! Quotations and brackets: values, unless the message itself stands in them.
//! Must not know any log format.

use super::mask::{Mask, Slot};
use super::shape::{DASH, DOT, JOINER, LETTERS, PIECE, SPACE, TAIL, UNDERSCORE, class};

impl Mask<'_> {
    /// Reads a quotation: a value, unless the message itself is quoted. A quoted request keeps its method.
    pub(super) fn quoted(&mut self, at: usize, mark: u8) -> usize {
        if self.quote == Some(mark) {
            self.quote = None;
            return at + 1;
        }
        if self.before(at).is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            return at + 1;
        }
        let Some(end) = self.quote_end(at, mark) else { return at + 1 };
        let inside = &self.bytes[at + 1..end - 1];
        let is_first = self.is_head && self.hole_end.is_none();
        if is_first && inside.contains(&b' ') && end < self.bytes.len() {
            self.quote = Some(mark);
            return at + 1;
        }
        if self.is_object && self.byte(end) == Some(b':') {
            if matches!(inside, b"msg" | b"message" | b"event") && self.byte(end + 1) == Some(b'"') {
                self.quote = Some(b'"');
                return end + 2;
            }
            return end + 1;
        }
        let method = inside.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let is_request = (3..=7).contains(&method) && inside[method..].starts_with(b" /");
        if is_request && self.slot == Slot::Open {
            self.hole(at + method + 2, end - 1);
            return end;
        }
        self.hole(at, end);
        end
    }

    /// Returns the end of the quotation that begins at `at`.
    pub(super) fn quote_end(&mut self, at: usize, mark: u8) -> Option<usize> {
        let bit = match mark {
            b'"' => 1,
            b'\'' => 2,
            _ => 4,
        };
        if self.unclosed & bit != 0 {
            return None;
        }
        let mut end = at + 1;
        while let Some(byte) = self.byte(end) {
            let is_apostrophe =
                mark == b'\'' && self.byte(end + 1).is_some_and(|next| next.is_ascii_alphanumeric());
            if byte == b'\\' {
                end += 1;
            } else if byte == mark && !is_apostrophe {
                return Some(end + 1);
            }
            end += 1;
        }
        self.unclosed |= bit;
        None
    }

    /// Returns the end of what the bracket at `at` opens.
    pub(super) fn bracket_end(&mut self, at: usize, open: u8) -> Option<usize> {
        let (bit, close) = match open {
            b'[' => (8, b']'),
            b'{' => (16, b'}'),
            b'(' => (32, b')'),
            _ => (64, b'>'),
        };
        if self.unclosed & bit != 0 {
            return None;
        }
        let mut depth = 0usize;
        for (offset, byte) in self.bytes[at..].iter().enumerate() {
            if *byte == open {
                depth += 1;
            } else if *byte == close {
                depth -= 1;
                if depth == 0 {
                    return Some(at + offset + 1);
                }
            }
        }
        self.unclosed |= bit;
        None
    }

    /// Reads `[…]`: a list or an id. Before the first word it is a tag, whose words are read.
    pub(super) fn square(&mut self, at: usize) -> usize {
        let Some(end) = self.bracket_end(at, b'[') else { return at + 1 };
        let inside = &self.bytes[at + 1..end - 1];
        let starts_nested = inside.first().is_some_and(|byte| matches!(byte, b'{' | b'"' | b'['));
        let is_list =
            starts_nested || inside.contains(&b',') && !inside.iter().any(|byte| matches!(byte, b'=' | b':'));
        if !inside.is_empty() && (self.is_head && !is_list || inside.starts_with(b" ")) {
            let is_word =
                inside.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_' | b'.'));
            self.slot = if is_word { Slot::Name } else { Slot::Open };
            return at + 1;
        }
        if self.byte(end) == Some(b':') && inside.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b':')
        {
            let digits = self.bytes[end + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits > 0 {
                self.hole(at, end + 1 + digits); // `[::1]:8080`
                return end + 1 + digits;
            }
        }
        self.hole(at + 1, end - 1);
        end - 1
    }

    /// Reads `{…}`: a value, also if the end is cut off. A message that is an object keeps its keys.
    pub(super) fn curly(&mut self, at: usize) -> usize {
        if self.is_head && self.hole_end.is_none() {
            self.is_head = false;
            self.is_object = true;
            return at + 1;
        }
        let was_unclosed = self.unclosed;
        let end = self.bracket_end(at, b'{').or_else(|| {
            let is_first = was_unclosed != self.unclosed;
            let is_pair = |byte: &u8| matches!(byte, b':' | b'=');
            (is_first && self.bytes[at..].iter().any(is_pair)).then_some(self.bytes.len())
        });
        let Some(end) = end else { return at + 1 };
        self.hole(at, end);
        end
    }

    /// Reads `(`: arguments of a call are values, other words in brackets are read.
    pub(super) fn round(&mut self, at: usize) -> usize {
        self.slot = Slot::Open;
        let before = self.before(at).unwrap_or(b' ');
        let is_call = before.is_ascii_alphanumeric() || before == b'_';
        let is_command = before == b' '
            && at >= 3
            && self.hole_end != Some(at - 1)
            && self.bytes[at - 3..at - 1].iter().all(u8::is_ascii_uppercase);
        if is_call || is_command {
            if matches!(self.bytes[at + 1..], [b')', ..] | [b's', b')', ..] | [b'e', b's', b')', ..]) {
                return at + 1;
            }
            if let Some(end) = self.bracket_end(at, b'(') {
                self.hole(at + 1, end - 1);
                return end - 1;
            }
        } else {
            let (end, flags) = self.piece_end(at + 1);
            if self.byte(end) == Some(b')')
                && flags & !(PIECE | LETTERS | UNDERSCORE | DASH | DOT | JOINER | TAIL) == 0
            {
                self.slot = Slot::Name;
            }
        }
        at + 1
    }

    /// Reads `<…>` and the `<` of `<1`.
    pub(super) fn angle(&mut self, at: usize) -> usize {
        self.slot = Slot::Open;
        let next = self.byte(at + 1).unwrap_or(b' ');
        if next.is_ascii_digit() && self.before(at).is_none_or(|byte| class(byte) & SPACE != 0) {
            let (end, _) = self.piece_end(at + 1);
            self.hole(at, end);
            return self.unit(end);
        }
        if !next.is_ascii_alphabetic() && !matches!(next, b'/' | b'?' | b'!' | b'_') {
            return at + 1;
        }
        let rest = &self.bytes[at + 1..];
        let Some(length) = rest.iter().position(|byte| matches!(byte, b'<' | b'>')) else { return at + 1 };
        if rest[length] == b'<' {
            return at + 1;
        }
        self.hole(at, at + length + 2);
        at + length + 2
    }
}
