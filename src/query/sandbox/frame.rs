//! What goes over the pipes of a process: a kind, a length and that many bytes. One question in; out
//! come pieces of an Arrow stream, then how it ended.

use crate::query::sandbox::QueryError;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use tokio::io::{AsyncRead, AsyncReadExt};

/// A question, as JSON.
pub const REQUEST: u8 = b'Q';
/// A piece of the Arrow stream.
pub const ARROW: u8 = b'A';
/// How it ended, as JSON; nothing follows.
pub const END: u8 = b'E';

/// A question, as its process hears it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// The statement.
    pub sql: String,
    /// Most rows.
    pub rows: usize,
    /// Most bytes of the Arrow stream.
    pub bytes: usize,
    /// Most memory.
    pub memory_bytes: u64,
    /// Most seconds of all cores together.
    pub cpu_s: u64,
}

/// Which limit cut an answer off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cut {
    /// Rows.
    Rows,
    /// Bytes.
    Bytes,
}

/// An answer that came to its end.
#[derive(Debug, Serialize, Deserialize)]
pub struct Done {
    /// What cut it off.
    pub cut: Option<Cut>,
    /// How long the engine was at it, without what sending took.
    pub engine_us: u64,
}

/// How an answer ended.
pub type End = Result<Done, QueryError>;

/// Writes a frame.
pub fn write(out: &mut impl Write, kind: u8, body: &[u8]) -> io::Result<()> {
    out.write_all(&head(kind, body.len())?)?;
    out.write_all(body)?;
    out.flush()
}

/// Returns what goes before a body of that length.
pub fn head(kind: u8, length: usize) -> io::Result<[u8; 5]> {
    let length = u32::try_from(length).map_err(io::Error::other)?;
    let [a, b, c, d] = length.to_le_bytes();
    Ok([kind, a, b, c, d])
}

/// Reads a frame; nothing at the end of the pipe.
pub fn read(input: &mut impl Read) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut head = [0; 5];
    match input.read_exact(&mut head) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let [kind, length @ ..] = head;
    let mut body = vec![0; u32::from_le_bytes(length) as usize];
    input.read_exact(&mut body)?;
    Ok(Some((kind, body)))
}

/// Reads a frame of at most `most` bytes as it comes.
pub async fn receive(input: &mut (impl AsyncRead + Unpin), most: usize) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    input.read_exact(&mut head).await?;
    let [kind, length @ ..] = head;
    let length = u32::from_le_bytes(length) as usize;
    if length > most {
        return Err(io::Error::other("a frame is longer than what was asked for"));
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).await?;
    Ok((kind, body))
}
