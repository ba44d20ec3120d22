//! A JSON document, pretty-printed or a List on one line, as its values: each item of a List
//! separately. Counts brackets byte by byte, because a document is a stream of any size that is never
//! held whole; [`JsonCursor`](crate::text::json_cursor) validates each value afterwards.
//! Must not know what a value means.

use crate::framing::line::{EmitFrame, Frame, MAX_FRAME_BYTES};
use std::io::{self, BufRead};

/// The open brackets at one byte of a JSON text.
#[derive(Default)]
struct Brackets {
    depth: u32,
    in_string: bool,
    is_escaped: bool,
}

impl Brackets {
    /// Returns the state inside `depth` brackets.
    fn inside(depth: u32) -> Self {
        Self { depth, ..Self::default() }
    }

    /// Advances by one byte; returns true if it closes the outermost bracket.
    fn closes(&mut self, byte: u8) -> bool {
        if self.in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}

/// Returns true if a line is one bracketed value from its first to its last byte.
pub(crate) fn is_whole(line: &[u8]) -> bool {
    let mut brackets = Brackets::default();
    let last = line.len().saturating_sub(1);
    line.iter().enumerate().find(|(_, byte)| brackets.closes(**byte)).is_some_and(|(at, _)| at == last)
}

/// The part of a document that the next byte belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between values.
    Between,
    /// In a value outside any List.
    Value,
    /// In a List, between its items.
    Items,
    /// In an item of a List.
    Item,
    /// In a line between values that is not JSON.
    Stray,
    /// After the items of a List, up to its end.
    Tail,
}

/// Emits each value of the document, and the items of a List one by one.
pub(crate) fn values(input: &mut dyn BufRead, emit: EmitFrame<'_>) -> io::Result<()> {
    let mut splitter = Splitter {
        state: State::Between,
        brackets: Brackets::default(),
        list_depth: 0,
        value: Vec::new(),
        line: 1,
        begun: 1,
    };
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        for &byte in buffer {
            splitter.advance(byte, emit);
            splitter.line += u64::from(byte == b'\n');
        }
        let used = buffer.len();
        input.consume(used);
    }
    splitter.finish(emit);
    Ok(())
}

/// Splits a document byte by byte.
struct Splitter {
    state: State,
    brackets: Brackets,
    /// Brackets open around the items of the List.
    list_depth: u32,
    /// The bytes of the current value.
    value: Vec<u8>,
    /// The current line, and the line that the value began on.
    line: u64,
    begun: u64,
}

impl Splitter {
    fn advance(&mut self, byte: u8, emit: EmitFrame<'_>) {
        match self.state {
            State::Between | State::Items => self.between(byte),
            State::Stray => {
                if byte == b'\n' || self.value.len() >= MAX_FRAME_BYTES {
                    self.emit(None, emit);
                    self.state = State::Between;
                } else {
                    self.value.push(byte);
                }
            }
            State::Value | State::Item => self.within(byte, emit),
            State::Tail => {
                if self.brackets.closes(byte) {
                    self.state = State::Between;
                }
            }
        }
    }

    fn between(&mut self, byte: u8) {
        let in_items = self.state == State::Items;
        match byte {
            b'{' | b'[' => {
                self.begin(byte);
                self.brackets = Brackets::inside(1);
                // a bare array is a List without a name
                self.state = if byte == b'[' && !in_items {
                    self.list_depth = 1;
                    State::Items
                } else if in_items {
                    State::Item
                } else {
                    State::Value
                };
            }
            b']' if in_items => {
                self.list_depth -= 1;
                self.state = if self.list_depth == 0 { State::Between } else { State::Tail };
                self.brackets = Brackets::inside(self.list_depth);
            }
            b',' => {}
            _ if byte.is_ascii_whitespace() || in_items => {}
            _ => {
                self.begin(byte);
                self.state = State::Stray;
            }
        }
    }

    fn begin(&mut self, byte: u8) {
        self.begun = self.line;
        self.value.clear();
        self.value.push(byte);
    }

    fn within(&mut self, byte: u8, emit: EmitFrame<'_>) {
        self.value.push(byte);
        if self.brackets.closes(byte) {
            self.emit(None, emit);
            self.state = if self.state == State::Item { State::Items } else { State::Between };
        } else if self.state == State::Value
            && byte == b'['
            && self.brackets.depth == 2
            && !self.brackets.in_string
            && opens_items(&self.value)
        {
            self.list_depth = 2;
            self.state = State::Items;
        } else if self.value.len() >= MAX_FRAME_BYTES {
            self.emit(Some("JSON value longer than 16 MiB, cut"), emit);
            self.value.clear();
            self.state = State::Tail;
        }
    }

    fn emit(&self, fault: Option<&str>, emit: EmitFrame<'_>) {
        emit(Frame { line: self.begun, bytes: &self.value, fault });
    }

    /// Returns true if all that was read is the bracket of a list.
    fn is_lone_bracket(&self) -> bool {
        self.state == State::Items && self.value == b"["
    }

    /// Emits what the end of the document cut off.
    fn finish(self, emit: EmitFrame<'_>) {
        if self.state == State::Stray || self.is_lone_bracket() {
            self.emit(None, emit);
        }
        if matches!(self.state, State::Value | State::Item) {
            // a value that never closes is emitted line by line, so that each line can be found
            for (at, bytes) in self.value.split(|&b| b == b'\n').enumerate() {
                if !bytes.trim_ascii().is_empty() {
                    emit(Frame { line: self.begun + at as u64, bytes, fault: Some("JSON ends early") });
                }
            }
        }
    }
}

/// Returns true if `value`, which ends with `[`, has just opened its member `items`.
fn opens_items(value: &[u8]) -> bool {
    let before = value.strip_suffix(b"[").unwrap_or(value).trim_ascii_end();
    before.strip_suffix(b":").is_some_and(|key| key.trim_ascii_end().ends_with(b"\"items\""))
}
