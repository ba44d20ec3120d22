//! Members, items and texts of JSON that is read once and kept as written: what envelopes and JSON
//! logs need around [`JsonCursor`]. Values that are not requested are never parsed.

use crate::text::json_cursor::{Broken, JsonCursor, Member};
use crate::text::json_mend::mended;
use model::record::{Attrs, Text};
use std::borrow::Cow;
use std::collections::HashSet;

/// Members that are compared with each other; more are hashed.
const FEW: usize = 32;

/// Returns the members of a JSON object in order, duplicates included. Text after it is not read.
pub fn members(json: &str) -> Result<Vec<Member<'_>>, Broken> {
    JsonCursor::new(json).members()
}

/// Returns the members of a value that is known to be valid; none if it is not an object.
pub fn members_of(value: &str) -> impl Iterator<Item = Member<'_>> {
    members(value).into_iter().flatten()
}

/// Returns the items of a JSON array, each as written.
pub fn items(json: &str) -> Result<Vec<&str>, Broken> {
    JsonCursor::new(json).items()
}

/// Returns a string, number or boolean as text; `None` for null, an empty string, an array and an
/// object.
pub fn text_of(value: &str) -> Option<Text<'_>> {
    // most texts are strings without escapes
    let inner =
        value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|inner| !inner.is_empty());
    match inner {
        Some(inner) if memchr::memchr2(b'\\', b'"', inner.as_bytes()).is_none() => Some(Cow::Borrowed(inner)),
        _ => JsonCursor::new(value).text().ok().flatten(),
    }
}

/// Returns a number, or a string that contains one, as an integer.
pub fn int_of(value: &str) -> Option<i64> {
    text_of(value)?.parse().ok()
}

/// Returns the members whose values are not at one of the addresses `taken`, each key once. An object of which
/// some members were taken keeps the others.
pub fn remaining(members: &[Member<'_>], taken: &[usize]) -> Attrs {
    let mut attrs = Attrs::default();
    let mut seen = HashSet::new();
    for (index, (key, raw)) in members.iter().enumerate() {
        let at = raw.as_ptr().addr();
        if taken.contains(&at) {
            continue;
        }
        let before = members.get(..index).unwrap_or_default();
        let is_kept = |(other, raw): &Member<'_>| other == key && !taken.contains(&raw.as_ptr().addr());
        let is_new = if members.len() <= FEW { !before.iter().any(is_kept) } else { seen.insert(key) };
        if !is_new {
            continue;
        }
        let span = at..at + raw.len();
        if raw.starts_with('{') && taken.iter().any(|id| span.contains(id)) {
            if let Some(rest) = remaining(&members_of(raw).collect::<Vec<_>>(), taken).into_json() {
                attrs.raw(key, &rest);
            }
        } else {
            // readers of the lake are stricter than loggers about surrogates
            let is_suspect = memchr::memchr(b'\\', raw.as_bytes()).is_some()
                && (raw.contains("\\ud") || raw.contains("\\uD"));
            attrs.raw(key, &if is_suspect { mended(raw) } else { Cow::Borrowed(*raw) });
        }
    }
    attrs
}

/// Returns true if a text is a JSON object or array.
pub fn is_json(text: &str) -> bool {
    let is_bracketed =
        text.starts_with('{') && text.ends_with('}') || text.starts_with('[') && text.ends_with(']');
    is_bracketed && serde_json::from_str::<serde_json::Value>(text).is_ok()
}
