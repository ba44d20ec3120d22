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

/// Returns the length in bytes of a percent-encoded value: up to an encoded quote, comma, bracket, space
/// or the next key.
pub fn encoded_len(value: &str) -> usize {
    let ends = |at: &usize| {
        let code = value.get(at + 1..).unwrap_or_default().trim_start_matches("25").get(..2);
        code.is_some_and(|code| {
            ["20", "22", "26", "2C", "3B", "5D", "7D"].iter().any(|end| code.eq_ignore_ascii_case(end))
        })
    };
    memchr::memchr_iter(b'%', value.as_bytes()).find(ends).unwrap_or(value.len())
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
    let first = value.split([' ', ',', ')', '}']).next().unwrap_or_default();
    let first = first.trim_end_matches([':', '.', '!', ';']);
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
    let is_password =
        hit.value().len() >= 4 && not_placeholder(hit) && !is_path(hit.value()) && !is_prose(hit);
    is_password && (!is_bare_pass(hit) || is_pass_key(hit))
}

/// Returns true if the key ends with `pass`, which is also a verb and a result.
fn is_bare_pass(hit: &Hit<'_>) -> bool {
    let key = hit.between().as_bytes();
    key.first_chunk().is_some_and(|head: &[u8; 4]| head.eq_ignore_ascii_case(b"pass"))
        && !key.get(4).is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-'))
}

/// Returns true for `DB_PASS=…`, `dbPass: …`; false for `bypass=…`, `PASS: TestLogin (0.1s)`, `pass=1200`.
fn is_pass_key(hit: &Hit<'_>) -> bool {
    let before = hit.name_before();
    let is_part = before.is_empty()
        || !before.ends_with(|c: char| c.is_ascii_alphabetic())
        || hit.between().starts_with('P') && before.ends_with(|c: char| c.is_ascii_lowercase())
        || ["db", "user", "root", "admin", "smtp", "mail", "redis", "mysql", "my", "login", "key", "bind"]
            .iter()
            .any(|name| before.to_ascii_lowercase().ends_with(name));
    let is_count = before.is_empty() && hit.value().bytes().all(|b| b.is_ascii_digit());
    is_part && !is_count && (!hit.between().ends_with(": ") || is_entry(hit))
}

/// Returns true if `key: value` is a line of YAML or ends with it, or is in braces or JSON.
fn is_entry(hit: &Hit<'_>) -> bool {
    let rest = hit.text.get(hit.value.end..).unwrap_or_default();
    rest.is_empty() || rest.starts_with(['\n', '\r', ',', '}', '"', '\'', '\\'])
}

/// Returns true for a password on a command line.
pub fn command_password(hit: &Hit<'_>) -> bool {
    hit.value().len() >= 3 && not_placeholder(hit) && !hit.value().starts_with(['-', '$', '@', '|'])
}

/// Returns true if `password '…'` is a statement: a single quote, or a word of SQL before it.
pub fn stated_password(hit: &Hit<'_>) -> bool {
    let before = hit.text.get(..hit.at).unwrap_or_default().trim_end();
    let word = name_at_end(before).to_ascii_lowercase();
    let is_sql = ["with", "encrypted", "user", "role", "login", "set", "new", "old"].contains(&&*word);
    hit.value().len() >= 4
        && not_placeholder(hit)
        && !is_path(hit.value())
        && (is_sql || !hit.value().contains(' ') && hit.between().ends_with('\'') && mixed(hit))
}

/// Returns true for a value after a label in Chinese.
pub fn labelled(hit: &Hit<'_>) -> bool {
    not_placeholder(hit) && !is_path(hit.value())
}

/// Returns true for base64 of SASL: user and password between NUL bytes, or one of the two.
pub fn sasl(hit: &Hit<'_>) -> bool {
    STANDARD_NO_PAD.decode(hit.value().trim_end_matches('=')).is_ok_and(|bytes| {
        let text = std::str::from_utf8(&bytes);
        text.is_ok_and(|text| !text.chars().any(|c| c.is_control() && c != '\0'))
    })
}

/// Returns true for base64 of a private key in PEM, false for that of a certificate.
pub fn encoded_private_key(hit: &Hit<'_>) -> bool {
    let head = hit.value().get(..56).unwrap_or_default();
    STANDARD_NO_PAD.decode(head).is_ok_and(|pem| memchr::memmem::find(&pem, b"PRIVATE KEY").is_some())
}

/// Returns true for the key of a session that a server made up.
pub fn session(hit: &Hit<'_>) -> bool {
    opaque(hit) && hit.value().len() >= 16
}

/// Returns true for a code of four to eight digits.
pub fn short_code(hit: &Hit<'_>) -> bool {
    (4..=8).contains(&hit.value().len()) && hit.value().bytes().all(|b| b.is_ascii_digit())
}

/// Returns true for a long value that looks random.
pub fn generated(hit: &Hit<'_>) -> bool {
    hit.value().len() >= 16 && opaque(hit) && random(hit)
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
    let name = hit.name_before().to_ascii_lowercase();
    let name = name.trim_end_matches(['_', '-']);
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
