//! tar as a stream: ustar, GNU's long names and sparse files, pax headers. tar-rs is not used because
//! it holds names of any length. Format: POSIX pax, and the GNU tar manual, "Basic Tar Format".

use crate::framing::archive::{EachContent, Part};
use crate::framing::limits::{Budget, damaged, ends_early};
use crate::framing::window::Window;
use std::io::{self, Read};
use std::ops::Range;

/// Bytes of a header, and the unit that contents are padded to.
pub(super) const BLOCK_BYTES: usize = 512;
/// Bytes of the longest name or extended header that is read.
const MAX_NAME_BYTES: u64 = 64 << 10;

/// Returns true if a header is at the front: its checksum is right.
pub(super) fn begins(head: &[u8]) -> bool {
    let Some(block) = head.first_chunk::<BLOCK_BYTES>() else { return false };
    let header = Header { block };
    header.field(0..1) != [0] && header.number(148..156) == Some(header.checksum())
}

/// Passes each entry to `each`. Archives that follow each other are read as one.
pub(super) fn entries(input: &mut Window<'_>, budget: &Budget, each: EachContent<'_>) -> io::Result<()> {
    let mut next = Extended::default();
    let mut has_ended = false;
    let mut at = 0u64;
    loop {
        let head = input.peek(BLOCK_BYTES)?;
        if head.is_empty() {
            return Ok(());
        }
        let block = *head.first_chunk::<BLOCK_BYTES>().ok_or_else(|| ends_early("the archive"))?;
        if block.first() == Some(&0) {
            has_ended = true; // blocks of NUL bytes end an archive
            input.skip_nuls()?;
            continue;
        }
        if !begins(&block) {
            // what follows the end of an archive is not part of it
            return if has_ended {
                Ok(())
            } else {
                Err(damaged(format!("broken tar header after {at} bytes")))
            };
        }
        budget.enter()?;
        let header = Header { block: &block };
        let size =
            next.size.or_else(|| header.size()).ok_or_else(|| damaged("broken tar header: no size"))?;
        budget.check_bytes(size)?;
        input.skip(BLOCK_BYTES as u64)?;
        if header.kind() == b'S' {
            skip_sparse_map(input, &header)?;
        }
        let mut part = Part { window: input, left: size };
        match header.kind() {
            b'L' => next.name = Some(text(&mut part)?.trim_end_matches('\0').to_owned()),
            b'x' => next.read_pax(&text(&mut part)?),
            b'K' | b'g' => {} // names of links, and defaults, which name no entry
            kind => {
                let extended = std::mem::take(&mut next);
                if !matches!(kind, b'1'..=b'6' | b'D' | b'M' | b'N' | b'V') {
                    let name = extended.name.unwrap_or_else(|| header.name());
                    let content = if extended.is_sparse {
                        Err(damaged("sparse files in the pax format are not supported"))
                    } else {
                        Ok(part.window())
                    };
                    each(&name, content)?;
                }
            }
        }
        part.skip_rest()?;
        let padded = size.next_multiple_of(BLOCK_BYTES as u64);
        input.skip(padded - size)?;
        at = at.saturating_add(padded + BLOCK_BYTES as u64);
    }
}

/// Reads a name or an extended header.
fn text(part: &mut Part<'_, '_>) -> io::Result<String> {
    if part.left > MAX_NAME_BYTES {
        return Err(damaged("a tar header is longer than 64 KiB"));
    }
    let mut bytes = Vec::new();
    part.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Skips the blocks that list more parts of a sparse file than its header can. The parts follow each
/// other; the holes between them hold nothing to read.
fn skip_sparse_map(input: &mut Window<'_>, header: &Header<'_>) -> io::Result<()> {
    let mut has_more = header.field(482..483) != [0];
    while has_more {
        let block = input.peek(BLOCK_BYTES)?;
        has_more = *block.get(504).ok_or_else(|| ends_early("the archive"))? != 0;
        input.skip(BLOCK_BYTES as u64)?;
    }
    Ok(())
}

/// What entries before a header say about it.
#[derive(Default)]
struct Extended {
    name: Option<String>,
    size: Option<u64>,
    is_sparse: bool,
}

impl Extended {
    /// Reads the records `<length> <key>=<value>` of a pax header.
    fn read_pax(&mut self, text: &str) {
        let mut rest = text;
        while let Some((len, _)) = rest.split_once(' ')
            && let Some((record, after)) = len.parse().ok().and_then(|len| rest.split_at_checked(len))
            && !record.is_empty()
        {
            rest = after;
            let pair =
                record.get(len.len() + 1..).and_then(|pair| pair.trim_end_matches('\n').split_once('='));
            match pair {
                Some(("path" | "GNU.sparse.name", name)) => self.name = Some(name.to_owned()),
                Some(("size", size)) => self.size = size.parse().ok(),
                Some(("GNU.sparse.major", version)) => self.is_sparse = version != "0",
                _ => {}
            }
        }
    }
}

/// A header block.
struct Header<'b> {
    block: &'b [u8; BLOCK_BYTES],
}

impl Header<'_> {
    fn field(&self, span: Range<usize>) -> &[u8] {
        self.block.get(span).unwrap_or_default()
    }

    fn kind(&self) -> u8 {
        self.block.get(156).copied().unwrap_or_default()
    }

    /// Returns a text up to its first NUL byte.
    fn text(&self, span: Range<usize>) -> String {
        let field = self.field(span);
        let end = memchr::memchr(0, field).unwrap_or(field.len());
        String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
    }

    fn name(&self) -> String {
        let (name, prefix) = (self.text(0..100), self.text(345..500));
        // GNU has other fields in the place of the prefix
        if self.field(257..263) != b"ustar\0" || prefix.is_empty() {
            name
        } else {
            format!("{prefix}/{name}")
        }
    }

    /// Reads an octal number.
    fn number(&self, span: Range<usize>) -> Option<u64> {
        let text = std::str::from_utf8(self.field(span)).ok()?;
        u64::from_str_radix(text.trim_matches(['\0', ' ']), 8).ok()
    }

    /// Returns the size of the content: octal, or GNU's binary number. Links and folders have none.
    fn size(&self) -> Option<u64> {
        let field = self.field(124..136);
        match field.split_first()? {
            _ if matches!(self.kind(), b'1'..=b'6') => Some(0),
            (0x80, number) => number
                .iter()
                .try_fold(0u64, |size, byte| size.checked_mul(256).map(|size| size | u64::from(*byte))),
            _ => self.number(124..136),
        }
    }

    /// Returns the sum of all bytes, those of the checksum itself as blanks.
    fn checksum(&self) -> u64 {
        let sum = |span: Range<usize>| self.field(span).iter().map(|byte| u64::from(*byte)).sum::<u64>();
        sum(0..148) + 8 * u64::from(b' ') + sum(156..BLOCK_BYTES)
    }
}
