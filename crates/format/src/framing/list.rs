//! Kubernetes Lists without items, which hold no record but are counted. Must not know any kind.

use crate::text::json_cursor::JsonCursor;

/// Bytes of the longest List without items: it has only its metadata.
const MAX_BYTES: usize = 1024;

/// Returns true if a JSON text is a List whose `items` are null or none. Reads no further than the
/// first member that a List does not have.
pub(crate) fn is_empty(text: &[u8]) -> bool {
    if text.len() > MAX_BYTES || !begins_list(text) {
        return false;
    }
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let mut has_items = false;
    let outcome = JsonCursor::new(text).object(|key, value| {
        let is_expected = match key {
            "items" => {
                let items = value.raw()?;
                has_items = true;
                items == "null" || is_none(items)
            }
            "kind" => value.raw()?.ends_with("List\""),
            "apiVersion" | "metadata" => true,
            _ => false,
        };
        if is_expected { Ok(()) } else { Err(value.broken("a List without items")) }
    });
    outcome.is_ok() && has_items
}

/// Returns true for the front of a List, without a look at the rest.
fn begins_list(text: &[u8]) -> bool {
    let Some(inner) = text.strip_prefix(b"{").map(<[u8]>::trim_ascii_start) else { return false };
    let keys: [&[u8]; 4] = [b"\"items\"", b"\"kind\"", b"\"apiVersion\"", b"\"metadata\""];
    keys.iter().any(|key| inner.starts_with(key))
}

/// Returns true for brackets with only blanks between.
fn is_none(value: &str) -> bool {
    value.strip_prefix('[').is_some_and(|rest| rest.trim_start() == "]")
}
