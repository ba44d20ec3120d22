//! The pieces before the message of a text line: times, level words, brackets, loggers, trace ids.
//! Must not know any one layout; `layout` combines the pieces.

use crate::contract::Clock;
use crate::text::{exception, time};
use chrono::NaiveDate;
use chrono_tz::Tz;
use memchr::memmem::Finder;
use model::record::{Level, TextFields};
use std::sync::LazyLock;

/// The names of ids without their first letter; prepared once, since every message is searched for them.
static TRACE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("race"));
static SPAN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("pan"));

/// Splits a record's text into its first line and the lines after it.
pub fn first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// Returns fields with the further lines of a record as the stack, and the exception they name.
pub fn with_stack(stack: &str) -> TextFields<'_> {
    let stack = stack.trim_end();
    if stack.trim_start().is_empty() {
        return TextFields::default();
    }
    let exception = exception::exception_of(stack).map(Into::into);
    TextFields { stack: Some(stack.into()), exception, ..TextFields::default() }
}

/// Reads a word that can only be a level: `INFO`, `warning`, `[ERROR]`, `Error:`, `【错误】`. Words that also
/// begin sentences (`error`, `Fine`) count only in the spelling of loggers.
pub fn clear_level(word: &str) -> Option<Level> {
    if matches!(word, "INFO" | "WARN" | "ERROR" | "DEBUG") {
        return Level::of(word); // most lines have one
    }
    let bare = word.trim_matches(['[', ']', ':', '<', '>', '|', ' ', '【', '】', '：']);
    if !bare.is_ascii() {
        const ALONE: [&str; 6] = ["错误", "警告", "信息", "调试", "严重", "致命"];
        let is_level = bare.len() <= 12 && (bare.len() < word.len() || ALONE.contains(&bare));
        return is_level.then(|| Level::of(bare)).flatten();
    }
    if !(3..=13).contains(&bare.len()) || !bare.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let is_upper = bare.bytes().all(|byte| byte.is_ascii_uppercase());
    let is_marked = bare.len() < word.len();
    const LOWER: [&str; 9] =
        ["trace", "debug", "info", "warn", "warning", "error", "fatal", "critical", "notice"];
    (is_upper || is_marked || LOWER.contains(&bare)).then(|| Level::of(bare)).flatten()
}

/// A clock to see whether a text begins with a time; the time itself does not matter.
const ANY_DAY: Clock = Clock {
    zone: Tz::UTC,
    day: match NaiveDate::from_ymd_opt(2024, 12, 31) {
        Some(day) => day,
        None => NaiveDate::MIN,
    },
    written: None,
};

/// Reads the time at the front of `text`: a date and a clock, or a clock of the clock's day.
pub fn stamp(text: &str, clock: &Clock) -> Option<time::Stamp> {
    if is_time_of_day(text) { time::time_of_day(text, clock) } else { time::at_front(text, clock) }
}

/// Returns true if the time at the front can only be a time of day, `HH:MM:SS`.
pub fn is_time_of_day(text: &str) -> bool {
    text.as_bytes().get(2) == Some(&b':')
}

/// Returns true if the text begins with a date and time, in a bracket or not.
pub fn has_time(text: &str) -> bool {
    let text = text.strip_prefix(['[', '【']).unwrap_or(text);
    time::at_front(text, &ANY_DAY).is_some_and(|stamp| {
        let next = text.as_bytes().get(stamp.len);
        next.is_none_or(|next| {
            matches!(next, b' ' | b'\t' | b':' | b'[' | b']' | b',' | b'|' | b'-' | 0x80..)
        })
    })
}

/// Splits a bracketed group off the front: the group, its content, and the rest.
pub fn bracket(text: &str) -> Option<(&str, &str, &str)> {
    let (inner, close) = match text.strip_prefix('[') {
        Some(inner) => (inner, ']'),
        None => (text.strip_prefix('【')?, '】'),
    };
    let (content, after) = inner.split_once(close)?;
    Some((text.get(..text.len() - after.len())?, content, after))
}

/// Splits a level, or the name of an application in brackets, off the front if a time follows: `[WARN ] <time> …`,
/// `[ERROR][<time>]…`, `ERROR: <time> …`, `[pay] <time> …`,
/// `gateway|<time>|…`.
pub fn before_time(text: &str) -> Option<(&str, &str)> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (word, after) = match bracket(text) {
        Some((group, name, after)) if !has_time(name) && name.len() <= 64 => (group, after),
        Some(_) => return None,
        None => {
            let end = text.find([' ', ':', '|', '[', '\t', '：'])?;
            let is_first =
                |(word, after): &(&str, &str)| clear_level(word).is_some() || is_column(word, after);
            text.split_at_checked(end).filter(is_first)?
        }
    };
    let after = after.trim_start_matches([' ', ':', '|', ',', '-', '\t', '：']);
    has_time(after).then_some((word, after))
}

/// Returns true if a word is the first column of a line with `|` between them.
fn is_column(word: &str, after: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    after.starts_with('|') && (2..=32).contains(&word.len()) && word.bytes().all(is_part)
}

/// Reads a level of one letter in a bracket: `[E]`.
pub fn bracketed_letter(group: &str) -> Option<Level> {
    let (_, letter, _) = bracket(group)?;
    matches!(letter, "T" | "D" | "I" | "W" | "E" | "F").then(|| Level::of(letter)).flatten()
}

/// Returns true if a word can name a logger: `com.shop.Pay`, `shop::pay`, `o.s.Pay#12`, `root`.
pub fn is_logger(word: &str) -> bool {
    word.len() <= 200
        && word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._$:/#@[]-".contains(&byte))
        && !word.contains("://")
        && !word.ends_with(':')
}

/// Returns true if a word names code wherever it occurs.
pub fn is_qualified(word: &str) -> bool {
    let inner_capital = || {
        word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
            && word.bytes().any(|byte| byte.is_ascii_lowercase())
    };
    is_logger(word)
        && (word.contains("::") || word.contains('.') || word.starts_with("plugin/") || inner_capital())
}

/// Reads `[trace]`, `[trace-span]` and Sleuth's `[app,trace,span…]`.
pub fn trace_pair(group: &str) -> Option<(&str, &str)> {
    let is_id =
        |text: &str, len: usize| text.len() == len && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_trace = |text: &str| is_id(text, 32) || is_id(text, 16);
    if is_id(group, 32) {
        return Some((group, ""));
    }
    if let Some((trace, span)) =
        group.split_once('-').filter(|(trace, span)| is_trace(trace) && is_id(span, 16))
    {
        return Some((trace, span));
    }
    let mut parts = group.split(',').map(str::trim);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next());
    match third {
        Some(span) if is_trace(second) => Some((second, span)),
        _ if is_trace(first) && is_id(second, 16) => Some((first, second)),
        _ => None,
    }
}

/// Finds the id named `trace` or `span` in `text` (`traceId=…`, `trace_id: …`, `TraceID: …`,
/// `"trace.id":"…"`). Returns it with the byte offsets where its name begins and the id ends.
pub fn id_named<'a>(text: &'a str, name: &str) -> Option<(&'a str, usize, usize)> {
    let bytes = text.as_bytes();
    let tail = if name == "trace" { &*TRACE } else { &*SPAN };
    let mut from = 0;
    // only the first letter may be a capital: nobody logs `TRACE_ID`
    while let Some(found) = tail.find(bytes.get(from..)?) {
        let start = (from + found).checked_sub(1);
        let mut at = from + found + tail.needle().len();
        from = at;
        let Some(start) =
            start.filter(|start| bytes.get(*start).map(u8::to_ascii_lowercase) == name.bytes().next())
        else {
            continue;
        };
        if matches!(bytes.get(at), Some(b'_' | b'.' | b'-')) {
            at += 1;
        }
        if !bytes.get(at..at + 2).is_some_and(|id| id.eq_ignore_ascii_case(b"id")) {
            continue;
        }
        at += 2;
        let mut skip_any = |any: &[u8]| {
            let before = at;
            while bytes.get(at).is_some_and(|byte| any.contains(byte)) {
                at += 1;
            }
            at > before
        };
        skip_any(b"\"'");
        if !skip_any(b"=: ") {
            continue;
        }
        skip_any(b"\"'[");
        let len =
            bytes.iter().skip(at).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
        let id = text.get(at..at + len)?;
        if (8..=64).contains(&len)
            && id.bytes().any(|byte| byte.is_ascii_digit())
            && id.bytes().any(|byte| byte != b'0')
        {
            return Some((id, start, at + len));
        }
    }
    None
}
