//! `[llm]`: the model that puts a brief into words. Its key stands in the environment.

use model::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// `[llm]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LlmConfig {
    /// Address of an OpenAI-compatible API, with or without its version; without it no model is asked.
    pub base_url: Option<String>,
    /// Name of the model.
    pub model: Option<String>,
    /// Environment variable with the key; none where the server wants none.
    pub api_key_env: Option<String>,
    /// Tokens that the prompt may have: what does not fit of a day is left out, and said.
    pub budget: usize,
    /// Tokens that the answer may have; twice as many when it was cut off.
    pub max_tokens: u32,
    /// Seconds that a brief may take, however often the model is asked.
    pub deadline_seconds: u64,
    /// What the model does not get to see.
    pub redact: Redact,
    /// How the answer is made to be JSON; what the server does not take is asked for otherwise.
    pub json: JsonForm,
    /// Folder of prompts that stand in for the shipped ones of the same name.
    pub prompts: Option<PathBuf>,
}

/// What a model does not get to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Redact {
    /// Secrets, and the names of people, pods, nodes and addresses.
    Pseudonyms,
    /// Secrets.
    Secrets,
}

/// How an answer is made to be JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JsonForm {
    /// The server holds the model to the schema.
    Schema,
    /// The server holds the model to JSON.
    Object,
    /// The prompt alone asks for it.
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
    /// Fails where a limit leaves no room for an answer.
    pub fn check(&self) -> Result<()> {
        let least = [
            ("budget", self.budget as u64, 2000),
            ("max_tokens", u64::from(self.max_tokens), 200),
            ("deadline_seconds", self.deadline_seconds, 1),
        ];
        for (key, value, least) in least {
            if value < least {
                return Err(Error::usage(format!("`{key}` is too small for any answer"))
                    .hint(format!("{least} is the least")));
            }
        }
        Ok(())
    }
}
