//! Masks secrets in text. One pass finds the words that occur in every secret of a kind; only there
//! a rule's pattern is tried, on a bounded part of the text, so that the time is linear in any text.
//! A secret becomes `<redacted:KIND>`. The mask of a kind that cannot be guessed carries a keyed hash
//! too, so that equal secrets have equal masks; that of a password or number does not, because its
//! hash could be guessed. Must not know log formats or where text goes.

pub mod sanitize;

mod check; // conditions that a pattern cannot express
mod matches; // the secrets of a text
mod number; // runs of digits
mod pseudonym; // names and their pseudonyms
mod record; // the texts of a record
mod report_pseudonyms; // a report under pseudonyms
mod rules; // the list of kinds
mod words; // the words of the rules in a text

pub use crate::pseudonym::Pseudonyms;
pub use crate::rules::{Family, RULES, Rule};
pub use crate::words::WordFinder;

use model::error::{Error, Result};
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, OnceLock};

/// The beginning of a mask.
const MASK: &str = "<redacted:";

/// `[redact]` of the config.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RedactConfig {
    /// Kinds of secrets that stay unmasked.
    pub allow: Vec<String>,
    /// Additional patterns by kind; every match is masked.
    pub patterns: BTreeMap<String, String>,
}

/// Masks the configured kinds of secrets.
#[derive(Clone, Debug)]
pub struct Redactor {
    key: [u8; 32],
    /// The built-in rules that are off, by their index in the list.
    off: Arc<[bool]>,
    /// Names and patterns of the config.
    custom: Arc<[(String, Regex)]>,
}

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match<'r> {
    /// Name of the rule.
    pub kind: &'r str,
    /// What identifies it.
    pub family: Family,
    /// First byte to mask.
    pub from: usize,
    /// First byte after the mask.
    pub to: usize,
}

/// The built-in rules, with a key of this process.
static BUILT_IN: LazyLock<Redactor> = LazyLock::new(|| Redactor {
    key: new_key(),
    off: RULES.iter().map(|_| false).collect(),
    custom: Vec::new().into(),
});

/// The redactor of [`secrets`], once the config is read.
static CONFIGURED: OnceLock<Redactor> = OnceLock::new();

/// Makes [`secrets`] use the patterns of the config too, from now on. Later calls change nothing.
///
/// # Errors
/// [`model::error::ErrorKind::Usage`] for an invalid pattern.
pub fn configure(config: &RedactConfig) -> Result<()> {
    let _ = CONFIGURED.set(Redactor::of(&RedactConfig { allow: Vec::new(), ..config.clone() })?);
    Ok(())
}

/// Returns the text with its secrets masked, by all built-in rules and the configured patterns.
pub fn secrets(text: &str) -> Cow<'_, str> {
    CONFIGURED.get().unwrap_or(&BUILT_IN).secrets(text)
}

/// Returns a random key.
pub fn new_key() -> [u8; 32] {
    use ring::rand::{SecureRandom, SystemRandom};
    let mut key = [0; 32];
    // a predictable key is acceptable: only secrets that cannot be guessed are hashed
    let _ = SystemRandom::new().fill(&mut key);
    key
}

impl Default for Redactor {
    /// Returns the built-in rules, with a key of this process.
    fn default() -> Self {
        BUILT_IN.clone()
    }
}

impl Redactor {
    /// Returns the redactor that the config describes, with a key of this process.
    ///
    /// # Errors
    /// [`model::error::ErrorKind::Usage`] for an unknown kind or an invalid pattern.
    pub fn of(config: &RedactConfig) -> Result<Self> {
        for kind in &config.allow {
            let masked = || RULES.iter().filter(|rule| rule.family != Family::Personal);
            if !masked().any(|rule| rule.name == kind) {
                let mut kinds: Vec<&str> = masked().map(|rule| rule.name).collect();
                kinds.dedup();
                return Err(Error::usage(format!("unknown kind of secret `{kind}`"))
                    .at("[redact] allow")
                    .hint(format!("the kinds are {}", kinds.join(", "))));
            }
        }
        let custom = config.patterns.iter().map(|(name, pattern)| custom_pattern(name, pattern));
        Ok(Self {
            key: BUILT_IN.key,
            off: RULES.iter().map(|rule| config.allow.iter().any(|kind| kind == rule.name)).collect(),
            custom: custom.collect::<Result<_>>()?,
        })
    }

    /// Returns the same redactor with another key.
    #[must_use]
    pub fn with_key(&self, key: [u8; 32]) -> Self {
        Self { key, ..self.clone() }
    }

    /// Returns the text with its secrets masked. Existing masks are kept.
    pub fn secrets<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let found = self.matches(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut strings = JsonStrings::of(text);
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for secret in &found {
            out.push_str(text.get(done..secret.from).unwrap_or_default());
            // a bare number of JSON becomes a string of JSON
            let quote = if strings.is_bare(secret.from) { "\"" } else { "" };
            out.push_str(quote);
            out.push_str(&self.mask(secret, text.get(secret.from..secret.to).unwrap_or_default()));
            out.push_str(quote);
            done = secret.to;
        }
        out.push_str(text.get(done..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// Returns the mask of a secret.
    pub fn mask(&self, secret: &Match<'_>, value: &str) -> String {
        if secret.family != Family::Token {
            return format!("{MASK}{}>", secret.kind);
        }
        let hash = blake3::keyed_hash(&self.key, value.as_bytes()).to_hex();
        format!("{MASK}{}:{}>", secret.kind, hash.get(..6).unwrap_or_default())
    }
}

/// Validates a pattern of the config.
fn custom_pattern(name: &str, pattern: &str) -> Result<(String, Regex)> {
    let place = format!("[redact.patterns] {name}");
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if !is_name(name) || RULES.iter().any(|rule| rule.name == name) {
        return Err(Error::usage(format!("invalid pattern name `{name}`"))
            .at(place)
            .hint("use lower-case letters, digits and `_`, and not the name of a built-in kind"));
    }
    let regex = Regex::new(pattern).map_err(|error| {
        Error::usage(format!("invalid regular expression `{pattern}`")).at(place.clone()).because(error)
    })?;
    if regex.is_match("") {
        return Err(Error::usage(format!("`{pattern}` matches the empty text"))
            .at(place)
            .hint("make it match at least one character"));
    }
    Ok((name.to_owned(), regex))
}

/// Tracks which bytes of a JSON text are inside its strings.
struct JsonStrings<'t> {
    bytes: &'t [u8],
    at: usize,
    inside: bool,
    is_json: bool,
}

impl<'t> JsonStrings<'t> {
    fn of(text: &'t str) -> Self {
        let is_json = text.starts_with('{') || text.starts_with("[{") || text.starts_with("[\"");
        Self { bytes: text.as_bytes(), at: 0, inside: false, is_json }
    }

    /// Returns true if that byte of JSON is outside every string. Call it from left to right.
    fn is_bare(&mut self, byte: usize) -> bool {
        while self.is_json && self.at < byte {
            match self.bytes.get(self.at) {
                Some(b'\\') if self.inside => self.at += 1,
                Some(b'"') => self.inside = !self.inside,
                Some(b'\n') => self.inside = false, // the next document
                _ => {}
            }
            self.at += 1;
        }
        self.is_json && !self.inside
    }
}
