//! Messages of an agent, one a frame, in which a call of a tool and its result are apart: a filter that adds to a
//! result the command of its call. Must not know what a result shows.

use crate::framing::frame::{EmitFrame, Frame};
use crate::text::kubectl::calls::{DEPTH, gather, results};
use memchr::memmem;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// Calls that are remembered.
const CALLS: usize = 10_000;
/// Bytes of the longest id.
const MAX_ID: usize = 200;

/// Members that calls and results have.
const MARKS: [&[u8]; 4] = [b"\"tool_use_id\"", b"\"tool_call_id\"", b"\"tool_calls\"", b"\"tool_use\""];

/// Returns true if a text may hold calls or results.
pub(crate) fn may_have(text: &[u8]) -> bool {
    MARKS.iter().any(|mark| memmem::find(text, mark).is_some())
}

/// The calls so far: id → command.
#[derive(Default)]
pub(crate) struct Calls(BTreeMap<String, String>);

impl Calls {
    /// Emits a frame; a result with the commands of its calls before it.
    pub(crate) fn frame(&mut self, frame: Frame<'_>, emit: EmitFrame<'_>) {
        let is_plain = frame.fault.is_none() && frame.dropped.is_none();
        let value = is_plain.then(|| self.with_commands(frame.bytes)).flatten();
        match value {
            Some(value) => emit(Frame::of(frame.line, value.to_string().as_bytes())),
            None => emit(frame),
        }
    }

    /// Remembers the calls of a message; returns it with those whose results it has.
    fn with_commands(&mut self, bytes: &[u8]) -> Option<Value> {
        if !bytes.starts_with(b"{") || !may_have(bytes) {
            return None;
        }
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let mut calls = HashMap::new();
        gather(&value, DEPTH, &mut calls);
        for (id, command) in calls {
            if id.len() <= MAX_ID && self.0.len() < CALLS {
                self.0.insert(id.to_owned(), command.into_owned());
            }
        }
        let mut ids = Vec::new();
        results(&value, DEPTH, &mut ids);
        let known = ids.into_iter().filter_map(|id| Some(json!({ "id": id, "command": self.0.get(id)? })));
        let known: Vec<Value> = known.collect();
        (!known.is_empty()).then(|| json!({ "calls": known, "transcript": value }))
    }
}
