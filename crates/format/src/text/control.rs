//! Control characters as rsyslog writes them: `#` and three octal digits. Must not know syslog.

/// Returns a text with its tabs and line ends; `None` if none is written so. A number after a space, `order #012`, is
/// a number.
pub fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut rest = text;
    let mut before = None;
    let mut is_escaped = false;
    while let Some(at) = memchr::memmem::find(rest.as_bytes(), b"#01") {
        let (head, tail) = rest.split_at_checked(at)?;
        let (escape, after) = tail.split_at_checked(3)?;
        let is_number = matches!(head.chars().next_back().or(before), Some(' ' | '('))
            && !after.get(1..).is_some_and(|next| next.starts_with(|c: char| c.is_alphabetic() || c == '#'));
        let control = match after.as_bytes().first() {
            Some(b'1') if !is_number => Some('\t'),
            Some(b'2') if !is_number => Some('\n'),
            _ => None,
        };
        plain.push_str(head);
        match control {
            Some(control) => plain.push(control),
            None => plain.push_str(escape),
        }
        is_escaped |= control.is_some();
        before = plain.chars().next_back();
        rest = after.get(usize::from(control.is_some())..)?;
    }
    plain.push_str(rest);
    is_escaped.then_some(plain)
}
