//! Compression, detected by magic bytes and never by name: each codec as a stream of the bytes inside.
//! All parts of an object are read, and what follows the last one is an error. Must not know archives
//! or texts.

mod gzip; // members one after another
mod lz4; // frames one after another
mod snappy; // which of the snappy formats it is

use crate::framing::limits::{Budget, FREE_BYTES, LONG_WINDOW_FREE_BYTES, damaged};
use crate::framing::window::Window;
use bzip2::bufread::MultiBzDecoder;
use lzma_rust2::XzReader;
use std::io::{self, Read};
use std::rc::Rc;

/// The window of zstd that is accepted, as a power of two: 128 MiB, the limit of its own tool.
const ZSTD_WINDOW_LOG: u32 = 27;
/// Memory for an xz dictionary: that of `xz -9` is 64 MiB.
const XZ_MEMORY_KIB: u32 = 66 << 10;

/// How an object was compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Uncompressed.
    None,
    /// gzip, any number of members.
    Gzip,
    /// Zstandard, any number of frames.
    Zstd,
    /// bzip2, any number of streams.
    Bzip2,
    /// xz, any number of streams.
    Xz,
    /// LZ4 frames, also of the legacy kind.
    Lz4,
    /// Snappy's framing format.
    Snappy,
}

impl Compression {
    fn name(self) -> &'static str {
        match self {
            Self::None => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lz4 => "lz4",
            Self::Snappy => "snappy",
        }
    }
}

/// Returns the compression of a stream by its first bytes. Fails for those that are not supported.
pub(crate) fn compression_of(head: &[u8]) -> io::Result<Compression> {
    let supported: [(&[u8], Compression); 7] = [
        (&[0x1f, 0x8b], Compression::Gzip),
        (&[0x28, 0xb5, 0x2f, 0xfd], Compression::Zstd),
        (b"\xfd7zXZ\0", Compression::Xz),
        (&lz4::FRAME, Compression::Lz4),
        (&lz4::LEGACY, Compression::Lz4),
        (snappy::FRAMED, Compression::Snappy),
        (b"BZh", Compression::Bzip2),
    ];
    if let Some((_, found)) = supported.iter().find(|(magic, _)| head.starts_with(magic)) {
        let is_text = *found == Compression::Bzip2 && !head.get(3).is_some_and(u8::is_ascii_digit);
        return Ok(if is_text { Compression::None } else { *found });
    }
    let unsupported: [(&[u8], &str); 13] = [
        (snappy::XERIAL, "snappy in the framing of snappy-java"),
        (&[0x89, b'L', b'Z', b'O'], "lzop"),
        (b"LZIP\x01", "lzip"),
        (b"\x1f\x9d", "compress (.Z)"),
        (b"x\x01", "zlib"),
        (b"x\x9c", "zlib"),
        (b"x\xda", "zlib"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07", "rar"),
        (b"PAR1", "parquet"),
        (b"Obj\x01", "avro"),
        (b"ORC\x0a", "orc"),
        (b"ARROW1\0\0", "arrow"),
    ];
    let named = unsupported.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| *name);
    match named.or_else(|| snappy::unframed(head)) {
        Some(name) => Err(damaged(format!("{name} is not supported; ship it as gzip, zstd or plain text"))),
        None => Ok(Compression::None),
    }
}

/// Returns the size of the skippable frame at the front: zstd and LZ4 share them, and the compression
/// is that of the frame after it.
pub(crate) fn skippable_bytes(head: &[u8]) -> Option<u64> {
    match head {
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, ..] => {
            Some(8 + u64::from(u32::from_le_bytes([*a, *b, *c, *d])))
        }
        _ => None,
    }
}

/// Returns the bytes inside a compressed stream, which are counted.
pub(crate) fn unpacked<'a>(
    compression: Compression,
    input: Window<'a>,
    budget: &Rc<Budget>,
) -> io::Result<impl Read + 'a> {
    let inner: Box<dyn Read + 'a> = match compression {
        Compression::None => Box::new(input),
        Compression::Gzip => Box::new(gzip::Members::new(input)),
        Compression::Zstd => {
            let mut frames = zstd::stream::read::Decoder::with_buffer(input)?;
            frames.window_log_max(ZSTD_WINDOW_LOG)?;
            Box::new(frames)
        }
        Compression::Bzip2 => Box::new(MultiBzDecoder::new(input)),
        Compression::Xz => Box::new(XzReader::new_mem_limit(input, true, XZ_MEMORY_KIB)),
        Compression::Lz4 => Box::new(lz4::Frames::new(input)),
        Compression::Snappy => Box::new(snap::read::FrameDecoder::new(input)),
    };
    let mut counted = Counted::new(inner, compression.name(), budget);
    if matches!(compression, Compression::Zstd | Compression::Xz) {
        counted.free = LONG_WINDOW_FREE_BYTES;
    }
    Ok(counted)
}

/// An unpacked stream: counts its bytes and names the codec in its errors.
pub(crate) struct Counted<R> {
    inner: R,
    name: &'static str,
    budget: Rc<Budget>,
    /// Bytes that may be unpacked whatever the ratio.
    free: u64,
}

impl<R> Counted<R> {
    pub(crate) fn new(inner: R, name: &'static str, budget: &Rc<Budget>) -> Self {
        Self { inner, name, budget: Rc::clone(budget), free: FREE_BYTES }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted | io::ErrorKind::FileTooLarge => error,
            kind @ io::ErrorKind::UnexpectedEof => io::Error::new(kind, format!("{} ends early", self.name)),
            kind => io::Error::new(kind, format!("broken {}: {error}", self.name)),
        })?;
        self.budget.unpack(count as u64, self.free)?;
        Ok(count)
    }
}
