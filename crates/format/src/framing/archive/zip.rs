//! zip as a stream, by the headers before the contents: the directory comes last. The zip crate is not
//! used because it reads no stream whose sizes follow the contents, as Go and Java write them.
//! Format: PKWARE's APPNOTE.TXT, 4.3 and 4.5.3.

use crate::framing::archive::{EachContent, Part};
use crate::framing::codec::{Compression, Counted, unpacked};
use crate::framing::limits::{Budget, damaged, ends_early};
use crate::framing::window::Window;
use flate2::CrcReader;
use flate2::bufread::DeflateDecoder;
use std::io::{self, Read};
use std::rc::Rc;

/// The first bytes of an entry.
const ENTRY: &[u8] = b"PK\x03\x04";
/// The first bytes of what follows a content of unknown size: its checksum and sizes.
const DESCRIPTOR: &[u8] = b"PK\x07\x08";
/// The first bytes of what follows the entries: the directory, or its end if there are none.
const ENDS: [&[u8]; 3] = [b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06"];
/// What may come before the first entry: marks of archives in several parts.
const MARKS: [&[u8]; 2] = [DESCRIPTOR, b"PK00"];

/// Returns true if a zip is at the front.
pub(super) fn begins(head: &[u8]) -> bool {
    let unmarked = MARKS.iter().find_map(|mark| head.strip_prefix(*mark)).unwrap_or(head);
    unmarked.starts_with(ENTRY) || head.starts_with(b"PK\x05\x06")
}

/// Passes each entry to `each`.
pub(super) fn entries(input: &mut Window<'_>, budget: &Rc<Budget>, each: EachContent<'_>) -> io::Result<()> {
    if MARKS.iter().any(|mark| input.peek(4).is_ok_and(|head| head.starts_with(mark))) {
        input.skip(4)?;
    }
    loop {
        let head = input.peek(4)?;
        if ENDS.iter().any(|end| head.starts_with(end)) {
            return Ok(());
        }
        if !head.starts_with(ENTRY) {
            return Err(if head.len() < 4 {
                ends_early("the archive")
            } else {
                damaged("broken zip header")
            });
        }
        budget.enter()?;
        let entry = Entry::read(input)?;
        budget.check_bytes(entry.packed.max(entry.size))?;
        if entry.has_descriptor && entry.packed == 0 {
            entry.read_unsized(input, budget, each)?;
        } else {
            entry.read_sized(input, budget, each)?;
        }
    }
}

/// The header of an entry.
struct Entry {
    name: String,
    method: u16,
    is_encrypted: bool,
    /// True if a descriptor follows the content.
    has_descriptor: bool,
    crc: u32,
    packed: u64,
    size: u64,
}

impl Entry {
    fn read(input: &mut Window<'_>) -> io::Result<Self> {
        let mut fixed = [0; 30];
        input.read_exact(&mut fixed)?;
        let short = |at| little(&fixed, at, 2) as u16;
        let mut name = vec![0; usize::from(short(26))];
        input.read_exact(&mut name)?;
        let mut extra = vec![0; usize::from(short(28))];
        input.read_exact(&mut extra)?;
        let (mut packed, mut size) = (little(&fixed, 18, 4), little(&fixed, 22, 4));
        let mut long = long_sizes(&extra);
        for short in [&mut size, &mut packed] {
            if *short == u64::from(u32::MAX) {
                *short = long.next().ok_or_else(|| damaged("broken zip header: no size"))?;
            }
        }
        Ok(Self {
            name: String::from_utf8_lossy(&name).into_owned(),
            method: short(8),
            is_encrypted: short(6) & 1 != 0,
            has_descriptor: short(6) & 8 != 0,
            crc: little(&fixed, 14, 4) as u32,
            packed,
            size,
        })
    }

    /// Reads a content whose size its header says.
    fn read_sized(
        &self,
        input: &mut Window<'_>,
        budget: &Rc<Budget>,
        each: EachContent<'_>,
    ) -> io::Result<()> {
        let mut part = Part { window: input, left: self.packed };
        let (is_whole, sum) = match self.content(&mut part, budget) {
            Ok(content) => {
                let mut content = CrcReader::new(content);
                (each(&self.name, Ok(Window::new(&mut content)))?, content.crc().sum())
            }
            Err(error) => (each(&self.name, Err(error))?, 0),
        };
        part.skip_rest()?;
        let crc = if self.has_descriptor { read_descriptor(input)? } else { self.crc };
        self.check(is_whole, crc == sum, each)
    }

    /// Reads a content that ends where its compression does, or before a descriptor that fits.
    fn read_unsized(
        &self,
        input: &mut Window<'_>,
        budget: &Rc<Budget>,
        each: EachContent<'_>,
    ) -> io::Result<()> {
        let inner: Box<dyn Read + '_> = match self.method {
            0 if !self.is_encrypted => Box::new(Stored { input, read: 0 }),
            8 if !self.is_encrypted => {
                Box::new(Counted::new(DeflateDecoder::new(&mut *input), "deflate", budget))
            }
            _ => return Err(damaged("the size of an entry that is encrypted or not deflated is unknown")),
        };
        let mut content = CrcReader::new(inner);
        let is_whole = each(&self.name, Ok(Window::new(&mut content)))?;
        io::copy(&mut content, &mut io::sink())?;
        let sum = content.crc().sum();
        drop(content);
        let crc = read_descriptor(input)?;
        self.check(is_whole, crc == sum, each)
    }

    fn content<'p>(&self, part: &'p mut Part<'_, '_>, budget: &Rc<Budget>) -> io::Result<Box<dyn Read + 'p>> {
        if self.is_encrypted {
            return Err(damaged("it is encrypted"));
        }
        let compression = match self.method {
            0 => return Ok(Box::new(part)),
            8 => return Ok(Box::new(Counted::new(DeflateDecoder::new(part), "deflate", budget))),
            12 => Compression::Bzip2,
            93 => Compression::Zstd,
            95 => Compression::Xz,
            other => return Err(damaged(format!("zip method {other} is not supported"))),
        };
        Ok(Box::new(unpacked(compression, part.window(), budget)?))
    }

    /// Reports a content that was read and is not what was packed.
    fn check(&self, is_whole: bool, is_same: bool, each: EachContent<'_>) -> io::Result<()> {
        if is_whole && !is_same {
            each(&self.name, Err(damaged("its checksum does not match")))?;
        }
        Ok(())
    }
}

/// A stored content of unknown size.
struct Stored<'i, 'w> {
    input: &'i mut Window<'w>,
    read: u64,
}

impl Read for Stored<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let head = self.input.peek(4096)?;
        let count = match memchr::memmem::find(head, DESCRIPTOR) {
            Some(0) if descriptor_of(head).is_some_and(|found| found.size == self.read) => 0,
            Some(0) => 1,
            Some(at) => at,
            None if head.len() < DESCRIPTOR.len() => return Err(ends_early("the archive")),
            None => head.len() + 1 - DESCRIPTOR.len(),
        };
        let count = head.get(..count).unwrap_or_default().read(out)?;
        self.input.skip(count as u64)?;
        self.read += count as u64;
        Ok(count)
    }
}

/// What follows a content of unknown size.
struct Descriptor {
    crc: u32,
    size: u64,
    /// Bytes of the descriptor.
    len: u64,
}

/// Reads a descriptor at the front: with or without its mark, with sizes of 4 or 8 bytes.
fn descriptor_of(head: &[u8]) -> Option<Descriptor> {
    let mark = if head.starts_with(DESCRIPTOR) { DESCRIPTOR.len() } else { 0 };
    let is_end =
        |len: usize| head.get(len..).is_some_and(|after| after.is_empty() || after.starts_with(b"PK"));
    let width = [4, 8].into_iter().find(|width| is_end(mark + 4 + 2 * width))?;
    Some(Descriptor {
        crc: little(head, mark, 4) as u32,
        size: little(head, mark + 4 + width, width),
        len: (mark + 4 + 2 * width) as u64,
    })
}

/// Consumes a descriptor; returns its checksum.
fn read_descriptor(input: &mut Window<'_>) -> io::Result<u32> {
    let found = descriptor_of(input.peek(32)?).ok_or_else(|| damaged("broken zip descriptor"))?;
    input.skip(found.len)?;
    Ok(found.crc)
}

/// Returns the sizes of 8 bytes that an entry has in its extra field.
fn long_sizes(extra: &[u8]) -> impl Iterator<Item = u64> {
    let mut rest = extra;
    let field = std::iter::from_fn(move || {
        let (head, after) = rest.split_at_checked(4)?;
        let (field, after) = after.split_at_checked(little(head, 2, 2) as usize)?;
        rest = after;
        Some((little(head, 0, 2), field))
    });
    let long = field.filter(|(id, _)| *id == 1).map(|(_, field)| field);
    long.flat_map(|field| field.chunks_exact(8).map(|size| little(size, 0, 8)).collect::<Vec<_>>())
}

/// Reads a little-endian number of `count` bytes.
fn little(bytes: &[u8], at: usize, count: usize) -> u64 {
    let bytes = bytes.get(at..at + count).unwrap_or_default();
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}
