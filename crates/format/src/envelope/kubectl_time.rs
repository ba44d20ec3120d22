//! `kubectl logs --timestamps`, must-gather and support bundles: the kubelet's time and a space
//! before each line of the container. Strict, for applications write times too: what might be an
//! application's own line is left to the application's format.

use crate::contract::{Clock, Format, Peeled, Role};
use crate::leaf::klog::Klog;
use crate::leaf::logback::Logback;
use crate::leaf::{json_app, logfmt, nginx_access, nginx_error};
use crate::text::header::{clear_level, has_time};
use crate::text::time;
use chrono::NaiveDate;
use std::borrow::Cow;

/// The kubelet's time before the container's line.
pub struct KubectlTime;

/// Never read: these times name their zone.
const CLOCK: Clock = Clock { zone: chrono_tz::UTC, day: NaiveDate::MIN };

/// The time at the front of a line: µs UTC, digits of its fraction, bytes read with the space.
struct Prefix {
    ts: i64,
    digits: usize,
    len: usize,
}

/// Reads `YYYY-MM-DDTHH:MM:SS.ffffff[fff](Z|±hh:mm)` and one space, or the line's end.
fn prefix(line: &[u8]) -> Option<Prefix> {
    if line.get(10) != Some(&b'T') || line.get(4) != Some(&b'-') || line.get(19) != Some(&b'.') {
        return None;
    }
    let digits = line.iter().skip(20).take(10).take_while(|byte| byte.is_ascii_digit()).count();
    let zone_at = 20 + digits;
    let len = match line.get(zone_at)? {
        b'Z' => zone_at + 1,
        b'+' | b'-' if line.get(zone_at + 3) == Some(&b':') => zone_at + 6,
        _ => return None,
    };
    if !(6..=9).contains(&digits) || !matches!(line.get(len), Some(b' ') | None) {
        return None;
    }
    let stamp = time::iso(std::str::from_utf8(line.get(..len)?).ok()?, &CLOCK)?;
    let len = (len + 1).min(line.len());
    stamp.zoned.then_some(Prefix { ts: stamp.ts, digits, len })
}

/// Tells whether `rest` has a time of its own or a shape that needs none.
fn is_known(rest: &str) -> bool {
    Klog.begins(rest)
        || json_app::JsonApp.begins(rest)
        || logfmt::Logfmt.begins(rest)
        || nginx_access::NginxAccess.begins(rest)
        || nginx_error::NginxError.begins(rest)
        || (rest.starts_with(|c: char| c.is_ascii_digit() || c == '[') && has_time(rest))
}

impl Format for KubectlTime {
    fn name(&self) -> &'static str {
        "kubectl"
    }

    fn about(&self) -> &'static str {
        "`kubectl logs --timestamps`, must-gather: a time before each line of container stdout"
    }

    fn sample(&self) -> &'static str {
        "2026-11-22T10:11:12.345678901Z I1122 10:11:12.345600       1 leaderelection.go:258] successfully acquired lease shop/pay-operator"
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn begins(&self, text: &str) -> bool {
        prefix(text.as_bytes())
            .is_some_and(|prefix| is_envelope(text.get(prefix.len..).unwrap_or(""), &prefix))
    }

    fn peel<'a>(&self, line: &'a [u8]) -> Option<Peeled<'a>> {
        let prefix = prefix(line)?;
        let payload = line.get(prefix.len..)?;
        let text = payload.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        is_envelope(text, &prefix).then(|| Peeled {
            ts: Some(prefix.ts),
            payload: Cow::Borrowed(payload),
            stdout: true,
            ..Peeled::default()
        })
    }
}

/// Tells whether `rest` is a container's line after the kubelet's time, not the rest of a line that
/// an application began with a time.
fn is_envelope(rest: &str, prefix: &Prefix) -> bool {
    let word = rest.trim_start().split([' ', '\t']).next().unwrap_or("");
    if matches!(word, "stdout" | "stderr") {
        return false; // CRI
    }
    if clear_level(word).is_some() && !word.ends_with(':') && !word.starts_with('[') {
        return false;
    }
    // The kubelet always writes nine digits; with fewer, only a shape that stands for itself tells.
    prefix.digits == 9
        || is_known(rest)
        || !(rest.starts_with('[') || Logback.begins(rest) || is_number(word))
}

/// MySQL writes its thread after a time of six digits.
fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}
