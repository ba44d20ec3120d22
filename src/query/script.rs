//! A text of several statements, as people type it: where each statement ends, whether the last one is whole, and
//! which of its parts are keywords or texts. Must not know the terminal.

use crate::query::dialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, TokenizerError};
use std::ops::Range;

/// A text, split after each `;` that is not inside quotes or comments.
#[derive(Debug, PartialEq, Eq)]
pub struct Script<'t> {
    /// The statements that a `;` ends, without it.
    pub statements: Vec<&'t str>,
    /// Text after the last `;`; empty if it has only spaces and comments.
    pub rest: &'t str,
    /// Whether the text ends inside quotes or a comment.
    pub is_open: bool,
}

/// What a part of a statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A word without quotes: a keyword or a name.
    Word,
    /// A text or a number.
    Literal,
    /// Spaces, operators, comments.
    Other,
}

/// Splits a text into statements.
pub fn split(text: &str) -> Script<'_> {
    let tokens = match dialect::tokens(text) {
        Ok(tokens) => tokens,
        Err(error) if is_unfinished(&error.message) => {
            return Script { statements: Vec::new(), rest: text, is_open: true };
        }
        // no further line mends it: the engine has to say why
        Err(_) => match text.trim_end().strip_suffix(';') {
            Some(statement) => return Script { statements: vec![statement], rest: "", is_open: false },
            None => return Script { statements: Vec::new(), rest: text, is_open: false },
        },
    };
    let mut offsets = Offsets::of(text);
    let (mut statements, mut begin, mut is_empty) = (Vec::new(), 0, true);
    for TokenWithSpan { token, span } in &tokens {
        match token {
            Token::SemiColon => {
                let end = offsets.at(span.start);
                if !std::mem::replace(&mut is_empty, true) {
                    statements.push(text[begin..end].trim());
                }
                begin = end + 1;
            }
            Token::Whitespace(_) | Token::EOF => {}
            _ => is_empty = false,
        }
    }
    let rest = if is_empty { "" } else { &text[begin..] };
    Script { statements, rest, is_open: false }
}

/// Returns the tokens of a text with their places, without spaces and comments.
pub fn tokens(text: &str) -> Result<Vec<(Range<usize>, Token)>, TokenizerError> {
    let mut offsets = Offsets::of(text);
    let tokens = dialect::tokens(text)?.into_iter();
    let tokens = tokens.filter(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF));
    Ok(tokens
        .map(|TokenWithSpan { token, span }| (offsets.at(span.start)..offsets.at(span.end), token))
        .collect())
}

/// Returns the parts of a text in order; what follows the beginning of an unfinished text or comment is left out.
pub fn parts(text: &str) -> Vec<(Range<usize>, Part)> {
    let tokens = dialect::tokens(text).or_else(|error| {
        let end = Offsets::of(text).at(error.location);
        dialect::tokens(&text[..end])
    });
    let mut offsets = Offsets::of(text);
    let part = |TokenWithSpan { token, span }| {
        let part = match &token {
            Token::Word(word) if word.quote_style.is_none() => Part::Word,
            Token::Number(..) | Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) => {
                Part::Literal
            }
            _ => Part::Other,
        };
        let begin = offsets.at(span.start);
        (begin..offsets.at(span.end), part)
    };
    tokens.unwrap_or_default().into_iter().filter(|token| token.token != Token::EOF).map(part).collect()
}

/// Returns true for an error of the tokenizer that more text can mend.
fn is_unfinished(message: &str) -> bool {
    ["Unterminated", "Unexpected EOF"].iter().any(|words| message.starts_with(words))
}

/// Byte offsets of locations, which are requested in ascending order.
struct Offsets<'t> {
    text: &'t str,
    offset: usize,
    line: u64,
    column: u64,
}

impl<'t> Offsets<'t> {
    fn of(text: &'t str) -> Self {
        Self { text, offset: 0, line: 1, column: 1 }
    }

    fn at(&mut self, location: Location) -> usize {
        for c in self.text[self.offset..].chars() {
            if (self.line, self.column) >= (location.line, location.column) {
                break;
            }
            (self.line, self.column) =
                if c == '\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
            self.offset += c.len_utf8();
        }
        self.offset
    }
}
