//! Request and response bodies of OpenAI's chat completions, limited to the fields that Qwen, DeepSeek,
//! vLLM and Ollama accept too, and which optional ones a server accepts. No I/O.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One message of a conversation.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    role: &'static str,
    content: String,
}

impl Message {
    /// Returns a system message: the instructions.
    pub fn system(content: impl Into<String>) -> Self {
        Self { role: "system", content: content.into() }
    }

    /// Returns a user message: data or a question.
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: "user", content: content.into() }
    }

    /// Returns a message of the model.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self { role: "assistant", content: content.into() }
    }

    /// Returns the text.
    pub fn content(&self) -> &str {
        &self.content
    }
}

/// Tokens as reported by the server, summed over all requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// HTTP requests sent, retries included.
    pub calls: u32,
    /// Tokens of the prompts.
    pub prompt_tokens: u64,
    /// Tokens of the replies.
    pub completion_tokens: u64,
}

/// How a server makes a reply JSON, strictest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFormat {
    /// `response_format` json_schema.
    JsonSchema,
    /// `response_format` json_object.
    JsonObject,
    /// No `response_format`; only the prompt asks for JSON.
    Text,
}

/// The optional parameters that a server accepts, as far as its errors have shown.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    pub format: ResponseFormat,
    /// Newer models of OpenAI replace `max_tokens` by `max_completion_tokens`.
    uses_completion_tokens: bool,
    /// Reasoning models reject `temperature`.
    accepts_temperature: bool,
    /// Open Qwen models on DashScope think by default, and reject requests without streaming then.
    disables_thinking: bool,
}

impl Dialect {
    pub fn new(format: ResponseFormat, is_openai: bool) -> Self {
        Self {
            format,
            uses_completion_tokens: is_openai,
            accepts_temperature: true,
            disables_thinking: false,
        }
    }

    /// Adapts to the error of a rejected request. Returns false if no other request can be tried.
    pub fn adapt(&mut self, error: &str) -> bool {
        let error = error.to_ascii_lowercase();
        let names = |words: &[&str]| words.iter().any(|word| error.contains(word));
        if names(&["enable_thinking"]) && !self.disables_thinking {
            self.disables_thinking = true;
        } else if names(&["max_tokens", "max_completion_tokens"])
            && names(&["unsupported", "not supported", "unrecognized", "unknown", "unexpected", "instead"])
            && !self.uses_completion_tokens
        {
            self.uses_completion_tokens = true;
        } else if names(&["temperature"]) && self.accepts_temperature {
            self.accepts_temperature = false;
        } else if names(&[
            "response_format",
            "json_schema",
            "json_object",
            "json mode",
            "structured",
            "schema",
        ]) {
            self.format = match self.format {
                ResponseFormat::JsonSchema => ResponseFormat::JsonObject,
                ResponseFormat::JsonObject => ResponseFormat::Text,
                ResponseFormat::Text => return false,
            };
        } else {
            return false;
        }
        true
    }
}

/// Returns the body of a request for a reply of at most `max_tokens`.
pub fn body(model: &str, messages: &[Message], schema: &Value, max_tokens: u32, dialect: Dialect) -> Value {
    let mut body = json!({ "model": model, "messages": messages, "stream": false });
    let limit = if dialect.uses_completion_tokens { "max_completion_tokens" } else { "max_tokens" };
    body[limit] = json!(max_tokens);
    if dialect.accepts_temperature {
        body["temperature"] = json!(0);
    }
    if dialect.disables_thinking {
        body["enable_thinking"] = json!(false);
    }
    match dialect.format {
        ResponseFormat::JsonSchema => {
            body["response_format"] = json!({
                "type": "json_schema",
                "json_schema": { "name": "answer", "strict": true, "schema": schema },
            });
        }
        ResponseFormat::JsonObject => body["response_format"] = json!({ "type": "json_object" }),
        ResponseFormat::Text => {}
    }
    body
}

/// A response, limited to the fields that are used.
#[derive(Debug, Deserialize)]
pub struct Completion {
    #[serde(default)]
    pub choices: Vec<Choice>,
    #[serde(default)]
    pub usage: Option<CompletionUsage>,
}

/// One of the requested replies; only one is requested.
#[derive(Debug, Deserialize)]
pub struct Choice {
    pub message: ChoiceMessage,
    #[serde(default)]
    pub finish_reason: Option<String>,
}

/// The message of a reply. Tool calls are ignored: no tools are offered.
#[derive(Debug, Deserialize)]
pub struct ChoiceMessage {
    #[serde(default)]
    pub content: Option<String>,
}

/// Tokens of one request.
#[derive(Debug, Deserialize)]
pub struct CompletionUsage {
    #[serde(default)]
    pub prompt_tokens: u64,
    #[serde(default)]
    pub completion_tokens: u64,
}
