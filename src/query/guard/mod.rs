//! Which statements of strangers may run: an allow-list over the parsed text. What is not named here
//! is refused. Size and depth are measured on the tokens first, because a deep tree ends the process
//! wherever it is walked.

mod inspector;

use crate::query::engine::{SqlFault, fault_of};
use crate::query::guard::inspector::Inspector;
use datafusion::common::DataFusionError;
use datafusion::sql::parser::{DFParserBuilder, Statement as Parsed};
use datafusion::sql::sqlparser::ast::{DescribeAlias, Statement, Visit};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use std::ops::ControlFlow;

/// Most bytes of a statement.
pub const BYTES: usize = 64 << 10;
/// Most expressions that lie one within the other: `a or b or …` is as deep as it is long.
const DEPTH: usize = 1_000;
/// Most tokens that no comma parts: twice what so deep an expression is made of.
const RUN: usize = 4 * DEPTH;
/// Most bytes of a name: as JSON each row says it again.
const NAME: usize = 256;
/// Most parentheses within one another; the parser tries some of them twice over.
const PARENTHESES: usize = 32;
/// What a statement may begin with.
const LEADS: [Keyword; 7] = [
    Keyword::SELECT,
    Keyword::WITH,
    Keyword::VALUES,
    Keyword::EXPLAIN,
    Keyword::DESCRIBE,
    Keyword::DESC,
    Keyword::SHOW,
];

/// A statement that may run.
#[derive(Clone, Debug)]
pub struct Checked(pub(crate) Parsed);

/// Why a statement of a stranger does not run.
#[derive(Clone, Debug)]
pub enum Denied {
    /// It is not one that may.
    Refused {
        /// What is wrong with it, one line.
        what: String,
        /// What to do about it.
        hint: String,
    },
    /// It is no SQL, or cannot be planned.
    Wrong(SqlFault),
}

fn refused(what: impl Into<String>, hint: impl Into<String>) -> Denied {
    Denied::Refused { what: what.into(), hint: hint.into() }
}

fn not_a_read(what: impl Into<String>) -> Denied {
    refused(what, "only one reading statement may run: select, with, values, explain, describe or show")
}

fn too_much(what: impl Into<String>) -> Denied {
    refused(what, "ask for less at once")
}

/// Decides whether a statement may run.
///
/// # Errors
/// Why it may not, or what the parser says of it.
pub fn check(sql: &str) -> Result<Checked, Denied> {
    if sql.len() > BYTES {
        return Err(too_much(format!("the statement is longer than {} KiB", BYTES >> 10)));
    }
    if sql.contains(is_unseen) {
        return Err(refused(
            "the statement holds a character that cannot be seen",
            "write it without control characters; `chr(8203)` stands for one within a text",
        ));
    }
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().map_err(|error| {
        Denied::Wrong(SqlFault {
            line: Some(error.location.line),
            column: Some(error.location.column),
            what: error.message,
            hint: None,
        })
    })?;
    measure(&tokens)?;
    let parsed = DFParserBuilder::new(tokens).build().and_then(|mut parser| parser.parse_statements());
    let statement = match parsed {
        Ok(mut statements) => match (statements.pop_front(), statements.is_empty()) {
            (Some(statement), true) => statement,
            _ => return Err(not_a_read("there is more than one statement, or none")),
        },
        Err(error) if is_too_deep(&error) => return Err(too_much("the statement is nested too deeply")),
        Err(error) => return Err(Denied::Wrong(fault_of(&error))),
    };
    let read = reads(&statement).ok_or_else(|| not_a_read("the statement does more than read"))?;
    let mut look = Inspector::default();
    match read.visit(&mut look) {
        ControlFlow::Continue(()) => Ok(Checked(statement)),
        ControlFlow::Break(denied) => Err(*denied),
    }
}

/// Tells characters that make a text other than it looks: control, zero width, direction.
fn is_unseen(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn is_too_deep(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::SQL(error, _) if matches!(**error, ParserError::RecursionLimitExceeded))
}

/// Looks at the tokens: how it begins, that nothing follows its end, and how deep it can be.
fn measure(tokens: &[TokenWithSpan]) -> Result<(), Denied> {
    let mut seen =
        tokens.iter().map(|token| &token.token).filter(|token| !matches!(token, Token::Whitespace(_)));
    match seen.clone().find(|token| !matches!(token, Token::LParen)) {
        Some(Token::Word(word)) if LEADS.contains(&word.keyword) => {}
        _ => return Err(not_a_read("the statement does not begin like one that reads")),
    }
    if seen
        .clone()
        .skip_while(|token| !matches!(token, Token::SemiColon))
        .any(|token| !matches!(token, Token::SemiColon | Token::EOF))
    {
        return Err(not_a_read("there is more than one statement"));
    }
    if seen.clone().any(|token| matches!(token, Token::Word(word) if word.value.len() > NAME)) {
        return Err(too_much(format!("a name is longer than {NAME} bytes")));
    }
    // tokens on the longest way down to here; of each open parenthesis those before it, and the most within
    let mut run = 0_usize;
    let mut open: Vec<(usize, usize)> = Vec::new();
    seen.try_for_each(|token| {
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
        if open.len() > PARENTHESES {
            return Err(too_much("the statement is nested too deeply"));
        }
        if run > RUN {
            return Err(too_much(format!("more than {DEPTH} operators follow one another")));
        }
        Ok(())
    })
}

/// Returns the reading statement that this one is or explains.
fn reads(statement: &Parsed) -> Option<&Statement> {
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
                // with a filter the planner writes SQL of its own around the text
                | Statement::ShowFunctions { filter: None }
        )
        .then_some(other),
    }
}
