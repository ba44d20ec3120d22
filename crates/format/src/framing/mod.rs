//! Bytes → frames: the lines of a text, the records of a CSV, the values of a JSON document (each
//! item of a List separately), the items of a YAML list. Streams with bounded memory: no object is
//! ever held whole. Detects compression and archives by magic bytes, never by name. Must not know what
//! a frame means.

mod archive; // tar and zip as their entries
mod calls; // results of an agent's calls with their commands
mod carriage; // lines that end with a carriage return alone
mod codec; // compression
mod csv_stream; // a CSV as its records
mod detect; // how an object is framed
mod entries; // an object as its texts
mod frame; // what every way of framing emits
mod glue; // JSON values without a line end between
mod journal_export; // the journal's export format
mod journal_verbose; // what journalctl prints with all fields
mod json_stream; // a JSON document as its values
mod limits; // what one object may cost
mod line; // lines
mod list; // Lists without items
mod sections; // outputs of kubectl among lines
mod utf16; // UTF-16 → UTF-8
mod window; // a stream that shows its next bytes
mod yaml; // YAML documents as their items

pub use codec::Compression;
pub use entries::{EachEntry, Entry, decompress, entries};
pub(crate) use frame::BLANK_LINE;
pub use frame::{EmitFrame, Frame};
pub use limits::Limits;

use crate::framing::calls::Calls;
use crate::framing::detect::Plan;
use crate::framing::window::{WINDOW_BYTES, Window};
use std::io::{self, BufRead};

/// How an object was split into frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// One record per line, or several lines per record.
    Lines,
    /// CSV with a header row, or of a known kind without one; a record may span several lines.
    Csv,
    /// JSON values that span several lines, or a List.
    Json,
    /// YAML documents.
    Yaml,
    /// Entries of the journal, as journalctl -o export or -o verbose writes them.
    Journal,
}

/// Emits each frame of `input` in order; returns how it was framed. Fails on binary content.
pub fn frames(input: &mut dyn BufRead, emit: EmitFrame<'_>) -> io::Result<Framing> {
    frames_within(&mut Window::new(input), &Limits::default(), emit)
}

/// Emits each frame of a text in order; returns how it was framed.
pub(crate) fn frames_within(
    input: &mut Window<'_>,
    limits: &Limits,
    emit: EmitFrame<'_>,
) -> io::Result<Framing> {
    input.skip_nuls()?;
    let head = input.peek(WINDOW_BYTES)?;
    if carriage::ends_lines(head) {
        return frames_within(&mut Window::new(carriage::Newlines(input)), limits, emit);
    }
    let plan = detect::plan_of(head)?;
    if calls::may_have(head) {
        let mut calls = Calls::default();
        return planned(input, limits, plan, &mut |frame| calls.frame(frame, emit));
    }
    planned(input, limits, plan, emit)
}

/// Emits each frame of a text as it was planned.
fn planned(input: &mut Window<'_>, limits: &Limits, plan: Plan, emit: EmitFrame<'_>) -> io::Result<Framing> {
    match plan.framing {
        Framing::Lines if plan.has_outputs => sections::outputs(input, limits, plan.glue, emit)?,
        Framing::Lines => line::lines(input, limits, plan.glue, emit)?,
        Framing::Csv => csv_stream::records(input, limits, plan.header, emit)?,
        Framing::Json => json_stream::values(input, limits, emit)?,
        Framing::Yaml => yaml::items(input, limits, emit)?,
        Framing::Journal if plan.is_verbose => journal_verbose::entries(input, limits, emit)?,
        Framing::Journal => journal_export::entries(input, limits, emit)?,
    }
    Ok(plan.framing)
}
