//! Docker's json-file driver: `{"log":"text\n","stream":"stdout","time":"…"}`.
//! A `log` without a line end goes on in the next line of its stream (Docker splits at 16 KiB).

use crate::contract::{Clock, Format, Peeled, Role};
use crate::text::json::{members, text_of};
use crate::text::time;
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Prepared once: it is looked for in every line of JSON.
static LOG: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"log\""));

/// The format.
pub struct Docker;

impl Format for Docker {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn about(&self) -> &'static str {
        "container stdout as Docker's json-file driver writes it"
    }

    fn sample(&self) -> &'static str {
        r#"{"log":"connection refused\n","stream":"stderr","time":"2026-11-22T02:12:01.123456789Z"}"#
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn begins(&self, text: &str) -> bool {
        let has = |key: &str| memchr::memmem::find(text.as_bytes(), key.as_bytes()).is_some();
        text.starts_with('{')
            && LOG.find(text.as_bytes()).is_some()
            && has("\"stream\"")
            && has("\"time\"")
            && self.peel(text.as_bytes()).is_some()
    }

    fn peel<'a>(&self, line: &'a [u8]) -> Option<Peeled<'a>> {
        let text = std::str::from_utf8(line).ok()?;
        let clock = Clock { zone: chrono_tz::UTC, day: chrono::NaiveDate::MIN };
        let mut peeled = Peeled { stdout: true, ..Peeled::default() };
        let mut log = None;
        for member in members(&Cow::Borrowed(text)) {
            let (key, value) = member.ok()?;
            match key.as_ref() {
                "log" => log = Some(text_of(&value).unwrap_or_default()),
                "stream" => peeled.stream = text_of(&value),
                "time" => peeled.ts = time::iso(&text_of(&value)?, &clock).map(|stamp| stamp.ts),
                "attrs" => peeled.attrs.raw("docker", &value.as_raw_cow()),
                // with anything else beside it, it is a collector's record, not Docker's
                _ => return None,
            }
        }
        let log = log?;
        peeled.stream.as_ref()?;
        peeled.partial = !log.is_empty() && !log.ends_with('\n');
        peeled.payload = match log {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches(['\n', '\r']).as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.trim_end_matches(['\n', '\r']).as_bytes().to_vec()),
        };
        Some(peeled)
    }
}
