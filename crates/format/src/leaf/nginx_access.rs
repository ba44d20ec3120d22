//! nginx access log: `combined`, ingress-nginx's upstream fields after it, and fields that others
//! append. Level and error code come from the status. Must not know the services behind it.
//! Layouts: nginx `log_format combined`; ingress-nginx `log-format-upstream`.

use crate::contract::{Clock, Emit, Format, Role};
use crate::text::time;
use model::record::{Attrs, Body, Level, Record, TextFields};

/// nginx and ingress-nginx access log; also Apache's.
pub struct NginxAccess;

/// ingress-nginx's fields after `combined`, in order.
const INGRESS: [&str; 9] = [
    "request_length",
    "request_time",
    "proxy_upstream_name",
    "proxy_alternative_upstream_name",
    "upstream_addr",
    "upstream_response_length",
    "upstream_response_time",
    "upstream_status",
    "request_id",
];

/// Splits at the `[` of a common log or ISO time: the client, and the rest beginning with the time.
fn split_time(text: &str) -> Option<(&str, &str)> {
    // names and addresses before the time are short
    let mut heads = text.bytes().take(512).enumerate().filter(|(_, byte)| *byte == b'[').map(|(at, _)| at);
    heads.find_map(|head| {
        let (client, rest) = (text.get(..head)?, text.get(head + 1..)?);
        let is = |at: usize, wanted: u8| rest.as_bytes().get(at) == Some(&wanted);
        let is_time =
            is(2, b'/') && is(6, b'/') && is(11, b':') || is(4, b'-') && is(7, b'-') && is(10, b'T');
        // of two words the first is the host: other programs write so
        (is_time && !matches!(client.split_ascii_whitespace().count(), 0 | 2)).then_some((client, rest))
    })
}

/// Splits the text after the time at the request: the host before it, if there is one, and the rest.
fn split_host(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix(' ')?;
    let (host, rest) = text.split_at_checked(text.bytes().take(256).position(|byte| byte == b'"')?)?;
    (host.is_empty() || host.ends_with(' ') && host.split(' ').count() == 2).then_some((host.trim(), rest))
}

/// Splits `"…"` off the front; a backslash escapes the next byte.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start().strip_prefix('"')?;
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    })?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

/// Splits one word off the front; a list `a, b` is one word, `[…]` is returned without its brackets.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let mut at = 0;
    let end = loop {
        let Some(space) = text.get(at..)?.find(' ').map(|space| at + space) else { break text.len() };
        if !text.get(..space)?.ends_with([',', ':']) {
            break space;
        }
        at = space + 1;
    };
    let (word, rest) = text.split_at_checked(end)?;
    let bare = word.strip_prefix('[').and_then(|word| word.strip_suffix(']')).unwrap_or(word);
    (!word.is_empty()).then_some((bare, rest))
}

fn add(attrs: &mut Attrs, name: &str, value: &str) {
    if !matches!(value, "" | "-") {
        attrs.text(name, value);
    }
}

/// Reads the fields after the user agent; returns the upstream's address.
fn read_tail<'a>(tail: &'a str, attrs: &mut Attrs) -> Option<&'a str> {
    let mut words = Vec::new();
    let mut rest = tail;
    while let Some((value, after)) = quoted(rest).or_else(|| word(rest)).filter(|_| words.len() < 64) {
        words.push(value);
        rest = after;
    }
    let is_ingress = words.len() >= 8 && words.iter().take(2).all(|word| word.parse::<f64>().is_ok());
    if !is_ingress {
        add(attrs, "tail", tail.trim());
        return None;
    }
    for (name, value) in INGRESS.iter().zip(&words) {
        add(attrs, name, value);
    }
    words.get(4).copied().filter(|address| *address != "-")
}

impl Format for NginxAccess {
    fn name(&self) -> &'static str {
        "nginx-access"
    }

    fn about(&self) -> &'static str {
        "nginx and ingress-nginx access log (combined and upstream fields), Apache's too"
    }

    fn sample(&self) -> &'static str {
        "10.0.0.9 - - [22/Nov/2026:10:11:12 +0800] \"GET /pay?id=7 HTTP/1.1\" 502 157 \"-\" \"curl/8.5\" 412 5.003 [shop-pay-api-80] [] 10.0.1.7:8080 0 5.002 502 6f1d2c3b4a5968778695a4b3c2d1e0f9"
    }

    fn role(&self) -> Role {
        Role::Line
    }

    fn begins(&self, text: &str) -> bool {
        split_time(text)
            .and_then(|(_, rest)| rest.split_once(']'))
            .is_some_and(|(time, rest)| time.len() < 40 && split_host(rest).is_some())
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        let (client, rest) = split_time(text).ok_or("no time in brackets after the client")?;
        let stamp = time::common_log(rest, clock)
            .or_else(|| time::iso(rest, clock))
            .ok_or_else(|| format!("no valid time at byte {}", client.len() + 1))?;
        let (_, rest) = rest.split_once(']').ok_or("the time has no end")?;
        let (host, rest) = split_host(rest).ok_or("no request after the time")?;
        let (request, rest) = quoted(rest).ok_or("the request has no end")?;
        let (status, rest) = word(rest).ok_or("no status after the request")?;
        let code: u16 = status.parse().map_err(|_| format!("`{status}` is not a status"))?;
        let (sent, rest) = word(rest).unwrap_or(("", rest));
        let (referer, rest) = quoted(rest).unwrap_or(("", rest));
        let (agent, tail) = quoted(rest).unwrap_or(("", rest));

        let mut attrs = Attrs::default();
        let names: Vec<&str> = client.split_ascii_whitespace().collect();
        let is_address = |name: &&&str| name.trim_end_matches(',').parse::<std::net::IpAddr>().is_ok();
        let address = names.iter().find(is_address).or(names.first()).copied().unwrap_or("");
        add(&mut attrs, "client", address.trim_end_matches(','));
        add(&mut attrs, "user", names.get(1..).and_then(<[_]>::last).copied().unwrap_or(""));
        // Apache's `%v` is before the client, others write the host after the time
        let before = names.first().copied().filter(|name| *name != address).unwrap_or("");
        add(&mut attrs, "host", if host.is_empty() { before } else { host });
        let (method, target) = request.split_once(' ').unwrap_or(("", ""));
        let target = target.split(' ').next().unwrap_or("");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        for (name, value) in [("method", method), ("path", path), ("query", query), ("status", status)] {
            add(&mut attrs, name, value);
        }
        for (name, value) in [("bytes_sent", sent), ("referer", referer), ("user_agent", agent)] {
            add(&mut attrs, name, value);
        }
        let upstream = read_tail(tail, &mut attrs);
        if path.is_empty() {
            add(&mut attrs, "request", request);
        }
        let request_line = if path.is_empty() { request.to_owned() } else { format!("{method} {path}") };
        let upstream = upstream.map_or_else(String::new, |address| format!(" upstream {address}"));
        let mut record = Record::text(format!("{request_line} {code}{upstream}"));
        record.ts = Some(stamp.ts);
        record.zoned = stamp.zoned;
        record.level = Some(match code {
            500.. => Level::Error,
            400.. => Level::Warn,
            _ => Level::Info,
        });
        record.attrs = attrs;
        let error_code = (code >= 400).then_some(status.into());
        record.body = Body::Text(TextFields { error_code, ..TextFields::default() });
        emit(record);
        Ok(())
    }
}
