//! Limits on the size of responses: the context window of a model and the frame of a robot are small.

use serde_json::Value;

/// Longest text of a response in bytes, and longest structured content.
pub const MAX_BYTES: usize = 64 << 10;

/// Returns the text; if it is longer than `limit` bytes, its beginning and a note that it was cut off.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(limit);
    format!("{}\n… 已截断 (truncated)", text.get(..end).unwrap_or_default().trim_end())
}

/// Shortens lists and texts evenly until the value fits into `limit` bytes; returns true if it had to.
/// The value still matches its schema: lists keep at least two items, since some lists are pairs.
pub fn shrink(value: &mut Value, limit: usize) -> bool {
    let mut items = 128;
    let mut is_shortened = false;
    while value.to_string().len() > limit && items >= 2 {
        truncate(value, items);
        is_shortened = true;
        items /= 2;
    }
    is_shortened
}

/// Cuts all lists to `items` items and all texts to `items * 32` characters.
fn truncate(value: &mut Value, items: usize) {
    match value {
        Value::Array(list) => {
            list.truncate(items);
            list.iter_mut().for_each(|item| truncate(item, items));
        }
        Value::Object(fields) => fields.values_mut().for_each(|field| truncate(field, items)),
        Value::String(text) if text.chars().count() > items * 32 => {
            *text = text.chars().take(items * 32).chain(['…']).collect();
        }
        _ => {}
    }
}
