//! JSON schemas for tools. Clients pass them to models unchanged, and many models do not understand
//! `$ref`, a list of types, or Rust's number formats, so input schemas avoid all three.

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::{Value, json};
use std::sync::Arc;

/// Returns the input schema of a tool.
pub fn input<T: JsonSchema>() -> Arc<JsonObject> {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(plain).transform(&mut schema);
    RecursiveTransform(without_null).transform(&mut schema);
    object(schema)
}

fn object(schema: schemars::Schema) -> Arc<JsonObject> {
    let mut object = match schema.to_value() {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    };
    object.remove("title");
    object.remove("description");
    Arc::new(object)
}

/// Replaces alternatives that are names by one `enum`, and a list of types by alternatives; removes number
/// formats.
fn plain(schema: &mut schemars::Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if object.get("format").is_some_and(|format| format != "date-time") {
        object.remove("format");
    }
    if let Some(Value::Array(types)) = object.get("type") {
        let alternatives = types.iter().map(|name| json!({ "type": name })).collect();
        object.remove("type");
        object.insert("anyOf".into(), Value::Array(alternatives));
    }
    let Some(Value::Array(alternatives)) = object.get("oneOf") else { return };
    let name = |schema: &Value| schema.get("const").filter(|name| name.is_string()).cloned();
    if let Some(names) = alternatives.iter().map(name).collect::<Option<Vec<_>>>() {
        object.remove("oneOf");
        object.insert("type".into(), "string".into());
        object.insert("enum".into(), Value::Array(names));
    }
}

/// Removes `null` from optional fields: they can be omitted instead.
fn without_null(schema: &mut schemars::Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    let Some(Value::Array(alternatives)) = object.get_mut("anyOf") else { return };
    alternatives.retain(|schema| schema.get("type").is_none_or(|name| name != "null"));
    if let [Value::Object(only)] = alternatives.as_slice() {
        let only = only.clone();
        object.remove("anyOf");
        for (key, value) in only {
            object.entry(key).or_insert(value);
        }
    }
}
