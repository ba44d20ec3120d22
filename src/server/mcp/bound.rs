//! Answers that fit: a model's window and a robot's frame are small, and a report may not be.

use serde_json::Value;

/// Bytes of one answer's text, and of its values.
pub const MOST: usize = 64 << 10;

/// Returns the text, or as much of it as fits and a word that says so.
pub fn clip(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}\n… 已截断 (truncated)", text.get(..end).unwrap_or_default().trim_end())
}

/// Shortens lists and texts, the same way everywhere, until the value fits; tells whether it had to.
/// What is left is of the same schema: lists keep at least the two items of a pair.
pub fn fit(value: &mut Value, most: usize) -> bool {
    let mut items = 128;
    let mut is_cut = false;
    while length(value) > most && items >= 2 {
        shorten(value, items);
        is_cut = true;
        items /= 2;
    }
    is_cut
}

fn length(value: &Value) -> usize {
    value.to_string().len()
}

fn shorten(value: &mut Value, items: usize) {
    match value {
        Value::Array(list) => {
            list.truncate(items);
            list.iter_mut().for_each(|item| shorten(item, items));
        }
        Value::Object(fields) => fields.values_mut().for_each(|field| shorten(field, items)),
        Value::String(text) if text.chars().count() > items * 32 => {
            *text = text.chars().take(items * 32).chain(['…']).collect();
        }
        _ => {}
    }
}
