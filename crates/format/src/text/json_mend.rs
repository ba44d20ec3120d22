//! JSON as some writers break it, mended: line ends and tabs within strings, `NaN` and `Infinity` (Python,
//! JavaScript), halves of surrogate pairs. Must not know what a member means.

use std::borrow::Cow;

/// The numbers that JSON does not have, the longest first.
const NOT_NUMBERS: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// Returns the text with what is broken escaped, quoted or replaced; borrowed if there is nothing to mend.
pub fn mended(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut kept, mut at, mut is_string) = (0, 0, false);
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        let rest = text.get(at..).unwrap_or("");
        let (len, new) = match (is_string, byte) {
            (_, b'"') => {
                is_string = !is_string;
                (1, None)
            }
            (true, b'\\') => escape(rest),
            (true, b'\n') => (1, Some("\\n".to_owned())),
            (true, b'\t') => (1, Some("\\t".to_owned())),
            (false, b'-' | b'I' | b'N') => match NOT_NUMBERS.iter().find(|word| rest.starts_with(**word)) {
                Some(word) => (word.len(), Some(format!("\"{word}\""))),
                None => (1, None),
            },
            _ => (1, None),
        };
        if let Some(new) = new {
            out.push_str(text.get(kept..at).unwrap_or(""));
            out.push_str(&new);
            kept = at + len;
        }
        at += len;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(kept..).unwrap_or(""));
    Cow::Owned(out)
}

/// Returns the bytes of the escape at the front, and what replaces half a surrogate pair.
fn escape(text: &str) -> (usize, Option<String>) {
    match text.get(1..).filter(|rest| rest.starts_with('u')).and_then(unicode) {
        Some((half @ char::REPLACEMENT_CHARACTER, used)) => (used + 1, Some(half.into())),
        Some((_, used)) => (used + 1, None),
        None => (2, None),
    }
}

/// Returns the character of `uXXXX`, or of the surrogate pair that begins there, and the bytes read; of half a pair U+FFFD.
pub(super) fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |text: &str| u16::from_str_radix(text.get(1..5)?, 16).ok();
    let first = unit(text)?;
    let second =
        text.get(5..).and_then(|rest| unit(rest.strip_prefix('\\').filter(|rest| rest.starts_with('u'))?));
    let pair = second.and_then(|second| char::decode_utf16([first, second]).next()?.ok());
    match char::from_u32(u32::from(first)) {
        Some(read) => Some((read, 5)),
        None => Some(pair.map_or((char::REPLACEMENT_CHARACTER, 5), |read| (read, 11))),
    }
}
