//! `kubectl logs --timestamps`, must-gather and support bundles: the kubelet's time and a space
//! before each line of the container. Strict, because applications write times too: a line that might
//! be the application's own is left to the application's format.

use crate::contract::{Clock, Format, Role, Unwrapped};
use crate::leaf::klog::Klog;
use crate::leaf::logback::Logback;
use crate::leaf::{json_app, logfmt, nginx_access, nginx_error};
use crate::text::header::{clear_level, has_time};
use crate::text::time;
use std::borrow::Cow;

/// The kubelet's time before the container's line.
pub struct KubectlTime;

/// The time at the front of a line: µs UTC, digits of its fraction, bytes read including the space.
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
    let stamp = time::iso(std::str::from_utf8(line.get(..len)?).ok()?, &Clock::UTC)?;
    let len = (len + 1).min(line.len());
    stamp.zoned.then_some(Prefix { ts: stamp.ts, digits, len })
}

/// Returns true if `rest` has its own time, or a layout that has none.
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
        "`kubectl logs --timestamps` and must-gather: a time before each line of container stdout"
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

    fn first_bytes(&self) -> &'static [u8] {
        b"0123456789"
    }

    fn unwrap_line<'a>(&self, line: &'a [u8], _clock: &Clock) -> Option<Unwrapped<'a>> {
        let prefix = prefix(line)?;
        let payload = line.get(prefix.len..)?;
        let text = payload.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        is_envelope(text, &prefix).then(|| Unwrapped {
            ts: Some(prefix.ts),
            payload: Cow::Borrowed(payload),
            stdout: true,
            ..Unwrapped::default()
        })
    }
}

/// Returns true if `rest` is a container's line after the kubelet's time, false if the application
/// itself began the line with a time.
fn is_envelope(rest: &str, prefix: &Prefix) -> bool {
    let word = rest.trim_start().split([' ', '\t']).next().unwrap_or("");
    if matches!(word, "stdout" | "stderr") {
        return false; // CRI
    }
    if clear_level(word).is_some() && !word.ends_with(':') && !word.starts_with('[') {
        // `fatal error: ` of Go's runtime, `ERROR [<time>] ` of Dropwizard
        let after = rest.trim_start().get(word.len()..).unwrap_or("").trim_start();
        let is_crash =
            || ["error: ", "runtime error: ", "ERROR: "].iter().any(|text| after.starts_with(text));
        let after_thread = after.split_once("] ").map_or("", |(_, rest)| rest);
        return prefix.digits == 9 && (is_crash() || has_time(after) || has_time(after_thread));
    }
    // the kubelet always writes nine digits; with fewer, the line's own layout decides
    prefix.digits == 9
        || is_known(rest)
        || !(rest.starts_with('[') || Logback.begins(rest) || is_number(word))
}

/// Returns true for MySQL's thread number, which follows a time of six digits.
fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}
