//! What a pattern cannot say: checksums, what a token holds inside, and whether a value that is
//! assigned is a secret or a word, a name, a path, a placeholder.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;
use std::ops::Range;

/// What a pattern matched.
#[derive(Clone, Debug)]
pub struct Hit<'t> {
    /// The whole text.
    pub text: &'t str,
    /// Where the match begins: at its word.
    pub at: usize,
    /// What would be masked.
    pub value: Range<usize>,
}

impl<'t> Hit<'t> {
    /// Returns what would be masked.
    pub fn value(&self) -> &'t str {
        self.text.get(self.value.clone()).unwrap_or_default()
    }

    /// Returns what stands between the word and the value.
    fn between(&self) -> &'t str {
        self.text.get(self.at..self.value.start).unwrap_or_default()
    }

    /// Returns the name before the match that it goes on with: `db_` of `db_password`.
    fn name_before(&self) -> &'t str {
        name_at_end(self.text.get(..self.at).unwrap_or_default())
    }

    /// Tells whether the word stands in the name of an option: `--db-password`.
    pub fn is_option(&self) -> bool {
        self.name_before().starts_with('-')
    }
}

/// Returns how many bytes of what follows `key=` are its value: up to `,other=`, without what
/// closes a bracket or a sentence.
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

/// Returns the name that a text ends with.
pub fn name_at_end(text: &str) -> &str {
    let bytes = text.as_bytes();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let size = bytes.iter().rev().take(48).take_while(|byte| is_name(byte)).count();
    text.get(text.len() - size..).unwrap_or_default()
}

/// Takes whatever the pattern took.
pub fn any(_: &Hit<'_>) -> bool {
    true
}

/// Wants letters and digits both.
pub fn mixed(hit: &Hit<'_>) -> bool {
    let value = hit.value().as_bytes();
    value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic)
}

/// Wants what no person writes: many digits among letters, hardly a character twice.
pub fn random(hit: &Hit<'_>) -> bool {
    let value = hit.value();
    value.bytes().filter(u8::is_ascii_digit).count() >= 2 && mixed(hit) && entropy(value) >= 3.2
}

/// Returns the entropy of a text's bytes, in bits a byte.
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

/// Wants base64 of `user:password`.
pub fn pair(hit: &Hit<'_>) -> bool {
    let value = hit.value().trim_end_matches('=');
    let Ok(bytes) = STANDARD_NO_PAD.decode(value) else { return false };
    std::str::from_utf8(&bytes).is_ok_and(|text| text.contains(':') && !text.chars().any(char::is_control))
}

/// Returns the members of a part of a JWT.
fn part(token: &str, at: usize) -> Option<Value> {
    let text = token.split('.').nth(at)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Wants a header that names its algorithm.
pub fn jwt(hit: &Hit<'_>) -> bool {
    part(hit.value(), 0).is_some_and(|header| header.get("alg").is_some())
}

/// Wants a JWT of a Kubernetes service account.
pub fn kubernetes_token(hit: &Hit<'_>) -> bool {
    let claims = part(hit.value(), 1).unwrap_or_default();
    let of_account = claims
        .get("sub")
        .and_then(Value::as_str)
        .is_some_and(|subject| subject.starts_with("system:serviceaccount:"));
    jwt(hit) && (of_account || claims.get("kubernetes.io").is_some())
}

/// What stands where a secret would, and is none.
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

/// Tells whether a value stands for none: a word of the list, one character again and again, a
/// variable, a mask.
fn is_placeholder(value: &str) -> bool {
    let first = value.split([' ', ',', ')', '}', ':', '.']).next().unwrap_or_default();
    let mut bytes = value.bytes();
    let one = bytes.next();
    PLACEHOLDERS.iter().any(|word| first.eq_ignore_ascii_case(word))
        || bytes.all(|byte| Some(byte) == one)
        || ["${", "$(", "{{", "%s", "%v", "%q", "***", "<", "‹", "["].iter().any(|lead| value.starts_with(lead))
        // the text ended, and what follows is the JSON around it
        || value.trim_start().starts_with([',', '}', ']', ':'])
}

/// Tells whether a value is a path of plain names.
fn is_path(value: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._/-".contains(&b);
    value.starts_with(['/', '.']) && value.bytes().all(is_plain)
}

/// Wants a value that is none of what stands for none.
pub fn told(hit: &Hit<'_>) -> bool {
    !is_placeholder(hit.value())
}

/// Wants a value after a header's name: no single plain word.
pub fn credential(hit: &Hit<'_>) -> bool {
    let value = hit.value();
    let is_scheme =
        ["bearer", "basic", "digest", "negotiate", "apikey"].iter().any(|s| value.eq_ignore_ascii_case(s));
    told(hit) && !is_scheme && !value.bytes().all(|b| b.is_ascii_lowercase() || b"-_.:/".contains(&b))
}

/// Tells whether `key: word` is a sentence; a line of YAML ends with its value.
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

/// Wants what a person may have chosen.
pub fn password(hit: &Hit<'_>) -> bool {
    hit.value().len() >= 4 && told(hit) && !is_path(hit.value()) && !is_prose(hit)
}

/// Wants a password; `PWD` is also the folder that a process is in.
pub fn not_a_folder(hit: &Hit<'_>) -> bool {
    password(hit) && !hit.value().starts_with(['/', '~'])
}

/// Wants what a machine chose: no word, no name of an object, no path, no number.
pub fn opaque(hit: &Hit<'_>) -> bool {
    let value = hit.value();
    let all = |is: fn(u8) -> bool| value.bytes().all(is);
    let is_words = all(|b| b.is_ascii_lowercase() || b"-_./: ".contains(&b));
    let is_object =
        value.contains('/') && all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-./".contains(&b));
    let is_word = all(|b| b.is_ascii_alphabetic()) && entropy(value) < 3.3;
    value.len() >= 8
        && told(hit)
        && !value.contains(' ')
        && !(is_words || is_object || is_word || is_path(value))
        && !all(|b| b.is_ascii_digit() || b == b'.')
}

/// Wants an opaque value whose key does not say that it turns pages.
pub fn token(hit: &Hit<'_>) -> bool {
    // the word is `oken`
    let name = hit.name_before().to_ascii_lowercase();
    let name = name.strip_suffix('t').unwrap_or(&name).trim_end_matches(['_', '-']);
    opaque(hit)
        && !["next", "page", "continue", "continuation", "resume", "sync"].iter().any(|n| name.ends_with(n))
}

/// Wants the 40 characters of AWS.
pub fn aws_secret(hit: &Hit<'_>) -> bool {
    hit.value().len() == 40 && opaque(hit)
}

/// Wants the 32 characters of Tencent Cloud.
pub fn tencent_secret(hit: &Hit<'_>) -> bool {
    hit.value().len() == 32 && mixed(hit) && hit.value().bytes().all(|b| b.is_ascii_alphanumeric())
}
