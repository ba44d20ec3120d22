//! The Postgres protocol under attack: statements that are not allowed, deadly ones, and bytes that are no messages.

use crate::query::forbidden::{FORBIDDEN, TARGET, deadly};
use crate::server::day::Day;
use crate::server::postgres_raw::{Raw, message};
use std::path::Path;

const CONFIG: &str = "[serve]\npostgres = \"127.0.0.1:0\"\ntoken_env = \"TOKEN_OF_TEST\"\ntoken_role = \"read\"\nquery_seconds = 3\nquery_mib = 256\n";

/// Statements that are answered without the engine and change nothing.
const HARMLESS: [&str; 8] =
    ["set time zone", "begin", "start transaction", "commit", "rollback", "deallocate", "do ", "-- nothing"];

#[test]
fn forbidden_statements_are_refused() {
    let day = Day::small();
    let server = day.serve(CONFIG);
    let mut raw = Raw::session(&server);
    for sql in FORBIDDEN {
        // two statements are two here, and nothing is none
        let is_script = sql.trim_matches(';').is_empty() || sql.starts_with("select 1;");
        let state = raw.query(&sql.replace('\0', "\u{1}"));
        let is_harmless = is_script || HARMLESS.iter().any(|begin| sql.starts_with(begin));
        assert!(is_harmless || state.is_some(), "{sql}");
        assert_ne!(state.as_deref(), Some("XX000"), "{sql}");
    }
    assert_eq!(raw.query("select 1; drop table audit").as_deref(), Some("42501"));
    assert!(!Path::new(TARGET).exists());
    assert_eq!(raw.query("select count(*) from audit"), None);
}

#[test]
fn deadly_statements_end() {
    let day = Day::small();
    let mut server = day.serve(CONFIG);
    for sql in deadly().iter().step_by(6) {
        let mut raw = Raw::session(&server);
        let state = raw.query(sql);
        assert_ne!(state.as_deref(), Some("XX000"), "{sql:.200}");
        assert_eq!(raw.query("select 1"), None, "{sql:.200}");
    }
    assert!(server.is_running());
}

#[test]
fn hostile_bytes_end_the_connection_alone() {
    let day = Day::small();
    let mut server = day.serve(CONFIG);
    let mut other = Raw::session(&server);
    let huge = 0x4000_0000_u32.to_be_bytes();
    let mut random = 7_u64;
    let mut noise = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 56) as u8
    };
    let noise: Vec<u8> = (0..4096).map(|_| noise()).collect();
    let startup =
        |body: &[u8]| [&u32::try_from(body.len() + 4).expect("short").to_be_bytes()[..], body].concat();
    let first: Vec<Vec<u8>> = vec![
        noise.clone(),
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        huge.to_vec(),
        vec![0; 64],
        vec![255; 64],
        startup(b"\x00\x02\x00\x00user\x00me\x00\x00"),
        startup(b"\x00\x03\x00\x00user"),
        startup(b"\x00\x03\x00\x00user\x00\xff\xfe\x00\x00"),
        startup(b"\x04\xd2\x16\x2e\x00"), // a request to cancel that ends early
        startup(b"\x04\xd2\x16\x2e\x00\x00\x00\x01\x00\x00\x00\x02"),
    ];
    for bytes in &first {
        let mut raw = Raw::connect(&server);
        raw.send(bytes);
        assert!(raw.is_closed(), "{bytes:?}");
    }
    // before the password, messages are short
    let mut raw = Raw::connect(&server);
    raw.send(&startup(b"\x00\x03\x00\x00user\x00me\x00\x00"));
    raw.send(&[b"p"[..].to_vec(), 100_000_u32.to_be_bytes().to_vec()].concat());
    assert!(raw.is_closed());
    let messages: Vec<Vec<u8>> = vec![
        noise,
        [b"Q".to_vec(), huge.to_vec()].concat(),
        [b"Q".to_vec(), vec![0, 0, 0, 3]].concat(),
        [b"Q".to_vec(), vec![255; 4]].concat(),
        message(b'F', b"\0\0\0\0"),
        message(b'?', b""),
        message(b'S', b""),
    ];
    for bytes in &messages {
        let mut raw = Raw::session(&server);
        raw.send(bytes);
        raw.send(&message(b'X', b""));
        assert!(raw.is_closed(), "{bytes:?}");
    }
    // fields that contradict their message, and names that do not exist: the session goes on, or ends with an error
    for (kind, body) in [
        (b'P', &b"\0select 1\0\xff\xff"[..]),
        (b'B', b"\0\0\0\0\xff\xff\0\0\0\0"),
        (b'B', b"\0missing\0\0\0\0\0\0\0"),
        (b'B', b"\0\0\0\0\0\x01\x7f\xff\xff\xff\0\0"),
        (b'D', b"S"),
        (b'D', b"Pmissing\0"),
        (b'E', b"missing\0\x7f\xff\xff\xff"),
        (b'C', b"Zx\0"),
        (b'Q', b"select '\xff\xfe'\0"),
        (b'Q', b"select 1"),
    ] {
        let mut raw = Raw::session(&server);
        raw.send(&message(kind, body));
        raw.send(&message(b'X', b""));
        assert!(raw.is_closed(), "{kind} {body:?}");
    }
    // the largest number of rows, of a statement with one
    let mut raw = Raw::session(&server);
    raw.send(&message(b'P', b"\0select 1\0\0\0"));
    raw.send(&message(b'B', b"\0\0\0\0\0\0\0\x02\0\x01\0\x01"));
    raw.send(&message(b'E', b"\0\x7f\xff\xff\xff"));
    raw.send(&message(b'S', b""));
    let messages = raw.until_ready();
    assert!(messages.iter().any(|(kind, _)| *kind == b'D'), "{messages:?}");
    assert_eq!(other.query("select 1"), None);
    assert!(server.is_running());
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// One token cannot take all sessions, and what is no session has a connection of its own.
#[test]
fn sessions_of_a_token_are_limited() {
    let day = Day::small();
    let server = day.serve(CONFIG);
    let mut sessions: Vec<Raw> = (0..64).map(|_| Raw::session(&server)).collect();
    let mut further = Raw::connect(&server);
    let body = b"\x00\x03\x00\x00user\x00me\x00\x00";
    let length = u32::try_from(body.len() + 4).expect("short").to_be_bytes();
    further.send(&[&length[..], body].concat());
    further.send(&message(b'p', b"let-me-in\0"));
    let messages = further.until_ready();
    assert_eq!(crate::server::postgres_raw::state(&messages).as_deref(), Some("53300"));
    let mut cancel = Raw::connect(&server);
    cancel.send(b"\x00\x00\x00\x10\x04\xd2\x16\x2e\x00\x00\x00\x01\x00\x00\x00\x02");
    assert!(cancel.is_closed());
    let mut last = sessions.pop().expect("a session");
    assert_eq!(last.query("select 1"), None);
    last.send(&message(b'X', b""));
    assert!(last.is_closed());
    let log = server.log();
    assert!(!log.contains("let-me-in"), "{log}");
}
