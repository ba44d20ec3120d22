//! Text as a model may see it: secrets are masked always, names of people, pods, nodes and addresses if
//! `[llm] redact` is `pseudonyms`. Names in a model's answer are put back here.

use crate::config::Redact;
use model::report::Report;
use redact::{Pseudonyms, secrets};
use serde_json::{Map, Value};

/// Fields with ids, which are cited and therefore stay as they are.
const IDS: [&str; 2] = ["trace", "symptom"];

/// Masks text for a model, and restores its answers.
pub(crate) struct Masking {
    pseudonyms: Option<Pseudonyms>,
}

impl Masking {
    /// Returns the masking of a report's names that the config requires.
    pub(crate) fn of(report: &Report, redact: Redact) -> Self {
        Self { pseudonyms: (redact == Redact::Pseudonyms).then(|| Pseudonyms::of(report)) }
    }

    /// Returns the masking of secrets alone.
    pub(crate) fn of_secrets() -> Self {
        Self { pseudonyms: None }
    }

    /// Returns a text without secrets and, with pseudonyms, without names.
    pub(crate) fn mask(&self, text: &str) -> String {
        let text = secrets(text);
        self.pseudonyms.as_ref().map_or_else(|| text.to_string(), |names| names.hide(&text))
    }

    /// Adds the names in a row of a statement, which the report need not have.
    pub(crate) fn learn(&self, row: &Map<String, Value>) {
        let Some(names) = &self.pseudonyms else { return };
        for (column, value) in row {
            if let Value::String(name) = value {
                names.learn(column, name);
            }
        }
    }

    /// Returns a text of a model with the names put back.
    pub(crate) fn unmask(&self, text: &str) -> String {
        self.pseudonyms.as_ref().map_or_else(|| text.to_owned(), |names| names.restore(text))
    }

    /// Returns the line of a fact as JSON under its id, masked.
    pub(crate) fn mask_line(&self, id: &str, line: &Map<String, Value>) -> String {
        let field = |(key, value): (&String, &Value)| {
            let is_id = IDS.contains(&key.as_str());
            (key.clone(), if is_id { value.clone() } else { self.mask_value(value) })
        };
        let fields: Map<String, Value> =
            [("id".to_owned(), id.into())].into_iter().chain(line.iter().map(field)).collect();
        Value::Object(fields).to_string()
    }

    fn mask_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.mask(text).into(),
            Value::Array(items) => items.iter().map(|item| self.mask_value(item)).collect(),
            Value::Object(fields) => Value::Object(
                fields.iter().map(|(key, value)| (key.clone(), self.mask_value(value))).collect(),
            ),
            other => other.clone(),
        }
    }
}
