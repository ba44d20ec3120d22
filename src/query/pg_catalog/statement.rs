//! A statement of a client of Postgres as tokens, each with its place in the text, and whether it names the catalog.

use crate::query::dialect::MAX_PARENTHESES;
use crate::query::pg_catalog::{functions, is_table};
use crate::query::script;
use datafusion::sql::sqlparser::tokenizer::{Token, Word};
use std::collections::HashSet;
use std::ops::Range;

/// Types of the catalog that the engine does not have, and what is read instead.
pub const CASTS: [(&str, &str); 12] = [
    ("regclass", "text"),
    ("regtype", "text"),
    ("regproc", "text"),
    ("regprocedure", "text"),
    ("regnamespace", "text"),
    ("regrole", "text"),
    ("name", "text"),
    ("char", "text"),
    ("oid", "bigint"),
    ("sql_identifier", "text"),
    ("int2vector", "text"),
    ("anyarray", "text"),
];

/// What Postgres calls without parentheses.
pub const BARE: [&str; 4] = ["current_schema", "current_user", "session_user", "current_catalog"];

/// A statement as tokens.
pub struct Statement<'t> {
    sql: &'t str,
    tokens: Vec<(Range<usize>, Token)>,
    /// Names that the statement itself defines: `with NAME as (…)`.
    own_names: HashSet<String>,
}

impl<'t> Statement<'t> {
    /// Returns `None` for a text that is refused anyway: not SQL, or nested too deeply.
    pub fn of(sql: &'t str) -> Option<Self> {
        let tokens = script::tokens(sql).ok()?;
        let mut depth = 0_usize;
        for (_, token) in &tokens {
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > MAX_PARENTHESES {
                return None;
            }
        }
        let mut statement = Self { sql, tokens, own_names: HashSet::new() };
        let own_names =
            statement.places().filter(|ahead| ahead.is(1, "as") && ahead.symbol(2, &Token::LParen));
        statement.own_names = own_names.filter_map(|ahead| ahead.name(0)).collect();
        Some(statement)
    }

    pub fn start(&self) -> Ahead<'_> {
        Ahead { statement: self, at: 0 }
    }

    fn places(&self) -> impl Iterator<Item = Ahead<'_>> {
        (0..self.tokens.len()).map(|at| self.start().skip(at))
    }

    /// Returns true if a statement has a name of the catalog. Texts and names in quotes do not count.
    pub fn is_about_catalog(&self) -> bool {
        self.places().any(|ahead| {
            let Some(name) = ahead.name(0).filter(|_| ahead.is_plain(0)) else { return false };
            if ahead.relation().is_some() {
                return true;
            }
            match ahead.before() {
                Some(Token::DoubleColon) => {
                    name.starts_with("reg") && CASTS.iter().any(|(cast, _)| *cast == name)
                }
                _ if ahead.symbol(1, &Token::LParen) => {
                    functions::names().chain(BARE).chain(["current_schemas"]).any(|function| function == name)
                }
                Some(Token::Period) => false,
                _ => BARE.contains(&name.as_str()),
            }
        })
    }
}

/// What follows in a statement.
#[derive(Clone, Copy)]
pub struct Ahead<'s> {
    statement: &'s Statement<'s>,
    at: usize,
}

impl<'s> Ahead<'s> {
    pub fn token(&self, at: usize) -> Option<&'s Token> {
        self.statement.tokens.get(self.at + at).map(|(_, token)| token)
    }

    pub fn before(&self) -> Option<&'s Token> {
        self.at.checked_sub(1).and_then(|at| self.statement.tokens.get(at)).map(|(_, token)| token)
    }

    pub fn skip(&self, count: usize) -> Self {
        Self { at: self.at + count, ..*self }
    }

    /// Returns where a token is in the text.
    pub fn range(&self, at: usize) -> Range<usize> {
        let end = self.statement.sql.len();
        self.statement.tokens.get(self.at + at).map_or(end..end, |(range, _)| range.clone())
    }

    /// Returns a token as the client wrote it.
    pub fn source(&self, at: usize) -> &'s str {
        &self.statement.sql[self.range(at)]
    }

    /// Returns true if the token at `at` is a word without quotes.
    pub fn is(&self, at: usize, name: &str) -> bool {
        is_keyword(self.token(at), name)
    }

    pub fn is_any(&self, at: usize, names: &[&str]) -> bool {
        names.iter().any(|name| self.is(at, name))
    }

    pub fn symbol(&self, at: usize, symbol: &Token) -> bool {
        self.token(at) == Some(symbol)
    }

    pub fn text(&self, at: usize) -> Option<&'s str> {
        match self.token(at) {
            Some(Token::SingleQuotedString(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns a name as the engine compares it.
    pub fn name(&self, at: usize) -> Option<String> {
        let Word { value, quote_style, .. } = word(self.token(at))?;
        Some(if quote_style.is_none() { value.to_ascii_lowercase() } else { value.clone() })
    }

    fn is_plain(&self, at: usize) -> bool {
        word(self.token(at)).is_some_and(|word| word.quote_style.is_none())
    }

    /// Returns the name of the table of the catalog that follows, without its schema.
    pub fn relation(&self) -> Option<String> {
        let is_member = self.symbol(1, &Token::Period);
        if is_member && self.is_any(0, &["pg_catalog", "information_schema"]) {
            return self.name(2);
        }
        let name = self.name(0).filter(|_| !is_member)?;
        (name.starts_with("pg_") && is_table(&name) && !self.statement.own_names.contains(&name))
            .then_some(name)
    }

    /// Returns how many tokens a group in parentheses has.
    pub fn group(&self) -> Option<usize> {
        let mut depth = 0_usize;
        let mut count = 0;
        while let Some(token) = self.token(count) {
            count += 1;
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                return Some(count);
            }
        }
        None
    }

    /// Returns the first table of the query that follows, if it is one of the catalog.
    pub fn first_relation(&self) -> Option<String> {
        let mut depth = 0_usize;
        let mut ahead = *self;
        while let Some(token) = ahead.token(0) {
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.checked_sub(1)?,
                _ if depth == 0 && ahead.is(0, "from") => return ahead.skip(1).relation(),
                _ => {}
            }
            ahead = ahead.skip(1);
        }
        None
    }
}

/// Returns true for a word without quotes.
pub fn is_keyword(token: Option<&Token>, name: &str) -> bool {
    word(token).is_some_and(|word| word.quote_style.is_none() && word.value.eq_ignore_ascii_case(name))
}

pub fn word(token: Option<&Token>) -> Option<&Word> {
    match token {
        Some(Token::Word(word)) => Some(word),
        _ => None,
    }
}
