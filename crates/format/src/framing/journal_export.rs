//! The journal's export format: `KEY=value` lines, a blank line after each entry, and values with line ends as
//! their length and bytes (systemd, `JOURNAL_EXPORT_FORMATS`). Each entry is emitted as a JSON object, as
//! journalctl -o json writes it. Must not know what a key means.

use crate::framing::frame::{EmitFrame, Frame};
use crate::framing::limits::Limits;
use crate::framing::line::next_line;
use crate::framing::window::Window;
use model::record::Attrs;
use std::io::{self, Read};

/// Bytes before a value with line ends: its length, the lowest byte first.
const LENGTH_BYTES: usize = 8;

/// Returns true for the first line of an export.
pub(crate) fn begins(line: &[u8]) -> bool {
    [&b"__CURSOR="[..], b"__REALTIME_TIMESTAMP="].iter().any(|key| line.starts_with(key))
}

/// Emits each entry.
pub(crate) fn entries(input: &mut Window<'_>, limits: &Limits, emit: EmitFrame<'_>) -> io::Result<()> {
    let mut line = Vec::new();
    let (mut number, mut begun) = (0, 1);
    let mut entry = Attrs::default();
    while next_line(input, &mut line, limits, &mut |_| 0)?.is_some() {
        number += 1;
        if line.is_empty() {
            emit_entry(std::mem::take(&mut entry), begun, emit);
            continue;
        }
        if entry.is_empty() {
            begun = number;
        }
        match memchr::memchr(b'=', &line) {
            Some(at) => add(&mut entry, line.get(..at), line.get(at + 1..)),
            None => {
                let mut length = [0; LENGTH_BYTES];
                input.read_exact(&mut length)?;
                let length = u64::from_le_bytes(length).min(limits.line_bytes as u64);
                let mut value = Vec::new();
                input.by_ref().take(length).read_to_end(&mut value)?;
                number += memchr::memchr_iter(b'\n', &value).count() as u64 + 1;
                add(&mut entry, Some(&line), Some(&value));
                next_line(input, &mut line, limits, &mut |_| 0)?;
            }
        }
    }
    emit_entry(entry, begun, emit);
    Ok(())
}

fn add(entry: &mut Attrs, key: Option<&[u8]>, value: Option<&[u8]>) {
    let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    entry.text(&text(key), &text(value));
}

fn emit_entry(entry: Attrs, begun: u64, emit: EmitFrame<'_>) {
    if let Some(json) = entry.into_json() {
        emit(Frame::of(begun, json.as_bytes()));
    }
}
