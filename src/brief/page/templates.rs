//! The template engine: all values are escaped, and a value that a template lacks is an error.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use model::error::{Error, Result};
use serde::Serialize;
use std::collections::BTreeMap;

/// Templates of HTML.
pub(crate) struct Templates(Environment<'static>);

impl Templates {
    /// Parses templates, given with their names.
    ///
    /// # Errors
    /// A bug: a template is not valid.
    pub(crate) fn of(templates: &[(&'static str, &'static str)]) -> Result<Self> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(failed)?;
        environment.set_syntax(syntax);
        for (name, text) in templates {
            environment.add_template(name, text).map_err(failed)?;
        }
        Ok(Self(environment))
    }

    /// Renders a template.
    ///
    /// # Errors
    /// A bug: the template and its values do not match.
    pub(crate) fn render(&self, name: &str, values: &impl Serialize) -> Result<String> {
        let values = serde_json::to_value(values)
            .map_err(|error| Error::bug("a page has a value that JSON cannot express").because(error))?;
        let template = self.0.get_template(name).map_err(failed)?;
        template.render(value(values)).map_err(failed)
    }
}

fn failed(error: minijinja::Error) -> Error {
    Error::bug("a page cannot be rendered").because(error)
}

/// Converts a JSON value for the template engine.
fn value(json: serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::from(()),
        Json::Bool(yes) => Value::from(yes),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::from(whole),
            None => Value::from(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::from(text),
        Json::Array(items) => items.into_iter().map(value).collect(),
        Json::Object(fields) => Value::from(
            fields.into_iter().map(|(name, field)| (name, value(field))).collect::<BTreeMap<_, _>>(),
        ),
    }
}
