//! JSON strings: which bytes they escape, and how they are written. Must not know any document.

/// Appends `text` as a JSON string, in quotes.
#[inline]
pub fn push_json_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    loop {
        let (plain, tail) = rest.split_at(unescaped_len(rest.as_bytes()));
        out.push_str(plain);
        let Some(special) = tail.as_bytes().first() else { break };
        match special {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            other => out.push_str(&format!("\\u{:04x}", u32::from(*other))),
        }
        rest = tail.get(1..).unwrap_or("");
    }
    out.push('"');
}

/// Returns the number of bytes before the first that a JSON string must escape (`"`, `\`, control).
/// Reads eight at a time: such a byte borrows into its own top bit, and the lowest such bit is exact.
#[inline]
pub fn unescaped_len(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let (words, rest) = text.as_chunks();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let backslash = zero(word ^ (ONES * u64::from(b'\\')));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let special = (quote | backslash | control) & (ONES << 7);
        if special != 0 {
            return at * 8 + (special.trailing_zeros() / 8) as usize;
        }
    }
    let is_special = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
    text.len() - rest.len() + rest.iter().position(is_special).unwrap_or(rest.len())
}
