//! The commands of an agent's calls of tools, by the id of the call: `{"type": "tool_use", "id": …, "input": …}`,
//! `{"tool_calls": [{"id": …, "function": …}]}`. Must not know what a call returned.

use crate::text::kubectl::command::{called, heading};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;

/// Levels of JSON that are searched.
pub(crate) const DEPTH: usize = 9;
/// Members that name the call of a result.
const OF_CALL: [&str; 2] = ["tool_call_id", "tool_use_id"];

/// Adds the calls below a value.
pub(crate) fn gather<'v>(value: &'v Value, depth: usize, calls: &mut HashMap<&'v str, Cow<'v, str>>) {
    match value {
        Value::Array(items) if depth > 0 => items.iter().for_each(|item| gather(item, depth - 1, calls)),
        Value::Object(members) if depth > 0 => {
            if let Some(id) = members.get("id").and_then(Value::as_str)
                && let Some(command) = beside(members)
            {
                calls.insert(id, command);
            }
            members.values().for_each(|member| gather(member, depth - 1, calls));
        }
        _ => {}
    }
}

/// Returns the id of the call whose result an object is.
pub(crate) fn call_of(members: &Map<String, Value>) -> Option<&str> {
    OF_CALL.iter().find_map(|key| members.get(*key)?.as_str())
}

/// Adds the ids of the calls whose results are below a value.
pub(crate) fn results<'v>(value: &'v Value, depth: usize, ids: &mut Vec<&'v str>) {
    match value {
        Value::Array(items) if depth > 0 => items.iter().for_each(|item| results(item, depth - 1, ids)),
        Value::Object(members) if depth > 0 => {
            ids.extend(call_of(members));
            members.values().for_each(|member| results(member, depth - 1, ids));
        }
        _ => {}
    }
}

/// Returns the command that an object names beside what it printed, whole, as an argument or without its program:
/// `{"tool": "kubectl", "args": "get pods -n shop"}`.
pub(crate) fn beside(members: &Map<String, Value>) -> Option<Cow<'_, str>> {
    if let Some(command) = members.values().find_map(within) {
        return Some(Cow::Borrowed(command));
    }
    let mut texts = members.values().filter_map(Value::as_str);
    texts.any(|text| text == "kubectl").then_some(())?;
    let whole = |text: &str| heading(&format!("kubectl {text}")).map(str::to_owned);
    let below = members.values().filter_map(Value::as_object).flat_map(Map::values);
    members.values().chain(below).filter_map(Value::as_str).find_map(whole).map(Cow::Owned)
}

/// Returns the command in a text, or in the texts of an object or a list.
fn within(value: &Value) -> Option<&str> {
    match value {
        Value::Object(members) => members.values().filter_map(Value::as_str).find_map(called),
        Value::Array(items) => items.iter().filter_map(Value::as_str).find_map(called),
        value => value.as_str().filter(|text| !text.contains('\n')).and_then(called),
    }
}
