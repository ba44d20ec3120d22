//! A JSON document, pretty-printed or a List on one line, as its values: each item of a List
//! separately. Counts brackets byte by byte, because a document is a stream of any size that is never
//! held whole; [`JsonCursor`](crate::text::json_cursor) validates each value afterwards.
//! Must not know what a value means.

use crate::framing::frame::{BYTE_ORDER_MARK, EmitFrame, Frame};
use crate::framing::glue::emit_value;
use crate::framing::limits::Limits;
use crate::framing::window::Window;
use crate::text::kubectl::pod_logs::{PodLine, PodLogs};
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
pub(crate) fn values(input: &mut Window<'_>, limits: &Limits, emit: EmitFrame<'_>) -> io::Result<()> {
    let mut splitter = Splitter {
        limits,
        state: State::Between,
        brackets: Brackets::default(),
        list_depth: 0,
        has_items: false,
        value: Vec::new(),
        logs: PodLogs::default(),
        line: 1,
        begun: 1,
    };
    let outcome = loop {
        let buffer = match input.fill_buf() {
            Ok([]) => break Ok(()),
            Ok(buffer) => buffer,
            Err(error) => break Err(error),
        };
        for &byte in buffer {
            splitter.advance(byte, emit);
            splitter.line += u64::from(byte == b'\n');
        }
        let used = buffer.len();
        input.consume(used);
    };
    splitter.finish(emit);
    outcome
}

/// Splits a document byte by byte.
struct Splitter<'l> {
    limits: &'l Limits,
    state: State,
    brackets: Brackets,
    /// Brackets open around the items of the List.
    list_depth: u32,
    /// True if the List has had an item.
    has_items: bool,
    /// The bytes of the current value.
    value: Vec<u8>,
    /// The container whose log is between the values.
    logs: PodLogs,
    /// The current line, and the line that the value began on.
    line: u64,
    begun: u64,
}

impl Splitter<'_> {
    fn advance(&mut self, byte: u8, emit: EmitFrame<'_>) {
        match self.state {
            State::Between | State::Items => self.between(byte, emit),
            State::Stray => {
                if byte == b'\n' || self.value.len() >= self.limits.line_bytes {
                    self.emit_stray(emit);
                    self.value.clear();
                    // no line of a container's log is a value of the document
                    self.state = if self.logs.is_open() { State::Stray } else { State::Between };
                } else {
                    if self.value.is_empty() {
                        self.begun = self.line;
                    }
                    self.value.push(byte);
                    if self.value == BYTE_ORDER_MARK {
                        self.state = State::Between;
                    }
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

    fn between(&mut self, byte: u8, emit: EmitFrame<'_>) {
        let in_items = self.state == State::Items;
        match byte {
            b'{' | b'[' => {
                // a bare array is a List without a name
                if byte == b'[' && !in_items {
                    self.begin(byte);
                    self.open_list(1);
                } else {
                    self.has_items = true;
                    self.begin(byte);
                    self.brackets = Brackets::inside(1);
                    self.state = if in_items { State::Item } else { State::Value };
                }
            }
            b']' if in_items => self.close_list(emit),
            b',' | 0 => {}
            _ if byte.is_ascii_whitespace() || in_items && self.has_items => {}
            // `items` of an application, which are no objects
            _ if in_items => {
                (self.state, self.brackets) = (State::Value, Brackets::inside(self.list_depth));
                self.within(byte, emit);
            }
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

    fn open_list(&mut self, depth: u32) {
        (self.list_depth, self.has_items, self.state) = (depth, false, State::Items);
    }

    /// Ends a List. One without items is emitted whole.
    fn close_list(&mut self, emit: EmitFrame<'_>) {
        let depth = self.list_depth - 1;
        self.brackets = Brackets::inside(depth);
        self.state = match (depth, self.has_items) {
            (0, _) => State::Between,
            (_, true) => State::Tail,
            (_, false) => State::Value,
        };
        if !self.has_items {
            self.value.push(b']');
            if depth == 0 {
                emit(Frame::empty_list(self.begun, &self.value));
            }
        }
    }

    fn within(&mut self, byte: u8, emit: EmitFrame<'_>) {
        if byte == 0 {
            return; // a hole
        }
        if byte == b'\n' && self.brackets.in_string && self.begun == self.line {
            // no string holds a line end: a value on one line is broken, and the next line begins another
            self.emit_lines(emit);
            self.state = if self.state == State::Item { State::Items } else { State::Between };
            return;
        }
        self.value.push(byte);
        if self.brackets.closes(byte) {
            emit_value(&self.value, self.begun, emit);
            self.state = if self.state == State::Item { State::Items } else { State::Between };
        } else if self.state == State::Value
            && byte == b'['
            && self.brackets.depth == 2
            && !self.brackets.in_string
            && opens_items(&self.value)
        {
            self.open_list(2);
        } else if self.value.len() >= self.limits.line_bytes {
            let fault = self.limits.cut_fault("JSON value");
            emit(Frame::broken(self.begun, &self.value, &fault));
            self.value.clear();
            self.state = State::Tail;
        }
    }

    /// Emits a line that is not JSON.
    fn emit_stray(&mut self, emit: EmitFrame<'_>) {
        let line = std::str::from_utf8(&self.value).map_or("", str::trim_end);
        match self.logs.line(line) {
            PodLine::Mark => emit(Frame::log_mark(self.begun, &self.value)),
            PodLine::Output(text) if !line.is_empty() => emit(Frame::of(self.begun, text.as_bytes())),
            _ if !self.value.is_empty() => emit(Frame::of(self.begun, &self.value)),
            _ => {}
        }
    }

    /// Emits a value that never closes line by line, so that each line can be found.
    fn emit_lines(&self, emit: EmitFrame<'_>) {
        for (at, bytes) in self.value.split(|&b| b == b'\n').enumerate() {
            if !bytes.trim_ascii().is_empty() {
                emit(Frame::broken(self.begun + at as u64, bytes, "JSON ends early"));
            }
        }
    }

    /// Emits what the end of the document cut off.
    fn finish(mut self, emit: EmitFrame<'_>) {
        match self.state {
            State::Stray => self.emit_stray(emit),
            State::Value | State::Item => self.emit_lines(emit),
            State::Items if !self.has_items => self.emit_lines(emit),
            _ => {}
        }
    }
}

/// Returns true if `value`, which ends with `[`, has just opened its member `items`.
fn opens_items(value: &[u8]) -> bool {
    let before = value.strip_suffix(b"[").unwrap_or(value).trim_ascii_end();
    before.strip_suffix(b":").is_some_and(|key| key.trim_ascii_end().ends_with(b"\"items\""))
}
