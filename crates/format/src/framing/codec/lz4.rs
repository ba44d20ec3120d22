//! LZ4 frames one after another, with skippable frames between. Notices a frame that is cut off, which
//! lz4_flex takes for its end.

use crate::framing::codec::skippable_bytes;
use crate::framing::limits::damaged;
use crate::framing::window::Window;
use lz4_flex::frame::FrameDecoder;
use std::io::{self, Read};

/// The first bytes of a frame.
pub(super) const FRAME: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];
/// The first bytes of a frame as `lz4 -l` writes it; it ends with the stream.
pub(super) const LEGACY: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];

/// The bytes of all frames.
pub(super) struct Frames<'a> {
    frame: FrameDecoder<Input<'a>>,
    /// True within a frame.
    is_within: bool,
    /// True within a frame that says where it ends.
    has_end: bool,
}

impl<'a> Frames<'a> {
    pub(super) fn new(input: Window<'a>) -> Self {
        let frame = FrameDecoder::new(Input { window: input, is_over: false });
        Self { frame, is_within: false, has_end: false }
    }

    /// Moves to the next frame; returns false at the end of the stream.
    fn open(&mut self) -> io::Result<bool> {
        let input = &mut self.frame.get_mut().window;
        loop {
            let head = input.peek(8)?;
            let is_legacy = head.starts_with(&LEGACY);
            if let Some(bytes) = skippable_bytes(head) {
                if input.skip(bytes)? > 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            } else if head.is_empty() {
                return Ok(false);
            } else if is_legacy || head.starts_with(&FRAME) {
                (self.is_within, self.has_end) = (true, !is_legacy);
                return Ok(true);
            } else {
                return Err(damaged("bytes after the last frame are not lz4"));
            }
        }
    }
}

impl Read for Frames<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.is_within && !self.open()? {
                return Ok(0);
            }
            let count = self.frame.read(out)?;
            if count > 0 || out.is_empty() {
                return Ok(count);
            }
            if self.frame.get_ref().is_over && self.has_end {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.is_within = false;
        }
    }
}

/// The input of a frame; remembers that the frame has reached its end.
struct Input<'a> {
    window: Window<'a>,
    is_over: bool,
}

impl Read for Input<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.window.read(out)?;
        self.is_over |= count == 0 && !out.is_empty();
        Ok(count)
    }
}
