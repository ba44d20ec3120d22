//! The error type of the whole program: what failed, where, why, and the next step.
//! An error ends an operation; a [`Problem`] is one bad object, rule or step that does not stop the
//! rest. Handle each once: return it or report it. Must not know who shows it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The kind of an error; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Wrong use or wrong config: exit code 2.
    Usage,
    /// A named thing does not exist: exit code 2.
    Missing,
    /// Another process is using the resource, and a retry may succeed: exit code 1.
    Busy,
    /// A valid request failed: exit code 1.
    Failed,
    /// A bug in this program: exit code 70 (`EX_SOFTWARE` of sysexits.h).
    Bug,
}

/// What failed, where, why, and what to do next.
#[derive(Debug)]
pub struct Error {
    /// Decides the exit code.
    pub kind: ErrorKind,
    /// What failed, lower case, names in backticks.
    pub what: String,
    /// `file:line:column`, an object key or an address.
    pub place: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// Why it failed: the underlying error.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of an operation that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Returns an [`ErrorKind::Usage`] error.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, what)
    }

    /// Returns an [`ErrorKind::Missing`] error.
    pub fn missing(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Missing, what)
    }

    /// Returns an [`ErrorKind::Busy`] error.
    pub fn busy(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Busy, what)
    }

    /// Returns an [`ErrorKind::Failed`] error.
    pub fn failed(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, what)
    }

    /// Returns an [`ErrorKind::Bug`] error.
    pub fn bug(what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Bug, what)
    }

    fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), place: None, hint: None, source: None }
    }

    /// Adds the place: `file:line:column`, an object key or an address.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the underlying error.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the exit code for a program that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            ErrorKind::Failed | ErrorKind::Busy => 1,
            ErrorKind::Usage | ErrorKind::Missing => 2,
            ErrorKind::Bug => 70,
        }
    }

    /// Returns the texts of the underlying errors on one line, without repetitions; `None` without one.
    pub fn why(&self) -> Option<String> {
        let mut source = self.source.as_deref().map(|s| s as &dyn std::error::Error);
        let mut lines: Vec<String> = Vec::new();
        while let Some(error) = source {
            let text = error.to_string();
            if !lines.iter().any(|line| line.contains(&text)) {
                lines.push(text);
            }
            source = error.source();
        }
        (!lines.is_empty()).then(|| lines.join(": "))
    }

    /// Returns the error as a problem of `step`.
    pub fn into_problem(self, step: &str) -> Problem {
        let what = match self.why() {
            Some(why) => format!("{}: {why}", self.what),
            None => self.what,
        };
        Problem { step: step.into(), what, place: self.place, hint: self.hint }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        if let Some(place) = &self.place {
            write!(f, "\n  --> {place}")?;
        }
        if let Some(why) = self.why() {
            for line in why.lines() {
                write!(f, "\n  {line}")?;
            }
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|s| s as _)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::failed("input or output failed").because(error)
    }
}

/// One failure that did not stop the rest; part of every report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The step it happened in: `ingest`, `rules`, `trace`, …
    pub step: String,
    /// What failed and why, one line.
    pub what: String,
    /// Object key or `file:line:column`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}", self.what)?;
        if let Some(hint) = &self.hint {
            write!(f, " (hint: {hint})")?;
        }
        Ok(())
    }
}
