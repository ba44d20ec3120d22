//! The allow-list for untrusted SQL, applied to the parsed statement: a statement, table or table
//! function that is not listed is not allowed; scalar functions are those of the session. Size and depth
//! are checked on the tokens first, because walking a deep tree overflows the stack and ends the process.

mod inspector;

use crate::query::dialect::{self, MAX_PARENTHESES};
use crate::query::error::{QueryError, SqlError};
use crate::query::guard::inspector::Inspector;
use datafusion::common::DataFusionError;
use datafusion::sql::parser::Statement as Parsed;
use datafusion::sql::sqlparser::ast::{DescribeAlias, Statement, Visit};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::ControlFlow;

/// Longest statement in bytes.
pub const MAX_BYTES: usize = 64 << 10;
/// Deepest nesting of expressions; `a or b or …` nests once for each operator.
const MAX_DEPTH: usize = 1_000;
/// Longest run of tokens without a comma: twice the tokens of an expression of `MAX_DEPTH`.
const MAX_RUN: usize = 4 * MAX_DEPTH;
/// Longest name in bytes: JSON repeats column names in each row.
const MAX_NAME: usize = 256;
/// Keywords that a statement may begin with.
const FIRST_KEYWORDS: [Keyword; 7] = [
    Keyword::SELECT,
    Keyword::WITH,
    Keyword::VALUES,
    Keyword::EXPLAIN,
    Keyword::DESCRIBE,
    Keyword::DESC,
    Keyword::SHOW,
];

/// A parsed statement that passed the checks.
#[derive(Clone, Debug)]
pub struct Checked(pub(crate) Parsed);

fn not_allowed(what: impl Into<String>, hint: impl Into<String>) -> QueryError {
    QueryError::NotAllowed { what: what.into(), hint: hint.into() }
}

fn not_a_read(what: impl Into<String>) -> QueryError {
    not_allowed(what, "send one read-only statement: select, with, values, explain, describe or show")
}

fn too_large(what: impl Into<String>) -> QueryError {
    not_allowed(what, "split the statement, or simplify it")
}

/// Parses a statement and checks that it may run.
///
/// # Errors
/// [`QueryError::NotAllowed`], or [`QueryError::Invalid`] if the statement cannot be parsed.
pub fn check(sql: &str) -> Result<Checked, QueryError> {
    if sql.len() > MAX_BYTES {
        return Err(too_large(format!(
            "the statement is {} KiB; the limit is {} KiB",
            sql.len() >> 10,
            MAX_BYTES >> 10
        )));
    }
    if sql.contains(is_invisible) {
        return Err(not_allowed(
            "the statement contains an invisible character",
            "remove control and zero-width characters; within a text, write for example `chr(8203)`",
        ));
    }
    let tokens = dialect::tokens(sql).map_err(|error| {
        QueryError::from(SqlError {
            line: Some(error.location.line),
            column: Some(error.location.column),
            what: error.message,
            hint: None,
        })
    })?;
    check_tokens(&tokens)?;
    let statement = match dialect::statements(tokens) {
        Ok(mut statements) => match (statements.pop_front(), statements.is_empty()) {
            (Some(statement), true) => statement,
            _ => return Err(not_a_read("expected exactly one statement")),
        },
        Err(error) if is_too_deep(&error) => return Err(too_large("the statement is nested too deeply")),
        Err(error) => return Err(SqlError::of(&error).into()),
    };
    let read = read_statement(&statement).ok_or_else(|| not_a_read("the statement does more than read"))?;
    match read.visit(&mut Inspector::default()) {
        ControlFlow::Continue(()) => Ok(Checked(statement)),
        ControlFlow::Break(error) => Err(*error),
    }
}

/// Returns true for characters that make a text differ from what is displayed: control, zero width,
/// direction.
pub fn is_invisible(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn is_too_deep(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::SQL(error, _) if matches!(**error, ParserError::RecursionLimitExceeded))
}

/// Checks the first keyword, that nothing follows the end, and how deep the tree can be.
fn check_tokens(tokens: &[TokenWithSpan]) -> Result<(), QueryError> {
    let mut significant =
        tokens.iter().map(|token| &token.token).filter(|token| !matches!(token, Token::Whitespace(_)));
    match significant.clone().find(|token| !matches!(token, Token::LParen)) {
        Some(Token::Word(word)) if FIRST_KEYWORDS.contains(&word.keyword) => {}
        _ => return Err(not_a_read("the statement does not begin with a read-only keyword")),
    }
    if significant
        .clone()
        .skip_while(|token| !matches!(token, Token::SemiColon))
        .any(|token| !matches!(token, Token::SemiColon | Token::EOF))
    {
        return Err(not_a_read("expected one statement, found more"));
    }
    if significant.clone().any(|token| matches!(token, Token::Word(word) if word.value.len() > MAX_NAME)) {
        return Err(too_large(format!("a name is longer than {MAX_NAME} bytes")));
    }
    // `run`: tokens on the longest path to here; `open`: for each open parenthesis, the run before it and
    // the longest run within it
    let mut run = 0_usize;
    let mut open: Vec<(usize, usize)> = Vec::new();
    significant.try_for_each(|token| {
        match token {
            Token::LParen => open.push((run, run)),
            Token::RParen => run = open.pop().map_or(run, |(_, most)| most.max(run)),
            Token::Comma => match open.last_mut() {
                Some((before, most)) => {
                    *most = run.max(*most);
                    run = *before;
                }
                None => run = 0,
            },
            Token::Period => {}
            _ => run += 1,
        }
        if open.len() > MAX_PARENTHESES {
            return Err(too_large("the statement is nested too deeply"));
        }
        if run > MAX_RUN {
            return Err(too_large(format!("an expression has more than {MAX_DEPTH} nested operators")));
        }
        Ok(())
    })
}

/// Returns the statement itself, or the one that it explains, if it only reads.
fn read_statement(statement: &Parsed) -> Option<&Statement> {
    let (outer, is_explained) = match statement {
        Parsed::Statement(statement) => (statement, false),
        Parsed::Explain(explain) => match &*explain.statement {
            Parsed::Statement(statement) => (statement, true),
            _ => return None,
        },
        _ => return None,
    };
    match &**outer {
        query @ Statement::Query(_) => Some(query),
        _ if is_explained => None,
        Statement::Explain {
            describe_alias: DescribeAlias::Describe | DescribeAlias::Desc,
            statement,
            ..
        } => matches!(**statement, Statement::Query(_)).then_some(statement),
        other => matches!(
            other,
            Statement::ExplainTable { .. }
                | Statement::ShowTables { .. }
                | Statement::ShowColumns { .. }
                // with a filter, the planner would build SQL around the filter's text
                | Statement::ShowFunctions { filter: None }
        )
        .then_some(other),
    }
}
