//! JSON application logs: one object a record, ECS, zap, logrus, slog, pino, log4j and home-made.
//! What `fields` knows becomes a column, the rest is kept as it was written, each key once.
//! Must not know any library's layout; names are the business of `fields`.

use crate::contract::{Clock, Emit, Format, Role};
use crate::text::fields::{Candidate, Field, field, is_parent, record};
use crate::text::json::{json_error, members, raw_of, text_of};
use model::record::{Attrs, Text};
use std::borrow::Cow;
use std::collections::HashSet;

/// JSON application logs.
pub struct JsonApp;

/// Deeper nesting is refused: no logger writes it.
const MAX_DEPTH: usize = 64;

/// Checks brackets and depth, which a lazy reader passes over.
fn check(text: &str) -> Result<(), String> {
    let mut depth = 0usize;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => loop {
                match bytes.next() {
                    Some((_, b'\\')) => drop(bytes.next()),
                    Some((_, b'"')) => break,
                    Some(_) => {}
                    None => return Err(format!("JSON text without end at byte {at}")),
                }
            },
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(format!("JSON nested deeper than {MAX_DEPTH} at byte {at}"));
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && at + 1 < text.len() {
                    return Err(format!("text after the JSON object at byte {}", at + 1));
                }
            }
            _ => {}
        }
    }
    if depth > 0 { Err(format!("JSON ends early at byte {}", text.len())) } else { Ok(()) }
}

/// A value is known by where it stands in the line.
fn id_of(raw: &str) -> usize {
    raw.as_ptr().addr()
}

/// Collects what may fill a field, also below objects such as `kubernetes` and `log`.
fn collect<'a>(json: &'a str, path: &str, found: &mut Vec<Candidate<'a>>) -> Result<(), String> {
    for member in members(&Cow::Borrowed(json)) {
        let (key, value) = member.map_err(|error| json_error(&error, json))?;
        let joined = if path.is_empty() { key } else { Cow::Owned(format!("{path}.{key}")) };
        let Cow::Borrowed(raw) = raw_of(&value) else { continue };
        if raw.starts_with('{') && is_parent(&joined) {
            collect(raw, &joined, found)?;
        }
        let Some((field, rank)) = field(&joined) else { continue };
        let text = text_of(&value).or_else(|| compound(field, raw));
        if let Some(text) = text {
            found.push(Candidate { field, rank, id: id_of(raw), text });
        }
    }
    Ok(())
}

/// Reads a stack kept as an array of lines, and a message that is an object or array.
fn compound(field: Field, raw: &str) -> Option<Text<'_>> {
    match field {
        Field::Stack => {
            let lines: Vec<String> = serde_json::from_str(raw).ok()?;
            (!lines.is_empty()).then(|| Cow::Owned(lines.join("\n")))
        }
        Field::Message => (raw.len() > 2 && raw.starts_with(['{', '['])).then_some(Cow::Borrowed(raw)),
        _ => None,
    }
}

/// Keeps what no field took; an object that lost some of its members keeps the others.
fn keep(json: &str, path: &str, taken: &[usize]) -> Attrs {
    let mut attrs = Attrs::default();
    let mut seen = HashSet::new();
    for (key, value) in members(&Cow::Borrowed(json)).map_while(Result::ok) {
        let raw = raw_of(&value);
        if taken.contains(&id_of(&raw)) || !seen.insert(key.clone()) {
            continue;
        }
        let joined = if path.is_empty() { key.clone() } else { Cow::Owned(format!("{path}.{key}")) };
        let has_taken = || {
            let span = id_of(&raw)..id_of(&raw) + raw.len();
            taken.iter().any(|id| span.contains(id))
        };
        if raw.starts_with('{') && is_parent(&joined) && has_taken() {
            if let Some(rest) = keep(&raw, &joined, taken).into_json() {
                attrs.raw(&key, &rest);
            }
        } else {
            attrs.raw(&key, &raw);
        }
    }
    attrs
}

impl Format for JsonApp {
    fn name(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "JSON application logs: ECS, zap, logrus, slog, pino, bunyan, log4j, tracing"
    }

    fn sample(&self) -> &'static str {
        r#"{"@timestamp":"2026-11-22T10:11:12.345Z","log.level":"ERROR","message":"charge failed","log.logger":"com.shop.Pay","trace.id":"4bf92f3577b34da6a3ce929d0e0e4736","error.type":"java.net.ConnectException"}"#
    }

    fn role(&self) -> Role {
        Role::Line
    }

    fn begins(&self, text: &str) -> bool {
        let text = text.trim();
        text.starts_with('{') && text.ends_with('}')
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        let whole = text.trim();
        if !whole.starts_with('{') {
            return Err("no JSON object at byte 0".into());
        }
        check(whole)?;
        let mut found = Vec::new();
        collect(whole, "", &mut found)?;
        let (mut record, taken) = record(found, clock);
        if record.message.is_empty() {
            record.message = Cow::Borrowed(whole);
        }
        record.attrs = keep(whole, "", &taken);
        emit(record);
        Ok(())
    }
}
