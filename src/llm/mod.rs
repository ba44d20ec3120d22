//! A client of OpenAI-compatible chat completions: OpenAI, Qwen, DeepSeek, vLLM, Ollama. It asks for
//! one JSON value, walks down from schema to plain text as the server allows, and gives up in time.
//! It knows nothing of reports. The key is in no error and no log.

mod answer; // JSON out of whatever a model says
mod call; // one request, tried again where that can help
pub mod prompt; // prompts are files
pub mod tokens; // how long a text is to a model
mod wire; // what goes over the line

pub use crate::llm::wire::{Turn, Usage};

use crate::config::LlmConfig;
use crate::llm::call::{Failure, Reply};
use crate::llm::wire::{Form, Manners};
use model::error::{Error, Result};
use reqwest::Url;
use ring::rand::{SecureRandom, SystemRandom};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// How often an answer without content is asked for again; DeepSeek is known to give such.
const EMPTY: u32 = 2;

/// What is asked.
pub struct ModelRequest<'a> {
    /// The conversation so far; the prompt says "json", which some servers want to read.
    pub turns: Vec<Turn>,
    /// JSON Schema of the answer, in the strict subset.
    pub schema: &'a Value,
    /// Says once more what is wanted, given what is wrong with an answer.
    pub repair: &'a (dyn Fn(&str) -> Result<String> + Sync),
}

/// What came back.
#[derive(Debug)]
pub struct ModelResponse<T> {
    /// The value.
    pub value: T,
    /// Whether it took a second turn to get it right.
    pub is_repaired: bool,
}

/// A model behind an address.
pub struct Client {
    http: reqwest::Client,
    url: Url,
    key: Option<String>,
    /// Name of the model.
    pub model: String,
    max_tokens: u32,
    deadline: Duration,
    manners: Mutex<Manners>,
}

impl Client {
    /// Returns the client that `[llm]` describes, if it describes one; `env` gives its key.
    pub fn open(config: &LlmConfig, env: impl Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let Some(base_url) = &config.base_url else { return Ok(None) };
        let at = |error: Error| error.at("[llm]");
        let model = config.model.clone().ok_or_else(|| {
            at(Error::usage("no `model` is named").hint("`base_url` is there: say which model it serves"))
        })?;
        let key = match &config.api_key_env {
            Some(name) => Some(env(name).filter(|key| !key.trim().is_empty()).ok_or_else(|| {
                at(Error::usage(format!("the environment variable `{name}` is not set"))
                    .hint("`api_key_env` says that it holds the key of the model"))
            })?),
            None => None,
        };
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .build()
            .map_err(|error| Error::failed("no HTTP client can be made").because(error.without_url()))?;
        let url = endpoint(base_url).map_err(at)?;
        let manners = Manners::new(config.json.into(), url.host_str() == Some("api.openai.com"));
        Ok(Some(Self {
            http,
            url,
            key: key.map(|key| key.trim().to_owned()),
            model,
            max_tokens: config.max_tokens,
            deadline: Duration::from_secs(config.deadline_seconds),
            manners: Mutex::new(manners),
        }))
    }

    /// Asks for one value, within the deadline; tokens are added to `usage` whatever comes of it.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        ask: &ModelRequest<'_>,
        usage: &mut Usage,
    ) -> Result<ModelResponse<T>> {
        let until = Instant::now() + self.deadline;
        match tokio::time::timeout_at(until, self.converse(ask, until, usage)).await {
            Ok(made) => made,
            Err(_) => {
                Err(Error::failed(format!("the model gave no answer in {} s", self.deadline.as_secs()))
                    .hint("`[llm] deadline_seconds` is its limit"))
            }
        }
    }

    /// Asks for a word, so that whatever is wrong shows.
    pub async fn look(&self) -> Result<Usage> {
        let schema = json!({ "type": "object", "properties": { "ok": { "type": "boolean" } },
            "required": ["ok"], "additionalProperties": false });
        let say = r#"Answer with this JSON object: {"ok": true}"#;
        let repair = |_: &str| Ok(say.to_owned());
        let ask = ModelRequest { turns: vec![Turn::user(say)], schema: &schema, repair: &repair };
        let mut usage = Usage::default();
        self.ask::<Value>(&ask, &mut usage).await?;
        Ok(usage)
    }

    async fn converse<T: DeserializeOwned>(
        &self,
        ask: &ModelRequest<'_>,
        until: Instant,
        usage: &mut Usage,
    ) -> Result<ModelResponse<T>> {
        let mut turns = ask.turns.clone();
        let (mut room, mut empty, mut is_repaired) = (self.max_tokens, 0, false);
        loop {
            let mut manners = self.manners();
            let body = wire::body(&self.model, &turns, ask.schema, room, manners);
            let Reply { content, finish } = match self.call(&body, until, usage).await {
                Ok(reply) => reply,
                Err(Failure::Refused(why)) => {
                    if !manners.learn(&why) {
                        return Err(Error::failed(format!("the model refused the request: {why}"))
                            .hint("look at `model` and `base_url` under `[llm]`"));
                    }
                    tracing::info!(form = ?manners.form, "asked otherwise: {why}");
                    *self.manners.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = manners;
                    continue;
                }
                Err(Failure::Final(error)) => return Err(error),
            };
            match finish.as_deref() {
                Some("content_filter") => {
                    return Err(Error::failed("the model's filter withheld the answer"));
                }
                Some("length") if room == self.max_tokens => {
                    room = room.saturating_mul(2);
                    continue;
                }
                Some("length") => {
                    return Err(Error::failed(format!("the answer was cut off at {room} tokens"))
                        .hint("raise `[llm] max_tokens`"));
                }
                _ => {}
            }
            if content.trim().is_empty() {
                empty += 1;
                if empty > EMPTY {
                    return Err(Error::failed("the model gave an empty answer, each time"));
                }
                continue;
            }
            match answer::read(&content) {
                Ok(value) => return Ok(ModelResponse { value, is_repaired }),
                Err(why) if is_repaired => {
                    return Err(Error::failed(format!("the answer is not what was asked for: {why}")));
                }
                Err(why) => {
                    is_repaired = true;
                    turns.push(Turn::assistant(content.chars().take(4000).collect::<String>()));
                    turns.push(Turn::user((ask.repair)(&why)?));
                }
            }
        }
    }

    fn manners(&self) -> Manners {
        *self.manners.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Returns the address of chat completions under a base address, with or without version and slash.
fn endpoint(base_url: &str) -> Result<Url> {
    let wrong = |why: &str| {
        Error::usage(format!("`base_url` {why}"))
            .hint("for example https://dashscope.aliyuncs.com/compatible-mode/v1")
    };
    let mut url = Url::parse(base_url.trim()).map_err(|_| wrong("is no address"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("is not http or https"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(wrong("holds more than an address; keys come from `api_key_env`"));
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

/// Returns 128 random bits as text: nobody who wrote a log can know it.
pub fn delimiter() -> Result<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::failed("the system gives no random numbers"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl From<crate::config::JsonForm> for Form {
    fn from(form: crate::config::JsonForm) -> Self {
        match form {
            crate::config::JsonForm::Schema => Self::Schema,
            crate::config::JsonForm::Object => Self::Object,
            crate::config::JsonForm::Text => Self::Text,
        }
    }
}
