//! `[llm]`: the model that writes briefs. Its API key is in the environment.

use model::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Keys of `[llm]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LlmConfig {
    /// Base URL of an OpenAI-compatible API, with or without its version. Without it no model is used.
    pub base_url: Option<String>,
    /// Name of the model.
    pub model: Option<String>,
    /// Environment variable with the API key, if the server requires one.
    pub api_key_env: Option<String>,
    /// Maximum size of a prompt, tokens. What does not fit is left out, and the prompt says so.
    pub budget: usize,
    /// Maximum size of a response, tokens; doubled for the next request after one was cut off.
    pub max_tokens: u32,
    /// Maximum duration of one brief with all its requests, seconds.
    pub deadline_seconds: u64,
    /// What is removed from prompts.
    pub redact: Redact,
    /// How the response is made valid JSON. A form that the server rejects is replaced by the next one.
    pub json: JsonForm,
    /// Folder of prompts; each replaces the built-in prompt of the same file name.
    pub prompts: Option<PathBuf>,
}

/// What is removed from the prompts for a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Redact {
    /// Secrets are masked; names of people, pods, nodes and addresses are replaced by pseudonyms.
    Pseudonyms,
    /// Only secrets are masked.
    Secrets,
}

/// How a response is made valid JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JsonForm {
    /// The server enforces the JSON Schema.
    Schema,
    /// The server enforces JSON of any shape.
    Object,
    /// Only the prompt requests it.
    Text,
}

impl Default for LlmConfig {
    fn default() -> Self {
        Self {
            base_url: None,
            model: None,
            api_key_env: None,
            budget: 8000,
            max_tokens: 1500,
            deadline_seconds: 60,
            redact: Redact::Pseudonyms,
            json: JsonForm::Schema,
            prompts: None,
        }
    }
}

impl LlmConfig {
    /// Checks that every limit is large enough for a response.
    ///
    /// # Errors
    /// Usage: a limit is below its minimum.
    pub fn check(&self) -> Result<()> {
        let minimums = [
            ("budget", self.budget as u64, 2000),
            ("max_tokens", u64::from(self.max_tokens), 200),
            ("deadline_seconds", self.deadline_seconds, 1),
        ];
        for (key, value, minimum) in minimums {
            if value < minimum {
                return Err(Error::usage(format!("`{key}` is {value}; the minimum is {minimum}"))
                    .hint("a smaller limit leaves no room for a response"));
            }
        }
        Ok(())
    }
}
