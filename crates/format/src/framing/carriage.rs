//! A text whose lines end with a carriage return alone, as old Macs and some consoles write it, with the usual
//! line ends. Must not know what a line contains.

use std::io::{self, Read};

/// Returns true if the lines of a text that begins with `head` end so.
pub(crate) fn ends_lines(head: &[u8]) -> bool {
    let head = head.trim_ascii_end();
    let first = memchr::memchr2(b'\r', b'\n', head);
    let is_inner = first.is_some_and(|at| at + 1 < head.len() && head.get(at) == Some(&b'\r'));
    is_inner && memchr::memchr(b'\n', head).is_none()
}

/// The same text with `\n` for each `\r`.
pub(crate) struct Newlines<R>(pub(crate) R);

impl<R: Read> Read for Newlines<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(out)?;
        for byte in out.iter_mut().take(count).filter(|byte| **byte == b'\r') {
            *byte = b'\n';
        }
        Ok(count)
    }
}
