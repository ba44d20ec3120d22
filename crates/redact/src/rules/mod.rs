//! The list of all kinds of secrets. Each rule has the words one of which begins every match, and a
//! pattern of what follows; both follow the formats that the issuers publish. The secret is the named
//! group that matched, otherwise the word and the whole match. A kind is one row of a list here.

mod command; // flags of command lines
mod context; // headers, addresses, statements
mod key; // keys and their values
mod person; // numbers and addresses of people
mod token; // forms given by their issuers

pub use crate::rules::key::ASSIGNED;
pub use crate::rules::person::EMAIL;

use crate::check::Hit;
use std::sync::LazyLock;

/// What identifies a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Its own form, given by its issuer. Too long to guess, so its mask carries a keyed hash.
    Token,
    /// The text before it.
    Context,
    /// The command and the flag before it: `curl -u app:…`.
    Command,
    /// The key that it is assigned to: `db_password = …`, in JSON, YAML, URLs, flags and XML.
    Assigned,
    /// Digits with a check digit.
    Number,
    /// A person's address: kept in the lake, replaced by a pseudonym before it leaves.
    Personal,
    /// A pattern of the config.
    Custom,
}

impl Family {
    /// Returns the name shown by `headwater redact`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Context => "context",
            Self::Command => "command",
            Self::Assigned => "assigned",
            Self::Number => "number",
            Self::Personal => "personal",
            Self::Custom => "custom",
        }
    }

    /// Returns true if the words of its rules are found in any case.
    pub fn is_any_case(self) -> bool {
        matches!(self, Self::Context | Self::Command | Self::Assigned)
    }
}

/// One kind of secret.
#[derive(Clone, Copy)]
pub struct Rule {
    /// The kind, as in masks and the config.
    pub name: &'static str,
    /// What identifies it.
    pub family: Family,
    /// Words one of which begins every match; empty for numbers.
    pub words: &'static [&'static str],
    /// Regular expression for the end of the text before the word, if the secret begins there: it ends
    /// with the word or, if `pattern` has a group, before it. Empty for most rules.
    pub before: &'static str,
    /// Regular expression for what follows the word; for [`Family::Assigned`] only the rest of the key,
    /// for [`Family::Number`] the whole.
    pub pattern: &'static str,
    /// Condition that the pattern cannot express.
    pub check: fn(&Hit<'_>) -> bool,
}

const fn rule(
    name: &'static str,
    family: Family,
    words: &'static [&'static str],
    pattern: &'static str,
    check: fn(&Hit<'_>) -> bool,
) -> Rule {
    Rule { name, family, words, before: "", pattern, check }
}

/// All built-in rules; if several fit, the first counts.
pub static RULES: LazyLock<Vec<Rule>> =
    LazyLock::new(|| [token::RULES, context::RULES, command::RULES, key::RULES, person::RULES].concat());
