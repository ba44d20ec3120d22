//! A client of OpenAI-compatible chat completions: OpenAI, Qwen, DeepSeek, vLLM, Ollama. It requests one
//! JSON value, falls back from a JSON Schema to plain text as far as the server requires, and ends at the
//! deadline. It must not know reports. The API key is never in an error or a log.

mod extract; // JSON in the reply of a model
mod http; // one request, with retries
pub mod prompt; // prompts as files
pub mod tokens; // token counts
mod wire; // bodies of requests and responses

pub use crate::llm::wire::{Message, Usage};

use crate::config::{JsonForm, LlmConfig, is_loopback};
use crate::llm::http::{Reply, RequestError};
use crate::llm::wire::{Dialect, ResponseFormat};
use model::error::{Error, Result};
use reqwest::Url;
use ring::rand::{SecureRandom, SystemRandom};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// How often a request is repeated after an empty reply, which DeepSeek is known to return.
const EMPTY_RETRIES: u32 = 2;
/// The most characters of a malformed reply that are sent back for correction.
const MAX_QUOTED: usize = 4000;

/// A request for one JSON value.
pub struct ModelRequest<'a> {
    /// The conversation so far. The prompt contains the word "json", which some servers require.
    pub messages: Vec<Message>,
    /// JSON Schema of the value, in OpenAI's strict subset.
    pub schema: &'a Value,
    /// Returns the message that requests the value once more, given what is wrong with a reply.
    pub repair: &'a (dyn Fn(&str) -> Result<String> + Sync),
}

/// The value of a reply.
#[derive(Debug)]
pub struct ModelResponse<T> {
    /// The value.
    pub value: T,
    /// True if the first reply was malformed and the model corrected it.
    pub is_repaired: bool,
}

/// A model at an address.
pub struct Client {
    http: reqwest::Client,
    url: Url,
    key: Option<String>,
    /// Name of the model.
    pub model: String,
    max_tokens: u32,
    timeout: Duration,
    dialect: Mutex<Dialect>,
}

impl Client {
    /// Returns the client that `[llm]` configures, or `None` without a `base_url`; `env` looks up the
    /// environment variable of the API key.
    ///
    /// # Errors
    /// If the model or the key is missing, or the address is not valid.
    pub fn open(config: &LlmConfig, env: impl Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let Some(base_url) = &config.base_url else { return Ok(None) };
        let at = |error: Error| error.at("[llm]");
        let model = config.model.clone().ok_or_else(|| {
            at(Error::usage("`model` is not set").hint("`base_url` is set: add the name of the model"))
        })?;
        let key = match &config.api_key_env {
            Some(name) => Some(env(name).filter(|key| !key.trim().is_empty()).ok_or_else(|| {
                at(Error::usage(format!("the environment variable `{name}` is not set"))
                    .hint("`api_key_env` names the variable that holds the API key of the model"))
            })?),
            None => None,
        };
        let url = endpoint(base_url).map_err(at)?;
        let is_local = url.host_str().is_some_and(is_loopback);
        if key.is_some() && url.scheme() != "https" && !is_local {
            return Err(at(Error::usage("`base_url` does not begin with https://")
                .hint("the API key must not be sent unencrypted, except to this machine")));
        }
        let builder = reqwest::Client::builder();
        // a proxy would receive the key unencrypted, and is not needed to reach this machine
        let builder = if is_local { builder.no_proxy() } else { builder };
        let http = builder
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .build()
            .map_err(|error| Error::failed("cannot create an HTTP client").because(error.without_url()))?;
        let dialect = Dialect::new(config.json.into(), url.host_str() == Some("api.openai.com"));
        Ok(Some(Self {
            http,
            url,
            key: key.map(|key| key.trim().to_owned()),
            model,
            max_tokens: config.max_tokens,
            timeout: Duration::from_secs(config.deadline_seconds),
            dialect: Mutex::new(dialect),
        }))
    }

    /// Requests one value, and adds the tokens to `usage` even if that fails.
    ///
    /// # Errors
    /// If there is no value within `[llm] deadline_seconds`.
    pub async fn request<T: DeserializeOwned>(
        &self,
        request: &ModelRequest<'_>,
        usage: &mut Usage,
    ) -> Result<ModelResponse<T>> {
        let deadline = Instant::now() + self.timeout;
        match tokio::time::timeout_at(deadline, self.converse(request, deadline, usage)).await {
            Ok(response) => response,
            Err(_) => Err(Error::failed(format!("the model did not reply in {} s", self.timeout.as_secs()))
                .hint("the limit is `[llm] deadline_seconds`")),
        }
    }

    /// Sends a minimal request, to show whether the configuration works.
    pub async fn check(&self) -> Result<Usage> {
        let schema = json!({ "type": "object", "properties": { "ok": { "type": "boolean" } },
            "required": ["ok"], "additionalProperties": false });
        let prompt = r#"Answer with this JSON object: {"ok": true}"#;
        let repair = |_: &str| Ok(prompt.to_owned());
        let request =
            ModelRequest { messages: vec![Message::user(prompt)], schema: &schema, repair: &repair };
        let mut usage = Usage::default();
        self.request::<Value>(&request, &mut usage).await?;
        Ok(usage)
    }

    /// Sends requests until a reply holds the value: in another dialect if the server rejects one, with
    /// twice the tokens after a truncated reply, and once more after a malformed one.
    async fn converse<T: DeserializeOwned>(
        &self,
        request: &ModelRequest<'_>,
        deadline: Instant,
        usage: &mut Usage,
    ) -> Result<ModelResponse<T>> {
        let mut messages = request.messages.clone();
        let (mut max_tokens, mut empty, mut is_repaired) = (self.max_tokens, 0, false);
        loop {
            let dialect = self.dialect();
            let body = wire::body(&self.model, &messages, request.schema, max_tokens, dialect);
            let Reply { content, finish_reason } = match self.send(&body, deadline, usage).await {
                Ok(reply) => reply,
                Err(RequestError::Rejected(why)) => {
                    self.adapt(dialect, &why)?;
                    continue;
                }
                Err(RequestError::Failed(error)) => return Err(error),
            };
            match finish_reason.as_deref() {
                Some("content_filter") => {
                    return Err(Error::failed("the model's content filter withheld the reply"));
                }
                Some("length") if max_tokens == self.max_tokens => {
                    max_tokens = max_tokens.saturating_mul(2);
                    continue;
                }
                Some("length") => {
                    return Err(Error::failed(format!("the reply was cut off at {max_tokens} tokens"))
                        .hint("raise `[llm] max_tokens`"));
                }
                _ => {}
            }
            if content.trim().is_empty() {
                empty += 1;
                if empty > EMPTY_RETRIES {
                    return Err(Error::failed(format!("the model returned {empty} empty replies")));
                }
                continue;
            }
            match extract::json(&content) {
                Ok(value) => return Ok(ModelResponse { value, is_repaired }),
                Err(why) if is_repaired => {
                    return Err(Error::failed(format!("the reply does not match the JSON Schema: {why}")));
                }
                Err(why) => {
                    is_repaired = true;
                    messages.push(Message::assistant(content.chars().take(MAX_QUOTED).collect::<String>()));
                    messages.push(Message::user((request.repair)(&why)?));
                }
            }
        }
    }

    fn dialect(&self) -> Dialect {
        *self.dialect.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Adapts the dialect for all further requests.
    ///
    /// # Errors
    /// If the server's message gives no reason to change it.
    fn adapt(&self, mut dialect: Dialect, why: &str) -> Result<()> {
        if !dialect.adapt(why) {
            return Err(Error::failed(format!("the model's server rejected the request: {why}"))
                .hint("check `model` and `base_url` under `[llm]`"));
        }
        tracing::info!(format = ?dialect.format, "changed the request after an error of the server: {why}");
        *self.dialect.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = dialect;
        Ok(())
    }
}

/// Returns the address of chat completions for a base address with or without version and final slash.
fn endpoint(base_url: &str) -> Result<Url> {
    let wrong = |why: &str| {
        Error::usage(format!("`base_url` {why}"))
            .hint("for example https://dashscope.aliyuncs.com/compatible-mode/v1")
    };
    let mut url = Url::parse(base_url.trim()).map_err(|_| wrong("is not a valid URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("is not http or https"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(wrong(
            "must not contain a user, a password or a query; the key comes from `api_key_env`",
        ));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_version = last.strip_prefix('v').is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
    let path = match () {
        () if path.ends_with("/chat/completions") => path,
        () if is_version => format!("{path}/chat/completions"),
        () => format!("{path}/v1/chat/completions"),
    };
    url.set_path(&path);
    Ok(url)
}

/// Returns 128 random bits in hex. It delimits data in a prompt: nobody who writes to a log can guess it.
///
/// # Errors
/// If the system's random number generator fails.
pub fn delimiter() -> Result<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::failed("cannot generate random numbers"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl From<JsonForm> for ResponseFormat {
    fn from(form: JsonForm) -> Self {
        match form {
            JsonForm::Schema => Self::JsonSchema,
            JsonForm::Object => Self::JsonObject,
            JsonForm::Text => Self::Text,
        }
    }
}
