//! The pairs of logfmt: `key=value key="v v"`. Must not know what a key means.

use model::record::Text;
use std::borrow::Cow;

/// Splits the first pair off: key, value as written (with its quotes), rest. A bare word is a key
/// without a value.
pub fn pair(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let text = text.trim_start();
    let end = text.find(|c: char| c == '=' || c.is_ascii_whitespace()).unwrap_or(text.len());
    let (key, rest) = text.split_at_checked(end)?;
    let Some(value) = rest.strip_prefix('=') else { return (!key.is_empty()).then_some((key, None, rest)) };
    if !value.starts_with('"') {
        let end = value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len());
        let (value, rest) = value.split_at_checked(end)?;
        return Some((key, Some(value), rest));
    }
    let mut is_escaped = true; // the opening quote
    let end = value.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    // a quote that never closes extends to the end of the line
    let (value, rest) = value.split_at_checked(end.map_or(value.len(), |end| end + 1))?;
    Some((key, Some(value), rest))
}

/// Returns the pairs of a text, their values as written.
pub fn pairs(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (key, value, after) = pair(rest)?;
        rest = after;
        Some((key, value))
    })
}

/// Returns true for a word that can be a key.
pub fn is_key(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '@'))
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-@/:".contains(&byte))
}

/// Returns a value without quotes and escapes.
pub fn unquoted(value: &str) -> Text<'_> {
    let Some(inner) = value.strip_prefix('"') else { return Cow::Borrowed(value) };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    // Go's %q is JSON except for \x, \a, \v and \U, which are kept as written
    match serde_json::from_str::<String>(value) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Owned(inner.replace("\\\"", "\"").replace("\\n", "\n").replace("\\t", "\t")),
    }
}
