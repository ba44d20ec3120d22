//! Whether a JSON line is an audit event: what its own members are named, not what a text within it
//! mentions. Must not know what the members mean.

use crate::leaf::audit::holder;
use crate::leaf::spelling::{after, one_of};
use crate::text::json::text_of;
use crate::text::json_cursor::{Broken, JsonCursor};
use memchr::memmem::{self, Finder};
use std::sync::LazyLock;

/// An event has one of them. The first four are in `auditID`, in Azure's `AuditId`, and in the names of members
/// that hold an event.
pub(super) const WORDS: [&str; 6] =
    ["\"audit", "\"AuditI", ".audit.", "_audit\"", "\"verb\"", "\"responseStatus"];

/// Prepared once: every line of JSON is searched for them.
static FINDERS: LazyLock<[Finder<'static>; 6]> = LazyLock::new(|| WORDS.map(Finder::new));

/// Returns true if a line may be an audit event. Quick, and wrong for texts that mention one.
pub(super) fn may_be_event(text: &str) -> bool {
    let has = |finder: &Finder<'_>| finder.find(text.as_bytes()).is_some();
    let contains = |needle: &str| memmem::find(text.as_bytes(), needle.as_bytes()).is_some();
    let [audit @ .., verb, status] = &*FINDERS;
    if audit.iter().any(has) {
        return true;
    }
    let (verb, status) = (has(verb), has(status));
    verb && status || (verb || status) && (contains("\"objectRef") || contains("\"requestURI\""))
}

/// Returns true if the members of a line, or of the first item of its list, are those of an audit event.
pub(super) fn is_event(text: &str) -> bool {
    let mut marks = Marks::default();
    // an error ends the reading, also where the marks suffice
    let _ = marks.read(&mut JsonCursor::new(text), true);
    marks.suffice()
}

/// The members seen so far that an audit event has.
#[derive(Default)]
struct Marks {
    /// `auditID` as the API spells it, or its API group.
    is_certain: bool,
    /// `auditID` in another spelling, which applications use too.
    id: bool,
    verb: bool,
    uri: bool,
    object: bool,
    status: bool,
    /// `stage`, or `requestURI` in another spelling.
    detail: bool,
}

impl Marks {
    fn suffice(&self) -> bool {
        self.is_certain
            || self.verb && self.status
            || (self.verb || self.status) && (self.object || self.uri)
            || self.id && (self.verb || self.uri || self.object || self.detail)
    }

    fn read(&mut self, value: &mut JsonCursor<'_>, may_be_list: bool) -> Result<(), Broken> {
        value.object(|key, value| {
            match key {
                "auditID" => self.is_certain = true,
                "apiVersion" => {
                    self.is_certain |= value.text()?.is_some_and(|text| text.starts_with("audit.k8s.io/"));
                }
                "verb" => self.verb = true,
                "requestURI" => self.uri = true,
                "items" if may_be_list => value.array(|item| {
                    self.read(item, false)?;
                    Err(item.broken("one item"))
                })?,
                other if may_be_list => self.outermost(other, value)?,
                other => self.other(other),
            }
            if self.suffice() { Err(value.broken("nothing more")) } else { Ok(()) }
        })
    }

    /// Reads a member of the line itself, which may hold an event.
    fn outermost(&mut self, key: &str, value: &mut JsonCursor<'_>) -> Result<(), Broken> {
        if let Some(name) = holder::after(key) {
            self.named(name);
        } else if matches!(value.peek(), Some(b'{' | b'"')) {
            let raw = value.raw()?;
            if let Some(inner) = holder::within(key, raw) {
                self.held(inner);
            } else if holder::may_hold(key, raw) {
                self.held(raw);
            } else {
                self.other(key);
            }
        } else {
            self.other(key);
        }
        Ok(())
    }

    /// Reads what may be an event, as an object or as text.
    fn held(&mut self, raw: &str) {
        let mut inner = Self::default();
        let text = if raw.starts_with('"') { text_of(raw).unwrap_or_default() } else { raw.into() };
        let _ = inner.read(&mut JsonCursor::new(&text), false);
        self.is_certain |= inner.suffice();
    }

    fn named(&mut self, key: &str) {
        match key {
            "auditID" => self.is_certain = true,
            "verb" => self.verb = true,
            "requestURI" => self.uri = true,
            other => self.other(other),
        }
    }

    fn other(&mut self, key: &str) {
        let is = |name: &str| after(key, name) == Some("");
        match one_of(key, &["objectRef", "responseStatus"]) {
            Some(("objectRef", _)) => self.object = true,
            Some(_) => self.status = true,
            None if is("auditID") => self.id = true,
            // web servers log a `request_uri` too, so it counts only beside an id
            None if is("requestURI") || is("stage") => self.detail = true,
            None => {}
        }
    }
}
