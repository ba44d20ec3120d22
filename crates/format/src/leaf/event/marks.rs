//! Whether a line is a Kubernetes event: what its own members are named, not what a text within it
//! mentions. Must not know where core/v1 has a member.

use crate::leaf::event::names::{
    Part, is_parent, is_word, kind_of, lines_of, part_of, reference, tag_of, type_of,
};
use crate::leaf::event::shape::{NAMES_OF_OBJECT, text_within, without_event};
use crate::leaf::spelling::{one_of, tail};
use crate::text::json_cursor::{Broken, JsonCursor};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// An event has one of them: a reference, or the end of a member, a tag or a line of text of one without.
/// Without their first letters, which depend on the spelling.
pub(super) const WORDS: [&str; 4] = ["nvolved", "egarding", "eason\"", "eason:"];

/// Prepared once: every line of JSON is searched for them.
static FINDERS: LazyLock<[Finder<'static>; 4]> = LazyLock::new(|| WORDS.map(Finder::new));

/// The ends of the types, in either case, Datadog's tag and Botkube's texts.
static TYPES: LazyLock<[Finder<'static>; 6]> =
    LazyLock::new(|| ["arning", "ormal", "ARNING", "ORMAL", "kube_kind:", "essages\""].map(Finder::new));

/// Objects within objects that are looked into.
const MAX_DEPTH: usize = 3;

/// Returns true if a line may be an event. Quick, and wrong for texts that mention one.
pub(super) fn may_be_event(text: &str) -> bool {
    let has = |finder: &Finder<'_>| finder.find(text.as_bytes()).is_some();
    let [involved, regarding, reasons @ ..] = &*FINDERS;
    has(involved) || has(regarding) || reasons.iter().any(has) && TYPES.iter().any(has)
}

/// Returns true if the members of a line, of what it holds an event in, or of the first item of its list
/// are those of an event.
pub(super) fn is_event(text: &str) -> bool {
    let mut marks = Marks::default();
    // an error ends the reading, also where the marks suffice
    let _ = marks.read(&mut JsonCursor::new(text), 0);
    marks.suffice()
}

/// Returns true if pairs of names and texts are the members of an event.
pub(super) fn are_event<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)>) -> bool {
    let mut marks = Marks::default();
    pairs.for_each(|(name, text)| marks.note(name, text));
    marks.suffice()
}

/// The members seen so far that an event has.
#[derive(Default)]
struct Marks {
    /// A reference to the object that the event is about, as the API writes it.
    has_reference: bool,
    /// The members of an event that was written without one.
    has_object: bool,
    reason: bool,
    kind: bool,
    name: bool,
    message: bool,
    is_typed: bool,
    /// A time as the API names it: Insights leaves the object out.
    has_time: bool,
    is_log: bool,
}

impl Marks {
    fn suffice(&self) -> bool {
        self.has_reference || self.is_plain() && !self.is_log
    }

    fn is_plain(&self) -> bool {
        let is_whole = self.has_object || self.has_time || self.kind && self.name;
        self.reason && self.message && self.is_typed && is_whole
    }

    fn read(&mut self, value: &mut JsonCursor<'_>, depth: usize) -> Result<(), Broken> {
        value.object(|key, value| {
            match one_of(without_event(key), &NAMES_OF_OBJECT) {
                Some((name, "")) => self.reference(key, value, name)?,
                Some((_, rest)) => self.has_reference |= matches!(tail(rest), "kind" | "name"),
                None if depth == 0 && key == "items" => value.array(|item| {
                    let mut inner = Self::default();
                    let outcome = inner.read(item, MAX_DEPTH);
                    self.has_reference |= inner.suffice();
                    outcome?;
                    Err(item.broken("one item"))
                })?,
                None if value.peek() == Some(b'{') => self.object(key, value, depth)?,
                None if key == "tags" && value.peek() == Some(b'[') => {
                    value.strings(|tag| {
                        if let Some((name, text)) = tag_of(&tag) {
                            self.note(name, text);
                        }
                    })?;
                }
                None if value.peek() == Some(b'[') => {
                    self.message |= matches!(part_of(key), Some((Part::Message, _)));
                }
                None if value.peek() == Some(b'"') => {
                    let Some(text) = value.text()? else { return Ok(()) };
                    let json = text_within(&text);
                    if json.starts_with('{') && depth < MAX_DEPTH && is_parent(key) {
                        // text that is no JSON is nobody's error
                        let _ = self.read(&mut JsonCursor::new(json), depth + 1);
                    }
                    self.note(key, &text);
                }
                None => {}
            }
            // a component's log may still show that it is one
            if self.has_reference { Err(value.broken("nothing more")) } else { Ok(()) }
        })
    }

    /// Reads an object: one whose members are read like the record's own, or a reference.
    fn object(&mut self, key: &str, value: &mut JsonCursor<'_>, depth: usize) -> Result<(), Broken> {
        if depth < MAX_DEPTH && is_parent(key) {
            return self.read(value, depth + 1);
        }
        if !matches!(part_of(key), Some((Part::Object, _))) {
            return Ok(());
        }
        let (mut kind, mut name) = (false, false);
        value.object(|key, _| {
            kind |= key == "kind";
            name |= key == "name";
            Ok(())
        })?;
        self.has_object |= kind && name;
        Ok(())
    }

    /// Reads what the API calls a reference. `regarding` is a word that applications use as well, so it
    /// must name a kind or an object.
    fn reference(&mut self, key: &str, value: &mut JsonCursor<'_>, name: &str) -> Result<(), Broken> {
        let mut is_named = name == "involvedObject";
        let mut see = |key: &str| is_named |= matches!(key, "kind" | "name");
        if value.peek() == Some(b'{') {
            value.object(|key, _| {
                see(key);
                Ok(())
            })?;
            self.has_reference |= is_named;
            return Ok(());
        }
        let Some(text) = value.text()? else { return Ok(()) };
        if text.starts_with('{') {
            let _ = JsonCursor::new(&text).object(|key, _| {
                see(key);
                Ok(())
            });
            self.has_reference |= is_named;
        } else {
            self.note(key, &text);
        }
        Ok(())
    }

    fn note(&mut self, name: &str, text: &str) {
        self.has_time |= matches!(name, "lastTimestamp" | "firstTimestamp");
        let Some((part, _)) = part_of(name) else { return };
        match part {
            Part::Reason => self.reason |= is_word(text),
            Part::Type => self.is_typed |= type_of(name, text).is_some(),
            Part::Kind => self.kind |= kind_of(text).is_some_and(|kind| kind != "Event"),
            Part::Name => self.name |= !text.is_empty(),
            Part::Object => {
                let found = reference(text);
                self.has_object |= matches!(found, Some((Some(_), ..)));
                self.name |= found.is_some();
            }
            Part::Log => self.is_log = true,
            Part::Message => {
                self.message = true;
                lines_of(text).for_each(|(name, text)| self.line(name, text));
            }
            Part::Other(_) => {}
        }
    }

    /// Notes a line of a text; one that is a text itself is not read again.
    fn line(&mut self, name: &str, text: &str) {
        if !matches!(part_of(name), Some((Part::Message, _))) {
            self.note(name, text);
        }
    }
}
