//! JSON application logs: one object per record, from ECS, zap, logrus, slog, pino, log4j and others.
//! Members that `fields` knows become columns, the rest is kept as written, each key once.
//! Must not know any library's layout; `fields` knows the names.

use crate::contract::{Clock, Emit, Format, Role};
use crate::text::fields::{Candidate, Field, field, is_parent, record};
use crate::text::json::{members_of, remaining, text_of};
use crate::text::json_cursor::{Broken, JsonCursor, Member};
use model::record::Text;
use std::borrow::Cow;

/// JSON application logs.
pub struct JsonApp;

/// Nesting that is still read; no logger writes deeper.
const MAX_DEPTH: usize = 64;

/// Reads the members of a whole line and validates them all.
fn members_of_line(text: &str) -> Result<Vec<Member<'_>>, Broken> {
    let mut cursor = JsonCursor::with_max_depth(text, MAX_DEPTH);
    let members = cursor.members()?;
    cursor.end()?;
    Ok(members)
}

/// Identifies a value by its position in the line.
fn id_of(raw: &str) -> usize {
    raw.as_ptr().addr()
}

/// Collects the values that may fill a field, also within objects such as `kubernetes` and `log`.
fn collect<'a>(members: &[Member<'a>], path: &str, found: &mut Vec<Candidate<'a>>) {
    for (key, raw) in members {
        let joined = if path.is_empty() { key.clone() } else { Cow::Owned(format!("{path}.{key}")) };
        if raw.starts_with('{') && is_parent(&joined) {
            collect(&members_of(raw).collect::<Vec<_>>(), &joined, found);
        }
        let Some((field, rank)) = field(&joined) else { continue };
        if let Some(text) = text_of(raw).or_else(|| compound(field, raw)) {
            found.push(Candidate { field, rank, id: id_of(raw), text });
        }
    }
}

/// Keeps names that mean something in one dialect alone: MongoDB's one-letter names beside its time, and
/// the numbers of GELF's levels, which are those of syslog.
fn fit_dialect(members: &[Member<'_>], found: &mut Vec<Candidate<'_>>) {
    let has = |name: &str| members.iter().any(|(key, _)| key == name);
    if !(has("t") && has("s") && has("ctx")) {
        let dialect: Vec<usize> = members
            .iter()
            .filter(|(key, _)| matches!(&**key, "s" | "c" | "ctx"))
            .map(|(_, raw)| id_of(raw))
            .collect();
        found.retain(|one| !dialect.contains(&one.id));
    }
    if has("short_message") {
        let levels = found.iter_mut().filter(|one| one.field == Field::Level && one.text.len() == 1);
        levels.for_each(|one| one.field = Field::Priority);
    }
}

/// Reads a stack that is an array of lines, and a message that is an object or array.
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
        let escaped;
        let members = match members_of_line(whole) {
            Ok(members) => members,
            // a shipper that took escapes out once too often
            Err(broken) if whole.contains(['\n', '\t']) => {
                escaped = whole.replace('\n', "\\n").replace('\t', "\\t");
                members_of_line(&escaped).map_err(|_| broken.to_string())?
            }
            Err(broken) => return Err(broken.to_string()),
        };
        let mut found = Vec::new();
        collect(&members, "", &mut found);
        fit_dialect(&members, &mut found);
        let (mut record, taken) = record(found, clock);
        if record.message.is_empty() {
            record.message = Cow::Borrowed(whole);
        }
        record.attrs = remaining(&members, &taken);
        emit(record);
        Ok(())
    }
}
