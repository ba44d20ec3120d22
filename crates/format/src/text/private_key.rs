//! Private keys that a program printed to its log line by line: redaction recognises a key only as
//! a whole, so its lines are joined first. Must not know how keys are masked.

use memchr::memmem::Finder;
use std::sync::LazyLock;

/// The beginning of every key; prepared once, since every line is searched for it.
static DASHES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("-----"));

/// PEM wraps at 64 characters (RFC 7468, section 2); OpenSSH and older tools reach 76.
const LONGEST_LINE: usize = 80;

/// Returns true if a line can be one of a private key that was begun and not ended.
pub fn continues_key(line: &str) -> bool {
    let is_body = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let is_header = || ["-----END ", "Proc-Type: ", "DEK-Info: "].iter().any(|lead| line.starts_with(lead));
    line.len() <= LONGEST_LINE && line.bytes().all(is_body) || is_header()
}

/// Returns true if a key is open after `line`, which follows a text where one `was_open`.
pub fn is_open(line: &str, was_open: bool) -> bool {
    if DASHES.find(line.as_bytes()).is_none() {
        return was_open;
    }
    match line.rsplit_once("-----BEGIN ") {
        Some((_, key)) => key.contains("PRIVATE KEY") && !key.contains("-----END "),
        None => was_open && !line.contains("-----END "),
    }
}
