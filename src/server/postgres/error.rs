//! Errors as Postgres clients expect them: a severity, an SQLSTATE, a text, a hint and a position.

use crate::api::{ApiError, ErrorKind};

/// The result of what a client requests.
pub type PgResult<T> = std::result::Result<T, PgError>;

/// An error of a session.
#[derive(Clone, Debug)]
pub struct PgError {
    /// `ERROR`, `FATAL`, which ends the connection, or `WARNING` of a notice.
    pub severity: &'static str,
    /// SQLSTATE: `Appendix A` of the documentation of PostgreSQL.
    pub code: &'static str,
    /// What is wrong, one line.
    pub what: String,
    /// The next step.
    pub hint: Option<String>,
    /// Character of the statement, from 1.
    pub position: Option<usize>,
}

impl PgError {
    /// Returns an error after which the session continues.
    pub fn error(code: &'static str, what: impl Into<String>) -> Self {
        Self { severity: "ERROR", code, what: what.into(), hint: None, position: None }
    }

    /// Returns an error that ends the connection.
    pub fn fatal(code: &'static str, what: impl Into<String>) -> Self {
        Self { severity: "FATAL", ..Self::error(code, what) }
    }

    /// Returns a notice.
    pub fn warning(code: &'static str, what: impl Into<String>) -> Self {
        Self { severity: "WARNING", ..Self::error(code, what) }
    }

    /// Returns the error of a client that left; nobody receives it.
    pub fn gone() -> Self {
        Self::fatal("08006", "the client closed the connection")
    }

    /// Adds the next step.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Removes the position: it is that of another text than the client's.
    pub fn without_position(self) -> Self {
        Self { position: None, ..self }
    }

    pub fn is_fatal(&self) -> bool {
        self.severity == "FATAL"
    }

    /// Converts the error of a statement.
    pub fn of_statement(error: ApiError, sql: &str) -> Self {
        let position = error.position.and_then(|(line, column)| character(sql, line, column));
        let code = match error.kind {
            ErrorKind::Invalid | ErrorKind::StatementNotAllowed => state(&error.what, error.kind),
            ErrorKind::Forbidden => "42501",
            ErrorKind::NotFound => "42704",
            ErrorKind::TooLarge => "54000",
            ErrorKind::RequestTimeout => "08006",
            ErrorKind::Busy => "53000",
            ErrorKind::TimedOut => "57014",
            ErrorKind::OutOfMemory => "53200",
            ErrorKind::Failed => "XX000",
        };
        Self { hint: error.hint, position, ..Self::error(code, error.what) }
    }
}

/// Returns the SQLSTATE of a statement that is wrong.
fn state(what: &str, kind: ErrorKind) -> &'static str {
    let of = |words: &str| what.contains(words);
    match () {
        () if of("table `") && of("does not exist") => "42P01",
        () if of("column `") && of("does not exist") => "42703",
        () if of("function `") && of("does not exist") => "42883",
        () if of("ivide by zero") => "22012",
        () if of("annot cast string") => "22P02",
        () if kind == ErrorKind::StatementNotAllowed => "42501",
        () => "42601",
    }
}

/// Returns the number of a character, from 1, by line and column.
fn character(sql: &str, line: u64, column: u64) -> Option<usize> {
    let lines = usize::try_from(line).ok()?.checked_sub(1)?;
    let before: usize = sql.split_inclusive('\n').take(lines).map(count).sum();
    let at = before + usize::try_from(column).ok()?;
    (at <= count(sql) + 1).then_some(at)
}

fn count(text: &str) -> usize {
    text.chars().count()
}
