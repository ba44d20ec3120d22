//! Extracts JSON from the reply of a model: bare, in a code fence, after `<think>` blocks, within prose.

use serde::de::DeserializeOwned;

/// Parses the whole reply, or else the first JSON object in it. The error is a reason for the model.
pub fn json<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let text = after_thinking(text);
    let first = match serde_json::from_str(text.trim()) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let Some(object) = first_object(text) else {
        return Err(if text.contains('{') { first.to_string() } else { "it contains no JSON object".into() });
    };
    serde_json::from_str(object).map_err(|error| error.to_string())
}

/// Returns the text after the `<think>` block that self-hosted models put before their reply; empty if
/// the block does not end.
fn after_thinking(text: &str) -> &str {
    match text.rsplit_once("</think>") {
        Some((_, answer)) => answer,
        None if text.trim_start().starts_with("<think>") => "",
        None => text,
    }
}

/// Returns the first `{…}` with balanced braces, braces in strings not counted.
fn first_object(text: &str) -> Option<&str> {
    let start = text.find('{')?;
    let (mut depth, mut in_string, mut is_escaped) = (0_u32, false, false);
    for (at, c) in text[start..].char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if in_string => is_escaped = true,
            '"' => in_string = !in_string,
            '{' if !in_string => depth += 1,
            '}' if !in_string => {
                depth -= 1;
                if depth == 0 {
                    return text.get(start..=start + at);
                }
            }
            _ => {}
        }
    }
    None
}
