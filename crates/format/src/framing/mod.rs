//! Bytes → frames: the lines of a text, the records of a CSV, the values of a JSON document (each
//! item of a List separately), the items of a YAML list. Streams with bounded memory: no object is
//! ever held whole. Detects compression by magic bytes, never by name. Must not know what a frame means.

mod csv_stream;
mod json_stream;
mod line;
mod yaml;

pub use line::{EmitFrame, Frame, MAX_FRAME_BYTES};

use crate::text::csv_header;
use flate2::read::MultiGzDecoder;
use std::io::{self, BufRead, BufReader, Read};

/// Bytes from which the framing of an object is detected.
const HEAD_BYTES: usize = 256 << 10;

/// How an object was compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Uncompressed.
    None,
    /// gzip, any number of members.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// How an object was split into frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// One record per line, or several lines per record.
    Lines,
    /// CSV with a header row; a record may span several lines.
    Csv,
    /// JSON values that span several lines, or a List.
    Json,
    /// YAML documents.
    Yaml,
}

/// Returns the decompressed stream of `input`. Fails for compressions and containers that are not
/// supported: snappy, lzop, Parquet and zip.
pub fn decompress<'a>(
    input: impl Read + Send + 'a,
) -> io::Result<(Compression, Box<dyn BufRead + Send + 'a>)> {
    let mut input = BufReader::with_capacity(HEAD_BYTES, input);
    let magic = fill(&mut input, 6)?;
    if magic.starts_with(&[0x1f, 0x8b]) {
        let bytes = MultiGzDecoder::new(input);
        return Ok((Compression::Gzip, Box::new(BufReader::with_capacity(HEAD_BYTES, bytes))));
    }
    if magic.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let mut bytes = zstd::stream::read::Decoder::with_buffer(input)?;
        bytes.window_log_max(27)?; // 128 MiB, the limit of the zstd tool itself
        return Ok((Compression::Zstd, Box::new(BufReader::with_capacity(HEAD_BYTES, bytes))));
    }
    let unsupported: [(&[u8], &str); 4] = [
        (b"\xff\x06\x00\x00sNaPpY", "snappy"),
        (&[0x89, b'L', b'Z', b'O'], "lzop"),
        (b"PAR1", "parquet"),
        (b"PK\x03\x04", "zip"),
    ];
    match unsupported
        .iter()
        .find(|(magic_bytes, _)| magic.starts_with(magic_bytes.get(..4).unwrap_or(magic_bytes)))
    {
        Some((_, name)) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{name} is not supported; ship it as gzip, zstd or plain text"),
        )),
        None => Ok((Compression::None, Box::new(input))),
    }
}

/// Fills the buffer of `input` to at least `count` bytes if the stream has them.
fn fill(input: &mut BufReader<impl Read>, count: usize) -> io::Result<&[u8]> {
    if input.buffer().len() < count {
        input.fill_buf()?;
    }
    Ok(input.buffer())
}

/// Emits each frame of `input` in order; returns how it was framed. Fails on binary content.
pub fn frames(input: &mut dyn BufRead, emit: EmitFrame<'_>) -> io::Result<Framing> {
    let head = input.fill_buf()?;
    let framing = framing_of(head)?;
    match framing {
        Framing::Lines => line::lines(input, emit)?,
        Framing::Csv => csv_stream::records(input, emit)?,
        Framing::Json => json_stream::values(input, emit)?,
        Framing::Yaml => yaml::items(input, emit)?,
    }
    Ok(framing)
}

/// Detects the framing of an object from its first bytes.
fn framing_of(head: &[u8]) -> io::Result<Framing> {
    let head = head.strip_prefix(line::BYTE_ORDER_MARK).unwrap_or(head);
    let zeros = head.iter().take(8192).filter(|&&b| b == 0).count();
    let odd = head
        .iter()
        .take(8192)
        .filter(|&&b| b < 32 && !matches!(b, b'\n' | b'\r' | b'\t' | 0x1b | 0x0c))
        .count();
    if zeros > 0 && odd * 10 > head.len().min(8192) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "binary content is not a log"));
    }
    let mut lines = head.split(|&b| b == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#") && *line != b"---");
    let Some(first) = first else { return Ok(Framing::Lines) };
    if first.starts_with(b"{") || first == b"[" {
        // a first line that is a JSON value by itself: JSON lines, so a broken one costs only itself
        return Ok(if json_stream::is_whole(first) { Framing::Lines } else { Framing::Json });
    }
    let yaml = [&b"apiVersion:"[..], b"kind:", b"items:", b"- apiVersion:", b"insertId:"];
    if yaml.iter().any(|key| first.starts_with(key)) {
        return Ok(Framing::Yaml);
    }
    if csv_header::dialect_of(first).is_some() {
        return Ok(Framing::Csv);
    }
    Ok(Framing::Lines)
}
