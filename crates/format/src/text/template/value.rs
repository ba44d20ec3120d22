//! Values: what stands behind `=`, numbers with their units, paths and addresses.
//! Must not know any log format.

use super::mask::{Mask, Slot};
use super::shape::{self, CLOSER, DIGIT, MARK, SLASH, TAIL, class};
use super::words::{self, CUE, HOST, NAME, UNIT};

/// Letters in the longest unit.
const UNIT_LETTERS: usize = 12;

impl Mask<'_> {
    /// Reads the value behind `=`; commas without a space are part of it, unless a key follows them. A phrase
    /// is words up to the end of the clause or the next key: `reason=card expired`.
    pub(super) fn value(&mut self, at: usize, is_phrase: bool) -> usize {
        let mut end = at;
        loop {
            end = self.part_end(end);
            let is_list = matches!(self.byte(end), Some(b',' | b'|'))
                && self.byte(end + 1).is_some_and(|byte| class(byte) & CLOSER == 0)
                && self.byte(self.plain_end(end + 1)) != Some(b'=');
            if !is_list {
                break;
            }
            end += 1;
        }
        if is_phrase && end > at && self.bytes[at..end].iter().all(u8::is_ascii_alphabetic) {
            end = self.phrase_end(end);
        }
        let mut core = end;
        while core > at && matches!(self.bytes[core - 1], b'.' | b':') {
            core -= 1;
        }
        self.hole(at, core);
        self.unit(core)
    }

    /// Returns the end of words that follow each other from `at`, before a comma, a bracket or a key.
    fn phrase_end(&self, at: usize) -> usize {
        let mut end = at;
        while self.byte(end) == Some(b' ')
            && self.byte(end + 1).is_some_and(|byte| byte.is_ascii_alphanumeric())
        {
            let (next, _) = self.piece_end(end + 1);
            if self.is_key(next) {
                break;
            }
            end = next;
        }
        end
    }

    /// Returns the end of one part of a value: a quotation, a bracket, a word with a bracket behind it.
    fn part_end(&mut self, at: usize) -> usize {
        let end = match self.byte(at) {
            Some(byte @ (b'"' | b'\'' | b'`')) => self.quote_end(at, byte),
            Some(byte @ (b'[' | b'{' | b'<' | b'(')) => self.bracket_end(at, byte),
            _ => None,
        };
        let end = end.unwrap_or_else(|| self.plain_end(at));
        match self.byte(end) {
            Some(byte @ (b'(' | b'[' | b'{' | b'<')) if end > at => {
                self.bracket_end(end, byte).unwrap_or(end)
            }
            _ => end,
        }
    }

    /// Returns the end of a value without quotes. `=` belongs to the query of a path.
    fn plain_end(&self, at: usize) -> usize {
        let (mut end, mut is_path) = (at, false);
        while let Some(byte) = self.byte(end) {
            if class(byte) & CLOSER != 0 || matches!(byte, b'(' | b'[' | b'{') || byte == b'=' && !is_path {
                break;
            }
            is_path |= matches!(byte, b'/' | b'?');
            end += 1;
        }
        end
    }

    /// Reads `=` behind a space: `total = 40`.
    pub(super) fn equals(&mut self, at: usize) -> usize {
        self.slot = Slot::Open;
        if matches!(self.before(at), Some(b'=' | b'!' | b'<' | b'>' | b'~'))
            || matches!(self.byte(at + 1), Some(b'=' | b'>' | b'~'))
        {
            return at + 1;
        }
        let mut start = at + 1;
        while self.is_space(start) {
            start += 1;
        }
        let (end, _) = self.piece_end(start);
        if self.is_key(end) && end > start || start > at + 1 && start >= self.bytes.len() {
            return at + 1;
        }
        self.value(start, false)
    }

    /// Masks a path or an address on the web, which may hold characters that end other pieces.
    pub(super) fn long(&mut self, start: usize, core: usize, flags: u16) -> Option<usize> {
        if flags & (SLASH | MARK) == 0 {
            return None;
        }
        let piece = &self.bytes[start..core];
        let is_long = piece[0] == b'/'
            || [&b"./"[..], b"../", b"~/"].iter().any(|start| piece.starts_with(start))
            || shape::is_drive(piece)
            || shape::is_mime(piece)
            || piece.windows(3).any(|three| three == b"://");
        if !is_long {
            return None;
        }
        let mut end = core;
        while let Some(byte) = self.byte(end) {
            let is_parameter =
                byte == b';' && self.byte(end + 1).is_some_and(|next| class(next) & CLOSER == 0);
            if class(byte) & CLOSER != 0 && !is_parameter || matches!(byte, b'(' | b'[' | b'{') {
                break;
            }
            end += 1;
        }
        while end > start + 1 && matches!(self.bytes[end - 1], b'.' | b':' | b'!' | b'?') {
            end -= 1;
        }
        self.hole(start, end);
        Some(end)
    }

    /// Masks a piece with digits.
    pub(super) fn with_digit(&mut self, start: usize, core: usize, end: usize) -> usize {
        let piece = &self.bytes[start..core];
        if self.bytes[end..].starts_with(b"()") {
            self.is_head = false;
            return end;
        }
        if let Some(colon) = shape::word_behind_address(piece) {
            self.hole(start, start + colon);
            return start + colon;
        }
        if let Some(colon) = piece.iter().position(|byte| *byte == b':')
            && !shape::is_hex_groups(piece)
            && is_pair(&piece[..colon], &piece[colon + 1..])
        {
            self.is_head = false;
            self.hole(start + colon + 1, core);
            return self.unit(core);
        }
        self.hole(start, core);
        self.unit(core)
    }

    /// Adds the unit behind a number to its hole, and returns its end.
    pub(super) fn unit(&mut self, at: usize) -> usize {
        let start = match (self.byte(at), self.byte(at + 1)) {
            (Some(b'%'), _) => return self.extend(at + 1),
            (Some(0xc2), Some(0xb5 | 0xb0)) | (Some(0xce), Some(0xbc)) => at + 2, // µ, °, μ
            (Some(b' '), _) => at + 1,
            _ => return at,
        };
        let (end, flags) = self.piece_end(start);
        let mut core = end;
        while core > start && class(self.bytes[core - 1]) & TAIL != 0 {
            core -= 1;
        }
        let is_number = self.before(at).is_some_and(|byte| byte.is_ascii_alphanumeric());
        let unit = &self.bytes[start..core];
        if !is_number
            || flags & DIGIT != 0
            || unit.is_empty()
            || unit.len() > UNIT_LETTERS
            || self.is_key(end)
        {
            return at;
        }
        if unit == b"%" {
            return self.extend(end);
        }
        let mut lower = [0; UNIT_LETTERS];
        for (lower, byte) in lower.iter_mut().zip(unit) {
            *lower = byte.to_ascii_lowercase();
        }
        let name = lower[..unit.len()].split(|byte| *byte == b'/').next().unwrap_or_default();
        if words::flags_of(name) & UNIT == 0 { at } else { self.extend(core) }
    }
}

/// Returns true if a piece with a colon is a key and its value. An unknown word before a number, a version or
/// an id is a host, an image or a part of the id: `redis:6379`, `cart:1.4.2`, `orders:5`.
fn is_pair(key: &[u8], value: &[u8]) -> bool {
    let is_key = key.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && !key.is_empty()
        && !value.is_empty()
        && !value.starts_with(b":")
        && !value.starts_with(b"//");
    if !is_key || key.iter().any(u8::is_ascii_uppercase) {
        return is_key;
    }
    let flags = words::flags_of(key) & !NAME;
    let is_number = value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    let is_port = is_number && (value.len() <= 5 || value.contains(&b'.'));
    let is_part = is_port || value.contains(&b':') || value.len() >= 16;
    let is_word = flags & CUE != 0 || flags != 0 && flags & HOST == 0;
    is_word || key.contains(&b'_') || !is_part
}
