//! Lines that are outputs of kubectl, gathered: a filter behind the lines of a text. Must not know what an output
//! shows.

use crate::framing::frame::{BLANK_LINE, EmitFrame, Frame};
use crate::framing::glue::Glue;
use crate::framing::limits::Limits;
use crate::framing::line;
use crate::framing::window::Window;
use crate::text::kubectl::sections::{Piece, Sections};
use std::io;

/// Emits each line; the lines of an output together.
pub(crate) fn outputs(
    input: &mut Window<'_>,
    limits: &Limits,
    glue: Glue,
    emit: EmitFrame<'_>,
) -> io::Result<()> {
    let mut sections = Sections::default();
    let outcome = line::lines(input, limits, glue, &mut |frame| {
        if frame.dropped == Some(BLANK_LINE) {
            sections.blank();
        } else if let (None, None, Ok(text)) = (frame.fault, frame.dropped, std::str::from_utf8(frame.bytes))
        {
            sections.line(frame.line, text, &mut |line, piece| emit_piece(line, &piece, emit));
            return;
        }
        emit(frame);
    });
    sections.flush(&mut |line, piece| emit_piece(line, &piece, emit));
    outcome
}

fn emit_piece(line: u64, piece: &Piece<'_>, emit: EmitFrame<'_>) {
    match piece {
        Piece::Line(text) | Piece::Output(text) => emit(Frame::of(line, text.as_bytes())),
        Piece::Heading(text) => {
            emit(Frame { dropped: Some("heading of a table"), ..Frame::of(line, text.as_bytes()) });
        }
        Piece::Mark(text) => emit(Frame::log_mark(line, text.as_bytes())),
    }
}
