//! The protocol between server and child process: frames of a kind, a length and that many bytes. In
//! goes one request; out come pieces of the body, then the outcome.

use crate::query::error::QueryError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use tokio::io::{AsyncRead, AsyncReadExt};

/// A request, as JSON.
pub const REQUEST: u8 = b'Q';
/// A piece of the body.
pub const BODY: u8 = b'B';
/// The outcome, as JSON; the last frame of a response.
pub const OUTCOME: u8 = b'E';
/// The outcome, as JSON, of a process that should run no further statement.
pub const LAST_OUTCOME: u8 = b'L';

/// A statement with its limits, as the child process receives it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// The SQL text.
    pub sql: String,
    /// Rows left out before the first one of the body.
    #[serde(default)]
    pub skip: usize,
    /// Row limit.
    pub rows: usize,
    /// How the rows are encoded, and how long the body may be.
    pub output: Output,
    /// Memory limit in bytes.
    pub memory_bytes: u64,
    /// CPU limit in seconds, over all cores.
    pub cpu_s: u64,
}

/// How rows are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// An Arrow IPC stream.
    Arrow,
    /// CSV with a header line (RFC 4180); lists and structs are JSON text.
    Csv,
    /// A JSON array of objects, with nulls.
    Json,
    /// JSON objects, one a line, without nulls.
    Lines,
}

/// The encoding of a result and its limits.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Output {
    /// How rows are encoded.
    pub format: Format,
    /// Bytes of the encoded rows; rows that do not fit are left out.
    pub bytes: usize,
    /// Bytes of one text; longer ones are cut. A list has at most one item for each 16 of them.
    pub cell_bytes: usize,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// Name of the column.
    pub name: String,
    /// Arrow type.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The limit that cut a result off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Truncated {
    /// The row limit.
    Rows,
    /// The byte limit.
    Bytes,
    /// The limit of one cell: all rows are there, and some of their values were cut.
    Cell,
}

impl Truncated {
    /// Returns the name used in JSON and headers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Bytes => "bytes",
            Self::Cell => "cell",
        }
    }
}

/// The end of a result.
#[derive(Debug, Serialize, Deserialize)]
pub struct Done {
    /// The columns of the result, in order.
    pub columns: Vec<Column>,
    /// Rows in the body.
    pub rows: usize,
    /// The limit that cut the result off; `None` if it is complete.
    pub truncated: Option<Truncated>,
    /// Time spent in the engine, without the time to send rows, in µs.
    pub engine_us: u64,
}

/// The outcome of a request.
pub type Outcome = Result<Done, QueryError>;

/// Writes a frame.
pub fn write(out: &mut impl Write, kind: u8, body: &[u8]) -> io::Result<()> {
    out.write_all(&head(kind, body.len())?)?;
    out.write_all(body)?;
    out.flush()
}

/// Returns the head of a frame with a body of `length` bytes.
pub fn head(kind: u8, length: usize) -> io::Result<[u8; 5]> {
    let length = u32::try_from(length).map_err(io::Error::other)?;
    let [a, b, c, d] = length.to_le_bytes();
    Ok([kind, a, b, c, d])
}

/// Reads a frame; returns `None` at the end of the pipe.
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

/// Reads a frame of at most `limit` bytes.
pub async fn receive(input: &mut (impl AsyncRead + Unpin), limit: usize) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    input.read_exact(&mut head).await?;
    let [kind, length @ ..] = head;
    let length = u32::from_le_bytes(length) as usize;
    if length > limit {
        return Err(io::Error::other(format!("a frame is {length} bytes; the limit is {limit}")));
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).await?;
    Ok((kind, body))
}
