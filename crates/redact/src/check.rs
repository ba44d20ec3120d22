//! Conditions that a pattern cannot express: checksums, the content of a token, and whether an
//! assigned value is a secret or a word, a name, a path or a placeholder.
//! Must not know the rules that use them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;
use std::ops::Range;

/// A match of a pattern.
#[derive(Clone, Debug)]
pub struct Hit<'t> {
    /// The whole text.
    pub text: &'t str,
    /// Offset of the match: that of its word.
    pub at: usize,
    /// The bytes to mask.
    pub value: Range<usize>,
}

impl<'t> Hit<'t> {
    /// Returns the text to mask.
    pub fn value(&self) -> &'t str {
        self.text.get(self.value.clone()).unwrap_or_default()
    }

    /// Extends a value that reaches beyond the part that its pattern saw to its end.
    pub fn extend(&mut self) {
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<');
        let rest = self.text.get(self.value.end..).unwrap_or_default();
        self.value.end += rest.find(ends).unwrap_or(rest.len());
    }

    /// Returns the text between the word and the value.
    fn between(&self) -> &'t str {
        self.text.get(self.at..self.value.start).unwrap_or_default()
    }

    /// Returns the part of the name before the match: `db_` of `db_password`.
    fn name_before(&self) -> &'t str {
        name_at_end(self.text.get(..self.at).unwrap_or_default())
    }

    /// Returns true if the word is in the name of an option: `--db-password`.
    pub fn is_option(&self) -> bool {
        self.name_before().starts_with('-')
    }
}

/// Returns the length in bytes of the value after `key=`: up to `,other=`, without the closing
/// bracket or full stop at its end.
pub fn bare_len(value: &str) -> usize {
    let bytes = value.as_bytes();
    let is_key = |at: usize| {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        let size = rest
            .iter()
            .take(32)
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
            .count();
        size > 0 && matches!(rest.get(size), Some(b'=' | b':'))
    };
    let end = memchr::memchr_iter(b',', bytes).find(|at| is_key(*at)).unwrap_or(value.len());
    value.get(..end).unwrap_or_default().trim_end_matches([',', '.', ':', ')', ']', '}']).len()
}

/// Returns the name at the end of a text.
pub fn name_at_end(text: &str) -> &str {
    let bytes = text.as_bytes();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let size = bytes.iter().rev().take(48).take_while(|byte| is_name(byte)).count();
    text.get(text.len() - size..).unwrap_or_default()
}

/// Returns true for every match.
pub fn any(_: &Hit<'_>) -> bool {
    true
}

/// Returns true if the value has letters and digits.
pub fn mixed(hit: &Hit<'_>) -> bool {
    let value = hit.value().as_bytes();
    value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic)
}

/// Returns true if the value looks random: digits among letters, few characters twice.
pub fn random(hit: &Hit<'_>) -> bool {
    let value = hit.value();
    value.bytes().filter(u8::is_ascii_digit).count() >= 2 && mixed(hit) && entropy(value) >= 3.2
}

/// Returns the entropy of a text in bits per byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let size = text.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / size)
        .map(|p| -p * p.log2())
        .sum()
}

/// Returns true for base64 of `user:password`.
pub fn user_and_password(hit: &Hit<'_>) -> bool {
    let value = hit.value().trim_end_matches('=');
    let Ok(bytes) = STANDARD_NO_PAD.decode(value) else { return false };
    std::str::from_utf8(&bytes).is_ok_and(|text| text.contains(':') && !text.chars().any(char::is_control))
}

/// Returns the JSON of one part of a JWT.
fn part(token: &str, at: usize) -> Option<Value> {
    let text = token.split('.').nth(at)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Returns true for a JWT whose header names its algorithm.
pub fn jwt(hit: &Hit<'_>) -> bool {
    part(hit.value(), 0).is_some_and(|header| header.get("alg").is_some())
}

/// Returns true for the JWT of a Kubernetes service account.
pub fn kubernetes_token(hit: &Hit<'_>) -> bool {
    let claims = part(hit.value(), 1).unwrap_or_default();
    let of_account = claims
        .get("sub")
        .and_then(Value::as_str)
        .is_some_and(|subject| subject.starts_with("system:serviceaccount:"));
    jwt(hit) && (of_account || claims.get("kubernetes.io").is_some())
}

/// Words in the position of a secret that are not one.
const PLACEHOLDERS: &[&str] = &[
    "null",
    "nil",
    "none",
    "true",
    "false",
    "undefined",
    "empty",
    "redacted",
    "hidden",
    "masked",
    "removed",
    "unset",
    "set",
    "required",
    "invalid",
    "expired",
    "missing",
    "failed",
    "incorrect",
    "wrong",
    "changed",
    "ok",
    "yes",
    "no",
    "not",
    "is",
    "must",
    "should",
    "cannot",
    "has",
    "was",
    "for",
    "authentication",
    "string",
    "optional",
    "present",
    "mismatch",
    "denied",
];

/// Returns true if a value is not a secret: a word of the list, one repeated character, a variable,
/// a mask.
fn is_placeholder(value: &str) -> bool {
    let first = value.split([' ', ',', ')', '}', ':', '.']).next().unwrap_or_default();
    let mut bytes = value.bytes();
    let one = bytes.next();
    PLACEHOLDERS.iter().any(|word| first.eq_ignore_ascii_case(word))
        || bytes.all(|byte| Some(byte) == one)
        || ["${", "$(", "{{", "%s", "%v", "%q", "***", "<", "‹", "["].iter().any(|lead| value.starts_with(lead))
        // the string has ended, and the surrounding JSON follows
        || value.trim_start().starts_with([',', '}', ']', ':'])
}

/// Returns true for a path of plain names.
fn is_path(value: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._/-".contains(&b);
    value.starts_with(['/', '.']) && value.bytes().all(is_plain)
}

/// Returns true unless the value is a placeholder.
pub fn not_placeholder(hit: &Hit<'_>) -> bool {
    !is_placeholder(hit.value())
}

/// Returns true unless the value of a header is a scheme or one plain word.
pub fn credential(hit: &Hit<'_>) -> bool {
    let value = hit.value();
    let is_scheme =
        ["bearer", "basic", "digest", "negotiate", "apikey"].iter().any(|s| value.eq_ignore_ascii_case(s));
    not_placeholder(hit)
        && !is_scheme
        && !value.bytes().all(|b| b.is_ascii_lowercase() || b"-_.:/".contains(&b))
}

/// Returns true if `key: word` is part of a sentence; a line of YAML ends with its value.
fn is_prose(hit: &Hit<'_>) -> bool {
    if !hit.between().ends_with(": ") || !hit.value().bytes().all(|b| b.is_ascii_alphabetic()) {
        return false;
    }
    let before = hit.text.get(..hit.at).unwrap_or_default();
    let lead = before.as_bytes().get(..before.len() - hit.name_before().len()).unwrap_or_default();
    let indent = lead.iter().rev().take(64).take_while(|b| b" \t-".contains(b)).count();
    let is_first = matches!(lead.iter().rev().nth(indent), None | Some(b'\n'));
    let rest = hit.text.get(hit.value.end..).unwrap_or_default();
    let is_line = is_first && (rest.is_empty() || rest.starts_with(['\n', '\r']));
    !is_line
}

/// Returns true if a person may have chosen the value as a password.
pub fn password(hit: &Hit<'_>) -> bool {
    hit.value().len() >= 4 && not_placeholder(hit) && !is_path(hit.value()) && !is_prose(hit)
}

/// Returns true for a password, false for a path: `PWD` is also the working directory of a process.
pub fn not_a_folder(hit: &Hit<'_>) -> bool {
    password(hit) && !hit.value().starts_with(['/', '~'])
}

/// Returns true if a machine generated the value: not a word, the name of an object, a path or a number.
pub fn opaque(hit: &Hit<'_>) -> bool {
    let value = hit.value();
    let all = |is: fn(u8) -> bool| value.bytes().all(is);
    let is_words = all(|b| b.is_ascii_lowercase() || b"-_./: ".contains(&b));
    let is_object =
        value.contains('/') && all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-./".contains(&b));
    let is_word = all(|b| b.is_ascii_alphabetic()) && entropy(value) < 3.3;
    value.len() >= 8
        && not_placeholder(hit)
        && !value.contains(' ')
        && !(is_words || is_object || is_word || is_path(value))
        && !all(|b| b.is_ascii_digit() || b == b'.')
}

/// Returns true for an opaque value, unless its key is that of a pagination token.
pub fn token(hit: &Hit<'_>) -> bool {
    // the word is `oken`, so the name ends with `t`
    let name = hit.name_before().to_ascii_lowercase();
    let name = name.strip_suffix('t').unwrap_or(&name).trim_end_matches(['_', '-']);
    opaque(hit)
        && !["next", "page", "continue", "continuation", "resume", "sync"].iter().any(|n| name.ends_with(n))
}

/// Returns true for the 40 characters of an AWS secret key.
pub fn aws_secret(hit: &Hit<'_>) -> bool {
    hit.value().len() == 40 && opaque(hit)
}

/// Returns true for the 32 characters of a Tencent Cloud secret key.
pub fn tencent_secret(hit: &Hit<'_>) -> bool {
    hit.value().len() == 32 && mixed(hit) && hit.value().bytes().all(|b| b.is_ascii_alphanumeric())
}
