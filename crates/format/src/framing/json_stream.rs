//! A JSON document, pretty-printed or a List on one line, as the values in it: each item of a
//! List alone, found by counting brackets, so that depth and size cost nothing.

use crate::framing::{Frame, MAX_FRAME_BYTES};
use std::io::{self, BufRead};

/// Where in a JSON text a scanner stands.
#[derive(Default)]
struct Scanner {
    depth: u32,
    in_text: bool,
    escaped: bool,
}

impl Scanner {
    /// Takes one byte; returns true when it closes the outermost bracket.
    fn closes(&mut self, byte: u8) -> bool {
        if self.in_text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.in_text = true,
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

/// Tells whether a line is one bracketed value, from its first to its last byte.
pub(crate) fn is_whole(line: &[u8]) -> bool {
    let mut scanner = Scanner::default();
    let last = line.len().saturating_sub(1);
    line.iter().enumerate().find(|(_, byte)| scanner.closes(**byte)).is_some_and(|(at, _)| at == last)
}

/// What is read of a document.
enum State {
    /// Between values.
    Between,
    /// In a value of its own.
    Value,
    /// In a List, between its items.
    Items,
    /// In an item of a List.
    Item,
    /// In a line between values that is none.
    Stray,
    /// Behind the items of a List, to its end.
    Tail,
}

/// Hands each value of the document to `take`; the items of a List one by one.
pub(crate) fn values(input: &mut dyn BufRead, take: &mut dyn FnMut(Frame<'_>)) -> io::Result<()> {
    let mut state = State::Between;
    let mut scanner = Scanner::default();
    let mut outer = 0u32; // brackets open around the items
    let mut value: Vec<u8> = Vec::new();
    let (mut line, mut begun) = (1u64, 1u64);
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        let used = buffer.len();
        for &byte in buffer {
            match state {
                State::Between | State::Items => match byte {
                    b'{' | b'[' => {
                        begun = line;
                        value.clear();
                        value.push(byte);
                        scanner = Scanner { depth: 1, ..Scanner::default() };
                        let item = matches!(state, State::Items);
                        // a bare array is a List without a name
                        state = if byte == b'[' && !item {
                            outer = 1;
                            State::Items
                        } else if item {
                            State::Item
                        } else {
                            State::Value
                        };
                    }
                    b']' if matches!(state, State::Items) => {
                        outer -= 1;
                        state = if outer == 0 { State::Between } else { State::Tail };
                        scanner = Scanner { depth: outer, ..Scanner::default() };
                    }
                    b',' => {}
                    _ if byte.is_ascii_whitespace() || matches!(state, State::Items) => {}
                    _ => {
                        begun = line;
                        value.clear();
                        value.push(byte);
                        state = State::Stray;
                    }
                },
                State::Stray => {
                    if byte == b'\n' || value.len() >= MAX_FRAME_BYTES {
                        take(Frame { line: begun, bytes: &value, fault: None });
                        state = State::Between;
                    } else {
                        value.push(byte);
                    }
                }
                State::Value | State::Item => {
                    value.push(byte);
                    let closed = scanner.closes(byte);
                    if closed {
                        take(Frame { line: begun, bytes: &value, fault: None });
                        state = if matches!(state, State::Item) { State::Items } else { State::Between };
                    } else if matches!(state, State::Value)
                        && byte == b'['
                        && scanner.depth == 2
                        && !scanner.in_text
                        && opens_items(&value)
                    {
                        outer = 2;
                        state = State::Items;
                    } else if value.len() >= MAX_FRAME_BYTES {
                        take(Frame {
                            line: begun,
                            bytes: &value,
                            fault: Some("JSON value longer than 16 MiB, cut"),
                        });
                        value.clear();
                        state = State::Tail;
                    }
                }
                State::Tail => {
                    if scanner.closes(byte) {
                        state = State::Between;
                    }
                }
            }
            if byte == b'\n' {
                line += 1;
            }
        }
        input.consume(used);
    }
    if matches!(state, State::Stray) {
        take(Frame { line: begun, bytes: &value, fault: None });
    }
    if matches!(state, State::Value | State::Item) {
        // what never closed is handed over line by line, so that each line stays findable
        for (at, bytes) in value.split(|&b| b == b'\n').enumerate() {
            if !bytes.trim_ascii().is_empty() {
                take(Frame { line: begun + at as u64, bytes, fault: Some("JSON ends early") });
            }
        }
    }
    Ok(())
}

/// Tells whether `value`, which ends with `[`, has just opened its member `items`.
fn opens_items(value: &[u8]) -> bool {
    let before = value.strip_suffix(b"[").unwrap_or(value).trim_ascii_end();
    before.strip_suffix(b":").is_some_and(|key| key.trim_ascii_end().ends_with(b"\"items\""))
}
