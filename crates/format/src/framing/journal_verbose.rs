//! What `journalctl -o verbose` prints: a time and a cursor, then `KEY=value` lines, indented. Each entry is emitted as
//! a JSON object, as journalctl -o json writes it. Must not know what a key means.

use crate::framing::frame::{EmitFrame, Frame};
use crate::framing::limits::Limits;
use crate::framing::line::next_line;
use crate::framing::window::Window;
use model::record::Attrs;
use std::io;

/// 1 January 2000, µs UTC: no cursor is older.
const EARLIEST_US: i64 = 946_684_800_000_000;

/// One entry.
#[derive(Default)]
struct Entry {
    begun: u64,
    /// When it was written, µs UTC or as printed.
    time: String,
    members: Vec<(String, String)>,
    bytes: usize,
}

/// Returns true for the first line of an entry: `Tue 2026-11-24 10:12:03.123456 UTC [s=0639…;i=bf;b=4d…;m=1;t=5b;x=9d]`.
pub(crate) fn begins(line: &[u8]) -> bool {
    std::str::from_utf8(line).is_ok_and(|line| head_of(line).is_some())
}

/// Returns the time and the cursor in the first line of an entry.
fn head_of(line: &str) -> Option<(&str, &str)> {
    let (time, cursor) = line.trim_end().strip_suffix(']')?.split_once(" [")?;
    let is_cursor = cursor.starts_with("s=") && cursor.contains(";t=");
    let (weekday, time) = time.split_once(' ')?;
    let is_day = weekday.len() == 3 && time.starts_with(|c: char| c.is_ascii_digit());
    (is_cursor && is_day).then_some((time, cursor))
}

/// Emits each entry.
pub(crate) fn entries(input: &mut Window<'_>, limits: &Limits, emit: EmitFrame<'_>) -> io::Result<()> {
    let mut line = Vec::new();
    let mut entry = Entry::default();
    let mut number = 0;
    while next_line(input, &mut line, limits, &mut |_| 0)?.is_some() {
        number += 1;
        let text = String::from_utf8_lossy(&line);
        if let Some((time, cursor)) = head_of(&text) {
            std::mem::take(&mut entry).emit(emit);
            entry = Entry { begun: number, time: written(time, cursor), ..Entry::default() };
        } else if !text.trim().is_empty() {
            entry.add(&text, limits);
        }
    }
    entry.emit(emit);
    Ok(())
}

/// Returns the cursor's time, in hexadecimal µs; the printed one if the cursor has none that is possible.
fn written(time: &str, cursor: &str) -> String {
    let part = cursor.split(';').find_map(|part| part.strip_prefix("t="));
    let ts = part.and_then(|part| i64::from_str_radix(part, 16).ok()).filter(|ts| *ts >= EARLIEST_US);
    ts.map_or_else(|| time.to_owned(), |ts| ts.to_string())
}

impl Entry {
    /// Adds a line: a member, or a further line of the last one.
    fn add(&mut self, line: &str, limits: &Limits) {
        self.bytes += line.len();
        if self.bytes > limits.line_bytes {
            return;
        }
        let is_key = |key: &str| {
            !key.is_empty() && key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        };
        match (line.trim_start().split_once('=').filter(|(key, _)| is_key(key)), self.members.last_mut()) {
            (Some((key, value)), _) => self.members.push((key.to_owned(), value.to_owned())),
            (None, Some((_, value))) => {
                value.push('\n');
                value.push_str(line.trim_start());
            }
            (None, None) => {}
        }
    }

    fn emit(self, emit: EmitFrame<'_>) {
        if self.begun == 0 {
            return;
        }
        let mut json = Attrs::default();
        json.text("__REALTIME_TIMESTAMP", &self.time);
        self.members.iter().for_each(|(key, value)| json.text(key, value));
        if let Some(json) = json.into_json() {
            emit(Frame::of(self.begun, json.as_bytes()));
        }
    }
}
