//! Prompts: files that operators may replace by files of the same name in the folder `[llm] prompts`. A
//! prompt is checked when it is used. Log text is never part of a prompt.

use minijinja::{Environment, UndefinedBehavior, Value};
use model::error::{Error, Result};
use serde_json::Value as Json;
use std::io::ErrorKind;
use std::path::Path;

/// The built-in prompts by name.
const BUILT_IN: [(&str, &str); 10] = [
    ("ask.en.md", include_str!("prompts/ask.en.md")),
    ("ask.zh.md", include_str!("prompts/ask.zh.md")),
    ("chat.en.md", include_str!("prompts/chat.en.md")),
    ("chat.zh.md", include_str!("prompts/chat.zh.md")),
    ("correct.en.md", include_str!("prompts/correct.en.md")),
    ("correct.zh.md", include_str!("prompts/correct.zh.md")),
    ("repair.en.md", include_str!("prompts/repair.en.md")),
    ("repair.zh.md", include_str!("prompts/repair.zh.md")),
    ("voice.en.md", include_str!("prompts/voice.en.md")),
    ("voice.zh.md", include_str!("prompts/voice.zh.md")),
];

/// All prompts by name.
pub struct Prompts {
    texts: Vec<(&'static str, String)>,
}

impl Prompts {
    /// Reads the prompts of a folder; those that it does not have are the built-in ones.
    ///
    /// # Errors
    /// If a file exists and cannot be read.
    pub fn load(folder: Option<&Path>) -> Result<Self> {
        let mut texts = Vec::new();
        for (name, built_in) in BUILT_IN {
            let replacement = match folder.map(|folder| folder.join(name)) {
                Some(path) => match std::fs::read_to_string(&path) {
                    Ok(text) => Some(text),
                    Err(error) if error.kind() == ErrorKind::NotFound => None,
                    Err(error) => {
                        return Err(Error::usage("cannot read a prompt")
                            .at(path.display().to_string())
                            .because(error)
                            .hint("its folder is set by `[llm] prompts`"));
                    }
                },
                None => None,
            };
            texts.push((name, replacement.unwrap_or_else(|| built_in.to_owned())));
        }
        Ok(Self { texts })
    }

    /// Returns a prompt with its variables, texts and numbers, filled in.
    ///
    /// # Errors
    /// If the prompt is not a valid template, or uses an unknown variable.
    pub fn fill(&self, name: &str, variables: &Json) -> Result<String> {
        let text = self.texts.iter().find(|(other, _)| *other == name).map_or("", |(_, text)| text);
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let value = |json: &Json| match json {
            Json::Number(number) => Value::from(number.as_u64().unwrap_or_default()),
            Json::String(text) => Value::from(text.as_str()),
            other => Value::from(other.to_string()),
        };
        let fields = variables.as_object().into_iter().flatten();
        let values = Value::from_pairs(fields.map(|(name, json)| (name.as_str(), value(json))));
        environment.render_named_str(name, text, values).map_err(|error| {
            let line = error.line().map(|line| format!(":{line}")).unwrap_or_default();
            Error::usage("cannot fill in a prompt")
                .at(format!("{name}{line}"))
                .because(error)
                .hint("the built-in prompts use every variable that exists")
        })
    }

    /// Returns a hash of all prompts, which is part of the key of a saved brief.
    pub fn hash(&self) -> String {
        let mut hash = blake3::Hasher::new();
        for (name, text) in &self.texts {
            hash.update(name.as_bytes()).update(text.as_bytes());
        }
        hash.finalize().to_hex().to_string()
    }
}
