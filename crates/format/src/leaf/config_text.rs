//! What of a ConfigMap's value may be stored: the names in its lines, and of each value its size and two bytes of
//! its hash, so that a change of one line can be seen and no value read.

/// Longest text whose lines are kept apart, and most of its lines; of others only the size and hash are stored.
const MAX_BYTES: usize = 64 << 10;
const MAX_LINES: usize = 1000;
/// Longest name.
const MAX_NAME: usize = 80;
/// Letters and digits in a row from which a word is a token, not a name.
const TOKEN: usize = 24;

/// Returns what may be stored of a text.
pub(super) fn hidden(text: &str) -> String {
    if text.len() > MAX_BYTES || !text.contains('\n') || text.lines().count() > MAX_LINES {
        return sized(text);
    }
    let mut out = String::new();
    for line in text.lines() {
        match line.split_once(['=', ':']) {
            Some((name, value)) if is_name(name.trim()) => {
                let separator = line.get(name.len()..=name.len()).unwrap_or_default();
                out.push_str(name);
                out.push_str(separator);
                out.push_str(&sized(value.trim()));
            }
            _ if line.trim().is_empty() => {}
            _ => out.push_str(&sized(line)),
        }
        out.push('\n');
    }
    out
}

/// Returns the size of a text, with as much of its hash as shows a change but not the text.
pub(super) fn sized(text: &str) -> String {
    // FNV-1a, folded: the same on every machine
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let folded = (hash >> 48) ^ (hash >> 32) ^ (hash >> 16) ^ hash;
    format!("<{} bytes, {:04x}>", text.len(), folded & 0xffff)
}

/// Returns true for what names a setting: `downstream.pay-api.url`, `"max-conns"`.
fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '"' | ' ');
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    !name.is_empty()
        && name.len() <= MAX_NAME
        && name.chars().all(is_part)
        && words.all(|word| word.len() < TOKEN)
}
