//! JSON whose texts are outputs of kubectl, as tools that collect a cluster's state write it:
//! `{"kubectl get pods -n shop": "NAME   READY …"}`, `[{"command": "kubectl …", "output": "…"}]`. Must not know
//! what an output shows.

use crate::contract::{Clock, EmitPart, Format, Part, Role, Unwrapped};
use crate::text::kubectl::command::heading;
use crate::text::kubectl::sections::{Piece, Sections, may_have};
use memchr::memmem::Finder;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Levels of JSON that are searched for texts.
const DEPTH: usize = 8;

/// Beginnings of outputs.
const BEGINNINGS: [&str; 3] = ["NAME  ", "NAMESPACE  ", "Name:  "];

/// Finds them; prepared once.
static MARKS: LazyLock<[Finder<'static>; 3]> = LazyLock::new(|| BEGINNINGS.map(Finder::new));
static NEW_LINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\\n"));

/// The format.
pub struct Transcript;

impl Format for Transcript {
    fn name(&self) -> &str {
        "kubectl-transcript"
    }

    fn about(&self) -> &str {
        "JSON whose texts are outputs of kubectl, by command or beside it"
    }

    fn sample(&self) -> &str {
        r#"{"kubectl get pods -n shop":"NAME     READY   STATUS             RESTARTS   AGE\ncart-0   0/1     CrashLoopBackOff   5          20m\n"}"#
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn words(&self) -> &'static [&'static str] {
        &BEGINNINGS
    }

    fn begins(&self, text: &str) -> bool {
        text.starts_with(['{', '['])
            && NEW_LINE.find(text.as_bytes()).is_some()
            && MARKS.iter().any(|mark| mark.find(text.as_bytes()).is_some())
    }

    fn first_bytes(&self) -> &'static [u8] {
        b"{["
    }

    fn unwrap_all<'a>(&self, line: &'a [u8], _clock: &Clock, emit: EmitPart<'_, 'a>) -> bool {
        let Ok(value) = serde_json::from_slice::<Value>(line) else { return false };
        let mut texts = Vec::new();
        gather(&value, None, DEPTH, &mut texts);
        let has_outputs = texts.iter().any(|(_, text)| may_have(text));
        if has_outputs {
            texts.iter().for_each(|(command, text)| split(*command, text, emit));
        }
        has_outputs
    }
}

/// Gathers the texts of several lines below a value, each with the command that it comes from.
fn gather<'v>(
    value: &'v Value,
    command: Option<&'v str>,
    depth: usize,
    texts: &mut Vec<(Option<&'v str>, &'v str)>,
) {
    match value {
        Value::String(text) if text.contains('\n') => texts.push((command, text)),
        Value::Array(items) if depth > 0 => {
            items.iter().for_each(|item| gather(item, command, depth - 1, texts));
        }
        Value::Object(members) if depth > 0 => {
            let beside = members.values().filter_map(Value::as_str).find_map(heading);
            for (key, member) in members {
                gather(member, heading(key).or(beside).or(command), depth - 1, texts);
            }
        }
        _ => {}
    }
}

/// Emits the outputs and the other lines of a text.
fn split(command: Option<&str>, text: &str, emit: EmitPart<'_, '_>) {
    let mut sections = Sections::default();
    let mut pass = |_: u64, piece: Piece<'_>| match piece {
        Piece::Line(text) | Piece::Output(text) => emit(Part::Line(Unwrapped {
            payload: Cow::Owned(text.as_bytes().to_vec()),
            ..Unwrapped::default()
        })),
        // no line of its own
        Piece::Heading(_) | Piece::Mark(_) => {}
    };
    let lines = command.into_iter().chain(text.lines());
    for (number, line) in (1..).zip(lines) {
        if line.trim().is_empty() {
            sections.blank();
        } else {
            sections.line(number, line, &mut pass);
        }
    }
    sections.flush(&mut pass);
}
