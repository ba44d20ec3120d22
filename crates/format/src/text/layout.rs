//! The header of a text line: level, thread, ids and logger in any order that a team configured.
//! Cautious, because the message loses the text of the header: a sentence is never a header.
//! Must not know where the line came from, and does not read its time.

use crate::text::header::{bracket, clear_level, id_named, is_logger, is_qualified, trace_pair};
use model::record::Level;

/// The header of a line, and the rest of the line.
#[derive(Default)]
pub struct Header<'a> {
    /// Level.
    pub level: Option<Level>,
    /// Logger, if it comes before the level.
    pub logger: Option<&'a str>,
    /// Thread.
    pub thread: Option<&'a str>,
    /// The brackets before the thread: Spring Boot's application name.
    pub app: Option<&'a str>,
    /// Trace and span id; the span id may be empty.
    pub trace: Option<(&'a str, &'a str)>,
    /// The text after the header.
    pub rest: &'a str,
}

/// Most pieces before the level.
const MAX_PIECES: usize = 8;

/// Reads pieces up to the level and the brackets after it. `bracketed` means that the time was in
/// brackets too, `level` is the one before the time.
pub fn pieces<'a>(text: &'a str, bracketed: bool, level: Option<Level>) -> Header<'a> {
    let mut header = Header { level, rest: text, ..Header::default() };
    let mut rest = text;
    let mut names: Vec<&str> = Vec::new();
    let mut threads = 0; // threads seen before the level
    for _ in 0..MAX_PIECES {
        let before = rest.trim_start_matches([' ', '\t', '|', ',', ':', '：']);
        let dashes = before.trim_start_matches('-');
        rest = if dashes.starts_with([' ', '\t']) { dashes.trim_start() } else { before };
        if let Some((group, content, after)) = bracket(rest) {
            let content = content.trim();
            let names_id = content.get(..5).is_some_and(|name| name.eq_ignore_ascii_case("trace"));
            let has_ids = content.is_empty() || names_id || trace_pair(content).is_some();
            match clear_level(group) {
                Some(level) if header.level.is_none() => header.level = Some(level),
                _ if header.level.is_some()
                    && !has_ids
                    && (bracketed
                        || group.starts_with('【')
                        || is_text(&header, threads, content, after)) =>
                {
                    break;
                }
                _ if content.len() > 128 => break,
                // a title, unless a level follows
                _ if group.starts_with('【') => {
                    names.push(content);
                    header.app = Some(content);
                    rest = after;
                    continue;
                }
                _ if has_ids => header.trace = header.trace.or_else(|| ids_of(content)),
                _ => header.app = header.thread.replace(content),
            }
            (rest, header.rest) = (after, after);
            continue;
        }
        let Some((word, after)) = rest.split_at_checked(word_len(rest)).filter(|(word, _)| !word.is_empty())
        else {
            break;
        };
        if header.level.is_some() {
            // a process number, as Spring Boot writes it between level and `---`
            let is_process =
                word.bytes().all(|byte| byte.is_ascii_digit()) && after.trim_start().starts_with("---");
            if !is_process {
                break;
            }
        } else if let Some(level) = clear_level(word).or_else(|| letter_level(word, after)) {
            let is_named = names.iter().any(|name| is_name(name));
            let is_lower = word.is_ascii() && !word.bytes().any(|byte| byte.is_ascii_uppercase());
            if is_lower && (is_named || header.thread.is_none() && begins_sentence(after)) {
                names.push(word);
                break;
            }
            header.level = Some(level);
            header.rest = after;
            threads = usize::from(header.thread.is_some());
        } else if is_name(word) && !names.iter().any(|name| is_name(name)) || is_number_or_zone(word) {
            names.push(word);
        } else {
            names.push(word);
            break; // a sentence, not a header
        }
        rest = after;
    }
    if header.level.is_none() {
        // without a level the end of the header is unknown: only brackets before the first word count
        return if names.is_empty() {
            header
        } else {
            Header { rest: text.trim_start_matches([' ', '\t', '-', ':']), ..Header::default() }
        };
    }
    header.logger = names.into_iter().find(|name| is_name(name));
    header
}

/// Returns the trace and span id that the content of a bracket is or names.
fn ids_of(content: &str) -> Option<(&str, &str)> {
    trace_pair(content).or_else(|| {
        let span = id_named(content, "span").map_or("", |(id, ..)| id);
        id_named(content, "trace").map(|(id, ..)| (id, span))
    })
}

/// Returns the bytes of the word at the front; a level ends at its colon, a full-width colon belongs to the word.
fn word_len(text: &str) -> usize {
    let end = text.find([' ', '\t', ',', '|', '：']).unwrap_or(text.len());
    let (word, after) = text.split_at(end);
    if after.starts_with('：') {
        return end + '：'.len_utf8();
    }
    word.find(':').filter(|at| word.get(..*at).and_then(clear_level).is_some()).unwrap_or(end)
}

/// Returns true if a bracket after the level is the application's text: it contains a sentence, or
/// the thread is known already, and no separator follows that would end a header.
fn is_text(header: &Header<'_>, threads: usize, content: &str, after: &str) -> bool {
    let closes = [" - ", " : ", " ---"].iter().any(|separator| after.starts_with(separator));
    !closes && (threads > 0 || header.app.is_some() || content.contains(' '))
}

/// Returns true if the text after a level word in lower case continues a sentence: `error count: 0`,
/// `info desk opened`. Columns and fields do not.
fn begins_sentence(after: &str) -> bool {
    let Some(next) = after.strip_prefix(' ').and_then(|after| after.split(' ').next()) else { return false };
    let is_field = next.contains('=') || next.strip_suffix(':').is_some_and(is_qualified);
    next.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) && !is_field
}

/// Returns true if a word before the level can be the logger.
fn is_name(word: &str) -> bool {
    is_logger(word) && word.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// Returns true if a word before the level is a process number or a zone such as `CEST`.
fn is_number_or_zone(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
        || word.len() <= 5 && word.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Reads the level letter of etcd's `W | package: text`.
fn letter_level(word: &str, after: &str) -> Option<Level> {
    (word.len() == 1 && after.starts_with(" | ")).then(|| Level::of(word)).flatten()
}

/// Finds `logger - `, `logger : `, `target: ` or `logger#12 ` after the level. Returns the byte offsets
/// of the logger in [`Header::rest`].
pub fn logger(header: &Header<'_>, has_layout: bool) -> Option<(usize, usize)> {
    let text = header.rest;
    let start = text.len() - text.trim_start_matches([' ', '\t', '-', ':', '|']).len();
    let rest = text.get(start..)?;
    let end = rest.find([' ', '\t']).unwrap_or(rest.len());
    let word = rest.get(..end)?;
    let after = rest.get(end..)?.trim_start();
    let separated = after.starts_with("- ")
        || after.starts_with("-- ")
        || after.starts_with(": ")
        || after == "-"
        || after == ":"
        || after.starts_with("{\"") && after.ends_with('}');
    if separated && is_logger(word) && (has_layout || is_qualified(word)) {
        return Some((start, start + end));
    }
    let (name, has_colon) = word.strip_suffix(':').map_or((word, false), |name| (name, true));
    let names_line = name
        .rsplit_once('#')
        .is_some_and(|(_, line)| !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()));
    if has_colon && text.starts_with(" | ") && is_logger(name) {
        return Some((start, start + name.len()));
    }
    if is_qualified(name) && (names_line || (has_colon && name.contains(['.', ':', '/', '$']))) {
        return Some((start, start + name.len()));
    }
    // Python's basic layout: `LEVEL:logger:text`
    let (name, _) =
        rest.split_once(':').filter(|(name, _)| text.starts_with(':') && start == 1 && is_logger(name))?;
    Some((start, start + name.len()))
}
