//! Why there is no answer, as a problem document (RFC 9457). `type` tells the kind and stays the same
//! from version to version; `detail` and `hint` are for people.

use crate::api::{ApiError, ErrorKind};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::error::Error;
use schemars::JsonSchema;
use serde::Serialize;

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What came of a request.
pub type HttpResult<T> = std::result::Result<T, Problem>;

/// A kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The end of `type`.
    pub name: &'static str,
    /// Status.
    pub status: StatusCode,
    /// When it happens, one line.
    pub about: &'static str,
}

// What the api refuses has the names that its notes have.
const fn sort(status: StatusCode, name: &'static str, about: &'static str) -> Sort {
    Sort { name, status, about }
}

pub const INVALID: Sort =
    sort(StatusCode::BAD_REQUEST, ErrorKind::Invalid.name(), "the question is malformed");
pub const REFUSED: Sort =
    sort(StatusCode::BAD_REQUEST, ErrorKind::Refused.name(), "the statement is not one that may be run");
pub const TOKEN_WANTED: Sort =
    sort(StatusCode::UNAUTHORIZED, "token-wanted", "the token is missing or wrong");
pub const FORBIDDEN: Sort =
    sort(StatusCode::FORBIDDEN, ErrorKind::Forbidden.name(), "the token's role does not allow it");
pub const FOREIGN: Sort = sort(StatusCode::FORBIDDEN, "foreign-origin", "a page of another site asks");
pub const NOT_FOUND: Sort = sort(StatusCode::NOT_FOUND, ErrorKind::NotFound.name(), "it does not exist");
pub const WRONG_METHOD: Sort =
    sort(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "the path has other methods");
pub const NOT_ACCEPTABLE: Sort = sort(
    StatusCode::NOT_ACCEPTABLE,
    "not-acceptable",
    "it cannot be said in any media type that `Accept` names",
);
pub const TOO_SLOW: Sort = sort(StatusCode::REQUEST_TIMEOUT, "too-slow", "the body did not come in time");
pub const TOO_LARGE: Sort =
    sort(StatusCode::PAYLOAD_TOO_LARGE, ErrorKind::TooLarge.name(), "it is more than is taken");
pub const WRONG_MEDIA: Sort =
    sort(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "the body is of another media type");
pub const OTHER_HOST: Sort =
    sort(StatusCode::MISDIRECTED_REQUEST, "other-host", "the request is for another server");
pub const FAILED: Sort = sort(
    StatusCode::INTERNAL_SERVER_ERROR,
    ErrorKind::Failed.name(),
    "something failed here; the log says what",
);
pub const NOT_READY: Sort =
    sort(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "there is no lake here, or it does not open");
pub const BUSY: Sort = sort(
    StatusCode::SERVICE_UNAVAILABLE,
    ErrorKind::Busy.name(),
    "too much is under way, or the server is ending; later it may work",
);
pub const TIMED_OUT: Sort =
    sort(StatusCode::GATEWAY_TIMEOUT, ErrorKind::TimedOut.name(), "it took longer than it may");
pub const OUT_OF_MEMORY: Sort = sort(
    StatusCode::INSUFFICIENT_STORAGE,
    ErrorKind::OutOfMemory.name(),
    "it used more memory or disk than it may",
);

/// Seconds after which one who was told to come again may.
const AGAIN_S: HeaderValue = HeaderValue::from_static("5");

/// Why there is no answer.
#[derive(Debug)]
pub struct Problem {
    sort: Sort,
    detail: String,
    hint: Option<String>,
}

/// A problem as it is said.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct Document<'a> {
    /// Which kind: `/problems/…`.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: &'a str,
    /// HTTP status.
    status: u16,
    /// What is wrong, one line.
    detail: &'a str,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl Problem {
    /// Returns a problem of that kind.
    pub fn new(sort: Sort, detail: impl Into<String>) -> Self {
        Self { sort, detail: detail.into(), hint: None }
    }

    /// Adds what to do about it.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Returns the same as another kind.
    pub fn of(self, sort: Sort) -> Self {
        Self { sort, ..self }
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        let sort = match error.class {
            ErrorKind::Invalid => INVALID,
            ErrorKind::Refused => REFUSED,
            ErrorKind::Forbidden => FORBIDDEN,
            ErrorKind::NotFound => NOT_FOUND,
            ErrorKind::TooLarge => TOO_LARGE,
            ErrorKind::Busy => BUSY,
            ErrorKind::TimedOut => TIMED_OUT,
            ErrorKind::OutOfMemory => OUT_OF_MEMORY,
            ErrorKind::Failed => FAILED,
        };
        Self { sort, detail: error.what, hint: error.hint }
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
            kind: format!("/problems/{}", self.sort.name),
            title: self.sort.about,
            status: self.sort.status.as_u16(),
            detail: &self.detail,
            hint: self.hint.as_deref(),
        };
        let body = serde_json::to_string(&document).unwrap_or_default();
        let mut response = (self.sort.status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        match self.sort {
            TOKEN_WANTED => {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            BUSY | NOT_READY => {
                response.headers_mut().insert(header::RETRY_AFTER, AGAIN_S);
            }
            _ => {}
        }
        response
    }
}
