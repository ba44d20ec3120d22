//! How members of a JSON document are read by their pointer; what is absent is empty.

use serde_json::Value;

/// Returns the member at a JSON pointer; null if it is absent.
pub fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    value.pointer(path).unwrap_or(&Value::Null)
}

/// Returns the text at a path; empty if it is absent.
pub fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    at(value, path).as_str().unwrap_or("")
}

/// Returns the items at a path.
pub fn list<'v>(value: &'v Value, path: &str) -> &'v [Value] {
    at(value, path).as_array().map_or(&[], Vec::as_slice)
}
