//! A buffered stream that shows its next bytes before they are consumed, however little one read of
//! it returns: magic bytes and the framing of an object are found there. Must not know what the bytes
//! mean.

use crate::framing::limits::Budget;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

/// Bytes that a window holds, and from which the framing of an object is detected.
pub(crate) const WINDOW_BYTES: usize = 256 << 10;

/// A stream and its next bytes.
pub(crate) struct Window<'a> {
    inner: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    /// The part of the buffer that is not consumed.
    at: usize,
    end: usize,
    is_over: bool,
    /// The error that ended the stream; returned after the bytes before it.
    failed: Option<io::Error>,
    /// Counts what is consumed, of an object that is compressed or an archive.
    budget: Option<Rc<Budget>>,
}

impl<'a> Window<'a> {
    /// Returns a window on `inner`.
    pub(crate) fn new(inner: impl Read + 'a) -> Self {
        Self::with_capacity(WINDOW_BYTES, inner)
    }

    /// Returns a window that holds `capacity` bytes.
    pub(crate) fn with_capacity(capacity: usize, inner: impl Read + 'a) -> Self {
        let (inner, buffer) = (Box::new(inner), vec![0; capacity]);
        Self { inner, buffer, at: 0, end: 0, is_over: false, failed: None, budget: None }
    }

    /// Returns a window on nothing, which needs no memory.
    pub(crate) fn empty() -> Self {
        Self::with_capacity(0, io::empty())
    }

    /// Counts what is consumed from now on.
    pub(crate) fn count_for(&mut self, budget: &Rc<Budget>) {
        self.budget = Some(Rc::clone(budget));
    }

    /// Returns the next bytes: at least `count`, unless the stream or the window ends before.
    pub(crate) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        self.fill(count.min(self.buffer.len()));
        if self.at == self.end
            && let Some(error) = self.failed.take()
        {
            return Err(error);
        }
        Ok(self.buffer.get(self.at..self.end).unwrap_or_default())
    }

    /// Consumes `count` bytes. Returns the number of bytes that the stream was too short for.
    pub(crate) fn skip(&mut self, mut count: u64) -> io::Result<u64> {
        while count > 0 {
            let ready = self.fill_buf()?.len();
            if ready == 0 {
                break;
            }
            let part = ready.min(usize::try_from(count).unwrap_or(usize::MAX));
            self.consume(part);
            count -= part as u64;
        }
        Ok(count)
    }

    /// Consumes the NUL bytes that come next; returns true if anything follows them.
    pub(crate) fn skip_nuls(&mut self) -> io::Result<bool> {
        loop {
            let buffer = self.fill_buf()?;
            let nuls = nul_count(buffer);
            let (is_over, is_text) = (buffer.is_empty(), nuls < buffer.len());
            self.consume(nuls);
            if is_over || is_text {
                return Ok(is_text);
            }
        }
    }

    /// Reads until `count` bytes are ready.
    fn fill(&mut self, count: usize) {
        if self.at == self.end {
            (self.at, self.end) = (0, 0);
        } else if self.at + count > self.buffer.len() {
            self.buffer.copy_within(self.at..self.end, 0);
            (self.at, self.end) = (0, self.end - self.at);
        }
        while !self.is_over && self.end - self.at < count {
            match self.inner.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(0) => self.is_over = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => (self.is_over, self.failed) = (true, Some(error)),
            }
        }
    }
}

/// Returns the number of NUL bytes at the front.
pub(crate) fn nul_count(bytes: &[u8]) -> usize {
    const NULS: [u8; 256] = [0; 256];
    let mut rest = bytes;
    while let Some(after) = rest.strip_prefix(&NULS) {
        rest = after;
    }
    bytes.len() - rest.len() + rest.iter().take_while(|byte| **byte == 0).count()
}

impl Read for Window<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let count = ready.len().min(out.len());
        if let (Some(out), Some(ready)) = (out.get_mut(..count), ready.get(..count)) {
            out.copy_from_slice(ready);
        }
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Window<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let count = if self.at == self.end { self.buffer.len() } else { 0 };
        self.peek(count)
    }

    fn consume(&mut self, count: usize) {
        self.at = (self.at + count).min(self.end);
        if let Some(budget) = &self.budget {
            budget.consume(count as u64);
        }
    }
}
