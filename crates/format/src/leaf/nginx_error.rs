//! nginx and ingress-nginx error log: `yyyy/mm/dd hh:mm:ss [level] pid#tid: *connection msg,
//! client: …, server: …, request: "…", upstream: "…"`. The time names no zone.
//! Layout: nginx, `src/core/ngx_log.c`. Must not know the access log.

use crate::contract::{Clock, Emit, Format, Role};
use crate::text::{header, time};
use model::record::{Body, Level, Record};

/// nginx error log.
pub struct NginxError;

/// The context nginx adds after the message, in its order.
const CONTEXT: [&str; 8] =
    ["client", "server", "request", "subrequest", "upstream", "host", "referrer", "login"];

impl Format for NginxError {
    fn name(&self) -> &'static str {
        "nginx-error"
    }

    fn about(&self) -> &'static str {
        "nginx and ingress-nginx error log"
    }

    fn sample(&self) -> &'static str {
        "2026/11/22 10:11:12 [error] 29#29: *7 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.9, server: shop.example, request: \"GET /pay HTTP/1.1\", upstream: \"http://10.0.1.7:8080/pay\", host: \"shop.example\""
    }

    fn role(&self) -> Role {
        Role::Lines
    }

    fn begins(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        if bytes.get(4) != Some(&b'/') || bytes.get(19..21) != Some(b" [") {
            return false;
        }
        let rest = text.get(21..).and_then(|rest| rest.split_once("] "));
        rest.is_some_and(|(level, rest)| {
            let process = rest.split(':').next().unwrap_or("");
            Level::of(level).is_some()
                && process.contains('#')
                && process.bytes().all(|byte| byte.is_ascii_digit() || byte == b'#')
        })
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        let (head, stack) = header::first_line(text);
        let stamp = time::iso(head, clock).ok_or("no valid time at byte 0")?;
        let rest = head.get(stamp.len..).and_then(|rest| rest.strip_prefix(" ["));
        let (level, rest) = rest.and_then(|rest| rest.split_once("] ")).ok_or("no level at byte 19")?;
        let (process, rest) = rest.split_once(": ").ok_or("no process after the level")?;
        let (connection, rest) = match rest.strip_prefix('*').and_then(|rest| rest.split_once(' ')) {
            Some((number, rest)) => (Some(number), rest),
            None => (None, rest),
        };
        // a quoted file or header may contain the same words
        let is_outside = |at: &usize| rest.bytes().take(*at).filter(|byte| *byte == b'"').count() % 2 == 0;
        let at = rest.match_indices(", client: ").map(|(at, _)| at).take(8).find(is_outside);
        let (message, mut context) = at.and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
        let mut record = Record::text(message);
        record.attrs.text("process", process);
        if let Some(number) = connection {
            record.attrs.text("connection", number);
        }
        for (at, name) in CONTEXT.iter().enumerate() {
            let Some(value) = context.strip_prefix(", ").and_then(|rest| rest.strip_prefix(name)) else {
                continue;
            };
            let Some(value) = value.strip_prefix(": ") else { continue };
            let later = CONTEXT.get(at + 1..).unwrap_or(&[]);
            let end = later.iter().filter_map(|name| value.find(&format!(", {name}: "))).min();
            let (value, tail) = value.split_at_checked(end.unwrap_or(value.len())).unwrap_or((value, ""));
            record.attrs.text(name, value.trim_matches('"'));
            context = tail;
        }
        record.ts = Some(stamp.ts);
        record.zoned = stamp.zoned;
        record.level = Level::of(level);
        record.body = Body::Text(header::with_stack(stack));
        emit(record);
        Ok(())
    }
}
