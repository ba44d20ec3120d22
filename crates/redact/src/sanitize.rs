//! Log text made harmless. It is written by whoever writes to a log: before it reaches a person it
//! loses what reorders or hides text, and what a chat or mail program would act on.

/// Tells whether a character is invisible and reorders, hides or joins text.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        || c.is_control()
}

/// Returns the text on one line of at most `max` characters, without terminal codes, control
/// and bidi characters. Still live in Markdown and HTML.
pub fn plain(text: &str, max: usize) -> String {
    let mut kept: Vec<char> = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' && chars.next_if_eq(&'[').is_some() {
            while chars.next_if(|c| !('\u{40}'..='\u{7e}').contains(c)).is_some() {}
            chars.next();
        } else if c.is_whitespace() {
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

/// Returns [`plain`] text that no chat channel takes for markup, a mention or a link: the
/// characters that could be are swapped for look-alikes, since channels differ in their escapes.
pub fn inert(text: &str, max: usize) -> String {
    swapped(&plain(text, max))
}

/// Returns a text of one line with those characters swapped, its spaces as they are.
pub fn swapped(text: &str) -> String {
    let words: Vec<String> = text.split(' ').map(inert_word).collect();
    words.join(" ")
}

fn inert_word(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    let address = word.contains("://") || lower.contains("www.");
    let chars: Vec<char> = word.chars().collect();
    let solid = |at: Option<usize>| at.and_then(|i| chars.get(i)).is_some_and(|c| c.is_alphanumeric());
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
            '_' if !(solid(i.checked_sub(1)) && solid(Some(i + 1))) => '＿',
            '/' if address => '／',
            '.' if address => '．',
            other => *other,
        });
    }
    out
}
