//! The one error type: what failed, where, why, and the next step.
//! An error ends something; a [`Problem`] is one bad object, rule or step that the rest outlives.
//! Handle each once: return it or report it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the caller of the program can do about an error; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Wrong use or wrong config: exit code 2.
    Usage,
    /// What was named does not exist: exit code 2.
    Missing,
    /// Another process is at it; later it may work: exit code 1.
    Busy,
    /// Something failed that was asked for correctly: exit code 1.
    Failed,
    /// A broken promise inside the program: exit code 70.
    Bug,
}

/// What failed, where, why, and what to do next.
#[derive(Debug)]
pub struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// What failed, lower case, names in backticks.
    pub what: String,
    /// `file:line:column`, an object key or an address.
    pub place: Option<String>,
    /// The next step for the reader.
    pub hint: Option<String>,
    /// Why: the error below this one.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of anything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Returns an error of wrong use or wrong config.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Kind::Usage, what)
    }

    /// Returns an error of something named that does not exist.
    pub fn missing(what: impl Into<String>) -> Self {
        Self::new(Kind::Missing, what)
    }

    /// Returns an error of something that another process is at.
    pub fn busy(what: impl Into<String>) -> Self {
        Self::new(Kind::Busy, what)
    }

    /// Returns an error of something that failed though it was asked for correctly.
    pub fn failed(what: impl Into<String>) -> Self {
        Self::new(Kind::Failed, what)
    }

    /// Returns an error of a promise broken inside the program.
    pub fn bug(what: impl Into<String>) -> Self {
        Self::new(Kind::Bug, what)
    }

    fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), place: None, hint: None, source: None }
    }

    /// Adds where it failed.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Adds the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds why it failed.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns the exit code of the program that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Failed | Kind::Busy => 1,
            Kind::Usage | Kind::Missing => 2,
            Kind::Bug => 70,
        }
    }

    /// Returns why, as one line without the text of this error itself.
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

    /// Returns the same as a problem of `step` that the rest outlives.
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

/// One thing that failed while the rest went on; part of every report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The step it happened in: `ingest`, `rules`, `trace`, …
    pub step: String,
    /// What failed and why, one line.
    pub what: String,
    /// Object key or `file:line:column`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The next step for the reader.
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
