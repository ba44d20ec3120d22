//! Kubernetes audit events, `audit.k8s.io`: one event per line, or an EventList.
//! The hot path of the whole program: `raw` reads a line once, with borrowed texts; what collectors have
//! flattened is rebuilt first (`rebuild`). Requires only one of `verb`, `auditID`, `objectRef` and
//! `requestURI`, because some collectors drop the rest. Must not know which envelope the event came in.

mod holder; // events within a member
mod legacy; // events as text
mod marks; // whether a line is an audit event
mod raw; // the members as they are read
mod rebuild; // flattened events, nested again
mod record; // an event → a record
mod sentence; // what is said of an event, and its place
mod target; // the object where `objectRef` does not name it

use crate::contract::{Clock, Emit, Format, Role};
use crate::leaf::audit::raw::Raw;
use crate::leaf::secrecy;
use crate::text::json_cursor::{Broken, JsonCursor};
use memchr::memmem::Finder;
use model::record::Text;
use std::sync::LazyLock;

/// The beginning of an event as the API server writes it.
const NATIVE: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/"#;

/// Returns true if a line begins as the API server writes it. No envelope begins so except CLS,
/// which adds its own members.
pub fn is_native(text: &str) -> bool {
    text.starts_with(NATIVE)
}

/// The version of a native event or list, which follows its kind.
static VERSION: LazyLock<Finder<'static>> =
    LazyLock::new(|| Finder::new("\",\"apiVersion\":\"audit.k8s.io/"));

/// Returns where an event or a list begins behind a prefix: `oc adm node-logs` writes the node. Bodies of
/// Secrets are removed from audit events alone, so whatever the prefix is, none may stay a text.
fn native_at(text: &str) -> Option<usize> {
    if text.starts_with('{') {
        return None;
    }
    let head = text.get(..VERSION.find(text.as_bytes())?)?;
    ["{\"kind\":\"Event", "{\"kind\":\"EventList"]
        .iter()
        .find_map(|kind| Some(head.strip_suffix(kind)?.len()))
}

/// Returns the name of the member in which a line holds an audit event.
pub fn held_in(text: &str) -> Option<Text<'_>> {
    holder::name_in(text).filter(|_| marks::is_event(text))
}

/// The format.
pub struct Audit;

impl Format for Audit {
    fn name(&self) -> &'static str {
        "k8s-audit"
    }

    fn about(&self) -> &'static str {
        "Kubernetes API server audit events (audit.k8s.io), one JSON object per line or an EventList"
    }

    fn sample(&self) -> &'static str {
        r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"6f3a…","stage":"ResponseComplete","verb":"patch","user":{"username":"alice"},"objectRef":{"resource":"deployments","namespace":"shop","name":"pay-api"}}"#
    }

    fn role(&self) -> Role {
        Role::Audit
    }

    fn words(&self) -> &'static [&'static str] {
        &marks::WORDS
    }

    fn begins(&self, text: &str) -> bool {
        match text.starts_with('{') {
            true => is_native(text) || marks::may_be_event(text) && marks::is_event(text),
            false => native_at(text).is_some() || legacy::begins(text),
        }
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        if let Some(event) = legacy::event_of(text) {
            return self.read(&event, clock, emit);
        }
        if let Some(at) = native_at(text) {
            let (prefix, event) = text.split_at(at);
            return self.read(event, clock, &mut |mut record| {
                record.attrs.text("prefix", prefix.trim());
                emit(record);
            });
        }
        let mut raw = Raw::default();
        let mut items = None;
        let outcome = JsonCursor::new(text).object(|key, value| match key {
            "items" if items.is_none() => value.raw().map(|list| items = Some(list)),
            _ => raw.member(key, value),
        });
        // the ordinary line; moving what was read once more would cost 3 %
        if outcome.is_ok() && items.is_none() && raw.is_audit && !raw.is_flat {
            emit(raw.record(clock));
            return Ok(());
        }
        if outcome.is_ok()
            && items.is_none()
            && !raw.is_audit
            && let Some(event) = holder::out_of(text)
        {
            return read_item(&event, clock, emit);
        }
        let is_cut = outcome.is_err() && !raw.is_audit;
        match items.or_else(|| if is_cut { cut_list(text) } else { None }) {
            // members after the list do not matter
            Some(items) => read_items(items, clock, emit),
            None => emit_event(raw, (text, outcome), clock, emit),
        }
    }
}

/// Returns the items of a list whose text ends within them.
fn cut_list(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("\"items\"")?;
    let items = rest.trim_start().strip_prefix(':')?.trim_start();
    items.starts_with('[').then_some(items)
}

/// Reads the items of a list.
fn read_items(items: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
    if !items.starts_with('[') {
        return Err("`items` is not an array".into());
    }
    let mut count = 0;
    let outcome = JsonCursor::new(items).array(|item| {
        if item.peek() != Some(b'{') {
            return Err(item.broken("an object"));
        }
        let mut raw = Raw::default();
        item.object(|key, value| raw.member(key, value))?;
        if raw.is_flat {
            return Err(item.broken("nested members"));
        }
        emit(raw.record(clock));
        count += 1;
        Ok(())
    });
    match outcome {
        Ok(()) => Ok(()),
        Err(_) => read_items_after(items, count, clock, emit),
    }
}

/// Reads the items of a list from the one at `first` on, each by its own text, which flattened and
/// broken ones require.
fn read_items_after(items: &str, first: usize, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
    let (mut at, mut end) = (0, 1);
    let mut problem = None;
    let outcome = JsonCursor::new(items).array(|item| {
        if item.peek() != Some(b'{') {
            return Err(item.broken("an object"));
        }
        let text = item.raw()?;
        end = text.as_ptr().addr() + text.len() - items.as_ptr().addr();
        if at >= first {
            problem = problem.take().or(read_item(text, clock, emit).err());
        }
        at += 1;
        Ok(())
    });
    if let Err(broken) = outcome {
        let rest = items.get(end..).unwrap_or("").trim_start_matches([',', ' ', '\t', '\r', '\n']);
        let is_kept = rest.starts_with('{') && read_item(rest, clock, emit).is_ok();
        problem = problem.or_else(|| (!is_kept).then(|| broken.to_string()));
    }
    problem.map_or(Ok(()), |why| reject(Raw::default(), why, items, clock, emit))
}

fn read_item(text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
    let mut raw = Raw::default();
    let outcome = JsonCursor::new(text).object(|key, value| raw.member(key, value));
    emit_event(raw, (text, outcome), clock, emit)
}

/// Emits the event that was read of a text, nested again if it is flattened.
fn emit_event(
    raw: Raw<'_>,
    (text, outcome): (&str, Result<(), Broken>),
    clock: &Clock,
    emit: Emit<'_>,
) -> Result<(), String> {
    if !raw.is_audit {
        let why = "not an audit event: a JSON object without `auditID`, `verb`, `objectRef` and `requestURI`";
        return Err(outcome.err().map_or_else(|| why.into(), |broken| broken.to_string()));
    }
    if let Err(broken) = outcome {
        return reject(raw, broken.to_string(), text, clock, emit);
    }
    if !raw.is_flat {
        emit(raw.record(clock));
        return Ok(());
    }
    let nested = match rebuild::nested(text) {
        Ok(nested) => nested,
        Err(why) => return reject(raw, why, text, clock, emit),
    };
    let mut raw = Raw::default();
    let outcome = JsonCursor::new(&nested).object(|key, value| raw.member(key, value));
    outcome.map_err(|broken| broken.to_string())?;
    emit(raw.record(clock));
    Ok(())
}

/// Returns why a text cannot be read. The text of an unreadable line is stored, so if it may be about a
/// Secret, what was read of it is emitted instead, without the bodies.
fn reject(mut raw: Raw<'_>, why: String, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
    if !secrecy::may_be_secret(text) {
        return Err(why);
    }
    (raw.request, raw.response, raw.broken) = (None, None, Some(why));
    emit(raw.record(clock));
    Ok(())
}
