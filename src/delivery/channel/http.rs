//! POST to an address that is a secret, and what its answer means. Nothing that is said of it
//! quotes the address or the secret that goes with it.

use crate::config::{ChannelConfig, is_this_machine};
use crate::delivery::channel::{Outside, Sent};
use chrono::{DateTime, Utc};
use model::error::{Error, Result};
use redact::sanitize::plain;
use reqwest::{Client, Response, Url};
use ring::hmac;
use serde_json::Value;
use std::time::Duration;

/// Longer than any receiver that does its work after answering.
const DEADLINE: Duration = Duration::from_secs(15);

/// An answer longer than this is no receipt.
const ANSWER_BYTES: usize = 64 << 10;

/// Shorter texts are no secrets: hiding them would hide words.
const LEAST_SECRET: usize = 6;

/// An address to post to.
pub(super) struct Endpoint {
    client: Client,
    pub url: Url,
    /// What messages are signed with.
    pub secret: Option<String>,
    /// How long to wait where too much came at once and the answer does not say.
    patience: Duration,
}

/// What came back.
pub(super) struct Answer {
    pub status: u16,
    pub body: String,
    wait: Option<Duration>,
}

/// What a code in an answer's body means.
pub(super) enum Fault {
    /// Too much at once.
    Busy,
    /// It may go the next time.
    Passing,
    /// The config is wrong: why.
    Lasting(&'static str),
}

impl Endpoint {
    /// Opens the address that `url_env` names. Only a `webhook` may lie elsewhere in the clear.
    pub fn open(config: &ChannelConfig, outside: Outside, patience: Duration) -> Result<Self> {
        let text = outside.variable("url_env", config.url_env.as_ref())?;
        let name = config.url_env.as_deref().unwrap_or_default();
        let url = Url::parse(&text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some())
            .ok_or_else(|| Error::usage(format!("the environment variable `{name}` holds no URL")))?;
        let secret =
            config.secret_env.as_ref().map(|name| outside.variable("secret_env", Some(name))).transpose()?;
        let client = Client::builder()
            .timeout(DEADLINE)
            .redirect(reqwest::redirect::Policy::none())
            // a connection that died while it waited would leave it open whether a message arrived
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|error| Error::failed("no HTTP client can be made").because(error.without_url()))?;
        Ok(Self { client, url, secret, patience })
    }

    /// Wants the address to be that of a robot: `form` says how those look.
    pub fn must_be(self, is_so: bool, config: &ChannelConfig, form: &str) -> Result<Self> {
        let name = config.url_env.as_deref().unwrap_or_default();
        let kind = config.kind.name();
        if !is_so {
            return Err(Error::usage(format!("`{name}` holds no address of a `{kind}` channel"))
                .hint(format!("such an address looks like {form}")));
        }
        if self.url.scheme() != "https" && !self.url.host_str().is_some_and(is_this_machine) {
            return Err(Error::usage(format!("the address in `{name}` does not begin with https://"))
                .hint("it holds a key that others on the way would read"));
        }
        Ok(self)
    }

    /// Tells whether the address has that parameter.
    pub fn has_parameter(&self, name: &str) -> bool {
        self.url.query_pairs().any(|(key, value)| key == name && !value.is_empty())
    }

    /// Posts JSON. What came back is an answer where it was understood: 2xx, or 4xx with a reason.
    pub async fn post(
        &self,
        url: Url,
        headers: &[(&'static str, String)],
        body: String,
    ) -> std::result::Result<Answer, Sent> {
        let answer = self.exchange(url, headers, body).await?;
        let said = format!("it answered {}", answer.status);
        match answer.status {
            300..=399 => Err(Sent::Rejected(format!("{said}: it points elsewhere, which is not followed"))),
            429 => Err(Sent::Busy(said, answer.wait.unwrap_or(self.patience))),
            503 => Err(answer
                .wait
                .map_or_else(|| Sent::Refused(said.clone()), |wait| Sent::Busy(said.clone(), wait))),
            // a gateway that gives up may have handed it on before
            408 | 500.. => Err(Sent::Doubtful(said)),
            _ => Ok(answer),
        }
    }

    /// Posts JSON, and returns whatever came back.
    pub async fn exchange(
        &self,
        url: Url,
        headers: &[(&'static str, String)],
        body: String,
    ) -> std::result::Result<Answer, Sent> {
        let mut request = self.client.post(url).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if error.is_connect() || error.is_builder() => {
                return Err(Sent::Refused(self.told(&format!("it cannot be reached: {}", why(error)))));
            }
            Err(error) if error.is_timeout() => {
                return Err(Sent::Unknown(format!("no answer within {} s", DEADLINE.as_secs())));
            }
            Err(error) => return Err(Sent::Unknown(self.told(&why(error)))),
        };
        let (status, wait) = (answer.status().as_u16(), wait_of(&answer));
        let body = read(answer).await;
        match body {
            None if (200..300).contains(&status) => Err(Sent::Unknown("its answer broke off".into())),
            body => Ok(Answer { status, body: body.unwrap_or_default(), wait }),
        }
    }

    /// Reads the answer of a robot: HTTP 200 with another code than 0 is a failure.
    pub fn receipt(&self, answer: &Answer, fault: fn(i64) -> Fault) -> Sent {
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let first = |keys: [&str; 3]| keys.into_iter().find_map(|key| body.get(key).cloned());
        let Some(code) = first(["errcode", "code", "StatusCode"]).and_then(|code| code.as_i64()) else {
            return match answer.status {
                200..=299 => Sent::Doubtful(format!("it answered {} without a receipt", answer.status)),
                _ => self.rejected(answer),
            };
        };
        if code == 0 {
            return Sent::Delivered(format!("code {code}"));
        }
        let said = first(["errmsg", "msg", "StatusMessage"]);
        let said = self.told(said.as_ref().and_then(Value::as_str).unwrap_or_default());
        let said = format!("code {code}: {said}");
        match fault(code) {
            Fault::Busy => Sent::Busy(said, answer.wait.unwrap_or(self.patience)),
            Fault::Passing => Sent::Refused(said),
            Fault::Lasting("") => Sent::Rejected(said),
            Fault::Lasting(why) => Sent::Rejected(format!("{why} ({said})")),
        }
    }

    /// Returns a 4xx as what it is: the address or the message is wrong.
    pub fn rejected(&self, answer: &Answer) -> Sent {
        let said = self.told(&answer.body);
        let said = if said.is_empty() { said } else { format!(": {said}") };
        Sent::Rejected(format!("it answered {}{said}", answer.status))
    }

    /// Returns what a stranger says, on one short line without our secrets.
    pub fn told(&self, text: &str) -> String {
        let query = self.url.query_pairs().map(|(_, value)| value.into_owned());
        let path = self.url.path_segments().into_iter().flatten().map(str::to_owned);
        let user = self.url.password().into_iter().chain(Some(self.url.username())).map(str::to_owned);
        let mut secrets: Vec<String> = query.chain(path).chain(user).chain(self.secret.clone()).collect();
        secrets.push(self.url.to_string());
        secrets.retain(|secret| secret.len() >= LEAST_SECRET);
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let clean = secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "…"));
        plain(&clean, 120)
    }
}

/// Returns HMAC-SHA256.
pub(super) fn signature(key: &str, text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), text.as_bytes()).as_ref().to_vec()
}

/// Returns how long it says to wait.
fn wait_of(answer: &Response) -> Option<Duration> {
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let seconds = |text: &str| text.parse().ok().map(Duration::from_secs);
    let date = |text: &str| {
        let at = DateTime::parse_from_rfc2822(text).ok()?;
        (at.to_utc() - Utc::now()).to_std().ok()
    };
    let retry = header("retry-after").and_then(|text| seconds(text).or_else(|| date(text)));
    retry.or_else(|| header("x-ogw-ratelimit-reset").and_then(seconds))
}

/// Reads the beginning of a body; nothing where it breaks off.
async fn read(mut answer: Response) -> Option<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES {
            bytes.truncate(ANSWER_BYTES);
            break;
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the innermost reason.
fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut inner: &dyn std::error::Error = &error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
