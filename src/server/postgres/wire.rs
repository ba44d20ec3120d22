//! Messages of the Postgres protocol 3.0 as bytes: those of a client are parsed within limits, those of the server are
//! written into a buffer. Must not know what a message causes.

use crate::server::connections::Connection;
use crate::server::postgres::error::{PgError, PgResult};
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};

/// Longest message of a client in bytes; a statement is limited further.
const MAX_MESSAGE: usize = 256 << 10;
/// Longest message of a client that has not proved who it is, in bytes.
const MAX_STARTUP: usize = 10_000;
/// Bytes that are buffered before they are sent.
const SEND_BYTES: usize = 64 << 10;

/// A message of a client that has started.
#[derive(Debug)]
pub enum Message {
    /// Statements, separated by `;`.
    Query(String),
    /// Prepares a statement.
    Parse { name: String, sql: String, types: Vec<u32> },
    /// Binds parameters to a prepared statement.
    Bind(Bind),
    /// Requests the columns of a statement (`S`) or portal (`P`).
    Describe { target: u8, name: String },
    /// Requests rows of a portal; 0 is all.
    Execute { portal: String, max_rows: usize },
    /// Closes a statement (`S`) or portal (`P`).
    Close { target: u8, name: String },
    /// Ends a series of messages: what failed before it is over.
    Sync,
    /// Requests what is buffered.
    Flush,
    /// The password.
    Password(String),
    /// Ends the connection.
    Terminate,
    /// A message that needs no response: rows of a copy that was never begun.
    Ignored,
}

/// Parameters for a prepared statement.
#[derive(Debug)]
pub struct Bind {
    pub portal: String,
    pub statement: String,
    /// Formats of the parameters: none, one for all, or one each.
    pub formats: Vec<i16>,
    /// Values; `None` is null.
    pub parameters: Vec<Option<Vec<u8>>>,
    /// Formats of the columns, in the same way.
    pub results: Vec<i16>,
}

/// Returns true if the value at `at` has the binary format.
pub fn is_binary(formats: &[i16], at: usize) -> bool {
    let format = if formats.len() == 1 { formats.first() } else { formats.get(at) };
    format == Some(&1)
}

/// The first message of a connection.
#[derive(Debug)]
pub enum Startup {
    /// A request for encryption.
    Encryption,
    /// A request to cancel the statement of another connection.
    Cancel { id: u32, secret: u32 },
    /// The parameters of a session, in order.
    Session { version: u32, parameters: Vec<(String, String)> },
}

/// What a client sends.
pub struct Input {
    stream: ReadHalf<Connection>,
    buffer: BytesMut,
    /// Whether the client may send long messages.
    pub is_trusted: bool,
}

impl Input {
    pub fn new(stream: ReadHalf<Connection>) -> Self {
        Self { stream, buffer: BytesMut::new(), is_trusted: false }
    }

    /// Reads the first message; `None` if the client left.
    pub async fn startup(&mut self) -> PgResult<Option<Startup>> {
        const SSL: u32 = 80_877_103;
        const GSS: u32 = 80_877_104;
        const CANCEL: u32 = 80_877_102;
        if !self.fill(4).await? {
            return Ok(None);
        }
        let length = self.length(0, 8)?;
        if !self.fill(length).await? {
            return Ok(None);
        }
        let message = self.buffer.split_to(length);
        let mut body = Body(&message[4..]);
        let startup = match body.u32()? {
            SSL | GSS => Startup::Encryption,
            CANCEL => Startup::Cancel { id: body.u32()?, secret: body.u32()? },
            version if version >> 16 == 3 => {
                let mut parameters = Vec::new();
                while body.0.first().is_some_and(|byte| *byte != 0) {
                    parameters.push((body.text()?, body.text()?));
                }
                Startup::Session { version, parameters }
            }
            version => {
                let what = format!("protocol {}.{} is not supported", version >> 16, version & 0xffff);
                return Err(PgError::fatal("0A000", what));
            }
        };
        Ok(Some(startup))
    }

    /// Reads a message; `None` if the client left.
    pub async fn message(&mut self) -> PgResult<Option<Message>> {
        if !self.fill(5).await? {
            return Ok(None);
        }
        let length = self.length(1, 4)? + 1;
        if !self.fill(length).await? {
            return Ok(None);
        }
        let message = self.buffer.split_to(length);
        parse(message[0], &message[5..]).map(Some)
    }

    /// Waits until the client closes the connection; keeps what it sends meanwhile.
    pub async fn closed(&mut self) {
        while self.buffer.len() < MAX_MESSAGE {
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(1..) => {}
                _ => return,
            }
        }
        std::future::pending().await
    }

    /// Reads until the buffer has `bytes` bytes; returns false if the client left before.
    async fn fill(&mut self, bytes: usize) -> PgResult<bool> {
        while self.buffer.len() < bytes {
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(1..) => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Returns the length at `at` of the buffer.
    fn length(&self, at: usize, least: usize) -> PgResult<usize> {
        let length = (&self.buffer[at..]).get_u32() as usize;
        let most = if self.is_trusted { MAX_MESSAGE } else { MAX_STARTUP };
        match (least..=most).contains(&length) {
            true => Ok(length),
            false => {
                Err(PgError::fatal("08P01", format!("a message has {length} bytes; the limit is {most}")))
            }
        }
    }
}

fn parse(kind: u8, body: &[u8]) -> PgResult<Message> {
    let mut body = Body(body);
    Ok(match kind {
        b'Q' => Message::Query(body.text()?),
        b'P' => {
            Message::Parse { name: body.text()?, sql: body.text()?, types: body.list(|body| body.u32())? }
        }
        b'B' => Message::Bind(Bind {
            portal: body.text()?,
            statement: body.text()?,
            formats: body.list(Body::i16)?,
            parameters: body.list(Body::value)?,
            results: body.list(Body::i16)?,
        }),
        b'D' => Message::Describe { target: body.u8()?, name: body.text()? },
        b'E' => {
            let portal = body.text()?;
            let max_rows = i32::from_be_bytes(body.u32()?.to_be_bytes());
            Message::Execute { portal, max_rows: usize::try_from(max_rows).unwrap_or(0) }
        }
        b'C' => Message::Close { target: body.u8()?, name: body.text()? },
        b'S' => Message::Sync,
        b'H' => Message::Flush,
        b'p' => Message::Password(body.text()?),
        b'X' => Message::Terminate,
        b'd' | b'c' | b'f' => Message::Ignored,
        b'F' => return Err(PgError::fatal("0A000", "function calls are not supported")),
        _ => return Err(PgError::fatal("08P01", format!("unknown message type {kind}"))),
    })
}

/// The rest of a message.
struct Body<'b>(&'b [u8]);

impl<'b> Body<'b> {
    fn bytes(&mut self, count: usize) -> PgResult<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn u8(&mut self) -> PgResult<u8> {
        Ok(self.bytes(1)?.get_u8())
    }

    fn i16(&mut self) -> PgResult<i16> {
        Ok(self.bytes(2)?.get_i16())
    }

    fn u32(&mut self) -> PgResult<u32> {
        Ok(self.bytes(4)?.get_u32())
    }

    /// Reads a text that ends with a zero byte.
    fn text(&mut self) -> PgResult<String> {
        let length = self.0.iter().position(|byte| *byte == 0).ok_or_else(malformed)?;
        let text = self.bytes(length + 1)?;
        let text = std::str::from_utf8(&text[..length]);
        text.map(str::to_owned).map_err(|_| PgError::fatal("22021", "a text is not valid UTF-8"))
    }

    fn value(&mut self) -> PgResult<Option<Vec<u8>>> {
        match self.u32()? {
            u32::MAX => Ok(None),
            length => Ok(Some(self.bytes(length as usize)?.to_vec())),
        }
    }

    /// Reads a count and that many items.
    fn list<T>(&mut self, item: impl Fn(&mut Self) -> PgResult<T>) -> PgResult<Vec<T>> {
        let count = self.i16()?.cast_unsigned();
        (0..count).map(|_| item(self)).collect()
    }
}

fn malformed() -> PgError {
    PgError::fatal("08P01", "a message is shorter than its fields")
}

/// What the server sends.
pub struct Output {
    stream: WriteHalf<Connection>,
    buffer: Vec<u8>,
}

impl Output {
    pub fn new(stream: WriteHalf<Connection>) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// Adds bytes that are not a message: the answer to a request for encryption.
    pub fn raw(&mut self, byte: u8) {
        self.buffer.push(byte);
    }

    /// Adds a message, whose body `write` writes.
    pub fn message(&mut self, kind: u8, write: impl FnOnce(&mut Vec<u8>)) {
        self.buffer.push(kind);
        sized(&mut self.buffer, 4, write);
    }

    /// Adds a message without a body.
    pub fn empty(&mut self, kind: u8) {
        self.message(kind, |_| {});
    }

    /// Adds the end of a statement.
    pub fn complete(&mut self, tag: &str) {
        self.message(b'C', |body| put_text(body, tag));
    }

    /// Adds an error, or a notice (`N`).
    pub fn error(&mut self, kind: u8, error: &PgError) {
        let position = error.position.map(|position| position.to_string());
        let fields = [
            (b'S', Some(error.severity)),
            (b'V', Some(error.severity)),
            (b'C', Some(error.code)),
            (b'M', Some(error.what.as_str())),
            (b'H', error.hint.as_deref()),
            (b'P', position.as_deref()),
        ];
        self.message(kind, |body| {
            for (field, text) in fields {
                if let Some(text) = text {
                    body.push(field);
                    put_text(body, text);
                }
            }
            body.push(0);
        });
    }

    /// Sends what is buffered, if it is much.
    pub async fn send_some(&mut self) -> PgResult<()> {
        if self.buffer.len() >= SEND_BYTES { self.send().await } else { Ok(()) }
    }

    /// Sends what is buffered.
    pub async fn send(&mut self) -> PgResult<()> {
        let sent = self.stream.write_all(&self.buffer).await;
        self.buffer.clear();
        sent.map_err(|_| PgError::gone())
    }

    /// Sends what is buffered and closes the connection.
    pub async fn close(mut self) {
        let _ = self.send().await; // the client may be gone
        let _ = self.stream.shutdown().await;
    }
}

/// Both directions of a connection.
pub struct Wire {
    pub input: Input,
    pub output: Output,
}

/// Writes the description of a column: name, number and size of its type, format.
pub fn put_column(out: &mut Vec<u8>, name: &str, (oid, size): (u32, i16), is_binary: bool) {
    put_text(out, name);
    out.extend([0; 6]); // of no table
    out.extend(oid.to_be_bytes());
    out.extend(size.to_be_bytes());
    out.extend((-1_i32).to_be_bytes());
    out.extend(i16::from(is_binary).to_be_bytes());
}

/// Writes a length, and behind it what `write` writes; the length counts itself if `own` is 4.
pub fn sized(out: &mut Vec<u8>, own: usize, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend([0; 4]);
    write(out);
    let length = u32::try_from(out.len() - at - 4 + own).unwrap_or(u32::MAX);
    out[at..at + 4].copy_from_slice(&length.to_be_bytes());
}

/// Writes a text and a zero byte; the text ends where it has one.
pub fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().take_while(|byte| *byte != 0));
    out.push(0);
}
