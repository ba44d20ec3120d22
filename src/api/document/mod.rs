//! The references of the book in Markdown, made from the lists that the program itself uses. One file each; Chinese
//! texts are in the `.zh.toml` files beside them. Values in, text out.

pub mod agents; // input, return structure and rules of the agents
pub mod config; // keys of the config
pub mod formats; // formats and layouts
pub mod tables; // tables and columns of the lake

use model::error::{Error, Result};
use model::lang::Lang;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Chinese meanings of columns by `column.<name>`, or `<table>.<name>` where a table uses the name for something else.
const COLUMNS_ZH: &str = include_str!("columns.zh.toml");

/// The texts of a language.
struct Texts {
    lang: Lang,
    /// Chinese texts by key.
    zh: BTreeMap<String, String>,
}

impl Texts {
    /// Returns the texts of a language; `files` hold the Chinese ones.
    fn of(lang: Lang, files: &[&str]) -> Result<Self> {
        let mut zh = BTreeMap::new();
        for file in files {
            let texts: BTreeMap<String, String> = toml::from_str(file).map_err(|error| {
                Error::bug("the Chinese texts of a reference cannot be read").because(error)
            })?;
            zh.extend(texts);
        }
        Ok(Self { lang, zh })
    }

    /// Returns the Chinese text under a key if the document is Chinese, else the English one.
    fn text<'t>(&'t self, key: &str, english: &'t str) -> &'t str {
        self.text_of(&[key], english)
    }

    /// The same for the first of several keys that has a text.
    fn text_of<'t>(&'t self, keys: &[&str], english: &'t str) -> &'t str {
        match self.lang {
            Lang::Zh => keys.iter().find_map(|key| self.zh.get(*key)).map_or(english, String::as_str),
            Lang::En => english,
        }
    }
}

/// Writes a heading after an empty line.
fn heading(text: &mut String, level: usize, title: &str) {
    text.truncate(text.trim_end().len());
    let _ = write!(text, "\n\n{} {title}\n\n", "#".repeat(level));
}

/// Returns a text on one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns a text as a cell of a Markdown table.
fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

/// Returns the name of the type that a schema refers to.
fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str().and_then(|path| path.rsplit('/').next())
}
