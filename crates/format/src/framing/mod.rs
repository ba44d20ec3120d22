//! Bytes → frames: the lines of a text, the records of a CSV, the values of a JSON document (the
//! items of its List one by one), the items of a YAML list. Streaming and bounded: no whole object
//! is ever held. Compression is told by magic bytes, never by name.

pub(crate) mod csv_stream;
pub(crate) mod json_stream;
pub(crate) mod yaml;

use flate2::read::MultiGzDecoder;
use std::io::{self, BufRead, BufReader, Read};

/// The longest line or JSON value that is read whole.
pub const MAX_FRAME_BYTES: usize = 16 << 20;
/// Bytes looked at to tell how an object is framed.
const HEAD_BYTES: usize = 256 << 10;
/// Why a line is not read whole.
pub(crate) const CUT: &str = "line longer than 16 MiB, cut";

/// One line, CSV record (behind its header), JSON value or YAML item (as JSON).
#[derive(Debug)]
pub struct Frame<'a> {
    /// Line it begins on, from 1.
    pub line: u64,
    /// Its bytes, without the line end.
    pub bytes: &'a [u8],
    /// Why it cannot be read, where the framing knows already.
    pub fault: Option<&'a str>,
}

/// How an object was compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, any number of members.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// How an object was framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// One record a line, or several lines a record.
    Lines,
    /// CSV with a header row; a record may go over several lines.
    Csv,
    /// JSON values over several lines, or a List.
    Json,
    /// YAML documents.
    Yaml,
}

/// Returns the decompressed stream of `input`.
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
    let unread: [(&[u8], &str); 4] = [
        (b"\xff\x06\x00\x00sNaPpY", "snappy"),
        (&[0x89, b'L', b'Z', b'O'], "lzop"),
        (b"PAR1", "parquet"),
        (b"PK\x03\x04", "zip"),
    ];
    match unread
        .iter()
        .find(|(magic_bytes, _)| magic.starts_with(magic_bytes.get(..4).unwrap_or(magic_bytes)))
    {
        Some((_, name)) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{name} is not read; ship it as gzip, zstd or plain text"),
        )),
        None => Ok((Compression::None, Box::new(input))),
    }
}

/// Fills the buffer of `input` to at least `count` bytes where the stream has so many.
fn fill(input: &mut BufReader<impl Read>, count: usize) -> io::Result<&[u8]> {
    if input.buffer().len() < count {
        input.fill_buf()?;
    }
    Ok(input.buffer())
}

/// Hands each frame of `input` to `take`, in order; returns how it was framed.
pub fn frames(input: &mut dyn BufRead, take: &mut dyn FnMut(Frame<'_>)) -> io::Result<Framing> {
    let head = input.fill_buf()?;
    let framing = framing_of(head)?;
    match framing {
        Framing::Lines => lines(input, take)?,
        Framing::Csv => crate::framing::csv_stream::records(input, take)?,
        Framing::Json => crate::framing::json_stream::values(input, take)?,
        Framing::Yaml => crate::framing::yaml::items(input, take)?,
    }
    Ok(framing)
}

/// Tells how an object is framed from its first bytes.
fn framing_of(head: &[u8]) -> io::Result<Framing> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let zeros = head.iter().take(8192).filter(|&&b| b == 0).count();
    let odd = head
        .iter()
        .take(8192)
        .filter(|&&b| b < 32 && !matches!(b, b'\n' | b'\r' | b'\t' | 0x1b | 0x0c))
        .count();
    if zeros > 0 && odd * 10 > head.len().min(8192) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "binary content, no log"));
    }
    let mut lines = head.split(|&b| b == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#") && *line != b"---");
    let Some(first) = first else { return Ok(Framing::Lines) };
    if first.starts_with(b"{") || first == b"[" {
        // a first line that is a JSON value of its own: JSON lines, each broken one alone
        return Ok(if crate::framing::json_stream::is_whole(first) { Framing::Lines } else { Framing::Json });
    }
    let yaml = [&b"apiVersion:"[..], b"kind:", b"items:", b"- apiVersion:", b"insertId:"];
    if yaml.iter().any(|key| first.starts_with(key)) {
        return Ok(Framing::Yaml);
    }
    if crate::envelope::csv::dialect_of(first).is_some() {
        return Ok(Framing::Csv);
    }
    Ok(Framing::Lines)
}

/// Reads one line into `line` (without its end), at most [`MAX_FRAME_BYTES`] of it.
/// Returns the bytes that were passed over, or nothing at the end of the stream.
pub(crate) fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<Option<u64>> {
    line.clear();
    let mut over = 0u64;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok((!line.is_empty() || over > 0).then_some(over));
        }
        let (part, used, done) = match memchr::memchr(b'\n', buffer) {
            Some(at) => (buffer.get(..at).unwrap_or_default(), at + 1, true),
            None => (buffer, buffer.len(), false),
        };
        let room = MAX_FRAME_BYTES.saturating_sub(line.len()).min(part.len());
        line.extend_from_slice(part.get(..room).unwrap_or_default());
        over += (part.len() - room) as u64;
        input.consume(used);
        if done {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(Some(over));
        }
    }
}

fn lines(input: &mut dyn BufRead, take: &mut dyn FnMut(Frame<'_>)) -> io::Result<()> {
    let mut line = Vec::with_capacity(4096);
    let mut number = 0;
    loop {
        number += 1;
        // a line that the buffer holds to its end is not copied
        let buffer = input.fill_buf()?;
        if let Some(at) = memchr::memchr(b'\n', buffer).filter(|at| *at <= MAX_FRAME_BYTES) {
            let bytes = buffer.get(..at).unwrap_or_default();
            let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
            take(Frame { line: number, bytes: without_mark(bytes, number), fault: None });
            input.consume(at + 1);
            continue;
        }
        let Some(over) = next_line(input, &mut line)? else { return Ok(()) };
        let fault = (over > 0).then_some(CUT);
        take(Frame { line: number, bytes: without_mark(&line, number), fault });
    }
}

/// Returns a line without the byte order mark that the first one may begin with.
pub(crate) fn without_mark(line: &[u8], number: u64) -> &[u8] {
    if number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line }
}
