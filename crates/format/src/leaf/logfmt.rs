//! logfmt: `key=value key="v v"`, as logrus, go-kit, slog and Prometheus write it.
//! Strict, because any text may contain an `=`: two pairs or more from the first byte, and among them
//! a time, a level or a message. Must not know what a key means; `fields` does.

use crate::contract::{Clock, Emit, Format, Role};
use crate::text::fields::{Candidate, Field, field, record};
use model::record::{Attrs, Text};
use std::borrow::Cow;
use std::collections::HashSet;

/// logfmt.
pub struct Logfmt;

/// Splits the first pair off: key, value as written (with its quotes), rest. A bare word is a key
/// without a value.
fn pair(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let text = text.trim_start();
    let end = text.find(|c: char| c == '=' || c.is_ascii_whitespace()).unwrap_or(text.len());
    let (key, rest) = text.split_at_checked(end)?;
    let Some(value) = rest.strip_prefix('=') else { return (!key.is_empty()).then_some((key, None, rest)) };
    if !value.starts_with('"') {
        let end = value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len());
        let (value, rest) = value.split_at_checked(end)?;
        return Some((key, Some(value), rest));
    }
    let mut is_escaped = true; // the opening quote
    let end = value.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    // a quote that never closes extends to the end of the line
    let (value, rest) = value.split_at_checked(end.map_or(value.len(), |end| end + 1))?;
    Some((key, Some(value), rest))
}

/// Returns the pairs of a text, their values as written.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (key, value, after) = pair(rest)?;
        rest = after;
        Some((key, value))
    })
}

fn is_key(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '@'))
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-@/:".contains(&byte))
}

/// Returns a value without quotes and escapes.
pub(super) fn unquoted(value: &str) -> Text<'_> {
    let Some(inner) = value.strip_prefix('"') else { return Cow::Borrowed(value) };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    // Go's %q is JSON except for \x, \a, \v and \U, which are kept as written
    match serde_json::from_str::<String>(value) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Owned(inner.replace("\\\"", "\"").replace("\\n", "\n").replace("\\t", "\t")),
    }
}

impl Format for Logfmt {
    fn name(&self) -> &'static str {
        "logfmt"
    }

    fn about(&self) -> &'static str {
        "key=value pairs: logrus, go-kit, slog, Prometheus, Grafana"
    }

    fn sample(&self) -> &'static str {
        r#"time="2026-11-22T10:11:12Z" level=warning msg="retrying" attempt=3 err="dial tcp 10.0.1.7:5432: connect: connection refused""#
    }

    fn role(&self) -> Role {
        Role::Line
    }

    fn begins(&self, text: &str) -> bool {
        let mut rest = text;
        let (mut pairs, mut is_log) = (0, false);
        if text.starts_with([' ', '\t']) {
            return false;
        }
        while let Some((key, value, after)) = pair(rest) {
            if value.is_none() && pairs == 0 || !is_key(key) {
                return false;
            }
            pairs += usize::from(value.is_some());
            is_log |= ["time", "ts", "level", "lvl", "msg"].contains(&key)
                && value.is_some_and(|value| !value.is_empty());
            if is_log && pairs >= 2 {
                return true;
            }
            rest = after;
        }
        false
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        if !self.begins(text) {
            return Err("no key=value pairs with a time, level or message at byte 0".into());
        }
        let pairs: Vec<_> = pairs(text).collect();
        let mut candidates = Vec::new();
        for (id, (key, value)) in pairs.iter().enumerate() {
            // a name of one letter means something in JSON dialects alone, but for these two
            let is_known =
                |field: Field| field != Field::Stream && (key.len() > 1 || matches!(*key, "t" | "l"));
            let named = field(key).filter(|(field, _)| is_known(*field));
            if let (Some((field, rank)), Some(value)) = (named, value) {
                candidates.push(Candidate { field, rank, id, text: unquoted(value) });
            }
        }
        let (mut record, taken) = record(candidates, clock);
        let mut attrs = Attrs::default();
        let mut seen = HashSet::new();
        for (id, (key, value)) in pairs.iter().enumerate() {
            if taken.contains(&id) || !seen.insert(*key) {
                continue;
            }
            match value {
                Some(value) => attrs.text(key, &unquoted(value)),
                None => attrs.raw(key, "true"),
            }
        }
        if record.message.is_empty() {
            record.message = Cow::Borrowed(text.trim());
        }
        record.attrs = attrs;
        emit(record);
        Ok(())
    }
}
