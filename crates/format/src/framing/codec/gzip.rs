//! gzip members one after another, as appending and flushing programs write them. NUL bytes after the
//! last one are padding, other bytes are an error: they may be a member that was damaged.

use crate::framing::limits::damaged;
use crate::framing::window::Window;
use flate2::bufread::GzDecoder;
use std::io::{self, Read};

/// The first bytes of a member.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The bytes of all members.
pub(super) struct Members<'a> {
    member: GzDecoder<Window<'a>>,
}

impl<'a> Members<'a> {
    pub(super) fn new(input: Window<'a>) -> Self {
        Self { member: GzDecoder::new(input) }
    }
}

impl Read for Members<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.member.read(out)?;
            let input = self.member.get_mut();
            if count > 0 || out.is_empty() || input.peek(1)?.is_empty() {
                return Ok(count);
            }
            if !input.peek(MAGIC.len())?.starts_with(&MAGIC) {
                if input.skip_nuls()? {
                    return Err(damaged("bytes after the last member are not gzip"));
                }
                return Ok(0);
            }
            let input = self.member.reset(Window::empty());
            self.member.reset(input);
        }
    }
}
