//! JSON whose texts are outputs of kubectl, as tools that collect a cluster's state write it:
//! `{"kubectl get pods -n shop": "NAME   READY …"}`, `[{"command": "kubectl …", "output": "…"}]`. Must not know
//! what an output shows.

use crate::contract::{Clock, EmitPart, Format, Part, Role, Unwrapped};
use crate::text::kubectl::calls::{self, DEPTH};
use crate::text::kubectl::command::heading;
use crate::text::kubectl::sections::{Piece, Sections, may_have};
use memchr::memmem::Finder;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Beginnings of outputs.
const BEGINNINGS: [&str; 6] = ["NAME  ", "NAMESPACE  ", "Name:  ", "LAST SEEN", "apiVersion: ", "kubectl "];

/// Finds them; prepared once.
static MARKS: LazyLock<[Finder<'static>; 6]> = LazyLock::new(|| BEGINNINGS.map(Finder::new));
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
        let mut gathered = Gathered::default();
        calls::gather(&value, DEPTH, &mut gathered.calls);
        gathered.gather(&value, None, DEPTH);
        let is_output = |(command, text): &(Option<Cow<'_, str>>, &str)| {
            command.is_some() || text.starts_with("apiVersion: ") || may_have(text)
        };
        let has_outputs = gathered.texts.iter().any(is_output);
        if has_outputs {
            gathered.texts.iter().for_each(|(command, text)| split(command.as_deref(), text, emit));
        }
        has_outputs
    }
}

/// What is found in a document.
#[derive(Default)]
struct Gathered<'v> {
    /// The commands of an agent's calls by the id of the call.
    calls: HashMap<&'v str, Cow<'v, str>>,
    /// The texts of several lines, each with the command that it comes from.
    texts: Vec<(Option<Cow<'v, str>>, &'v str)>,
}

impl<'v> Gathered<'v> {
    /// Gathers the texts below a value that comes from a command.
    fn gather(&mut self, value: &'v Value, command: Option<&Cow<'v, str>>, depth: usize) {
        match value {
            Value::String(text) if text.contains('\n') => self.texts.push((command.cloned(), text)),
            Value::Array(items) if depth > 0 => {
                items.iter().for_each(|item| self.gather(item, command, depth - 1));
            }
            Value::Object(members) if depth > 0 => {
                let called = calls::call_of(members).and_then(|id| self.calls.get(id)).cloned();
                let beside = called.or_else(|| calls::beside(members));
                for (key, member) in members {
                    let own = heading(key).map(Cow::Borrowed);
                    self.gather(member, own.as_ref().or(beside.as_ref()).or(command), depth - 1);
                }
            }
            _ => {}
        }
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
