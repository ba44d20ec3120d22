//! Words, and names made of words: kept, unless what stands before them says that they are a name.
//! Must not know any log format.

use super::mask::{Mask, Slot};
use super::shape::{self, COLON, DASH, DIGIT, DOT, Dotted, LOWER, MARK, SLASH, UNDERSCORE, UPPER};
use super::words::{self, AGENT, CUE, DATE, EXTENSION, GRAMMAR, HOST, NAME, PREPOSITION, SENDS, TO, VALUE};
use std::ops::Range;

/// Bytes in which a statement of SQL names its second keyword.
const STATEMENT_BYTES: usize = 256;

impl Mask<'_> {
    /// Reads letters alone.
    pub(super) fn word(&mut self, start: usize, core: usize, end: usize, letters: u16) -> usize {
        let flags = words::flags_in(self.bytes, start, core);
        let is_short = core - start < shape::OPAQUE_BYTES;
        if self.slot == Slot::Open && letters & UPPER == 0 && is_short && flags & VALUE == 0 && !self.is_head
        {
            self.slot = self.slot_behind(flags, core, end);
            self.is_sending = flags & SENDS != 0;
            return end;
        }
        self.word_in_slot(start..core, end, letters, flags)
    }

    /// Reads letters alone that may be a name.
    fn word_in_slot(&mut self, span: Range<usize>, end: usize, letters: u16, flags: u16) -> usize {
        let Range { start, end: core } = span;
        let word = &self.bytes[start..core];
        if flags & VALUE != 0 || flags & DATE != 0 && self.is_date(word, core) || shape::is_opaque(word) {
            self.hole(start, core);
            return core;
        }
        if let Some(end) = self.statement(start, core) {
            return end;
        }
        if self.is_head {
            if let Some(end) = self.program_end(core) {
                self.hole(start, end);
                return end;
            }
            if self.bytes[core..].starts_with(b" : ") {
                self.slot = Slot::Agent; // `alice : TTY=pts/1`
            }
        }
        if self.slot != Slot::Open && self.is_name(word, flags, core) {
            self.hole(start, core);
            if self.byte(core) == Some(b' ') && word[0].is_ascii_uppercase() {
                self.slot = Slot::Proper;
            }
            return core;
        }
        let is_mixed = letters & (LOWER | UPPER) == LOWER | UPPER && !self.is_head && core == end;
        if is_mixed && shape::is_camel(word) && !shape::is_exception(word) && self.byte(end) != Some(b'(') {
            self.hole(start, core);
            return core;
        }
        self.is_head = false;
        self.slot = self.slot_behind(flags, core, end);
        self.is_sending = flags & SENDS != 0;
        end
    }

    /// Returns what a word says about the piece behind it.
    fn slot_behind(&self, flags: u16, core: usize, end: usize) -> Slot {
        let is_label = core < end && self.bytes[core] == b':' && self.is_space(end);
        if core < end && !is_label {
            return Slot::Open;
        }
        if flags & CUE != 0 {
            Slot::Name
        } else if flags & AGENT != 0 || flags & TO != 0 && is_label {
            Slot::Agent
        } else if flags & TO != 0 && !self.is_sending {
            Slot::Proper
        } else if flags & PREPOSITION != 0 {
            Slot::Place
        } else if is_label {
            Slot::Pair
        } else {
            Slot::Open
        }
    }

    /// Returns true if the word that ends at `end` is a name, by what is before it.
    fn is_name(&self, word: &[u8], flags: u16, end: usize) -> bool {
        let next = self.byte(end);
        if shape::is_exception(word) || matches!(next, Some(b'[' | b'=')) {
            return false;
        }
        let is_verb = flags & NAME == 0 && words::is_verb_form(word);
        let is_upper = word.iter().all(u8::is_ascii_uppercase);
        let is_plain = word.len() >= 2 && word[1..].iter().all(u8::is_ascii_lowercase);
        let is_known = |flags: u16| flags & !NAME != 0 || is_verb || words::is_known_plural(word);
        let is_end = matches!(next, None | Some(b',' | b';' | b')' | b'.'));
        let is_counted = next == Some(b' ') && self.piece_end(end + 1).1 & DIGIT != 0; // `for order 12`
        match self.slot {
            Slot::Open => false,
            Slot::Name if flags & CUE != 0 && next == Some(b' ') => false, // `consumer group orders`
            Slot::Name => flags & GRAMMAR == 0 && !is_verb && !(is_upper && word.len() <= 3),
            Slot::Agent | Slot::Place | Slot::Proper if is_counted => false,
            Slot::Agent => is_plain && !is_known(if flags & (HOST | CUE) == HOST { 0 } else { flags }),
            Slot::Place => is_plain && !is_known(flags),
            Slot::Proper => is_plain && word[0].is_ascii_uppercase() && !is_known(flags),
            Slot::Item => {
                is_end && flags & GRAMMAR == 0 && !is_verb && (word[0].is_ascii_lowercase() || is_plain)
            }
            Slot::Pair => is_end && !is_upper && !is_known(flags),
        }
    }

    /// Returns true if a name of a day or month stands before numbers or before such a name.
    fn is_date(&self, word: &[u8], core: usize) -> bool {
        let rest = self.bytes[core..].trim_ascii_start();
        let next = rest.first().copied().unwrap_or_default();
        let is_next =
            next.is_ascii_uppercase() && rest.get(..3).is_some_and(|word| words::flags_of(word) & DATE != 0);
        word[0].is_ascii_uppercase()
            && (next.is_ascii_digit() || is_next || next == b',' && self.hole_end.is_some())
    }

    /// Returns the end of `[123]` behind the name of a program: `sshd[123]: `.
    fn program_end(&self, at: usize) -> Option<usize> {
        let rest = self.bytes[at..].strip_prefix(b"[")?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (digits > 0 && rest[digits..].starts_with(b"]")).then_some(at + digits + 2)
    }

    /// Masks a statement of SQL, which begins a message or follows a colon; at the beginning its first word
    /// is kept.
    fn statement(&mut self, start: usize, core: usize) -> Option<usize> {
        let is_start = self.is_head && start == 0;
        let is_upper = self.bytes[start..core].iter().all(u8::is_ascii_uppercase);
        if !(4..=6).contains(&(core - start))
            || !self.is_space(core)
            || !is_start && !is_upper && !matches!(self.slot, Slot::Pair | Slot::Name)
        {
            return None;
        }
        const STATEMENTS: [(&[u8], &[u8]); 6] = [
            (b"select", b"from"),
            (b"insert", b"into"),
            (b"update", b"set"),
            (b"delete", b"from"),
            (b"merge", b"into"),
            (b"with", b"select"),
        ];
        let word = &self.bytes[start..core];
        let (_, second) = STATEMENTS.iter().find(|(first, _)| word.eq_ignore_ascii_case(first))?;
        let rest = &self.bytes[core..self.bytes.len().min(core + STATEMENT_BYTES)];
        let mut words = rest.split(|byte| byte.is_ascii_whitespace());
        if !words.any(|word| word.eq_ignore_ascii_case(second)) {
            return None;
        }
        self.hole(if is_start { core + 1 } else { start }, self.bytes.len());
        Some(self.bytes.len())
    }

    /// Reads a piece with punctuation inside and without digits.
    pub(super) fn name(&mut self, start: usize, core: usize, end: usize, flags: u16) -> usize {
        if self.is_head
            && let Some(end) = self.program_end(core)
        {
            self.hole(start, end);
            return end;
        }
        let piece = &self.bytes[start..core];
        let is_user = flags & DOT == 0 && self.is_head && self.bytes[core..].starts_with(b" : ");
        let is_named = self.slot == Slot::Name || is_user;
        let is_variable = if shape::is_exception(piece) && flags & SLASH == 0 {
            false
        } else if flags & MARK != 0 || is_named {
            true
        } else if flags & SLASH != 0 {
            let slashes = piece.iter().filter(|byte| **byte == b'/').count();
            flags & (DOT | UNDERSCORE | DASH) != 0 || slashes > 1 || !words::is_pair_of_words(piece)
        } else if flags & COLON != 0 {
            return self.colons(start, core, end);
        } else if self.byte(end) == Some(b'(') {
            false
        } else if piece.contains(&b'#') && !self.is_head {
            true
        } else if flags & DOT != 0 {
            self.is_dotted_name(piece, core, end)
        } else if flags & LOWER == 0 {
            false
        } else if flags & UNDERSCORE != 0 {
            !self.is_head || self.slot == Slot::Agent || flags & DASH != 0
        } else {
            let is_event = self.is_head && self.before(start) == Some(b'+'); // `+switch-master`
            flags & UPPER == 0 && !is_event && !words::is_compound(piece)
        };
        if is_variable {
            self.hole(start, core);
            return core;
        }
        self.is_head = false;
        self.slot = Slot::Open;
        end
    }

    /// Returns true for a host, a file, a property or a class; a class at the head of a message or before a
    /// colon is its logger.
    fn is_dotted_name(&self, piece: &[u8], core: usize, end: usize) -> bool {
        let extension = piece.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        if words::flags_of(extension) & EXTENSION != 0 && extension[0].is_ascii_lowercase() {
            return true;
        }
        let is_label = self.bytes[core..end].contains(&b':');
        match shape::dotted(piece) {
            Dotted::Words => false,
            Dotted::Class => !self.is_head && !is_label,
            Dotted::Name => !self.is_head || !is_label,
        }
    }

    /// Reads `key:value` without digits; `std::string` is kept.
    fn colons(&mut self, start: usize, core: usize, end: usize) -> usize {
        let piece = &self.bytes[start..core];
        let colon = piece.iter().position(|byte| *byte == b':').unwrap_or_default();
        if shape::is_hex_groups(piece) || piece.ends_with(b":latest") {
            self.hole(start, core);
            return core;
        }
        self.is_head = false;
        self.slot = Slot::Open;
        if piece.get(colon + 1) == Some(&b':') || shape::is_exception(&piece[colon..]) {
            return end;
        }
        self.hole(start + colon + 1, core);
        core
    }
}
