//! OTLP's values: each wrapped in an object that names its type, `{"stringValue": …}`
//! (opentelemetry-proto, `common.proto`). Must not know the record around them.

use crate::text::json::{int_of, items, members_of, text_of};
use crate::text::json_cursor::Member;
use model::json_string::push_json_string;
use model::record::Text;
use std::borrow::Cow;

/// Values nested deeper are kept as OTLP wrote them.
const MAX_DEPTH: usize = 32;

/// Returns a name as OTLP/JSON writes it; exporters that print protobuf's own names write `time_unix_nano`.
pub(crate) fn camel(name: &str) -> Cow<'_, str> {
    if !name.contains('_') {
        return Cow::Borrowed(name);
    }
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    Cow::Owned(camel)
}

/// Reads `{"key": …, "value": …}`.
pub(crate) fn pair(entry: &str) -> Option<Member<'_>> {
    let (mut name, mut content) = (None, None);
    for (key, value) in members_of(entry) {
        match key.as_ref() {
            "key" => name = text_of(value),
            "value" => content = Some(value),
            _ => {}
        }
    }
    Some((name?, content?))
}

/// Returns the content of an `AnyValue`, by the name of its type.
fn content(value: &str) -> Option<Member<'_>> {
    members_of(value).next()
}

/// Returns the text of a `stringValue`; empty for an `AnyValue` without content.
pub(crate) fn string_of(value: &str) -> Option<Text<'_>> {
    match content(value) {
        Some((kind, value)) => (camel(&kind) == "stringValue").then(|| text_of(value).unwrap_or_default()),
        None => Some(Cow::Borrowed("")),
    }
}

/// Returns an `AnyValue` as plain JSON.
pub(crate) fn json_of(value: &str) -> String {
    json_at(value, 0)
}

fn json_at(value: &str, depth: usize) -> String {
    let Some((kind, inner)) = content(value) else { return "null".into() };
    let kind = camel(&kind);
    match kind.as_ref() {
        // proto3 JSON writes 64-bit integers as strings
        "intValue" => int_of(inner).map_or_else(|| inner.to_owned(), |int| int.to_string()),
        "arrayValue" | "kvlistValue" if depth < MAX_DEPTH => {
            let values = members_of(inner).find(|(key, _)| key == "values");
            let entries = values.and_then(|(_, values)| items(values).ok()).unwrap_or_default();
            if kind == "arrayValue" {
                let items: Vec<String> = entries.iter().map(|entry| json_at(entry, depth + 1)).collect();
                return format!("[{}]", items.join(","));
            }
            let mut json = String::from("{");
            for (name, value) in entries.into_iter().filter_map(pair) {
                if json.len() > 1 {
                    json.push(',');
                }
                push_json_string(&mut json, &name);
                json.push(':');
                json.push_str(&json_at(value, depth + 1));
            }
            json.push('}');
            json
        }
        _ => inner.to_owned(),
    }
}
