//! Who may call: names, roles and tokens of `[serve]`. A token stands in the environment, or here as
//! its hash; in memory only hashes are kept, and those compare in constant time.

use crate::config::ServeConfig;
use model::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a caller may do; each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Read: briefs, findings, traces, SQL, analysis of what the lake holds.
    Read,
    /// Change the lake: upload, run a day, download logs.
    Run,
    /// See who asked what.
    Admin,
}

impl Role {
    /// Returns the name used in the config and in notes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Admin => "admin",
        }
    }
}

/// One of `[[serve.tokens]]`: who may call, and what they may.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
    /// Name, unique; the trail of questions tells it.
    pub name: String,
    /// `read`, `run` or `admin`.
    pub role: Role,
    /// Environment variable that holds the token.
    pub env: Option<String>,
    /// BLAKE3 hash of the token, in place of a variable: `headwater config token` prints both.
    pub hash: Option<String>,
}

/// What opens to a caller.
#[derive(Clone, Debug)]
pub struct Key {
    /// Whose it is.
    pub name: String,
    /// What they may.
    pub role: Role,
    /// Hash of the token.
    pub hash: blake3::Hash,
}

impl ServeConfig {
    /// Returns what callers must show one of, given what the environment holds; none where only this
    /// machine can call and nobody named a token.
    ///
    /// # Errors
    /// Wrong use: a variable is not set, a hash is none, or others could call and nothing keeps them out.
    pub fn keys(&self, env: impl Fn(&str) -> Option<String>) -> Result<Vec<Key>> {
        let mut keys: Vec<Key> = Vec::new();
        if let Some(variable) = &self.token_env {
            let hash = in_environment(variable, "[serve] token_env", &env)?;
            keys.push(Key { name: "token_env".into(), role: Role::Admin, hash });
        }
        for token in &self.tokens {
            let at = format!("[[serve.tokens]] name = \"{}\"", token.name);
            if token.name.trim().is_empty() || keys.iter().any(|key| key.name == token.name) {
                return Err(Error::usage("a token's name is empty, or another's too").at(at));
            }
            let hash = match (&token.env, &token.hash) {
                (Some(variable), None) => in_environment(variable, &at, &env)?,
                (None, Some(hash)) => blake3::Hash::from_hex(hash).map_err(|_| {
                    Error::usage("a token's hash is not 64 hexadecimal digits")
                        .at(&at)
                        .hint("`headwater config token` prints a fresh token and its hash")
                })?,
                _ => {
                    return Err(Error::usage("a token wants either `env` or `hash`")
                        .at(at)
                        .hint("`headwater config token` prints a fresh token and its hash"));
                }
            };
            keys.push(Key { name: token.name.clone(), role: token.role, hash });
        }
        if keys.is_empty() && !self.listen.ip().is_loopback() {
            return Err(Error::usage("others could read the reports, and no token keeps them out")
                .at(format!("[serve] listen = \"{}\"", self.listen))
                .hint("listen on 127.0.0.1, or name a token: `[serve] token_env`, `[[serve.tokens]]`"));
        }
        Ok(keys)
    }
}

fn in_environment(variable: &str, at: &str, env: impl Fn(&str) -> Option<String>) -> Result<blake3::Hash> {
    // a secret made from a file ends with its line
    let token = env(variable).map(|token| token.trim().to_owned());
    let token = token.filter(|token| !token.is_empty()).ok_or_else(|| {
        Error::usage(format!("the environment variable `{variable}` is not set"))
            .at(at)
            .hint("put a long random text into it: `headwater config token` makes one")
    })?;
    Ok(blake3::hash(token.as_bytes()))
}
