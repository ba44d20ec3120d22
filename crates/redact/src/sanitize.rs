//! Makes log text harmless for display. Anyone who can write to a log controls it: before it reaches
//! a person it loses the characters that reorder or hide text, and those that a chat or mail program
//! would act on. Must not know any channel.

/// Returns true if a character is invisible and reorders, hides or joins text.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        || c.is_control()
}

/// Returns the text on one line of at most `max` characters, without terminal escapes and without
/// control and bidirectional characters. Markdown and HTML still take effect.
pub fn plain(text: &str, max: usize) -> String {
    let mut kept: Vec<char> = Vec::new();
    for c in anstream::adapter::strip_str(text).flat_map(str::chars) {
        if c.is_whitespace() {
            if kept.last().is_some_and(|last| *last != ' ') {
                kept.push(' ');
            }
        } else if !is_hidden(c) {
            kept.push(c);
        }
        if kept.len() > max + 1 {
            break;
        }
    }
    if kept.last() == Some(&' ') {
        kept.pop();
    }
    if kept.len() > max {
        kept.truncate(max.saturating_sub(1));
        kept.push('…');
    }
    kept.into_iter().collect()
}

/// Returns the lines of a text without terminal escapes and without control and bidirectional characters. A tab
/// becomes four spaces.
pub fn lines(text: &str) -> Vec<String> {
    let text: String = anstream::adapter::strip_str(text).collect();
    let line = |line: &str| line.replace('\t', "    ").chars().filter(|c| !is_hidden(*c)).collect();
    text.split('\n').map(line).collect()
}

/// Returns [`plain`] text that no chat channel reads as markup, a mention or a link: look-alikes
/// replace the characters that could be one, because channels differ in their escapes.
pub fn sanitize(text: &str, max: usize) -> String {
    replace_markup(&plain(text, max))
}

/// Returns a text of one line with look-alikes for the characters of markup; spaces are kept.
pub fn replace_markup(text: &str) -> String {
    let words: Vec<String> = text.split(' ').map(replace_in_word).collect();
    words.join(" ")
}

fn replace_in_word(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    let is_address = word.contains("://") || lower.contains("www.");
    let chars: Vec<char> = word.chars().collect();
    let is_letter = |at: Option<usize>| at.and_then(|i| chars.get(i)).is_some_and(|c| c.is_alphanumeric());
    let mut out = String::with_capacity(word.len());
    for (i, c) in chars.iter().enumerate() {
        out.push(match c {
            '<' => '‹',
            '>' => '›',
            '@' => '＠',
            '[' => '［',
            ']' => '］',
            '`' => '\'',
            '*' => '∗',
            '&' => '＆',
            '|' => '｜',
            '~' => '∼',
            '\\' => '＼',
            '_' if !(is_letter(i.checked_sub(1)) && is_letter(Some(i + 1))) => '＿',
            '/' if is_address => '／',
            '.' if is_address => '．',
            other => *other,
        });
    }
    out
}
