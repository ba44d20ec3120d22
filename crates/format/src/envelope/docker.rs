//! Docker's json-file driver: `{"log":"text\n","stream":"stdout","time":"…"}`.
//! A `log` without a line end continues in the next line of its stream: Docker splits at 16 KiB.
//! Must not know what the text is.

use crate::contract::{Clock, Format, Role, Unwrapped};
use crate::envelope::shipper;
use crate::text::json_cursor::JsonCursor;
use crate::text::time;
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Prepared once: every line of JSON is searched for it.
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

    fn words(&self) -> &'static [&'static str] {
        &["\"log\""]
    }

    fn begins(&self, text: &str) -> bool {
        let has = |key: &str| memchr::memmem::find(text.as_bytes(), key.as_bytes()).is_some();
        text.starts_with('{')
            && LOG.find(text.as_bytes()).is_some()
            && has("\"stream\"")
            && has("\"time\"")
            && self.unwrap_line(text.as_bytes(), &Clock::UTC).is_some()
    }

    fn unwrap_line<'a>(&self, line: &'a [u8], _clock: &Clock) -> Option<Unwrapped<'a>> {
        let text = std::str::from_utf8(line).ok()?;
        let mut unwrapped = Unwrapped { stdout: true, ..Unwrapped::default() };
        let mut log = None;
        let outcome = JsonCursor::new(text).object(|key, value| {
            match key {
                "log" => log = Some(value.text()?.unwrap_or_default()),
                "stream" => unwrapped.stream = value.text()?,
                "time" => {
                    let Some(time) = value.text()? else { return Err(value.broken("a time")) };
                    unwrapped.ts = time::iso(&time, &Clock::UTC).map(|stamp| stamp.ts);
                }
                "attrs" => {
                    let labels = value.raw()?;
                    unwrapped.place = shipper::metadata_of(labels, &Clock::UTC).place;
                    unwrapped.attrs.raw("docker", labels);
                }
                // any other member makes it a collector's record, not Docker's
                _ => return Err(value.broken("a member of Docker's")),
            }
            Ok(())
        });
        outcome.ok()?;
        let log = log?;
        unwrapped.stream.as_ref()?;
        unwrapped.partial = !log.is_empty() && !log.ends_with('\n');
        unwrapped.payload = match log {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches(['\n', '\r']).as_bytes()),
            Cow::Owned(mut text) => {
                text.truncate(text.trim_end_matches(['\n', '\r']).len());
                Cow::Owned(text.into_bytes())
            }
        };
        Some(unwrapped)
    }
}
