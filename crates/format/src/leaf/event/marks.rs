//! Whether a JSON line is a Kubernetes event: what its own members are named, not what a text within it
//! mentions. Must not know what the members mean.

use crate::leaf::event::shape::{HOLDERS, NAMES_OF_OBJECT, without_event};
use crate::leaf::spelling::{one_of, tail};
use crate::text::json_cursor::{Broken, JsonCursor};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Prepared once: every line of JSON is searched for them. Without their first letters, which depend on
/// the spelling.
static INVOLVED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("nvolved"));
static REGARDING: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("egarding"));
static REASON: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("reason\""));

/// Returns true if a line may be an event. Quick, and wrong for texts that mention one.
pub(super) fn may_be_event(text: &str) -> bool {
    [&INVOLVED, &REGARDING, &REASON].into_iter().any(|finder| finder.find(text.as_bytes()).is_some())
}

/// Returns true if the members of a line, of what it holds an event in, or of the first item of its list
/// are those of an event.
pub(super) fn is_event(text: &str) -> bool {
    let mut marks = Marks::default();
    // an error ends the reading, also where the marks suffice
    let _ = marks.read(&mut JsonCursor::new(text), true);
    marks.suffice()
}

/// The members seen so far that an event has.
#[derive(Default)]
struct Marks {
    /// A reference to the object that the event is about.
    has_object: bool,
    /// The members of an event that was written without one.
    reason: bool,
    kind: bool,
    name: bool,
    message: bool,
    is_typed: bool,
}

impl Marks {
    fn suffice(&self) -> bool {
        self.has_object || self.reason && self.kind && self.name && self.message && self.is_typed
    }

    /// Reads members. `is_outermost` is false for those of a holder or a list's item.
    fn read(&mut self, value: &mut JsonCursor<'_>, is_outermost: bool) -> Result<(), Broken> {
        value.object(|key, value| {
            match one_of(without_event(key), &NAMES_OF_OBJECT) {
                Some((name, "")) => self.has_object |= is_reference(value, name)?,
                Some((_, rest)) => self.has_object |= matches!(tail(rest), "kind" | "name"),
                None if is_outermost && HOLDERS.contains(&key) => self.holder(value)?,
                None if is_outermost && key == "items" => value.array(|item| {
                    self.holder(item)?;
                    Err(item.broken("one item"))
                })?,
                None => self.member(key, value)?,
            }
            if self.suffice() { Err(value.broken("nothing more")) } else { Ok(()) }
        })
    }

    /// Reads what may hold an event, as an object or as text.
    fn holder(&mut self, value: &mut JsonCursor<'_>) -> Result<(), Broken> {
        let mut inner = Self::default();
        let outcome = if value.peek() == Some(b'{') {
            inner.read(value, false)
        } else if let Some(text) = value.text()?.filter(|text| text.starts_with('{')) {
            // text that is no JSON is nobody's error
            let _ = inner.read(&mut JsonCursor::new(&text), false);
            Ok(())
        } else {
            Ok(())
        };
        self.has_object |= inner.suffice();
        outcome
    }

    fn member(&mut self, key: &str, value: &mut JsonCursor<'_>) -> Result<(), Broken> {
        let is_name = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_uppercase())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        match key {
            "reason" => self.reason = value.text()?.is_some_and(|text| is_name(&text)),
            "kind" => self.kind = value.text()?.is_some_and(|text| is_name(&text) && text != "Event"),
            "name" => self.name = value.peek() == Some(b'"') && value.text()?.is_some(),
            "message" | "msg" | "note" => self.message |= value.peek() == Some(b'"'),
            "type" => self.is_typed = value.text()?.is_some_and(|t| matches!(&*t, "Normal" | "Warning")),
            _ => {}
        }
        Ok(())
    }
}

/// Returns true if a value refers to an object. `regarding` is a word that applications use as well, so it
/// must name a kind or an object.
fn is_reference(value: &mut JsonCursor<'_>, name: &str) -> Result<bool, Broken> {
    let mut is_named = name == "involvedObject";
    let mut note = |key: &str| is_named |= matches!(key, "kind" | "name");
    if value.peek() == Some(b'{') {
        value.object(|key, _| {
            note(key);
            Ok(())
        })?;
        return Ok(is_named);
    }
    let Some(text) = value.text()?.filter(|text| text.starts_with('{')) else { return Ok(false) };
    let _ = JsonCursor::new(&text).object(|key, _| {
        note(key);
        Ok(())
    });
    Ok(is_named)
}
