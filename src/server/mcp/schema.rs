//! Schemas that every client reads: models are given them as they are, and many know neither `$ref`,
//! nor a type that is a list, nor this language's number formats.

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::{Value, json};
use std::sync::Arc;

/// Returns the schema of what a tool is given.
pub fn input<T: JsonSchema>() -> Arc<JsonObject> {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(plain).transform(&mut schema);
    RecursiveTransform(without_null).transform(&mut schema);
    object(schema)
}

/// Returns the schema of what a tool answers.
pub fn output<T: JsonSchema>() -> Arc<JsonObject> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    RecursiveTransform(plain).transform(&mut schema);
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

/// Names of alternatives become one `enum`, a list of types alternatives; formats that only Rust has go.
fn plain(schema: &mut schemars::Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if object.get("format").is_some_and(|format| format != "date-time") {
        object.remove("format");
    }
    if let Some(Value::Array(types)) = object.get("type") {
        let ways = types.iter().map(|name| json!({ "type": name })).collect();
        object.remove("type");
        object.insert("anyOf".into(), Value::Array(ways));
    }
    let Some(Value::Array(ways)) = object.get("oneOf") else { return };
    let name = |way: &Value| way.get("const").filter(|name| name.is_string()).cloned();
    if let Some(names) = ways.iter().map(name).collect::<Option<Vec<_>>>() {
        object.remove("oneOf");
        object.insert("type".into(), "string".into());
        object.insert("enum".into(), Value::Array(names));
    }
}

/// What may be left out need not be null as well.
fn without_null(schema: &mut schemars::Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    let Some(Value::Array(ways)) = object.get_mut("anyOf") else { return };
    ways.retain(|way| way.get("type").is_none_or(|name| name != "null"));
    if let [Value::Object(only)] = ways.as_slice() {
        let only = only.clone();
        object.remove("anyOf");
        for (key, value) in only {
            object.entry(key).or_insert(value);
        }
    }
}
