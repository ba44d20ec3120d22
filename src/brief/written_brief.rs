//! A finished brief and its author: the template or a model. Briefs of a model are saved in this form.

use crate::brief::fact_check::DroppedSentence;
use crate::llm::Usage;
use model::error::Problem;
use serde::{Deserialize, Serialize};

/// The author of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// A model.
    Model,
    /// A model, after one request to correct the form of its reply.
    ModelRepaired,
    /// The template.
    Template,
}

impl Author {
    /// Returns the name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::ModelRepaired => "model_repaired",
            Self::Template => "template",
        }
    }
}

/// A brief, its author, and how it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrittenBrief {
    /// The text for people.
    pub text: String,
    /// The template or a model.
    #[serde(rename = "path")]
    pub author: Author,
    /// Why the template replaces the configured model; `None` if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Sentences of the model that the report does not support.
    pub dropped: Vec<DroppedSentence>,
    /// Facts that did not fit into the token budget.
    #[serde(rename = "untold")]
    pub omitted_facts: usize,
    /// Tokens of the prompt by our own count.
    #[serde(rename = "counted")]
    pub prompt_tokens: usize,
    /// Tokens as reported by the server.
    pub usage: Usage,
}

impl WrittenBrief {
    /// Returns a brief from the template.
    pub(super) fn template(text: String) -> Self {
        let (dropped, usage) = (Vec::new(), Usage::default());
        Self { text, author: Author::Template, why: None, dropped, omitted_facts: 0, prompt_tokens: 0, usage }
    }

    /// Returns the problem if a model was configured and the brief comes from the template.
    pub fn problem(&self) -> Option<Problem> {
        self.why.as_ref().map(|why| Problem {
            step: "brief".into(),
            what: format!("the brief comes from the template: {why}"),
            place: None,
            hint: Some("`headwater doctor` checks the model".into()),
        })
    }
}
