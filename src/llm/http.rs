//! One request to a model over HTTP: retried if that can help, within the deadline, with a limit on the
//! size of the response. The API key must not get into an error or a log.

use crate::backoff::{Backoff, lengthened};
use crate::llm::Client;
use crate::llm::wire::{Completion, Usage};
use model::error::Error;
use reqwest::{Response, StatusCode, header};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// The most attempts for one request.
const ATTEMPTS: u32 = 4;
/// Wait between attempts if the server does not say how long to wait.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(8) };
/// The most bytes of a response; a brief has a few thousand.
const MAX_RESPONSE: usize = 1 << 20;
/// The most characters of a server's error message that are shown.
const MAX_WHY: usize = 200;
/// The longest `Retry-After` that is used; no deadline is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// The reply of a model.
pub struct Reply {
    pub content: String,
    /// `stop`, `length`, `content_filter` or another reason why the reply ended.
    pub finish_reason: Option<String>,
}

/// Why a request has no reply.
pub enum RequestError {
    /// The server does not accept the request in this form; holds its message.
    Rejected(String),
    /// Any other error; changing the request does not help.
    Failed(Error),
}

/// Why one attempt has no reply.
enum AttemptError {
    /// Another attempt may succeed.
    Retryable {
        error: Error,
        /// `Retry-After` of the server.
        wait: Option<Duration>,
    },
    Permanent(RequestError),
}

impl AttemptError {
    fn failed(error: Error) -> Self {
        Self::Permanent(RequestError::Failed(error))
    }
}

impl Client {
    /// Sends a request, with retries until `deadline`; counts each attempt in `usage`.
    pub(super) async fn send(
        &self,
        body: &Value,
        deadline: Instant,
        usage: &mut Usage,
    ) -> Result<Reply, RequestError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            usage.calls += 1;
            let (error, wait) = match self.send_once(body, usage).await {
                Ok(reply) => return Ok(reply),
                Err(AttemptError::Permanent(error)) => return Err(error),
                Err(AttemptError::Retryable { error, wait }) => (error, wait),
            };
            let pause = match wait {
                Some(wait) => lengthened(wait.min(LONGEST_WAIT)),
                None => BACKOFF.after(attempt),
            };
            if attempt == ATTEMPTS || Instant::now() + pause >= deadline {
                return Err(RequestError::Failed(error));
            }
            tracing::warn!(attempt, "request to the model failed, retrying: {}", error.what);
            tokio::time::sleep(pause).await;
        }
    }

    async fn send_once(&self, body: &Value, usage: &mut Usage) -> Result<Reply, AttemptError> {
        let mut request = self
            .http
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(body.to_string());
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let response =
            request.send().await.map_err(|error| connection_error("the model cannot be reached", error))?;
        let status = response.status();
        let wait = retry_after(&response);
        let text = read_body(response).await?;
        if status.is_success() {
            return parse(&text, usage).map_err(AttemptError::failed);
        }
        let why = self.server_message(&text);
        let error = Error::failed(format!("the model's server responded {status}"));
        Err(match status {
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                AttemptError::Permanent(RequestError::Rejected(why))
            }
            // the message of such a response may quote the key, so it is not shown
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => AttemptError::failed(
                error.hint("check the API key in the environment variable named by `[llm] api_key_env`"),
            ),
            StatusCode::TOO_MANY_REQUESTS if why.contains("insufficient_quota") => {
                AttemptError::failed(error.hint("the account has no credit left"))
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS => {
                AttemptError::Retryable { error, wait }
            }
            _ if status.is_server_error() => AttemptError::Retryable { error, wait },
            _ if status.is_redirection() => AttemptError::failed(
                error.hint("redirects are not followed: set `base_url` to the final address"),
            ),
            _ => AttemptError::failed(
                Error::failed(format!("{}: {why}", error.what))
                    .hint("check `model` and `base_url` under `[llm]`"),
            ),
        })
    }

    /// Returns the error message of a response, shortened and without the key.
    fn server_message(&self, text: &str) -> String {
        let body: Option<Value> = serde_json::from_str(text).ok();
        let at = |path: &str| body.as_ref().and_then(|body| body.pointer(path)?.as_str().map(str::to_owned));
        let message = at("/error/message").or_else(|| at("/message")).or_else(|| at("/error"));
        let code = at("/error/code").map(|code| format!(" ({code})")).unwrap_or_default();
        let message = message.unwrap_or_else(|| text.to_owned()) + &code;
        let mut message: String = message.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(key) = self.key.as_deref() {
            message = message.replace(key, "…");
        }
        message.chars().filter(|c| !c.is_control()).take(MAX_WHY).collect()
    }
}

/// Reads the body of a response, up to [`MAX_RESPONSE`] bytes.
async fn read_body(mut response: Response) -> Result<String, AttemptError> {
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => return Err(connection_error("the response of the model was cut off", error)),
        }
        if bytes.len() > MAX_RESPONSE {
            return Err(AttemptError::failed(Error::failed(format!(
                "the response of the model is larger than {} KiB",
                MAX_RESPONSE >> 10
            ))));
        }
    }
}

fn parse(text: &str, usage: &mut Usage) -> Result<Reply, Error> {
    let completion: Completion = serde_json::from_str(text)
        .map_err(|error| Error::failed("the server's response is not a chat completion").because(error))?;
    if let Some(tokens) = completion.usage {
        usage.prompt_tokens += tokens.prompt_tokens;
        usage.completion_tokens += tokens.completion_tokens;
    }
    let choice = completion.choices.into_iter().next();
    let choice = choice.ok_or_else(|| Error::failed("the server's response contains no choice"))?;
    Ok(Reply { content: choice.message.content.unwrap_or_default(), finish_reason: choice.finish_reason })
}

/// Returns the `Retry-After` of a response, in seconds (also fractions of one) or as a date (RFC 9110,
/// section 10.2.3).
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    (at.to_utc() - chrono::Utc::now()).to_std().ok()
}

fn connection_error(what: &str, error: reqwest::Error) -> AttemptError {
    let error = error.without_url();
    let mut inner: &dyn std::error::Error = &error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    let error = Error::failed(format!("{what}: {inner}")).hint("check `[llm] base_url`");
    AttemptError::Retryable { error, wait: None }
}
