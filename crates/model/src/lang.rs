//! The languages of everything that is written for people.

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
    /// Every language's name, as config, requests and the command line write it.
    pub const NAMES: [&str; 2] = ["zh", "en"];

    /// Returns the language of a name; English for any other name.
    pub fn of(name: &str) -> Self {
        if name == "zh" { Self::Zh } else { Self::En }
    }

    /// Returns its name: `zh` or `en`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// Returns the text of this language.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}
