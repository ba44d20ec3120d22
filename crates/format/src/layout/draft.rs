//! A first version of a layout file for a line that no format reads: what the line shows of its time, level
//! and brackets, in patterns that the user then refines. Must not know any format.

use crate::contract::{Clock, Format};
use crate::layout::Layout;
use crate::text::header::{clear_level, is_qualified, stamp};
use crate::text::time;
use std::fmt::Write as _;

/// Most words before the message that are looked at.
const MAX_WORDS: usize = 8;
/// Most words in a row that mean nothing, before a time or level.
const MAX_UNKNOWN: usize = 3;
/// What is between two pieces of a header.
const SEPARATORS: [char; 6] = [' ', '\t', '-', '|', ':', ','];
const BRACKETS: [(char, char); 4] = [('[', ']'), ('(', ')'), ('<', '>'), ('{', '}')];

/// Returns the text of a layout file that reads `line`; `None` if the line shows no time, level or bracket.
pub fn draft(line: &str, clock: &Clock) -> Option<String> {
    let mut head = Head { clock, pattern: String::from("^"), expect: Vec::new(), unknown: 0 };
    let (mut rest, mut message, mut skipped) = (line, line, String::new());
    for _ in 0..MAX_WORDS {
        let after = rest.trim_start_matches(SEPARATORS);
        skipped.push_str(&escaped(rest.get(..rest.len() - after.len())?));
        if let Some((piece, tail)) = head.piece(after) {
            head.pattern.push_str(&std::mem::take(&mut skipped));
            head.pattern.push_str(&piece);
            (rest, message, head.unknown) = (tail, tail, 0);
        } else {
            let end = after.find([' ', '\t']).unwrap_or(after.len());
            skipped.push_str("[^ \\t]+");
            rest = after.get(end..)?;
            head.unknown += 1;
        }
        if rest.is_empty() || head.unknown > MAX_UNKNOWN {
            break;
        }
    }
    if head.pattern == "^" {
        return None;
    }
    let text = message.trim_start_matches(SEPARATORS);
    let space = message.get(..message.len() - text.len())?;
    let _ = write!(head.pattern, "{}(?<message>.*)$", escaped(space));
    head.expect.push(("message", text.trim_end().to_owned()));
    head.into_file(line)
}

/// The pieces before the message that were found.
struct Head<'c> {
    clock: &'c Clock,
    pattern: String,
    /// Groups and their texts.
    expect: Vec<(&'static str, String)>,
    /// Words since the last piece.
    unknown: usize,
}

impl Head<'_> {
    fn has(&self, name: &str) -> bool {
        self.pattern.contains(&format!("(?<{name}>"))
    }

    /// Reads a time, a level, a bracket or a logger; returns its pattern and the rest of the line. After words that
    /// mean nothing only a time or a level is a piece; one may begin the line.
    fn piece<'l>(&mut self, text: &'l str) -> Option<(String, &'l str)> {
        if let Some(found) = self.time(text) {
            return Some(found);
        }
        let is_near = self.unknown <= usize::from(self.pattern == "^");
        let bracket = BRACKETS.iter().find_map(|(open, close)| {
            let (inner, tail) = text.strip_prefix(*open)?.split_once(*close)?;
            let wrap = |group: &str| {
                format!("{}{group}{}", regex::escape(&open.to_string()), regex::escape(&close.to_string()))
            };
            if let Some((group, "")) = self.time(inner) {
                return Some((wrap(&group), tail));
            }
            if let Some(level) = clear_level(&format!("[{}]", inner.trim())).filter(|_| !self.has("level")) {
                self.expect.push(("level", level.name().to_owned()));
                return Some((wrap("(?<level>[A-Za-z ]+)"), tail));
            }
            let mut names = ["logger", "thread", "field"].into_iter().skip(usize::from(!is_qualified(inner)));
            let name = names.find(|name| is_near && !self.has(name))?;
            if !inner.trim().is_empty() && inner.trim() != "-" {
                self.expect
                    .push((if name == "field" { "attrs.field" } else { name }, inner.trim().to_owned()));
            }
            Some((wrap(&format!("(?<{name}>[^{}]*)", regex::escape(&close.to_string()))), tail))
        });
        bracket.or_else(|| self.word(text))
    }

    /// Reads a time at the front.
    fn time<'l>(&self, text: &'l str) -> Option<(String, &'l str)> {
        let word = text.split([' ', ']', ':', '|']).next().filter(|word| word.len() >= 10);
        let epoch = || {
            let word = word.filter(|word| word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))?;
            time::any(word, self.clock)
        };
        let stamp = stamp(text, self.clock).or_else(epoch).filter(|_| !self.has("time"))?;
        let (time, tail) = text.split_at_checked(stamp.len)?;
        Some((format!("(?<time>{})", shape(time)), tail))
    }

    /// Reads a level word, or the name of a logger that ends in a colon or before a dash.
    fn word<'l>(&mut self, text: &'l str) -> Option<(String, &'l str)> {
        let end = text.find([' ', '\t', ':', '|', ',']).unwrap_or(text.len());
        let (word, tail) = text.split_at_checked(end)?;
        let is_upper = word.bytes().all(|byte| byte.is_ascii_uppercase());
        let level = clear_level(word).filter(|_| !self.has("level") && (is_upper || self.unknown == 0));
        if let Some(level) = level {
            self.expect.push(("level", level.name().to_owned()));
            return Some(("(?<level>[A-Za-z]+)".to_owned(), tail));
        }
        let is_logger = self.unknown == 0 && self.has("level") && !self.has("logger") && is_qualified(word);
        (is_logger && [": ", " - ", " : "].iter().any(|mark| tail.starts_with(mark))).then(|| {
            self.expect.push(("logger", word.to_owned()));
            ("(?<logger>[^ :]+)".to_owned(), tail)
        })
    }

    /// Returns the file, unless it does not read its own sample.
    fn into_file(self, line: &str) -> Option<String> {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let field = |name: &str| if name.contains('.') { quoted(name) } else { name.to_owned() };
        let expected: Vec<String> =
            self.expect.iter().map(|(name, text)| format!("{} = {}", field(name), quoted(text))).collect();
        let file = format!(
            "about = \"what writes it\"\npatterns = ['''{}''']\n\n[[sample]]\ntext = '''{line}'''\nexpect = {{ {} }}\n",
            self.pattern,
            expected.join(", ")
        );
        let layout = Layout::parse("draft", "draft.toml", &file).ok()?;
        let message = self.expect.last().map(|(_, text)| text.as_str());
        let mut is_same = false;
        layout
            .read(line, self.clock, &mut |record| {
                is_same = Some(&*record.message) == message && record.level.is_some() == self.has("level");
            })
            .ok()?;
        (is_same && layout.unread_time(line, self.clock).is_none()).then_some(file)
    }
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
