//! Points in time of structured content, as local times with their offset.

use chrono_tz::Tz;
use model::time::Ts;
use serde_json::Value;

/// Members that hold a point in time, besides those whose names end in `_ts`.
const NAMES: [&str; 6] = ["ts", "from", "to", "at", "onset", "over_since"];

/// Replaces each point in time by the local time in `zone`; other texts stay, whatever they look like.
pub fn localise(value: &mut Value, zone: Tz) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| localise(item, zone)),
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if is_time(name) => replace(text, zone),
                    field => localise(field, zone),
                }
            }
        }
        _ => {}
    }
}

fn is_time(name: &str) -> bool {
    name.ends_with("_ts") || NAMES.contains(&name)
}

/// Replaces a text that is a point in time in UTC.
pub fn replace(text: &mut String, zone: Tz) {
    if text.ends_with('Z')
        && let Ok(ts) = Ts::parse(text, zone)
    {
        *text = ts.rfc3339(zone);
    }
}
