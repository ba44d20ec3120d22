//! Requests and answers as they go over the line, and what servers turn out not to take. Fields are
//! those of OpenAI's published API that Qwen, DeepSeek, vLLM and Ollama take too.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One turn of a conversation.
#[derive(Clone, Debug, Serialize)]
pub struct Turn {
    role: &'static str,
    content: String,
}

impl Turn {
    /// Returns what the model is told to be.
    pub fn system(content: impl Into<String>) -> Self {
        Self { role: "system", content: content.into() }
    }

    /// Returns what is asked.
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: "user", content: content.into() }
    }

    /// Returns what the model said.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self { role: "assistant", content: content.into() }
    }

    /// Returns the text.
    pub fn content(&self) -> &str {
        &self.content
    }
}

/// Tokens as the server counts them, over all calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Requests sent.
    pub calls: u32,
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub completion_tokens: u64,
}

/// How an answer is made to be JSON, strictest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `response_format` json_schema.
    Schema,
    /// `response_format` json_object.
    Object,
    /// The prompt alone says so.
    Text,
}

/// What a server takes, as far as it has said.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    pub form: Form,
    /// OpenAI's newer models call the limit `max_completion_tokens`.
    says_completion_tokens: bool,
    /// Reasoning models take no temperature.
    takes_temperature: bool,
    /// Open Qwen models on DashScope think unless told not to, and then refuse to answer in one piece.
    forbids_thinking: bool,
}

impl Manners {
    pub fn new(form: Form, is_openai: bool) -> Self {
        Self { form, says_completion_tokens: is_openai, takes_temperature: true, forbids_thinking: false }
    }

    /// Learns from a refusal; false where there is nothing to do otherwise.
    pub fn learn(&mut self, why: &str) -> bool {
        let why = why.to_ascii_lowercase();
        let names = |words: &[&str]| words.iter().any(|word| why.contains(word));
        if names(&["enable_thinking"]) && !self.forbids_thinking {
            self.forbids_thinking = true;
        } else if names(&["max_tokens", "max_completion_tokens"])
            && names(&["unsupported", "not supported", "unrecognized", "unknown", "unexpected", "instead"])
            && !self.says_completion_tokens
        {
            self.says_completion_tokens = true;
        } else if names(&["temperature"]) && self.takes_temperature {
            self.takes_temperature = false;
        } else if names(&[
            "response_format",
            "json_schema",
            "json_object",
            "json mode",
            "structured",
            "schema",
        ]) {
            self.form = match self.form {
                Form::Schema => Form::Object,
                Form::Object => Form::Text,
                Form::Text => return false,
            };
        } else {
            return false;
        }
        true
    }
}

/// Returns the body of a request.
pub fn body(model: &str, turns: &[Turn], schema: &Value, room: u32, manners: Manners) -> Value {
    let mut body = json!({ "model": model, "messages": turns, "stream": false });
    let limit = if manners.says_completion_tokens { "max_completion_tokens" } else { "max_tokens" };
    body[limit] = json!(room);
    if manners.takes_temperature {
        body["temperature"] = json!(0);
    }
    if manners.forbids_thinking {
        body["enable_thinking"] = json!(false);
    }
    match manners.form {
        Form::Schema => {
            body["response_format"] = json!({
                "type": "json_schema",
                "json_schema": { "name": "answer", "strict": true, "schema": schema },
            });
        }
        Form::Object => body["response_format"] = json!({ "type": "json_object" }),
        Form::Text => {}
    }
    body
}

/// An answer, as far as it is read.
#[derive(Debug, Deserialize)]
pub struct Completion {
    #[serde(default)]
    pub choices: Vec<Choice>,
    #[serde(default)]
    pub usage: Option<Counted>,
}

/// One of several answers; there is one.
#[derive(Debug, Deserialize)]
pub struct Choice {
    pub message: Said,
    #[serde(default)]
    pub finish_reason: Option<String>,
}

/// What the model said. Calls of tools are not read: none were offered.
#[derive(Debug, Deserialize)]
pub struct Said {
    #[serde(default)]
    pub content: Option<String>,
}

/// Tokens of one call.
#[derive(Debug, Deserialize)]
pub struct Counted {
    #[serde(default)]
    pub prompt_tokens: u64,
    #[serde(default)]
    pub completion_tokens: u64,
}
