//! CRI container logs, as containerd and CRI-O write them:
//! `<RFC 3339 nano> <stdout|stderr> <P|F>[:tag…] <text>`. A `P` line continues in
//! the next line of its stream. Must not know what the text is.

use crate::contract::{Clock, Format, Role, Unwrapped};
use crate::text::time;
use std::borrow::Cow;

/// The format.
pub struct Cri;

impl Format for Cri {
    fn name(&self) -> &'static str {
        "cri"
    }

    fn about(&self) -> &'static str {
        "container stdout as containerd and CRI-O write it"
    }

    fn sample(&self) -> &'static str {
        "2026-11-22T02:12:01.123456789Z stderr F connection refused"
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn begins(&self, text: &str) -> bool {
        split(text.as_bytes()).is_some()
    }

    fn first_bytes(&self) -> &'static [u8] {
        b"0123456789"
    }

    fn unwrap_line<'a>(&self, line: &'a [u8], _clock: &Clock) -> Option<Unwrapped<'a>> {
        let (stamp, stream, tag, payload) = split(line)?;
        Some(Unwrapped {
            ts: Some(time::iso(std::str::from_utf8(stamp).ok()?, &Clock::UTC)?.ts),
            stream: Some(Cow::Borrowed(stream)),
            partial: tag.first() == Some(&b'P'),
            payload: Cow::Borrowed(payload),
            stdout: true,
            ..Unwrapped::default()
        })
    }
}

/// Time, stream, tag and text of a line.
type Parts<'a> = (&'a [u8], &'static str, &'a [u8], &'a [u8]);

fn split(line: &[u8]) -> Option<Parts<'_>> {
    if !line.first()?.is_ascii_digit() || line.get(10) != Some(&b'T') {
        return None;
    }
    let space = memchr::memchr(b' ', line.get(..48.min(line.len()))?)?;
    let (stamp, rest) = (line.get(..space)?, line.get(space + 1..)?);
    let stream = match rest.get(..7)? {
        b"stdout " => "stdout",
        b"stderr " => "stderr",
        _ => return None,
    };
    let rest = rest.get(7..)?;
    let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
    let tag = rest.get(..end)?;
    let full = matches!(tag.first()?, b'P' | b'F') && matches!(tag.get(1), None | Some(b':'));
    full.then_some((stamp, stream, tag, rest.get(end + 1..).unwrap_or(b"")))
}
