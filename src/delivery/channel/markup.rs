//! The light Markdown of a brief in a channel's own markup, cut to its limits. Whatever is no `**`
//! around bold text and no `- ` before an item is text, and is made inert whoever wrote it.

use crate::delivery::channel::Message;
use redact::sanitize::{is_hidden, swapped};

/// How a channel writes a brief.
pub(super) struct Style {
    /// What stands around bold text.
    pub bold: (&'static str, &'static str),
    /// What stands before an item.
    pub item: &'static str,
    /// What ends a line.
    pub newline: &'static str,
    /// What a character is written as, where not as itself.
    pub escape: fn(char) -> Option<&'static str>,
    /// How much room a text takes.
    pub size: fn(&str) -> usize,
}

/// What may stand before or behind the text of a part: marks, a number, a keyword, what was left out.
const ROOM: usize = 500;

/// More parts than anyone reads are left out.
const MOST_PARTS: usize = 6;

/// Returns the parts of a brief, none larger than `limit`, numbered where there are several.
pub(super) fn parts(message: &Message, style: &Style, limit: usize) -> Vec<String> {
    let limit = limit.saturating_sub(ROOM);
    let mut parts = split(&lines(&message.text, style, limit), style, limit);
    let left_out = parts.len().saturating_sub(MOST_PARTS);
    parts.truncate(MOST_PARTS);
    if left_out > 0
        && let Some(last) = parts.last_mut()
    {
        let date = swapped(&message.date);
        let note = match message.lang.as_str() {
            "zh" => format!("……（过长，余下 {left_out} 段未发；全文：headwater brief --date {date}）"),
            _ => format!("… (too long, {left_out} more parts were left out: headwater brief --date {date})"),
        };
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

/// Returns a text of one line, harmless and escaped.
pub(super) fn line(text: &str, style: &Style) -> String {
    let escaped = |c: char| (style.escape)(c).map_or_else(|| c.to_string(), str::to_owned);
    harmless(text).chars().map(escaped).collect()
}

/// Returns the lines as the channel writes them; one longer than `longest` goes on in the next.
pub(super) fn lines(text: &str, style: &Style, longest: usize) -> Vec<String> {
    text.lines().flat_map(|line| written(line, style, longest)).collect()
}

fn written(line: &str, style: &Style, longest: usize) -> Vec<String> {
    let (item, text) = line.strip_prefix("- ").map_or(("", line), |text| (style.item, text));
    // without marks to keep them apart, what stood on both sides of one could become a link
    let text = if style.bold.0.is_empty() { text.replace("**", "") } else { text.to_owned() };
    let mut out = Vec::new();
    let (mut now, mut used) = (item.to_owned(), (style.size)(item));
    for (at, span) in text.split("**").enumerate() {
        let (open, close) = if at % 2 == 1 { style.bold } else { ("", "") };
        now += open;
        used += (style.size)(open);
        for c in harmless(span).chars() {
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

/// Packs lines into texts of at most `limit`: whole paragraphs where they fit, else whole lines.
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

/// Returns the bytes that a text takes inside JSON.
pub(super) fn json_bytes(text: &str) -> usize {
    text.len() + text.bytes().filter(|b| matches!(b, b'"' | b'\\' | b'\n')).count()
}

/// Returns a span of text that no channel takes for a mention, a link or markup. The ids that a
/// brief cites, `[F:… / T:…]`, stay as they are.
fn harmless(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !is_hidden(*c)).collect();
    let (mut rest, mut out) = (shown.as_str(), String::with_capacity(shown.len()));
    while let Some(open) = rest.find('[') {
        let cited = cited(&rest[open..]);
        match cited {
            Some(cited) => out += &(swapped(&rest[..open]) + cited),
            None => out += &swapped(&rest[..=open]),
        }
        rest = &rest[open + cited.map_or(1, str::len)..];
    }
    out + &swapped(rest)
}

/// Returns the citation that a text begins with.
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
