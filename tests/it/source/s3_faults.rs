//! Faults of the in-process bucket. They depend on seed, address and attempt but not on the order of
//! requests, so that a run can be repeated with the same faults.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use futures::stream::{self, StreamExt};
use std::io;
use std::time::Duration;

/// Pause before each piece of a slow body, and before a body is truncated.
const PAUSE: Duration = Duration::from_millis(3);
/// Number of pieces of a slow body.
const PIECES: usize = 6;

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Status 500.
    Error,
    /// Status 503 SlowDown.
    SlowDown,
    /// Status 429 with `Retry-After: 0`.
    TooMany,
    /// The connection is closed before the response.
    Closed,
    /// The body ends before its Content-Length.
    Truncated,
    /// The body is sent slowly in pieces.
    Slow,
    /// The response has the ETag of another version.
    WrongEtag,
    /// The first listing has an earlier version of a key.
    Older,
    /// The first listing lacks a key.
    Missing,
}

impl Fault {
    pub const ALL: [Self; 9] = [
        Self::Error,
        Self::SlowDown,
        Self::TooMany,
        Self::Closed,
        Self::Truncated,
        Self::Slow,
        Self::WrongEtag,
        Self::Older,
        Self::Missing,
    ];

    fn is_of_key(self) -> bool {
        matches!(self, Self::Older | Self::Missing)
    }
}

/// The share of requests and keys with each fault, 0 to 1.
#[derive(Clone, Default)]
pub struct Faults {
    pub seed: u64,
    pub shares: Vec<(Fault, f64)>,
}

impl Faults {
    /// Returns the fault of an attempt (from 1) at a method, path and query.
    pub fn of_request(&self, address: &str, attempt: u64) -> Option<Fault> {
        self.of(&format!("{attempt} {address}"), |fault| !fault.is_of_key())
    }

    /// Returns the fault of a key in the first listing.
    pub fn of_key(&self, key: &str) -> Option<Fault> {
        self.of(key, Fault::is_of_key)
    }

    fn of(&self, subject: &str, counts: impl Fn(Fault) -> bool) -> Option<Fault> {
        let mut left = drawn(self.seed, subject);
        self.shares.iter().filter(|(fault, _)| counts(*fault)).find_map(|(fault, share)| {
            left -= share;
            (left < 0.0).then_some(*fault)
        })
    }
}

/// Returns a number from 0 to 1 that depends on seed and text: FNV-1a, then xorshift64*.
fn drawn(seed: u64, text: &str) -> f64 {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xcbf2_9ce4_8422_2325;
    let mut state = text.bytes().fold(seed, fold).max(1);
    for _ in 0..3 {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
    }
    (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Returns an S3 error document.
pub fn error_response(status: StatusCode, code: &str) -> Response<Bytes> {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{code}</Message></Error>"
    );
    let mut answer = Response::new(text.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    answer
}

/// Returns a response with its fault applied.
pub fn sent(mut answer: Response<Bytes>, fault: Option<Fault>) -> Response<Body> {
    match fault {
        Some(Fault::Error) => answer = error_response(StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        Some(Fault::SlowDown) => answer = error_response(StatusCode::SERVICE_UNAVAILABLE, "SlowDown"),
        Some(Fault::TooMany) => {
            answer = error_response(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests");
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("0"));
        }
        Some(Fault::WrongEtag) if answer.headers().contains_key(header::ETAG) => {
            answer.headers_mut().insert(header::ETAG, HeaderValue::from_static("\"0123456789abcdef\""));
        }
        _ => {}
    }
    let (mut parts, bytes) = answer.into_parts();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let cut = || Err(io::Error::other("cut"));
    let body = match fault {
        // a body that fails at once would also drop the head, which was not sent yet
        Some(Fault::Closed) => Body::from_stream(stream::once(async move { cut() })),
        Some(Fault::Truncated) => paced(vec![Ok(bytes.slice(..bytes.len() / 2)), cut()]),
        Some(Fault::Slow) => {
            let size = bytes.len().div_ceil(PIECES).max(1);
            let piece = |at| Ok(bytes.slice(at..bytes.len().min(at + size)));
            paced((0..bytes.len()).step_by(size).map(piece).collect())
        }
        _ => bytes.into(),
    };
    Response::from_parts(parts, body)
}

/// Returns a body in pieces, with a pause before each so that the previous one reaches the client.
fn paced(pieces: Vec<io::Result<Bytes>>) -> Body {
    Body::from_stream(stream::iter(pieces).then(|piece| async {
        tokio::time::sleep(PAUSE).await;
        piece
    }))
}
