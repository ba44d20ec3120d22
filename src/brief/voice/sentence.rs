//! Text of rules, reports and models as spoken sentences: the first sentence, without command lines,
//! addresses and generated names.

use crate::brief::voice::names::is_hash;
use crate::brief::voice::reading::read;
use model::lang::Lang;
use redact::sanitize::plain;

/// Programs whose command lines occur in advice; they cannot be followed by ear.
const COMMANDS: [&str; 6] = ["kubectl", "select ", "helm ", "crictl", "journalctl", "openssl"];
/// The longest word that is spoken, in bytes.
const MAX_WORD: usize = 24;

/// Returns the first sentence of a text in words; `None` if it has more than `max` characters, or if a
/// command line is part of it.
pub(super) fn first(text: &str, max: usize, lang: Lang) -> Option<String> {
    let text = plain(text, 1000);
    let first = match text.char_indices().find(|(at, c)| ends_sentence(&text, *at, *c)) {
        Some((at, _)) => &text[..at],
        None => &text,
    };
    let mut words = Vec::new();
    for word in before_command(first)?.split(' ') {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if word.contains("://") || word.contains("www.") || is_unspeakable(bare) {
            continue;
        }
        let word = match word {
            "→" | "->" | "=>" => lang.pick("改为", "to").to_owned(),
            word => match word.strip_suffix(':') {
                Some(word) => word.chars().map(spoken_char).chain([',']).collect(),
                None => word.chars().map(spoken_char).collect(),
            },
        };
        words.extend(word.split_whitespace().map(str::to_owned));
    }
    let sentence = read(&words.join(" "), lang);
    (!sentence.is_empty() && sentence.chars().count() <= max).then_some(sentence)
}

/// Returns the text before a command line; `None` if the command is part of the sentence.
fn before_command(text: &str) -> Option<&str> {
    let begins = |at: &usize| !text[..*at].ends_with(|c: char| c.is_ascii_alphanumeric());
    let command = COMMANDS.iter().filter_map(|command| text.find(command).filter(begins)).min();
    let Some(at) = command else { return Some(text) };
    let before = text.get(..at)?;
    let before = match before.rfind(['(', '（']) {
        Some(open) if !before[open..].contains([')', '）']) => &before[..open],
        _ => before,
    };
    let end = before.trim_end();
    let sentence = end.trim_end_matches([':', '：', ',', '，', '(', '（']).trim_end();
    (before.len() < at || sentence.len() < end.len()).then_some(sentence)
}

fn ends_sentence(text: &str, at: usize, c: char) -> bool {
    let ends = || text[at + c.len_utf8()..].chars().next().is_none_or(char::is_whitespace);
    "。！？；\n".contains(c) || (".!?;".contains(c) && ends())
}

/// Returns true if a word has a generated or an overlong part.
fn is_unspeakable(word: &str) -> bool {
    let mut parts = word.split(|c: char| !c.is_alphanumeric());
    parts.any(|part| part.is_ascii() && (is_hash(part) || part.len() > MAX_WORD))
}

/// Returns true if a text can be spoken unchanged: no generated parts, no signs.
pub(super) fn is_speakable(text: &str) -> bool {
    let is_spoken = |c: char| c.is_alphanumeric() || " -.,:%'+()，、“”（）：；。".contains(c);
    text.chars().all(is_spoken) && !text.split([' ', '，', '、', '。']).any(is_unspeakable)
}

/// Returns the character, or a space if it cannot be spoken.
fn spoken_char(c: char) -> char {
    match c {
        '：' => '，',
        c if c.is_alphanumeric() || "-.,:%'+()，、“”（）".contains(c) => c,
        _ => ' ',
    }
}

/// Returns the text with its first letter in upper case.
pub(super) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Returns the text with its first letter in lower case, as after a colon; acronyms such as `OOM` stay.
pub(super) fn uncapitalized(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), text.chars().nth(1)) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}
