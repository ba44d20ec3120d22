//! A first version of a layout file for a line that no format reads: what the line shows of its time, level
//! and brackets, in patterns that the user then refines. Must not know any format.

use crate::contract::Clock;
use crate::text::header::{clear_level, stamp};
use std::fmt::Write as _;

/// Most words before the message that are looked at.
const MAX_WORDS: usize = 8;

/// Returns the text of a layout file that reads `line`.
pub fn draft(line: &str, clock: &Clock) -> String {
    let mut pattern = String::from("^");
    let mut expect: Vec<(String, String)> = Vec::new();
    let mut rest = line;
    let mut names = ["thread", "logger", "field"].iter();
    for _ in 0..MAX_WORDS {
        let separator = rest.len() - rest.trim_start_matches([' ', '\t', '-', '|', ':', ',']).len();
        let (between, after) = rest.split_at(separator);
        if let Some(time) = stamp(after, clock).filter(|_| !pattern.contains("<time>")) {
            let (text, tail) = after.split_at_checked(time.len).unwrap_or((after, ""));
            let _ = write!(pattern, "{}(?<time>{})", escaped(between), shape(text));
            rest = tail;
            continue;
        }
        let Some((group, text, tail)) = next_piece(after, &mut names, pattern.contains("<level>")) else {
            break;
        };
        pattern.push_str(&escaped(between));
        pattern.push_str(&group);
        expect.extend(text);
        rest = tail;
    }
    let message = rest.trim_start();
    let space = rest.len() - message.len();
    let _ = write!(pattern, "{}(?<message>.*)$", escaped(rest.get(..space).unwrap_or("")));
    expect.push(("message".into(), message.to_owned()));
    let expected: Vec<String> =
        expect.iter().map(|(name, text)| format!("{name} = {}", quoted(text))).collect();
    format!(
        "about = \"what writes it\"\npatterns = ['''{pattern}''']\n\n[[sample]]\ntext = '''{line}'''\nexpect = {{ {} }}\n",
        expected.join(", ")
    )
}

/// A piece of a header: its pattern, its field and text, and the rest of the line.
type Piece<'l> = (String, Option<(String, String)>, &'l str);

/// Reads a bracketed group or a level word.
fn next_piece<'l>(
    text: &'l str,
    names: &mut std::slice::Iter<'_, &str>,
    has_level: bool,
) -> Option<Piece<'l>> {
    if let Some((inner, tail)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        if let Some(level) = clear_level(&format!("[{}]", inner.trim())).filter(|_| !has_level) {
            let field = Some(("level".to_owned(), level.name().to_owned()));
            return Some((r"\[(?<level>[A-Za-z ]+)\]".to_owned(), field, tail));
        }
        let name = names.next()?;
        let field = (!inner.trim().is_empty()).then(|| {
            let key = if *name == "field" { "\"attrs.field\"".to_owned() } else { (*name).to_owned() };
            (key, inner.trim().to_owned())
        });
        return Some((format!(r"\[(?<{name}>[^\]]*)\]"), field, tail));
    }
    let end = text.find([' ', '\t', ':', '|', ',']).unwrap_or(text.len());
    let (word, tail) = text.split_at_checked(end)?;
    let level = clear_level(word).filter(|_| !has_level)?;
    Some(("(?<level>[A-Za-z]+)".to_owned(), Some(("level".into(), level.name().into())), tail))
}

/// Returns a pattern for texts of the same shape: digits and letters by class, the rest as it is.
fn shape(text: &str) -> String {
    let mut out = String::new();
    let mut last = '\0';
    for c in text.chars() {
        let class = if c.is_ascii_digit() {
            '0'
        } else if c.is_ascii_alphabetic() {
            'a'
        } else {
            c
        };
        if class == last && matches!(class, '0' | 'a') {
            continue;
        }
        match class {
            '0' => out.push_str("[0-9]+"),
            'a' => out.push_str("[A-Za-z]+"),
            _ => out.push_str(&escaped(c.encode_utf8(&mut [0; 4]))),
        }
        last = class;
    }
    out
}

/// Returns the pattern of a literal text; runs of blanks match any number of them.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split(' ').enumerate() {
        if at > 0 && !out.ends_with(" +") {
            out.push_str(" +");
        }
        out.push_str(&regex::escape(part));
    }
    out
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
