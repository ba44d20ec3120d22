//! The texts of a report in one language: each is in English, with Chinese beside it if there is a
//! translation. Must not know where texts are shown.

use crate::incident::Incident;
use crate::lang::Lang;
use crate::report::{Finding, Gone, Reason, Step};

/// Returns the Chinese text if it is requested and not blank, otherwise the English one.
fn either<'a>(lang: Lang, zh: Option<&'a str>, en: &'a str) -> &'a str {
    match (lang, zh) {
        (Lang::Zh, Some(zh)) if !zh.trim().is_empty() => zh,
        _ => en,
    }
}

impl Finding {
    /// Returns the title.
    pub fn title_in(&self, lang: Lang) -> &str {
        either(lang, self.zh.title.as_deref(), &self.title)
    }

    /// Returns the summary, or the title if the summary is blank.
    pub fn summary_in(&self, lang: Lang) -> &str {
        let summary = either(lang, self.zh.summary.as_deref(), &self.summary);
        if summary.trim().is_empty() { self.title_in(lang) } else { summary }
    }

    /// Returns why it matters.
    pub fn why_in(&self, lang: Lang) -> &str {
        either(lang, self.zh.why.as_deref(), &self.why)
    }

    /// Returns the advice, item by item.
    pub fn advice_in(&self, lang: Lang) -> Vec<&str> {
        numbered(either(lang, self.zh.advice.as_deref(), &self.advice))
    }
}

impl Incident {
    /// Returns what to do, item by item; in English where nothing is written in the language.
    pub fn advice_in(&self, lang: Lang) -> &[String] {
        let advice = lang.pick(&self.advice_zh, &self.advice);
        if advice.is_empty() { &self.advice } else { advice }
    }
}

impl Gone {
    /// Returns the title.
    pub fn title_in(&self, lang: Lang) -> &str {
        either(lang, self.zh.title.as_deref(), &self.title)
    }
}

impl Reason {
    /// Returns the text.
    pub fn text_in(&self, lang: Lang) -> &str {
        either(lang, Some(&self.zh), &self.text)
    }
}

impl Step {
    /// Returns what happened.
    pub fn what_in(&self, lang: Lang) -> &str {
        either(lang, Some(&self.zh), &self.what)
    }
}

/// Splits `1. Do this. 2. Do that.` into items; a text without numbers is one item.
fn numbered(text: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let (mut rest, mut number) = (text.trim(), 1);
    if let Some((at, after)) = marker(rest, 1)
        && at == 0
    {
        rest = &rest[after..];
        number = 2;
    }
    while let Some((at, after)) = marker(rest, number).filter(|_| number > 1) {
        items.push(rest[..at].trim());
        rest = &rest[after..];
        number += 1;
    }
    items.push(rest.trim());
    items.retain(|item| !item.is_empty());
    items
}

/// Finds `N.`, `N、` or `N)` at the beginning of an item. Returns the offsets of its start and end.
fn marker(text: &str, number: usize) -> Option<(usize, usize)> {
    let digits = number.to_string();
    text.match_indices(&digits).find_map(|(at, _)| {
        let opens = text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || "。；;，".contains(c));
        let mut rest = text[at + digits.len()..].chars();
        let mark = rest.next().filter(|c| ".、)）．".contains(*c))?;
        let closes = rest.next().is_none_or(|c| !c.is_ascii_digit());
        (opens && closes).then(|| (at, at + digits.len() + mark.len_utf8()))
    })
}
