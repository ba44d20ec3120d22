//! Errors of HTTP requests as problem documents (RFC 9457). `type` identifies the problem and does not
//! change between versions; `detail` and `hint` are for people.

use crate::api::{ApiError, ErrorKind};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::error::Error;
use schemars::JsonSchema;
use serde::Serialize;

/// Media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// The result of an HTTP request.
pub type HttpResult<T> = std::result::Result<T, Problem>;

/// A problem type: one value of `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemType {
    /// Last segment of `type`.
    pub name: &'static str,
    /// HTTP status.
    pub status: StatusCode,
    /// When it occurs, one line.
    pub title: &'static str,
}

// An error of the API has the same name here and in the audit log.
const fn of(status: StatusCode, name: &'static str, title: &'static str) -> ProblemType {
    ProblemType { name, status, title }
}

pub const INVALID: ProblemType =
    of(StatusCode::BAD_REQUEST, ErrorKind::Invalid.name(), "the request is malformed");
pub const STATEMENT_NOT_ALLOWED: ProblemType = of(
    StatusCode::BAD_REQUEST,
    ErrorKind::StatementNotAllowed.name(),
    "the SQL statement is not read-only, or too large",
);
pub const UNAUTHORIZED: ProblemType =
    of(StatusCode::UNAUTHORIZED, "unauthorized", "the token is missing or wrong");
pub const FORBIDDEN: ProblemType = of(
    StatusCode::FORBIDDEN,
    ErrorKind::Forbidden.name(),
    "the role of the token, or the config, does not allow the request",
);
pub const CROSS_ORIGIN: ProblemType =
    of(StatusCode::FORBIDDEN, "cross-origin", "the request comes from a page of another origin");
pub const NOT_FOUND: ProblemType =
    of(StatusCode::NOT_FOUND, ErrorKind::NotFound.name(), "the resource does not exist");
pub const METHOD_NOT_ALLOWED: ProblemType =
    of(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "the path does not support this method");
pub const NOT_ACCEPTABLE: ProblemType =
    of(StatusCode::NOT_ACCEPTABLE, "not-acceptable", "the response has none of the media types in `Accept`");
pub const REQUEST_TIMEOUT: ProblemType = of(
    StatusCode::REQUEST_TIMEOUT,
    ErrorKind::RequestTimeout.name(),
    "the request body did not arrive in time",
);
pub const TOO_LARGE: ProblemType =
    of(StatusCode::PAYLOAD_TOO_LARGE, ErrorKind::TooLarge.name(), "request too large");
pub const UNSUPPORTED_MEDIA_TYPE: ProblemType = of(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "unsupported-media-type",
    "the request body has an unsupported media type",
);
pub const MISDIRECTED: ProblemType =
    of(StatusCode::MISDIRECTED_REQUEST, "misdirected-request", "`Host` is not a name of this server");
pub const FAILED: ProblemType = of(
    StatusCode::INTERNAL_SERVER_ERROR,
    ErrorKind::Failed.name(),
    "internal error; the log has the details",
);
pub const NOT_READY: ProblemType =
    of(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "the lake does not exist, or cannot be opened");
pub const BUSY: ProblemType = of(
    StatusCode::SERVICE_UNAVAILABLE,
    ErrorKind::Busy.name(),
    "a concurrency limit is reached, or the server is shutting down; retry later",
);
pub const TIMED_OUT: ProblemType =
    of(StatusCode::GATEWAY_TIMEOUT, ErrorKind::TimedOut.name(), "the request exceeded its time limit");
pub const OUT_OF_MEMORY: ProblemType = of(
    StatusCode::INSUFFICIENT_STORAGE,
    ErrorKind::OutOfMemory.name(),
    "the request exceeded its memory or disk limit",
);

/// `Retry-After` in seconds.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("5");

/// The error of an HTTP request.
#[derive(Clone, Debug)]
pub struct Problem {
    problem_type: ProblemType,
    detail: String,
    hint: Option<String>,
}

/// An error as a problem document (RFC 9457).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct Document<'a> {
    /// The problem type, `/problems/NAME`. Does not change between versions.
    #[serde(rename = "type")]
    problem_type: String,
    /// When this problem type occurs, one line.
    title: &'a str,
    /// HTTP status.
    status: u16,
    /// What is wrong with this request, one line.
    detail: &'a str,
    /// The next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl Problem {
    /// Returns a problem without a hint.
    pub fn new(problem_type: ProblemType, detail: impl Into<String>) -> Self {
        Self { problem_type, detail: detail.into(), hint: None }
    }

    /// Adds the next step.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Returns true if it has the type.
    pub fn is(&self, problem_type: ProblemType) -> bool {
        self.problem_type == problem_type
    }

    /// Returns its status, what is wrong, and the next step.
    pub fn parts(&self) -> (StatusCode, &str, Option<&str>) {
        (self.problem_type.status, &self.detail, self.hint.as_deref())
    }

    /// Changes the problem type.
    pub fn with_type(self, problem_type: ProblemType) -> Self {
        Self { problem_type, ..self }
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        let problem_type = match error.kind {
            ErrorKind::Invalid => INVALID,
            ErrorKind::StatementNotAllowed => STATEMENT_NOT_ALLOWED,
            ErrorKind::Forbidden => FORBIDDEN,
            ErrorKind::NotFound => NOT_FOUND,
            ErrorKind::TooLarge => TOO_LARGE,
            ErrorKind::RequestTimeout => REQUEST_TIMEOUT,
            ErrorKind::Busy => BUSY,
            ErrorKind::TimedOut => TIMED_OUT,
            ErrorKind::OutOfMemory => OUT_OF_MEMORY,
            ErrorKind::Failed => FAILED,
        };
        Self { problem_type, detail: error.what, hint: error.hint }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        ApiError::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = Document {
            problem_type: format!("/problems/{}", self.problem_type.name),
            title: self.problem_type.title,
            status: self.problem_type.status.as_u16(),
            detail: &self.detail,
            hint: self.hint.as_deref(),
        };
        let body = serde_json::to_string(&document).unwrap_or_default();
        let content_type = [(header::CONTENT_TYPE, MEDIA_TYPE)];
        let mut response = (self.problem_type.status, content_type, body).into_response();
        match self.problem_type {
            UNAUTHORIZED => {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            BUSY | NOT_READY => {
                response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER_S);
            }
            _ => {}
        }
        response
    }
}
