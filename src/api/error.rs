//! Why there is no answer. Each way in says the same class in its own terms: a status, an MCP error.

use model::error::{Error, Kind};

/// What kind of no it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The question is malformed: 400.
    Invalid,
    /// The statement is not one that may be run: 400, `statement-refused`.
    Refused,
    /// The caller's role does not allow it: 403.
    Forbidden,
    /// It does not exist: 404.
    NotFound,
    /// It is more than is taken: 413.
    TooLarge,
    /// Too much is under way, another run writes the lake, or there is no lake yet; later it may work: 503.
    Busy,
    /// It took longer than it may: 504.
    TimedOut,
    /// It used more memory than it may: 507.
    OutOfMemory,
    /// Something here failed: 500.
    Failed,
}

impl ErrorKind {
    /// Returns the name that notes and problem documents have for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Refused => "statement-refused",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::TooLarge => "too-large",
            Self::Busy => "busy",
            Self::TimedOut => "timed-out",
            Self::OutOfMemory => "out-of-memory",
            Self::Failed => "failed",
        }
    }
}

/// Why there is no answer. Nothing in it names a path of this machine.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// What kind.
    pub class: ErrorKind,
    /// What is wrong, one line.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ApiError {
    /// Returns a error.
    pub fn new(class: ErrorKind, what: impl Into<String>) -> Self {
        Self { class, what: what.into(), hint: None }
    }

    /// Adds what to do about it.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl From<Error> for ApiError {
    /// What only concerns this machine goes to the log.
    fn from(error: Error) -> Self {
        let is_memory = error.why().is_some_and(|why| why.contains("Resources exhausted"));
        let class = match error.kind {
            Kind::Usage => ErrorKind::Invalid,
            Kind::Missing => ErrorKind::NotFound,
            Kind::Busy => ErrorKind::Busy,
            Kind::Failed if is_memory => ErrorKind::OutOfMemory,
            Kind::Failed | Kind::Bug => {
                tracing::error!(place = error.place, why = error.why(), "{}", error.what);
                ErrorKind::Failed
            }
        };
        Self { class, what: error.what, hint: error.hint }
    }
}
