//! JSON out of what a model says: bare, in a code fence, behind its thoughts, among its prose.

use serde::de::DeserializeOwned;

/// Reads the first JSON object of a text that fits; else says why none does.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let text = without_thoughts(text);
    let first = match serde_json::from_str(text.trim()) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let Some(object) = first_object(text) else {
        return Err(if text.contains('{') {
            first.to_string()
        } else {
            "there is no JSON object in it".into()
        });
    };
    serde_json::from_str(object).map_err(|error| error.to_string())
}

/// Returns what follows the thoughts that self-hosted models write before the answer.
fn without_thoughts(text: &str) -> &str {
    match text.rsplit_once("</think>") {
        Some((_, answer)) => answer,
        None if text.trim_start().starts_with("<think>") => "", // it never came to an end
        None => text,
    }
}

/// Returns the first `{…}` whose braces close, strings passed over.
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
