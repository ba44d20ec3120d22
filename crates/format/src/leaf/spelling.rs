//! Names as stores spell them that have no nested objects: `objectRef.name`, `objectRef_name`,
//! `object_ref_name`, `objectref.name`; and nesting what such names hold. Must not know any format's
//! own names.

use serde_json::{Map, Value};

/// Nesting that a flattened name may have; the API's own objects are half as deep.
const MAX_STEPS: usize = 32;

/// Returns what follows `name` in `key`, if `key` begins with `name` in any spelling.
pub(super) fn after<'k>(key: &'k str, name: &str) -> Option<&'k str> {
    let bytes = key.as_bytes();
    let mut at = 0;
    for (index, expected) in name.bytes().enumerate() {
        if index > 0 && expected.is_ascii_uppercase() && bytes.get(at) == Some(&b'_') {
            at += 1;
        }
        if !bytes.get(at)?.eq_ignore_ascii_case(&expected) {
            return None;
        }
        at += 1;
    }
    key.get(at..)
}

/// Returns the one of `names` that `key` begins with, in any spelling, and the rest of the key, which is
/// empty or begins with a separator.
pub(super) fn one_of<'k>(key: &'k str, names: &[&'static str]) -> Option<(&'static str, &'k str)> {
    names.iter().find_map(|name| {
        let rest = after(key, name)?;
        (rest.is_empty() || rest.starts_with(['.', '_', '['])).then_some((*name, rest))
    })
}

/// Returns the rest of a key without the separator at its front.
pub(super) fn tail(rest: &str) -> &str {
    rest.strip_prefix(['.', '_', '[']).unwrap_or(rest)
}

/// Returns the names that the rest of a key joins: `.0.name`, `[0].name`, `_0_name`.
pub(super) fn steps(rest: &str) -> Vec<&str> {
    let by_underscore = rest.starts_with('_');
    let is_separator = |c: char| if by_underscore { c == '_' } else { matches!(c, '.' | '[' | ']') };
    rest.split(is_separator).filter(|step| !step.is_empty()).take(MAX_STEPS).collect()
}

/// Puts a value where `steps` lead; members of an object join those that are there. Null adds nothing.
pub(super) fn put(into: &mut Value, steps: &[&str], value: Value) {
    if value.is_null() {
        return;
    }
    let mut slot = into;
    for step in steps {
        if !slot.is_object() {
            *slot = Value::Object(Map::new());
        }
        slot = &mut slot[*step];
    }
    match (&mut *slot, value) {
        (Value::Object(members), Value::Object(more)) => members.extend(more),
        (_, value) => *slot = value,
    }
}

/// Returns the JSON that a string holds; any other value as it is. An empty string and `null` hold nothing.
pub(super) fn opened(value: Value) -> Value {
    let Value::String(text) = &value else { return value };
    match text.trim() {
        "" | "null" | "-" => Value::Null,
        json if json.starts_with(['{', '[']) => serde_json::from_str(json).unwrap_or(value),
        _ => value,
    }
}

/// Turns objects whose names are `0`, `1`, … into arrays, at any depth.
pub(super) fn number_arrays(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(number_arrays);
            let mut items = Vec::new();
            while let Some(item) = members.get(&items.len().to_string()) {
                items.push(item.clone());
            }
            if !items.is_empty() && items.len() == members.len() {
                *value = Value::Array(items);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(number_arrays),
        _ => {}
    }
}
