//! A client of the Postgres protocol that writes each message itself.

use crate::server::serve::Server;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A connection.
pub struct Raw {
    pub stream: TcpStream,
}

/// Returns the address on which a server listens for clients of Postgres.
pub fn address(server: &Server) -> String {
    loop {
        let log = server.log();
        if let Some(line) = log.lines().find_map(|line| line.strip_prefix("listening on postgres://")) {
            return line.trim_end_matches("/headwater").to_owned();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Returns a message of a kind.
pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("short");
    [&[kind][..], &length.to_be_bytes(), body].concat()
}

impl Raw {
    pub fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(address(server)).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(120))).expect("set");
        Self { stream }
    }

    /// Connects and starts a session.
    pub fn session(server: &Server) -> Self {
        let mut raw = Self::connect(server);
        let body = b"\x00\x03\x00\x00user\x00me\x00\x00";
        let length = u32::try_from(body.len() + 4).expect("short").to_be_bytes();
        raw.send(&[&length[..], body].concat());
        raw.send(&message(b'p', b"let-me-in\0"));
        let messages = raw.until_ready();
        assert!(messages.iter().any(|(kind, _)| *kind == b'K'), "{messages:?}");
        raw
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("sent");
    }

    /// Reads a message; `None` at the end.
    pub fn read(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        self.stream.read_exact(&mut head).ok()?;
        let [kind, length @ ..] = head;
        let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
        self.stream.read_exact(&mut body).ok()?;
        Some((kind, body))
    }

    /// Reads until the server waits for the next message, or closes the connection.
    pub fn until_ready(&mut self) -> Vec<(u8, Vec<u8>)> {
        let mut messages = Vec::new();
        while let Some(message) = self.read() {
            let is_last = message.0 == b'Z';
            messages.push(message);
            if is_last {
                break;
            }
        }
        messages
    }

    /// Runs a statement and returns the SQLSTATE of its error; `None` if it has none.
    pub fn query(&mut self, sql: &str) -> Option<String> {
        self.send(&message(b'Q', format!("{sql}\0").as_bytes()));
        state(&self.until_ready())
    }

    /// Runs a statement and returns its rows as texts with `|` between the columns.
    #[track_caller]
    pub fn rows(&mut self, sql: &str) -> Vec<String> {
        self.send(&message(b'Q', format!("{sql}\0").as_bytes()));
        rows(&self.until_ready(), sql)
    }

    /// Prepares a statement with types of its parameters, describes it, binds values (text or binary), and runs it.
    pub fn run(&mut self, sql: &str, types: &[u32], values: &[Value<'_>]) -> Vec<(u8, Vec<u8>)> {
        let count = |count: usize| u16::try_from(count).expect("few").to_be_bytes();
        let types =
            [&count(types.len())[..], &types.iter().flat_map(|oid| oid.to_be_bytes()).collect::<Vec<_>>()]
                .concat();
        self.send(&message(b'P', &[&b"\0"[..], sql.as_bytes(), b"\0", &types].concat()));
        self.send(&message(b'D', b"S\0"));
        let mut body = [&b"\0\0"[..], &count(values.len())].concat();
        let formats = values.iter().map(|value| u16::from(matches!(value, Value::Binary(_))));
        body.extend(formats.flat_map(u16::to_be_bytes));
        body.extend(count(values.len()));
        for value in values {
            match value {
                Value::Null => body.extend(u32::MAX.to_be_bytes()),
                Value::Text(value) => put(&mut body, value.as_bytes()),
                Value::Binary(value) => put(&mut body, value),
            }
        }
        body.extend([0; 2]);
        self.send(&message(b'B', &body));
        self.send(&message(b'E', b"\0\0\0\0\0"));
        self.send(&message(b'S', b""));
        self.until_ready()
    }

    /// Returns true if the server closes the connection; what it sends before is skipped.
    pub fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).is_ok()
    }
}

/// A value that is bound.
pub enum Value<'v> {
    Null,
    Text(&'v str),
    Binary(&'v [u8]),
}

fn put(body: &mut Vec<u8>, value: &[u8]) {
    body.extend(u32::try_from(value.len()).expect("short").to_be_bytes());
    body.extend(value);
}

/// Returns the rows among messages, as texts with `|` between the columns.
#[track_caller]
pub fn rows(messages: &[(u8, Vec<u8>)], sql: &str) -> Vec<String> {
    if let Some((_, error)) = messages.iter().find(|(kind, _)| *kind == b'E') {
        panic!("{}\n{sql}", String::from_utf8_lossy(error));
    }
    let rows = messages.iter().filter(|(kind, _)| *kind == b'D');
    let columns = |(_, row): &(u8, Vec<u8>)| {
        let (mut columns, mut rest) = (Vec::new(), &row[2..]);
        while let Some((length, values)) = rest.split_first_chunk() {
            let length = usize::try_from(i32::from_be_bytes(*length)).unwrap_or(0);
            columns.push(String::from_utf8_lossy(&values[..length]).into_owned());
            rest = &values[length..];
        }
        columns.join("|")
    };
    rows.map(columns).collect()
}

/// Returns the SQLSTATE of the error among messages.
pub fn state(messages: &[(u8, Vec<u8>)]) -> Option<String> {
    let (_, body) = messages.iter().find(|(kind, _)| *kind == b'E')?;
    let code = body.split(|byte| *byte == 0).find_map(|field| field.strip_prefix(b"C"));
    Some(String::from_utf8_lossy(code.expect("an SQLSTATE")).into_owned())
}
