//! HTTP POST to an address that is secret, and the meaning of the response. No error or note contains the
//! address or the signing secret.

use crate::config::is_loopback;
use crate::delivery::channel::{Environment, SendOutcome};
use chrono::{DateTime, Utc};
use model::error::{Error, Result};
use redact::sanitize::plain;
use reqwest::{Client, Response, Url};
use ring::hmac;
use serde_json::Value;
use std::time::Duration;

/// Time limit of a request.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Maximum size of a response body that is read.
const MAX_BODY: usize = 64 << 10;

/// Shorter parts of an address are not treated as secrets: redacting them would redact words.
const MIN_SECRET: usize = 6;

/// A secret address to post to.
pub(super) struct Endpoint {
    client: Client,
    /// Environment variable with the address.
    url_env: String,
    pub url: Url,
    /// Signing secret.
    pub secret: Option<String>,
    /// Wait after the rate limit was hit and the response does not say how long to wait.
    busy_wait: Duration,
}

/// An HTTP response.
pub(super) struct Reply {
    pub status: u16,
    pub body: String,
    /// How long to wait before the next request, if the response says so.
    wait: Option<Duration>,
}

/// The meaning of an error code in a response body.
pub(super) enum Failure {
    /// The rate limit was hit.
    Busy,
    /// Another attempt may succeed.
    Temporary,
    /// The config is wrong, with the reason; empty if unknown.
    Permanent(&'static str),
}

impl Endpoint {
    /// Reads the address and the signing secret from the environment.
    pub fn open(
        environment: Environment,
        url_env: &str,
        secret_env: Option<&str>,
        busy_wait: Duration,
    ) -> Result<Self> {
        let text = environment.variable("url_env", url_env)?;
        let url = Url::parse(&text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some())
            .ok_or_else(|| {
                Error::usage(format!("the environment variable `{url_env}` is not a valid URL"))
            })?;
        let secret = secret_env.map(|name| environment.variable("secret_env", name)).transpose()?;
        let client = Client::builder();
        // a proxy would receive keys unencrypted, and is not needed to reach this machine
        let client = if url.host_str().is_some_and(is_loopback) { client.no_proxy() } else { client };
        let client = client
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            // if an idle connection breaks, it is unknown whether the message on it arrived
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| Error::failed("cannot create an HTTP client").because(error.without_url()))?;
        Ok(Self { client, url_env: url_env.to_owned(), url, secret, busy_wait })
    }

    /// Fails unless the address is one of the kind (`is_valid`) and is encrypted. `example` shows such an
    /// address.
    pub fn require(self, is_valid: bool, kind: &str, example: &str) -> Result<Self> {
        let name = &self.url_env;
        if !is_valid {
            return Err(Error::usage(format!("`{name}` is not an address of a `{kind}` channel"))
                .hint(format!("such an address looks like {example}")));
        }
        if self.url.scheme() != "https" && !self.url.host_str().is_some_and(is_loopback) {
            return Err(Error::usage(format!("the address in `{name}` does not begin with https://"))
                .hint("it contains a key that must not be sent unencrypted"));
        }
        Ok(self)
    }

    /// Returns true if the address has a query parameter with that name and a value.
    pub fn has_parameter(&self, name: &str) -> bool {
        self.url.query_pairs().any(|(key, value)| key == name && !value.is_empty())
    }

    /// Posts JSON. Returns the response if its meaning is up to the kind: 2xx, or 4xx except rate limits.
    pub async fn post(
        &self,
        url: Url,
        headers: &[(&'static str, String)],
        body: String,
    ) -> std::result::Result<Reply, SendOutcome> {
        let reply = self.request(url, headers, body).await?;
        let text = format!("the server returned {}", reply.status);
        match reply.status {
            300..=399 => Err(SendOutcome::Rejected(format!("{text}: redirects are not followed"))),
            429 => Err(SendOutcome::Busy(text, reply.wait.unwrap_or(self.busy_wait))),
            503 => Err(match reply.wait {
                Some(wait) => SendOutcome::Busy(text, wait),
                None => SendOutcome::Failed(text),
            }),
            // a gateway that gives up may have passed the message on before
            408 | 500.. => Err(SendOutcome::Uncertain(text)),
            _ => Ok(reply),
        }
    }

    /// Posts JSON and returns the response, whatever its status.
    pub async fn request(
        &self,
        url: Url,
        headers: &[(&'static str, String)],
        body: String,
    ) -> std::result::Result<Reply, SendOutcome> {
        let mut request = self.client.post(url).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() || error.is_builder() => {
                return Err(SendOutcome::Failed(
                    self.redacted(&format!("cannot connect: {}", root_cause(error))),
                ));
            }
            Err(error) if error.is_timeout() => {
                return Err(SendOutcome::Unknown(format!("no response within {} s", TIMEOUT.as_secs())));
            }
            Err(error) => return Err(SendOutcome::Unknown(self.redacted(&root_cause(error)))),
        };
        let (status, wait) = (response.status().as_u16(), wait_of(&response));
        let body = read(response).await;
        match body {
            None if (200..300).contains(&status) => {
                Err(SendOutcome::Unknown("the response ended early".into()))
            }
            body => Ok(Reply { status, body: body.unwrap_or_default(), wait }),
        }
    }

    /// Posts a message to a robot and returns the outcome.
    pub async fn send_to_robot(&self, url: Url, body: &Value, failure: fn(i64) -> Failure) -> SendOutcome {
        match self.post(url, &[], body.to_string()).await {
            Ok(reply) => self.outcome(&reply, failure),
            Err(outcome) => outcome,
        }
    }

    /// Returns the outcome of a robot's response: HTTP 200 with a code other than 0 is a failure, whose
    /// meaning `failure` returns.
    fn outcome(&self, reply: &Reply, failure: fn(i64) -> Failure) -> SendOutcome {
        let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        let first = |keys: [&str; 3]| keys.into_iter().find_map(|key| body.get(key).cloned());
        let Some(code) = first(["errcode", "code", "StatusCode"]).and_then(|code| code.as_i64()) else {
            return match reply.status {
                200..=299 => SendOutcome::Uncertain(format!("the response {} has no code", reply.status)),
                _ => self.rejected(reply),
            };
        };
        if code == 0 {
            return SendOutcome::Delivered(format!("code {code}"));
        }
        let text = first(["errmsg", "msg", "StatusMessage"]);
        let text = self.redacted(text.as_ref().and_then(Value::as_str).unwrap_or_default());
        let text = format!("code {code}: {text}");
        match failure(code) {
            Failure::Busy => SendOutcome::Busy(text, reply.wait.unwrap_or(self.busy_wait)),
            Failure::Temporary => SendOutcome::Failed(text),
            Failure::Permanent("") => SendOutcome::Rejected(text),
            Failure::Permanent(reason) => SendOutcome::Rejected(format!("{reason} ({text})")),
        }
    }

    /// Returns the outcome of a 4xx response: the address or the message is wrong.
    pub fn rejected(&self, reply: &Reply) -> SendOutcome {
        let text = self.redacted(&reply.body);
        let text = if text.is_empty() { text } else { format!(": {text}") };
        SendOutcome::Rejected(format!("the server returned {}{text}", reply.status))
    }

    /// Returns an untrusted text as one short line without the address and the secret.
    pub fn redacted(&self, text: &str) -> String {
        let query = self.url.query_pairs().map(|(_, value)| value.into_owned());
        let path = self.url.path_segments().into_iter().flatten().map(str::to_owned);
        let user = self.url.password().into_iter().chain(Some(self.url.username())).map(str::to_owned);
        let mut secrets: Vec<String> = query.chain(path).chain(user).chain(self.secret.clone()).collect();
        secrets.push(self.url.to_string());
        secrets.retain(|secret| secret.len() >= MIN_SECRET);
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let clean = secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "…"));
        plain(&clean, 120)
    }
}

/// Returns the HMAC-SHA256 of a text.
pub(super) fn hmac_sha256(key: &str, text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), text.as_bytes()).as_ref().to_vec()
}

/// Returns how long a response says to wait: `Retry-After`, or the header of Feishu's gateway.
fn wait_of(response: &Response) -> Option<Duration> {
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let seconds = |text: &str| text.parse().ok().map(Duration::from_secs);
    let date = |text: &str| {
        let at = DateTime::parse_from_rfc2822(text).ok()?;
        (at.to_utc() - Utc::now()).to_std().ok()
    };
    let retry = header("retry-after").and_then(|text| seconds(text).or_else(|| date(text)));
    retry.or_else(|| header("x-ogw-ratelimit-reset").and_then(seconds))
}

/// Reads a body up to the limit; `None` if it ends early.
async fn read(mut response: Response) -> Option<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_BODY {
            bytes.truncate(MAX_BODY);
            break;
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the innermost source of an error.
fn root_cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut inner: &dyn std::error::Error = &error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
