//! The languages of briefs and of the Chinese texts in a report. Must not know any text.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Language of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Chinese.
    Zh,
    /// English.
    #[default]
    En,
}

impl Lang {
    /// The names of all languages, as used in config, requests and the command line.
    pub const NAMES: [&str; 2] = ["zh", "en"];

    /// Returns the language of a name; English for any other name.
    pub fn of(name: &str) -> Self {
        if name == "zh" { Self::Zh } else { Self::En }
    }

    /// Returns `zh` or `en`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// Returns the value for this language.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// Returns a number with its noun: `1 error`, `2 errors`.
pub fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
