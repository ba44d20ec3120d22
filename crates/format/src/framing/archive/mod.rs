//! Archives as the streams of their entries, in their order; nothing is unpacked to
//! disk and no name becomes a path. Must not know what an entry holds.

mod tar; // ustar, GNU and pax
mod zip; // zip, without the directory at its end

use crate::framing::limits::{Budget, ends_early};
use crate::framing::window::{WINDOW_BYTES, Window};
use std::io::{self, BufRead, Read};
use std::rc::Rc;

/// Bytes from which an archive is detected.
pub(crate) const HEAD_BYTES: usize = tar::BLOCK_BYTES;

/// A kind of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Archive {
    /// tar.
    Tar,
    /// zip.
    Zip,
}

/// Receives the name of each entry and its content, or the reason why that cannot be read. Returns
/// true if it read the content to its end; an error ends the archive.
pub(crate) type EachContent<'e> = &'e mut dyn FnMut(&str, io::Result<Window<'_>>) -> io::Result<bool>;

/// Returns the kind of archive that begins with `head`, of [`HEAD_BYTES`] at most.
pub(crate) fn archive_of(head: &[u8]) -> Option<Archive> {
    if zip::begins(head) {
        return Some(Archive::Zip);
    }
    tar::begins(head).then_some(Archive::Tar)
}

/// Passes each entry of an archive to `each`.
pub(crate) fn entries(
    archive: Archive,
    input: &mut Window<'_>,
    budget: &Rc<Budget>,
    each: EachContent<'_>,
) -> io::Result<()> {
    match archive {
        Archive::Tar => tar::entries(input, budget, each)?,
        Archive::Zip => zip::entries(input, budget, each)?,
    }
    input.skip(u64::MAX).map(|_| ())
}

/// The next bytes of a stream: those of one entry.
struct Part<'p, 'w> {
    window: &'p mut Window<'w>,
    left: u64,
}

impl Part<'_, '_> {
    /// Returns a window that is no larger than the part.
    fn window(&mut self) -> Window<'_> {
        let capacity = WINDOW_BYTES.min(usize::try_from(self.left).map_or(WINDOW_BYTES, |left| left + 1));
        Window::with_capacity(capacity.max(HEAD_BYTES), self)
    }

    /// Skips what was not read.
    fn skip_rest(&mut self) -> io::Result<()> {
        match self.window.skip(std::mem::take(&mut self.left))? {
            0 => Ok(()),
            _ => Err(ends_early("the archive")),
        }
    }
}

impl Read for Part<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Part<'_, '_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Ok(&[]);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let ready = self.window.fill_buf()?;
        if ready.is_empty() {
            return Err(ends_early("the archive"));
        }
        Ok(ready.get(..ready.len().min(most)).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.window.consume(count);
        self.left = self.left.saturating_sub(count as u64);
    }
}
