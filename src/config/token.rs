//! Tokens of callers: names, roles and hashes. A token is read from the environment, or the config has
//! its hash. Only hashes are kept in memory; `blake3::Hash` compares in constant time.

use model::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a caller may do. Each role includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads briefs, findings and traces, runs SQL, and analyses the logs in the lake.
    Read,
    /// Changes the lake: uploads, runs a day, downloads logs.
    Run,
    /// Reads the audit log of the API.
    Admin,
}

impl Role {
    /// Returns the name used in the config and in the audit log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Admin => "admin",
        }
    }
}

/// One entry of `[[serve.tokens]]`: a caller and their role.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
    /// Unique name of the caller; the audit log shows it.
    pub name: String,
    /// `read`, `run` or `admin`.
    pub role: Role,
    /// Environment variable with the token.
    pub env: Option<String>,
    /// BLAKE3 hash of the token, instead of `env`. `headwater config token` prints a token and its hash.
    pub hash: Option<String>,
}

impl TokenConfig {
    /// Returns the place that errors name.
    pub(super) fn place(&self) -> String {
        format!("[[serve.tokens]] name = \"{}\"", self.name)
    }
}

/// A token that callers may present.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// Name of the caller.
    pub name: String,
    /// Role of the caller.
    pub role: Role,
    /// BLAKE3 hash of the token.
    pub hash: blake3::Hash,
}

impl AccessToken {
    /// Returns the token of a config entry; `env` looks an environment variable up.
    pub(super) fn of(config: &TokenConfig, env: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let hint = "`headwater config token` prints a new token and its hash";
        match (&config.env, &config.hash) {
            (Some(variable), None) => {
                Self::from_variable(variable, &config.name, config.role, &config.place(), env)
            }
            (None, Some(hash)) => {
                let hash = blake3::Hash::from_hex(hash).map_err(|_| {
                    Error::usage("the hash of a token must be 64 hexadecimal digits")
                        .at(config.place())
                        .hint(hint)
                })?;
                Ok(Self { name: config.name.clone(), role: config.role, hash })
            }
            _ => Err(Error::usage("a token requires either `env` or `hash`").at(config.place()).hint(hint)),
        }
    }

    /// Returns the token that an environment variable holds; `place` names its key in errors.
    pub(super) fn from_variable(
        variable: &str,
        name: &str,
        role: Role,
        place: &str,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        // a secret that was written as a file ends with a line break
        let token = env(variable).map(|token| token.trim().to_owned());
        let token = token.filter(|token| !token.is_empty()).ok_or_else(|| {
            Error::usage(format!("the environment variable `{variable}` is not set"))
                .at(place)
                .hint("set it to a long random text; `headwater config token` prints one")
        })?;
        Ok(Self { name: name.to_owned(), role, hash: blake3::hash(token.as_bytes()) })
    }
}
