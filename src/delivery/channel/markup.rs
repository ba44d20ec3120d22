//! Converts the reduced Markdown of a brief to the markup of a channel, and splits it by the limits of the
//! channel. Everything except `**` around bold text and `- ` before an item is plain text and is sanitized.

use crate::delivery::channel::Message;
use redact::sanitize::{is_hidden, replace_markup};

/// The markup of a channel.
pub(super) struct Style {
    /// Markup before and after bold text.
    pub bold: (&'static str, &'static str),
    /// Markup before an item.
    pub item: &'static str,
    /// Line break.
    pub newline: &'static str,
    /// Returns the escape of a character; `None` if it needs none.
    pub escape: fn(char) -> Option<&'static str>,
    /// Returns the size of a text, in the unit of the limit.
    pub size: fn(&str) -> usize,
}

/// Size reserved in each part for notes, the part number, a keyword, and the note on omitted parts.
const RESERVED: usize = 500;

/// Maximum number of parts; nobody reads more.
const MAX_PARTS: usize = 6;

/// Splits a brief into parts of at most `limit`. Several parts are numbered.
pub(super) fn parts(message: &Message, style: &Style, limit: usize) -> Vec<String> {
    let limit = limit.saturating_sub(RESERVED);
    let mut parts = split(&lines(&message.text, style, limit), style, limit);
    let omitted = parts.len().saturating_sub(MAX_PARTS);
    parts.truncate(MAX_PARTS);
    if omitted > 0
        && let Some(last) = parts.last_mut()
    {
        let date = replace_markup(&message.date);
        let note = message.lang.pick(
            format!("……（过长，余下 {omitted} 段未发；全文：headwater brief --date {date}）"),
            format!("… (too long; {omitted} more parts omitted: headwater brief --date {date})"),
        );
        *last = format!("{last}{}{note}", style.newline);
    }
    let count = parts.len();
    if count > 1 {
        for (at, part) in parts.iter_mut().enumerate() {
            *part = format!("({}/{count}){}{part}", at + 1, style.newline);
        }
    }
    parts
}

/// Returns a text of one line, sanitized and escaped.
pub(super) fn line(text: &str, style: &Style) -> String {
    let escaped = |c: char| (style.escape)(c).map_or_else(|| c.to_string(), str::to_owned);
    sanitized(text).chars().map(escaped).collect()
}

/// Returns the lines of a brief in the markup of the channel. A line longer than `longest` is continued in
/// the next one.
pub(super) fn lines(text: &str, style: &Style, longest: usize) -> Vec<String> {
    text.lines().flat_map(|line| converted(line, style, longest)).collect()
}

fn converted(line: &str, style: &Style, longest: usize) -> Vec<String> {
    let (item, text) = line.strip_prefix("- ").map_or(("", line), |text| (style.item, text));
    // if the `**` between two texts is dropped, the two together could become a link
    let text = if style.bold.0.is_empty() { text.replace("**", "") } else { text.to_owned() };
    let mut out = Vec::new();
    let (mut now, mut used) = (item.to_owned(), (style.size)(item));
    for (at, span) in text.split("**").enumerate() {
        let (open, close) = if at % 2 == 1 { style.bold } else { ("", "") };
        now += open;
        used += (style.size)(open);
        for c in sanitized(span).chars() {
            let mut buffer = [0; 4];
            let c = (style.escape)(c).unwrap_or_else(|| c.encode_utf8(&mut buffer));
            if used + (style.size)(c) + (style.size)(close) > longest {
                out.push(std::mem::take(&mut now) + close);
                now = format!("… {open}");
                used = (style.size)(&now);
            }
            now += c;
            used += (style.size)(c);
        }
        now += close;
        used += (style.size)(close);
    }
    out.push(now);
    out
}

/// Packs lines into texts of at most `limit`: whole paragraphs if they fit, otherwise whole lines.
pub(super) fn split(lines: &[String], style: &Style, limit: usize) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut now = String::new();
    let mut add = |text: &str, gap: &str, now: &mut String| {
        if !now.is_empty() && (style.size)(now) + (style.size)(gap) + (style.size)(text) > limit {
            parts.push(std::mem::take(now));
        }
        if !now.is_empty() {
            *now += gap;
        }
        *now += text;
    };
    let gap = style.newline.repeat(2);
    for paragraph in lines.split(String::is_empty).filter(|paragraph| !paragraph.is_empty()) {
        let whole = paragraph.join(style.newline);
        if (style.size)(&whole) <= limit {
            add(&whole, &gap, &mut now);
            continue;
        }
        for (at, line) in paragraph.iter().enumerate() {
            add(line, if at == 0 { &gap } else { style.newline }, &mut now);
        }
    }
    parts.push(now);
    parts
}

/// Returns the size of a text inside JSON, bytes.
pub(super) fn json_bytes(text: &str) -> usize {
    text.len() + text.bytes().filter(|b| matches!(b, b'"' | b'\\' | b'\n')).count()
}

/// Returns a text that no channel interprets as a mention, a link or markup. The ids that a brief cites,
/// `[F:… / T:…]`, stay unchanged.
fn sanitized(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !is_hidden(*c)).collect();
    let (mut rest, mut out) = (shown.as_str(), String::with_capacity(shown.len()));
    while let Some(open) = rest.find('[') {
        let cited = cited(&rest[open..]);
        match cited {
            Some(cited) => out += &(replace_markup(&rest[..open]) + cited),
            None => out += &replace_markup(&rest[..=open]),
        }
        rest = &rest[open + cited.map_or(1, str::len)..];
    }
    out + &replace_markup(rest)
}

/// Returns the citation of ids at the start of a text.
fn cited(text: &str) -> Option<&str> {
    let end = text.find(']')?;
    let ids = &text[1..end];
    let is_id = |id: &str| {
        let id = id.strip_prefix("F:").or_else(|| id.strip_prefix("T:")).or_else(|| id.strip_prefix("A:"));
        id.is_some_and(|id| id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)))
    };
    let is_link = text[end + 1..].starts_with(['(', '[', ':']);
    (ids.split(" / ").all(is_id) && !is_link).then(|| &text[..=end])
}
