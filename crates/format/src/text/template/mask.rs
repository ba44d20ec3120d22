//! The walk over a message: pieces that are variable become holes, the rest is copied. One pass; what
//! stands before a piece (`user`, `from`, `key=`) is remembered as a slot.
//! Must not know any log format.

use super::shape::{DIGIT, JOINER, LETTERS, LOWER, MARK, PIECE, SLASH, SPACE, TAIL, class, classes_of};

/// What a variable is replaced by.
const HOLE: &str = "<*>";

/// What the text before a piece says about it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// Nothing.
    Open,
    /// Behind a word such as `user`: a name, unless it is grammar.
    Name,
    /// Behind `by` or `for`: a name, unless it is a known noun.
    Agent,
    /// Behind `from` or `on`: a name, unless it is a known noun or product.
    Place,
    /// Behind other words that a name in capitals may follow: `to Berlin`.
    Proper,
    /// Behind a hole and a comma: a name if its clause ends with it.
    Item,
    /// Behind `key: `: a name if its clause ends with it, unless it is known.
    Pair,
}

pub(super) struct Mask<'t> {
    text: &'t str,
    pub(super) bytes: &'t [u8],
    out: String,
    /// Start of the text that is not in `out` yet.
    kept: usize,
    /// End of the last hole.
    pub(super) hole_end: Option<usize>,
    pub(super) slot: Slot,
    /// True if the last word that was kept sends or moves something: `connected`.
    pub(super) is_sending: bool,
    /// True until the first word: holes and tags in brackets stand before it.
    pub(super) is_head: bool,
    /// The quotation mark that a quoted message is inside of.
    pub(super) quote: Option<u8>,
    /// True inside a message that is a JSON object: keys are kept.
    pub(super) is_object: bool,
    /// Brackets and quotes that are not closed in the rest of the text, by their bit.
    pub(super) unclosed: u8,
    /// True if the text that is not in `out` yet has several spaces in a row.
    has_gap: bool,
}

impl<'t> Mask<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            out: String::with_capacity(text.len() + 16),
            kept: 0,
            hole_end: None,
            slot: Slot::Open,
            is_sending: false,
            is_head: true,
            quote: None,
            is_object: false,
            unclosed: 0,
            has_gap: false,
        }
    }

    /// Masks the text.
    pub(super) fn run(mut self) -> String {
        let mut at = 0;
        while let Some(byte) = self.byte(at) {
            let kind = class(byte);
            at = if kind & PIECE != 0 {
                self.piece(at)
            } else if kind & SPACE != 0 {
                self.space(at)
            } else {
                self.punctuation(at, byte)
            };
        }
        self.copy_to(self.bytes.len());
        self.out.truncate(self.out.trim_end().len());
        self.out
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    pub(super) fn before(&self, at: usize) -> Option<u8> {
        at.checked_sub(1).and_then(|at| self.byte(at))
    }

    pub(super) fn is_space(&self, at: usize) -> bool {
        self.byte(at).is_some_and(|byte| class(byte) & SPACE != 0)
    }

    /// Copies the text up to `at`; several spaces become one, because columns are padded.
    fn copy_to(&mut self, at: usize) {
        debug_assert!(self.text.is_char_boundary(at), "holes begin and end between characters");
        let text = self.text.get(self.kept..at).unwrap_or_default();
        if self.has_gap {
            let mut was_space = false;
            for c in text.chars() {
                let is_space = c.is_ascii_whitespace();
                if !(is_space && was_space) {
                    self.out.push(c);
                }
                was_space = is_space;
            }
            self.has_gap = false;
        } else {
            self.out.push_str(text);
        }
        self.kept = at;
    }

    /// Replaces a part of the text. Holes with nothing but joiners between them are one.
    pub(super) fn hole(&mut self, start: usize, end: usize) {
        let is_joined = self
            .hole_end
            .is_some_and(|last| self.bytes[last..start].iter().all(|byte| class(*byte) & JOINER != 0));
        if is_joined {
            self.has_gap = false;
        } else {
            self.copy_to(start);
            self.out.push_str(HOLE);
        }
        self.extend(end);
        self.slot = Slot::Open;
    }

    /// Moves the end of the last hole, and returns it.
    pub(super) fn extend(&mut self, end: usize) -> usize {
        self.kept = end;
        self.hole_end = Some(end);
        end
    }

    fn space(&mut self, at: usize) -> usize {
        let mut end = at + 1;
        while self.is_space(end) {
            end += 1;
        }
        self.has_gap |= end - at > 1;
        end
    }

    /// Returns the end of the piece at `at`, and the classes in it.
    pub(super) fn piece_end(&self, at: usize) -> (usize, u16) {
        let bytes = self.bytes;
        let (mut end, mut flags) = (at, 0);
        while end < bytes.len() {
            let kind = class(bytes[end]);
            if kind & PIECE == 0 {
                break;
            }
            flags |= kind;
            end += 1;
        }
        (end, flags)
    }

    /// Reads a piece: a word, a number, an address.
    fn piece(&mut self, at: usize) -> usize {
        let (end, mut flags) = self.piece_end(at);
        if flags & !(PIECE | LOWER) == 0 && self.byte(end) == Some(b' ') {
            return self.word(at, end, end, flags); // most pieces
        }
        if self.is_key(end) && flags & SLASH == 0 && !self.bytes[at..end].contains(&b'?') {
            return self.key(at, end, flags);
        }
        let mut core = end;
        let mut start = at;
        if flags & TAIL != 0 {
            while core > at && class(self.bytes[core - 1]) & TAIL != 0 {
                core -= 1;
            }
            start = self.lead(at, core);
            flags = classes_of(&self.bytes[start..core]);
        }
        if core <= start || flags & (LETTERS | DIGIT) == 0 {
            return self.signs(at, end);
        }
        if flags & !(PIECE | LETTERS) == 0 {
            return self.word(start, core, end, flags);
        }
        if let Some(end) = self.long(start, core, flags) {
            return end;
        }
        if flags & DIGIT != 0 {
            self.with_digit(start, core, end)
        } else {
            self.name(start, core, end, flags)
        }
    }

    /// Reads a piece that is punctuation alone.
    fn signs(&mut self, at: usize, end: usize) -> usize {
        match self.bytes[at..end] {
            [b':', b':'] | [b'*', b'/', b'*'] | [b'/'] => self.hole(at, end), // any address, any type, the root
            [b':'] if self.is_space(end) => self.slot = Slot::Pair,
            [b'-'] => self.slot = Slot::Item,
            [b'@'] => self.slot = Slot::Place,
            _ => {}
        }
        end
    }

    /// Returns where a piece begins behind its leading punctuation, which belongs to a number: `-5`, `:8080`.
    fn lead(&self, at: usize, core: usize) -> usize {
        let mut start = at;
        while start < core && class(self.bytes[start]) & TAIL != 0 {
            start += 1;
        }
        let is_number = self.byte(start).is_some_and(|byte| byte.is_ascii_digit());
        let lead = &self.bytes[at..start];
        if is_number && !lead.contains(&b'#') && !lead.ends_with(b".") { at } else { start }
    }

    /// Reads a character that no piece has.
    fn punctuation(&mut self, at: usize, byte: u8) -> usize {
        match byte {
            b'"' | b'\'' | b'`' => self.quoted(at, byte),
            b'[' => self.square(at),
            b'{' => self.curly(at),
            b'(' => self.round(at),
            b'<' => self.angle(at),
            b'=' => self.equals(at),
            b',' => {
                self.slot = if self.hole_end == Some(at) { Slot::Item } else { Slot::Open };
                at + 1
            }
            _ => {
                // words of other scripts have no spaces: a Latin word behind them is often a name
                self.slot = match byte {
                    0xe3..=0xe9 => Slot::Agent,
                    0x80..=0xbf => self.slot,
                    _ => Slot::Open,
                };
                at + 1
            }
        }
    }

    /// Returns true if a value stands behind the piece that ends at `end`: `key=`.
    pub(super) fn is_key(&self, end: usize) -> bool {
        self.byte(end) == Some(b'=') && !matches!(self.byte(end + 1), Some(b'=' | b'>' | b'~'))
    }

    /// Reads `key=value`. A key with digits is a variable but for its first letters: `r24=`.
    fn key(&mut self, at: usize, end: usize, flags: u16) -> usize {
        let key = &self.bytes[at..end];
        if flags & (DIGIT | MARK) != 0 {
            let letters = key.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'_').count();
            let is_numbered = key[letters..].iter().all(u8::is_ascii_digit);
            self.hole(if is_numbered { at + letters } else { at }, end);
        }
        self.is_head = false;
        if matches!(key, b"msg" | b"message") && self.byte(end + 1) == Some(b'"') {
            self.quote = Some(b'"');
            return end + 2;
        }
        if key == b"COMMAND" {
            self.hole(end + 1, self.bytes.len());
            return self.bytes.len();
        }
        let is_phrase =
            self.bytes[..at].ends_with(b", ") || matches!(key, b"error" | b"err" | b"reason" | b"cause");
        self.value(end + 1, is_phrase)
    }
}
