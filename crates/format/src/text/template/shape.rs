//! What the characters of a piece of text say about it: a number, an address, a path, a class, a word.
//! Must not know the words around it.

/// A character that pieces are made of; everything else ends one.
pub(super) const PIECE: u16 = 1;
pub(super) const DIGIT: u16 = 2;
pub(super) const LOWER: u16 = 4;
pub(super) const UPPER: u16 = 8;
pub(super) const DOT: u16 = 16;
pub(super) const SLASH: u16 = 32;
pub(super) const COLON: u16 = 64;
pub(super) const UNDERSCORE: u16 = 128;
pub(super) const DASH: u16 = 256;
/// `@`, `\` and `$`: with one of them inside, a piece is an address, a path or an inner class.
pub(super) const MARK: u16 = 512;
pub(super) const SPACE: u16 = 1024;
/// Punctuation that ends a piece without belonging to it.
pub(super) const TAIL: u16 = 2048;
/// Between values of a list, and between the parts of one: `, `, `:`, `##`.
pub(super) const JOINER: u16 = 4096;
/// Ends a path or an address on the web.
pub(super) const CLOSER: u16 = 8192;

pub(super) const LETTERS: u16 = LOWER | UPPER;

/// The classes of each byte. Bytes of characters beyond ASCII have none.
pub(super) static CLASS: [u16; 256] = classes();

const fn classes() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' => PIECE | DIGIT,
            b'a'..=b'z' => PIECE | LOWER,
            b'A'..=b'Z' => PIECE | UPPER,
            b'.' => PIECE | DOT | TAIL | JOINER,
            b'/' => PIECE | SLASH | JOINER,
            b':' => PIECE | COLON | TAIL | JOINER,
            b'_' => PIECE | UNDERSCORE | JOINER,
            b'-' => PIECE | DASH | TAIL | JOINER,
            b'@' | b'\\' | b'$' => PIECE | MARK,
            b'#' | b'+' | b'~' | b'%' | b'&' => PIECE | TAIL | JOINER,
            b'!' | b'?' | b'*' | b'^' => PIECE | TAIL,
            b' ' | b'\t' | b'\n' | b'\r' => SPACE | JOINER | CLOSER,
            b',' | b';' | b'|' => JOINER | CLOSER,
            b'=' => JOINER,
            b'>' | b')' | b']' | b'}' | b'"' | b'\'' | b'`' | b'<' => CLOSER,
            _ => 0,
        };
        byte += 1;
    }
    table
}

/// Returns the classes of a byte.
pub(super) fn class(byte: u8) -> u16 {
    CLASS[byte as usize]
}

/// Returns the classes of all bytes of a piece.
pub(super) fn classes_of(piece: &[u8]) -> u16 {
    piece.iter().fold(0, |all, byte| all | class(*byte))
}

/// Returns true if a piece names an exception, which is never masked: `ConnectException`,
/// `HttpServerErrorException$BadGateway`.
pub(super) fn is_exception(piece: &[u8]) -> bool {
    const ENDS: [&[u8]; 5] = [b"Exception", b"Error", b"Throwable", b"Failure", b"Fault"];
    let class = piece.split(|byte| *byte == b'$').next().unwrap_or_default();
    ENDS.iter().any(|end| piece.ends_with(end) || class.ends_with(end))
}

/// Bytes of the shortest letters that [`is_opaque`] looks at.
pub(super) const OPAQUE_BYTES: usize = 8;

/// Returns true for letters that no word has: `deadbeef`, `cYOJIcddokWCnjwzrOdZ`.
pub(super) fn is_opaque(letters: &[u8]) -> bool {
    if letters.len() >= OPAQUE_BYTES && letters.iter().all(|b| matches!(b, b'a'..=b'f')) {
        return true;
    }
    if letters.len() < 16 {
        return false;
    }
    let is_upper = |pair: &[u8]| pair.iter().all(u8::is_ascii_uppercase);
    let changes = letters.windows(2).filter(|pair| (pair[0] ^ pair[1]) & 0x20 != 0).count();
    changes * 10 >= letters.len() * 3 && letters.windows(2).any(is_upper)
}

/// Returns true if a capital follows a small letter: `CartService`.
pub(super) fn is_camel(letters: &[u8]) -> bool {
    letters.windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// Returns true if a piece with colons begins with an address of six or more digits and colons, such as
/// `10.0.0.1:50010:Got`: the index of the colon before the word.
pub(super) fn word_behind_address(piece: &[u8]) -> Option<usize> {
    let colon = piece.iter().rposition(|b| *b == b':')?;
    let (address, word) = (&piece[..colon], &piece[colon + 1..]);
    let is_word = word.len() >= 3
        && word.iter().all(u8::is_ascii_alphabetic)
        && !word.iter().all(u8::is_ascii_hexdigit);
    (is_word && address.iter().any(u8::is_ascii_digit) && address.iter().all(|b| !b.is_ascii_alphabetic()))
        .then_some(colon)
}

/// Returns true for a hardware or IPv6 address: groups of hex digits between colons.
pub(super) fn is_hex_groups(piece: &[u8]) -> bool {
    let mut groups = 0;
    for group in piece.split(|byte| *byte == b':') {
        if group.len() > 4 || !group.iter().all(u8::is_ascii_hexdigit) {
            return false;
        }
        groups += 1;
    }
    groups >= 3
}

/// Returns true for `C:` and `\\`, how paths of Windows begin.
pub(super) fn is_drive(piece: &[u8]) -> bool {
    matches!(piece, [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic())
}

/// Returns true for a media type: `text/html`.
pub(super) fn is_mime(piece: &[u8]) -> bool {
    const TYPES: [&[u8]; 6] = [b"application/", b"text/", b"image/", b"audio/", b"video/", b"multipart/"];
    TYPES.iter().any(|kind| piece.starts_with(kind))
}

/// How a dotted piece without digits is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dotted {
    /// Two sentences, an abbreviation, a method: `e.g`, `NameSystem.delete`.
    Words,
    /// A logger's name, if it is where one stands: `com.shop.CartService`.
    Class,
    /// A host, file, property or class: a variable.
    Name,
}

/// Reads a dotted piece.
pub(super) fn dotted(piece: &[u8]) -> Dotted {
    let mut segments = 0;
    let (mut is_short, mut has_upper) = (true, false);
    for segment in piece.split(|b| *b == b'.') {
        if segment.is_empty() {
            return Dotted::Words; // `wait...done`
        }
        segments += 1;
        is_short &= segment.len() == 1;
        has_upper |= segment.iter().any(u8::is_ascii_uppercase);
    }
    if is_short || segments == 2 && has_upper {
        return Dotted::Words;
    }
    if has_upper { Dotted::Class } else { Dotted::Name }
}
