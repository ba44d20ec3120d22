//! Labels as Prometheus and Loki write them: `namespace="shop", pod="pay-0"`. Must not know what a label means.

use model::record::Text;
use std::borrow::Cow;

/// Returns the labels of a text, with the braces around them or without. Ends at the first text that is none.
pub fn labels(text: &str) -> Vec<(&str, Text<'_>)> {
    let mut labels = Vec::new();
    let mut rest = text.trim().trim_start_matches('{');
    while let Some((name, after)) = rest.split_once("=\"") {
        let mut is_escaped = false;
        let end = after.bytes().position(|byte| {
            let ends = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            ends
        });
        let Some((value, next)) = end.and_then(|end| after.split_at_checked(end)) else { break };
        labels.push((name.trim(), unescaped(value)));
        rest = next.trim_start_matches(['"', ',', ' ']);
    }
    labels
}

fn unescaped(value: &str) -> Text<'_> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    serde_json::from_str(&format!("\"{value}\"")).map_or(Cow::Borrowed(value), Cow::Owned)
}
