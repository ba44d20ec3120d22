//! One request to a model: tried again where a server asks for it or breaks off, never longer than
//! the deadline, and cut off when an answer grows beyond all reason.

use crate::llm::wire::{Completion, Usage};
use crate::llm::{Client, delimiter};
use model::error::Error;
use reqwest::{Response, StatusCode, header};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// How often one request is sent.
const ATTEMPTS: u32 = 4;
/// The most bytes of an answer: a brief has some thousand.
const MAX_ANSWER: usize = 1 << 20;
/// The most characters that are told of a refusal.
const MAX_WHY: usize = 200;
/// What a server may ask to wait at most; no deadline is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// What the model said.
pub struct Reply {
    pub content: String,
    pub finish: Option<String>,
}

/// Why there is no reply.
pub enum Failure {
    /// The request was not to the server's liking: asked otherwise it may be.
    Refused(String),
    /// Nothing helps.
    Final(Error),
}

/// Why one attempt came to nothing, and when another may help.
struct Miss {
    error: Error,
    /// What the server asks to wait; nothing where it does not say.
    wait: Option<Duration>,
}

impl Client {
    /// Sends a request until there is a reply.
    pub(super) async fn call(
        &self,
        body: &Value,
        until: Instant,
        usage: &mut Usage,
    ) -> Result<Reply, Failure> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            usage.calls += 1;
            let miss = match self.once(body, usage).await? {
                Ok(reply) => return Ok(reply),
                Err(miss) => miss,
            };
            let pause = miss.wait.unwrap_or(Duration::from_millis(250 << attempt.min(5))).min(LONGEST_WAIT);
            let pause = pause + pause.mul_f64(0.25 * chance());
            if attempt == ATTEMPTS || Instant::now() + pause >= until {
                return Err(Failure::Final(miss.error));
            }
            tracing::warn!(attempt, "the model is asked again: {}", miss.error.what);
            tokio::time::sleep(pause).await;
        }
    }

    async fn once(&self, body: &Value, usage: &mut Usage) -> Result<Result<Reply, Miss>, Failure> {
        let mut request = self
            .http
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(body.to_string());
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(broken("the model cannot be reached", error))),
        };
        let status = answer.status();
        let wait = retry_after(&answer);
        let text = match text_of(answer).await? {
            Ok(text) => text,
            Err(miss) => return Ok(Err(miss)),
        };
        if status.is_success() {
            return read(&text, usage).map(Ok).map_err(Failure::Final);
        }
        let why = self.why(&text);
        let error = Error::failed(format!("the model's server answered {status}"));
        match status {
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Err(Failure::Refused(why)),
            // a key may be quoted in what such an answer says
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Failure::Final(
                error.hint("is the key right? `[llm] api_key_env` names the variable that holds it"),
            )),
            StatusCode::TOO_MANY_REQUESTS if why.contains("insufficient_quota") => {
                Err(Failure::Final(error.hint("the account has no credit left")))
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS => {
                Ok(Err(Miss { error, wait }))
            }
            _ if status.is_server_error() => Ok(Err(Miss { error, wait })),
            _ if status.is_redirection() => {
                Err(Failure::Final(error.hint("redirects are not followed: write the final `base_url`")))
            }
            _ => Err(Failure::Final(
                Error::failed(format!("{}: {why}", error.what))
                    .hint("look at `model` and `base_url` under `[llm]`"),
            )),
        }
    }

    /// Returns what the server says is wrong, short and without the key.
    fn why(&self, text: &str) -> String {
        let said: Option<Value> = serde_json::from_str(text).ok();
        let of = |path: &str| said.as_ref().and_then(|said| said.pointer(path)?.as_str().map(str::to_owned));
        let what = of("/error/message").or_else(|| of("/message")).or_else(|| of("/error"));
        let code = of("/error/code").map(|code| format!(" ({code})")).unwrap_or_default();
        let what = what.unwrap_or_else(|| text.to_owned()) + &code;
        let mut what: String = what.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(key) = self.key.as_deref() {
            what = what.replace(key, "…");
        }
        what.chars().filter(|c| !c.is_control()).take(MAX_WHY).collect()
    }
}

/// Reads an answer as it comes in, up to the most that is taken.
async fn text_of(mut answer: Response) -> Result<Result<String, Miss>, Failure> {
    let mut bytes = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(Ok(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) => return Ok(Err(broken("the model's answer broke off", error))),
        }
        if bytes.len() > MAX_ANSWER {
            return Err(Failure::Final(Error::failed(format!(
                "the model's answer is larger than {} KiB",
                MAX_ANSWER >> 10
            ))));
        }
    }
}

fn read(text: &str, usage: &mut Usage) -> Result<Reply, Error> {
    let completion: Completion = serde_json::from_str(text)
        .map_err(|error| Error::failed("the server's answer is no chat completion").because(error))?;
    if let Some(counted) = completion.usage {
        usage.prompt_tokens += counted.prompt_tokens;
        usage.completion_tokens += counted.completion_tokens;
    }
    let choice = completion.choices.into_iter().next();
    let choice = choice.ok_or_else(|| Error::failed("the server's answer holds no choice"))?;
    Ok(Reply { content: choice.message.content.unwrap_or_default(), finish: choice.finish_reason })
}

/// Returns what the server asks to wait, in either way of saying it.
fn retry_after(answer: &Response) -> Option<Duration> {
    let text = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    (at.to_utc() - chrono::Utc::now()).to_std().ok()
}

fn broken(what: &str, error: reqwest::Error) -> Miss {
    let error = error.without_url();
    let mut inner: &dyn std::error::Error = &error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    let error = Error::failed(format!("{what}: {inner}")).hint("`[llm] base_url` says where it is");
    Miss { error, wait: None }
}

/// Returns a number from 0 to 1, so that many clients do not come back at once.
fn chance() -> f64 {
    let text = delimiter().unwrap_or_default();
    let part = text.get(..4).and_then(|hex| u16::from_str_radix(hex, 16).ok()).unwrap_or(0);
    f64::from(part) / f64::from(u16::MAX)
}
