//! What one object may cost: how far it may unpack, into how many entries and layers, and how long a
//! line may be. The limits hold while the object streams, so that none of it is read beyond them.

use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::io;

/// Bytes that any object may unpack to, whatever its ratio: runs of equal lines compress well.
pub(crate) const FREE_BYTES: u64 = 64 << 20;
/// The same for zstd and xz, whose decoders hold the text before: that of xz doubles at 16 MiB.
pub(crate) const LONG_WINDOW_FREE_BYTES: u64 = 15 << 20;

/// Limits of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Unpacked bytes per byte of the object, beyond the first 64 MiB (15 MiB of zstd and xz).
    pub ratio: u64,
    /// Unpacked bytes, all layers together.
    pub bytes: u64,
    /// Entries of archives, all layers together.
    pub entries: u64,
    /// Bytes of the longest line, JSON value or YAML item that is read whole.
    pub line_bytes: usize,
    /// Layers of compression and archives around a text.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { ratio: 1000, bytes: 64 << 30, entries: 100_000, line_bytes: 16 << 20, depth: 3 }
    }
}

impl Limits {
    /// Returns the fault of a line or value that is longer than the limit.
    pub(crate) fn cut_fault(&self, what: &str) -> String {
        format!("{what} longer than {}, cut", size(self.line_bytes as u64))
    }
}

/// What of its limits an object has used.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) limits: Limits,
    consumed: Cell<u64>,
    unpacked: Cell<u64>,
    entries: Cell<u64>,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, consumed: Cell::new(0), unpacked: Cell::new(0), entries: Cell::new(0) }
    }

    /// Counts bytes of the object itself.
    pub(crate) fn consume(&self, bytes: u64) {
        self.consumed.set(self.consumed.get() + bytes);
    }

    /// Counts unpacked bytes of any layer; the ratio holds beyond `free`.
    pub(crate) fn unpack(&self, bytes: u64, free: u64) -> io::Result<()> {
        let unpacked = self.unpacked.get().saturating_add(bytes);
        self.unpacked.set(unpacked);
        let Limits { ratio, bytes: most, .. } = self.limits;
        if unpacked > most {
            return Err(over(format!("it unpacks to more than {}", size(most)), "bytes"));
        }
        if unpacked > free && unpacked > ratio.saturating_mul(self.consumed.get().max(1)) {
            return Err(over(format!("it unpacks to more than {ratio} times its size"), "ratio"));
        }
        Ok(())
    }

    /// Fails on a size that only a broken or malicious archive states.
    pub(crate) fn check_bytes(&self, bytes: u64) -> io::Result<()> {
        if bytes > self.limits.bytes {
            return Err(over(format!("an entry has more than {}", size(self.limits.bytes)), "bytes"));
        }
        Ok(())
    }

    /// Counts an entry of an archive.
    pub(crate) fn enter(&self) -> io::Result<()> {
        self.entries.set(self.entries.get() + 1);
        if self.entries.get() > self.limits.entries {
            return Err(over(format!("it has more than {} entries", self.limits.entries), "entries"));
        }
        Ok(())
    }

    /// Fails if a layer lies deeper than the limit.
    pub(crate) fn check_depth(&self, depth: usize) -> io::Result<()> {
        if depth > self.limits.depth {
            let most = self.limits.depth;
            return Err(damaged(format!("it is packed more than {most} times (`[formats] limits.depth`)")));
        }
        Ok(())
    }
}

/// Returns true for an error that ends the whole object, not only one of its entries.
pub(crate) fn is_over(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::FileTooLarge
}

fn over(what: String, limit: &str) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("{what} (`[formats] limits.{limit}`)"))
}

/// Returns the error of content that cannot be read.
pub(crate) fn damaged(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

/// Returns the error of a stream that ends within something.
pub(crate) fn ends_early(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, format!("{what} ends early"))
}

/// Writes a number of bytes in the largest binary unit that divides it.
fn size(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.iter().find(|(shift, _)| bytes > 0 && bytes.is_multiple_of(1 << shift));
    unit.map_or_else(|| format!("{bytes} bytes"), |(shift, name)| format!("{} {name}", bytes >> shift))
}
