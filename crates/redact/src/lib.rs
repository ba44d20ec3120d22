//! Secrets out of text. One pass looks for the words that stand in every secret of a kind; only
//! there a rule's pattern is tried, on a bounded stretch, so that the time stays linear whatever the
//! text. What is found becomes `<redacted:KIND>`. A kind that nobody can guess carries a keyed hash
//! too, so that equals stay equal; a password or a number carries none: its hash could be guessed.

pub mod sanitize;

mod check; // what a pattern cannot say
mod number; // runs of digits
mod pseudonym; // names that travel under another
mod record; // the texts of a record
mod report; // a report under those names
mod rules; // the list
mod scan; // finding them
mod words; // where to look

pub use crate::pseudonym::Pseudonyms;
pub use crate::rules::{Family, RULES, Rule};

use model::error::{Error, Result};
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, OnceLock};

/// How a mask begins.
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

/// Masks what it is configured to.
#[derive(Clone, Debug)]
pub struct Redactor {
    key: [u8; 32],
    /// The shipped rules that are off, by their place in the list.
    off: Arc<[bool]>,
    own: Arc<[(String, Regex)]>,
}

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match<'r> {
    /// Its kind: the name of the rule.
    pub kind: &'r str,
    /// What makes it one.
    pub family: Family,
    /// First byte of what is masked.
    pub from: usize,
    /// First byte after it.
    pub to: usize,
}

/// The shipped rules, with a key of this process.
static PLAIN: LazyLock<Redactor> = LazyLock::new(|| Redactor {
    key: new_key(),
    off: RULES.iter().map(|_| false).collect(),
    own: Vec::new().into(),
});

/// What [`secrets`] masks by, once the config is read.
static ALL: OnceLock<Redactor> = OnceLock::new();

/// Makes [`secrets`] mask by the config's own patterns too, from now on.
///
/// # Errors
/// Wrong use: a pattern that cannot be one.
pub fn adopt(config: &RedactConfig) -> Result<()> {
    let _ = ALL.set(Redactor::of(&RedactConfig { allow: Vec::new(), ..config.clone() })?);
    Ok(())
}

/// Returns the text with its secrets masked, by all the shipped rules and the adopted patterns.
pub fn secrets(text: &str) -> Cow<'_, str> {
    ALL.get().unwrap_or(&PLAIN).secrets(text)
}

/// Returns a random key.
pub fn new_key() -> [u8; 32] {
    use ring::rand::{SecureRandom, SystemRandom};
    let mut key = [0; 32];
    // without randomness the hash only tells less: it is of what nobody guesses
    let _ = SystemRandom::new().fill(&mut key);
    key
}

impl Redactor {
    /// Returns what masks as the config says, with a key of this process.
    ///
    /// # Errors
    /// Wrong use: a kind that there is not, or a pattern that cannot be one.
    pub fn of(config: &RedactConfig) -> Result<Self> {
        for kind in &config.allow {
            let masked = || RULES.iter().filter(|rule| rule.family != Family::Personal);
            if !masked().any(|rule| rule.name == kind) {
                let mut kinds: Vec<&str> = masked().map(|rule| rule.name).collect();
                kinds.dedup();
                return Err(Error::usage(format!("`{kind}` is no kind of secret"))
                    .at("[redact] allow")
                    .hint(format!("there are {}", kinds.join(", "))));
            }
        }
        let own = config.patterns.iter().map(|(name, pattern)| own_pattern(name, pattern));
        Ok(Self {
            key: PLAIN.key,
            off: RULES.iter().map(|rule| config.allow.iter().any(|kind| kind == rule.name)).collect(),
            own: own.collect::<Result<_>>()?,
        })
    }

    /// Returns the same with another key.
    #[must_use]
    pub fn with_key(&self, key: [u8; 32]) -> Self {
        Self { key, ..self.clone() }
    }

    /// Returns the text with its secrets masked. What is masked already stays as it is.
    pub fn secrets<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let found = self.matches(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut quoted = Quoted::of(text);
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for secret in &found {
            out.push_str(text.get(done..secret.from).unwrap_or_default());
            // a bare number of JSON becomes a text of JSON
            let quote = if quoted.is_bare(secret.from) { "\"" } else { "" };
            out.push_str(quote);
            out.push_str(&self.mask(secret, text.get(secret.from..secret.to).unwrap_or_default()));
            out.push_str(quote);
            done = secret.to;
        }
        out.push_str(text.get(done..).unwrap_or_default());
        Cow::Owned(out)
    }

    /// Returns what stands in the place of a secret.
    pub fn mask(&self, secret: &Match<'_>, value: &str) -> String {
        if secret.family != Family::Token {
            return format!("{MASK}{}>", secret.kind);
        }
        let hash = blake3::keyed_hash(&self.key, value.as_bytes()).to_hex();
        format!("{MASK}{}:{}>", secret.kind, hash.get(..6).unwrap_or_default())
    }
}

/// Reads a pattern of the config.
fn own_pattern(name: &str, pattern: &str) -> Result<(String, Regex)> {
    let place = format!("[redact.patterns] {name}");
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if !is_name(name) || RULES.iter().any(|rule| rule.name == name) {
        return Err(Error::usage(format!("`{name}` cannot name a pattern of one's own"))
            .at(place)
            .hint("small letters, digits and `_`, and no kind that is shipped"));
    }
    let regex = Regex::new(pattern).map_err(|error| {
        Error::usage(format!("`{pattern}` is no pattern")).at(place.clone()).because(error)
    })?;
    if regex.is_match("") {
        return Err(Error::usage(format!("`{pattern}` matches nothing at all, everywhere"))
            .at(place)
            .hint("let it want at least one character"));
    }
    Ok((name.to_owned(), regex))
}

/// Where a text of JSON stands outside its strings.
struct Quoted<'t> {
    bytes: &'t [u8],
    at: usize,
    inside: bool,
    is_json: bool,
}

impl<'t> Quoted<'t> {
    fn of(text: &'t str) -> Self {
        let is_json = text.starts_with('{') || text.starts_with("[{") || text.starts_with("[\"");
        Self { bytes: text.as_bytes(), at: 0, inside: false, is_json }
    }

    /// Tells whether that byte of JSON stands in no string; asked from left to right.
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
