//! Private keys that a program printed to its log line by line: redaction recognises a key only as
//! a whole, so its lines are joined first. Must not know how keys are masked.

/// PEM wraps at 64 characters (RFC 7468, section 2); OpenSSH and older tools reach 76.
const LONGEST_LINE: usize = 80;

/// Returns true if `line` continues a private key that `text` has begun and not ended.
pub fn continues_key(text: &str, line: &str) -> bool {
    let is_body = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let is_header = || ["-----END ", "Proc-Type: ", "DEK-Info: "].iter().any(|lead| line.starts_with(lead));
    if !(line.len() <= LONGEST_LINE && line.bytes().all(is_body) || is_header()) {
        return false;
    }
    let Some((_, key)) = text.rsplit_once("-----BEGIN ") else { return false };
    key.split_once("PRIVATE KEY").is_some_and(|(_, body)| !body.contains("-----END "))
}
