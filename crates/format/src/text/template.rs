//! A message with its variables masked, so that equal events group: `timeout after <num>ms`.
//! One pass over the bytes, word by word, without state: equal messages have equal templates.
//! Must not know any log format.

/// Bytes of a message that its template is made of.
const MAX_BYTES: usize = 2048;

/// Returns the template of a message.
pub fn template_of(message: &str) -> String {
    let mut end = message.len().min(MAX_BYTES);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    let mut out = String::with_capacity(end);
    let mut rest = message.get(..end).unwrap_or(message);
    while !rest.is_empty() {
        let word_end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        if word_end == 0 {
            let separator = rest.chars().next().map_or(1, char::len_utf8);
            out.push_str(rest.get(..separator).unwrap_or_default());
            rest = rest.get(separator..).unwrap_or_default();
            continue;
        }
        let (word, tail) = rest.split_at(word_end);
        push_word(&mut out, word);
        rest = tail;
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':')
}

/// Appends a word, masked by its shape.
fn push_word(out: &mut String, word: &str) {
    if !word.bytes().any(|b| b.is_ascii_digit()) && !is_hex(word, 16) {
        out.push_str(word);
        return;
    }
    let core = word.trim_end_matches(['.', ':', '-', '_']);
    let tail = word.get(core.len()..).unwrap_or_default();
    let lead = core.len() - core.trim_start_matches(['.', ':', '-', '_']).len();
    let (head, core) = core.split_at(lead);
    out.push_str(head);
    if is_uuid(core) {
        out.push_str("<uuid>");
    } else if let Some((_, port)) = core.split_once(':').filter(|(address, _)| is_ip(address)) {
        out.push_str(if port.bytes().all(|b| b.is_ascii_digit()) { "<ip>:<num>" } else { "<ip>" });
    } else if is_ip(core) {
        out.push_str("<ip>");
    } else if is_time(core) {
        out.push_str("<time>");
    } else if is_hex(core, 8) && !core.bytes().all(|b| b.is_ascii_digit()) {
        out.push_str("<hex>");
    } else {
        push_parts(out, core);
    }
    out.push_str(tail);
}

/// Masks the digits inside a word: `order-9982` → `order-<num>`, `12ms` → `<num>ms`. Parts that
/// look generated (pod hashes) become `<id>`.
fn push_parts(out: &mut String, word: &str) {
    for part in word.split_inclusive(['-', '.', ':', '_']) {
        let body = part.trim_end_matches(['-', '.', ':', '_']);
        let digits = body.bytes().filter(u8::is_ascii_digit).count();
        let letters = body.bytes().filter(u8::is_ascii_alphabetic).count();
        if digits == 0 {
            out.push_str(body);
        } else if letters == 0 {
            out.push_str("<num>");
        } else if body.len() >= 5 && digits >= 1 && is_mixed(body) {
            out.push_str("<id>");
        } else {
            push_digits(out, body);
        }
        out.push_str(part.get(body.len()..).unwrap_or_default());
    }
}

/// Returns true if digits and letters alternate more than once, as in `x2x7k`.
fn is_mixed(body: &str) -> bool {
    let mut changes = 0;
    let mut last = None;
    for byte in body.bytes() {
        let digit = byte.is_ascii_digit();
        if last.is_some_and(|was| was != digit) {
            changes += 1;
        }
        last = Some(digit);
    }
    changes >= 2
}

fn push_digits(out: &mut String, body: &str) {
    let mut in_number = false;
    for c in body.chars() {
        if c.is_ascii_digit() {
            if !in_number {
                out.push_str("<num>");
            }
            in_number = true;
        } else {
            in_number = false;
            out.push(c);
        }
    }
}

fn is_ip(text: &str) -> bool {
    let mut parts = 0;
    for part in text.split('.') {
        if part.is_empty() || part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
            return false;
        }
        parts += 1;
    }
    parts == 4
}

fn is_hex(text: &str, least: usize) -> bool {
    text.len() >= least && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let mut parts = text.split('-');
    lengths.iter().all(|length| parts.next().is_some_and(|p| p.len() == *length && is_hex(p, *length)))
        && parts.next().is_none()
}

/// Returns true for `2026-11-22`, `10:12:01.5` and `2026-11-22T10:12:01`.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let date = bytes.len() >= 10 && bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
    let clock = bytes.len() >= 8 && bytes.get(2) == Some(&b':') && bytes.get(5) == Some(&b':');
    (date || clock)
        && bytes.iter().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b':' | b'.' | b'T' | b'Z'))
}

/// Returns the id of a template: 12 hex digits of its hash.
pub fn id_of(template: &str) -> String {
    blake3::hash(template.as_bytes()).to_hex().get(..12).unwrap_or_default().to_owned()
}
