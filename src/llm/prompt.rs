//! Prompts are files that operators may edit: those of `[llm] prompts` stand in for the shipped ones
//! of the same name. What a prompt says is checked when it is used; log text is never part of it.

use minijinja::{Environment, UndefinedBehavior, Value};
use model::error::{Error, Result};
use serde_json::Value as Json;
use std::io::ErrorKind;
use std::path::Path;

/// The shipped prompts by name.
const SHIPPED: [(&str, &str); 8] = [
    ("ask.en.md", include_str!("prompts/ask.en.md")),
    ("ask.zh.md", include_str!("prompts/ask.zh.md")),
    ("chat.en.md", include_str!("prompts/chat.en.md")),
    ("chat.zh.md", include_str!("prompts/chat.zh.md")),
    ("repair.en.md", include_str!("prompts/repair.en.md")),
    ("repair.zh.md", include_str!("prompts/repair.zh.md")),
    ("voice.en.md", include_str!("prompts/voice.en.md")),
    ("voice.zh.md", include_str!("prompts/voice.zh.md")),
];

/// The prompts in force.
pub struct Prompts {
    texts: Vec<(&'static str, String)>,
}

impl Prompts {
    /// Reads the prompts; a folder's stand in for the shipped ones.
    pub fn load(folder: Option<&Path>) -> Result<Self> {
        let mut texts = Vec::new();
        for (name, shipped) in SHIPPED {
            let own = match folder.map(|folder| folder.join(name)) {
                Some(path) => match std::fs::read_to_string(&path) {
                    Ok(text) => Some(text),
                    Err(error) if error.kind() == ErrorKind::NotFound => None,
                    Err(error) => {
                        return Err(Error::usage("a prompt cannot be read")
                            .at(path.display().to_string())
                            .because(error)
                            .hint("`[llm] prompts` names its folder"));
                    }
                },
                None => None,
            };
            texts.push((name, own.unwrap_or_else(|| shipped.to_owned())));
        }
        Ok(Self { texts })
    }

    /// Returns a prompt with its variables filled in: texts and numbers.
    pub fn fill(&self, name: &str, variables: &Json) -> Result<String> {
        let text = self.texts.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
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
            Error::usage("a prompt cannot be filled in")
                .at(format!("{name}{line}"))
                .because(error)
                .hint("the shipped prompts name every variable there is")
        })
    }

    /// Returns a hash of all prompts: another one makes another brief.
    pub fn hash(&self) -> String {
        let mut hash = blake3::Hasher::new();
        for (name, text) in &self.texts {
            hash.update(name.as_bytes()).update(text.as_bytes());
        }
        hash.finalize().to_hex().to_string()
    }
}
