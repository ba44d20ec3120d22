//! OTLP's values: each wrapped in an object that names its kind, `{"stringValue": …}`.

use crate::text::json::{int_of, members, raw_of, text_of};
use model::record::{Text, push_json_text};
use sonic_rs::LazyValue;
use std::borrow::Cow;

/// Values nested deeper stay as OTLP wrote them.
const MAX_DEPTH: usize = 32;

/// Reads `{"key": …, "value": …}`.
pub(crate) fn pair<'a>(entry: &LazyValue<'a>) -> Option<(Text<'a>, LazyValue<'a>)> {
    let (mut name, mut content) = (None, None);
    for (key, value) in members(&raw_of(entry)).flatten() {
        match key.as_ref() {
            "key" => name = text_of(&value),
            "value" => content = Some(value),
            _ => {}
        }
    }
    Some((name?, content?))
}

/// Returns what an `AnyValue` holds, by the name of its kind.
fn held<'a>(value: &LazyValue<'a>) -> Option<(Text<'a>, LazyValue<'a>)> {
    members(&raw_of(value)).flatten().next()
}

/// Returns the text of an `AnyValue` that is one; that of one without a value is empty.
pub(crate) fn string_of<'a>(value: &LazyValue<'a>) -> Option<Text<'a>> {
    match held(value) {
        Some((kind, value)) => (kind == "stringValue").then(|| text_of(&value).unwrap_or_default()),
        None => Some(Cow::Borrowed("")),
    }
}

/// Returns an `AnyValue` as plain JSON.
pub(crate) fn json_of(value: &LazyValue<'_>) -> String {
    json_at(value, 0)
}

fn json_at(value: &LazyValue<'_>, depth: usize) -> String {
    let Some((kind, inner)) = held(value) else { return "null".into() };
    match kind.as_ref() {
        // proto3 JSON writes 64-bit integers as texts
        "intValue" => int_of(&inner).map_or_else(|| raw_of(&inner).into_owned(), |int| int.to_string()),
        "arrayValue" | "kvlistValue" if depth < MAX_DEPTH => {
            let values = members(&raw_of(&inner)).flatten().find(|(key, _)| key == "values");
            let entries = values.and_then(|(_, values)| values.into_array_iter());
            let entries = entries.into_iter().flatten().flatten();
            if kind == "arrayValue" {
                let items: Vec<String> = entries.map(|entry| json_at(&entry, depth + 1)).collect();
                return format!("[{}]", items.join(","));
            }
            let mut json = String::from("{");
            for (name, value) in entries.filter_map(|entry| pair(&entry)) {
                if json.len() > 1 {
                    json.push(',');
                }
                push_json_text(&mut json, &name);
                json.push(':');
                json.push_str(&json_at(&value, depth + 1));
            }
            json.push('}');
            json
        }
        _ => raw_of(&inner).into_owned(),
    }
}
