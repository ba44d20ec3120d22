//! Bodies of requests: how long they may take, and why one could not be read. A client that sends a byte now
//! and then must not hold a request for ever.

use crate::api::{ApiError, ErrorKind};
use crate::server::problem::{HttpResult, Problem, TOO_LARGE};
use axum::body::{Body, BodyDataStream, Bytes};
use futures::StreamExt;
use std::error::Error;
use std::fmt;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// In each such time a client must send [`WINDOW_BYTES`], or the end of the body.
const WINDOW: Duration = Duration::from_secs(30);
const WINDOW_BYTES: usize = 32 << 10;

/// Time limit of a body. Time in which the server does not read is not counted.
const TOTAL: Duration = Duration::from_secs(60);
/// Time limit of an upload: 2 GiB at 5 Mbit/s.
const UPLOAD_TOTAL: Duration = Duration::from_secs(3600);
/// The path of uploads.
const UPLOAD_PATH: &str = "/v1/logs";

/// Returns the time limit of the body of a request for a path.
pub fn time_limit(path: &str) -> Duration {
    if path == UPLOAD_PATH { UPLOAD_TOTAL } else { TOTAL }
}

/// A body that arrived too slowly.
#[derive(Debug)]
struct SlowBody(String);

impl fmt::Display for SlowBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for SlowBody {}

/// The time and bytes that are left.
struct Pace {
    data: BodyDataStream,
    total: Duration,
    total_left: Duration,
    window_left: Duration,
    window_bytes: usize,
}

impl Pace {
    fn new(body: Body, total: Duration) -> Self {
        let data = body.into_data_stream();
        Self { data, total, total_left: total, window_left: WINDOW, window_bytes: 0 }
    }

    /// Returns the next bytes; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, axum::Error> {
        let begun = Instant::now();
        let Ok(chunk) = timeout(self.window_left.min(self.total_left), self.data.next()).await else {
            return Err(axum::Error::new(SlowBody(match self.window_left < self.total_left {
                true => format!(
                    "received {} bytes of the body in {} s; the least is {WINDOW_BYTES}",
                    self.window_bytes,
                    WINDOW.as_secs()
                ),
                false => format!("the body did not arrive within {} s", self.total.as_secs()),
            })));
        };
        let took = begun.elapsed();
        self.total_left = self.total_left.saturating_sub(took);
        self.window_left = self.window_left.saturating_sub(took);
        let Some(bytes) = chunk.transpose()? else { return Ok(None) };
        self.window_bytes += bytes.len();
        if self.window_bytes >= WINDOW_BYTES {
            (self.window_left, self.window_bytes) = (WINDOW, 0);
        }
        Ok(Some(bytes))
    }
}

/// Returns a body that fails if it takes longer than `total`, or if the client sends too little.
pub fn with_time_limits(body: Body, total: Duration) -> Body {
    let chunks = futures::stream::try_unfold(Pace::new(body, total), |mut pace| async {
        Ok::<_, axum::Error>(pace.next().await?.map(|bytes| (bytes, pace)))
    });
    Body::from_stream(chunks)
}

/// Reads a body of at most `limit` bytes.
pub async fn read(body: Body, limit: usize) -> HttpResult<Vec<u8>> {
    let mut data = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = data.next().await {
        let chunk = chunk.map_err(|error| body_error(&error))?;
        if bytes.len() + chunk.len() > limit {
            let what = format!("the body is larger than the limit of {} MiB", limit >> 20);
            return Err(Problem::new(TOO_LARGE, what));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Returns why a body could not be read to its end.
pub fn body_error(error: &(dyn Error + 'static)) -> ApiError {
    let mut source = Some(error);
    while let Some(error) = source {
        if let Some(SlowBody(what)) = error.downcast_ref() {
            return ApiError::new(ErrorKind::RequestTimeout, what)
                .hint("send it again, from nearer or compressed");
        }
        source = error.source();
    }
    ApiError::new(ErrorKind::Invalid, format!("the body was interrupted: {error}")).hint("send it again")
}
