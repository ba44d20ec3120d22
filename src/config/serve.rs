//! `[serve]`: the address that `headwater serve` listens on, the callers, and the limits of requests.

use crate::config::is_loopback;
use crate::config::token::{AccessToken, Role, TokenConfig};
use model::error::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, SocketAddr};

/// Keys of `[serve]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServeConfig {
    /// Address and port to listen on; port 0 picks a free port.
    pub listen: SocketAddr,
    /// Address and port on which clients of Postgres (psql, Grafana) can query the lake; unset is none.
    pub postgres: Option<SocketAddr>,
    /// Environment variable with one bearer token.
    pub token_env: Option<String>,
    /// Role of that token: `read`, `run` or `admin`.
    pub token_role: Role,
    /// Tokens of several callers.
    pub tokens: Vec<TokenConfig>,
    /// Host names under which clients reach the server, beside `localhost` and `listen`. They require a
    /// token.
    pub hosts: Vec<String>,
    /// URL under which clients reach the server, without a path: `https://headwater.example.com`. Default: `http` and
    /// the `Host` of the request.
    pub public_url: Option<String>,
    /// OAuth 2.1 authorization servers (issuer URLs) whose tokens a gateway in front of the server accepts. They are
    /// announced to clients; the server itself accepts only the tokens above.
    pub authorization_servers: Vec<String>,
    /// Actions that callers of role `run` may start beside uploads: `run_day`, `download_logs`.
    pub allow: Vec<Allowed>,
    /// Maximum size of one upload, MiB.
    pub upload_mib: u64,
    /// Maximum size of all running uploads together, MiB.
    pub uploads_mib: u64,
    /// Maximum number of analyses and traces that run at once.
    pub analyses: usize,
    /// Maximum duration of one analysis or trace, seconds.
    pub analysis_seconds: u64,
    /// Maximum number of callers' SQL statements that run at once, each in a child process.
    pub queries: usize,
    /// Maximum duration of one SQL statement, seconds.
    pub query_seconds: u64,
    /// Maximum number of rows that one SQL statement returns.
    pub query_rows: usize,
    /// Maximum memory of one SQL statement, MiB.
    pub query_mib: u64,
}

/// An action that callers may start only if `[serve] allow` lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// Runs the daily job for a day.
    RunDay,
    /// Reads a day's objects from the source into the lake.
    DownloadLogs,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8633).into(),
            postgres: None,
            token_env: None,
            token_role: Role::Admin,
            tokens: Vec::new(),
            hosts: Vec::new(),
            public_url: None,
            authorization_servers: Vec::new(),
            allow: Vec::new(),
            upload_mib: 2048,
            uploads_mib: 4096,
            analyses: 2,
            analysis_seconds: 600,
            queries: 4,
            query_seconds: 30,
            query_rows: 10_000,
            query_mib: 1024,
        }
    }
}

impl ServeConfig {
    /// Fails unless the URLs can be announced to clients.
    pub fn check(&self) -> Result<()> {
        let invalid = |key: &str, url: &str, hint: &str| {
            Error::usage(format!("`{url}` is not a valid URL of a server")).at(key).hint(hint)
        };
        let parsed = |url: &str| {
            let url = reqwest::Url::parse(url).ok()?;
            (url.query().is_none() && url.fragment().is_none() && url.has_host()).then_some(url)
        };
        if let Some(url) = &self.public_url
            && !parsed(url).is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.path() == "/")
        {
            return Err(invalid(
                "[serve] public_url",
                url,
                "write scheme and host: https://headwater.example.com",
            ));
        }
        for url in &self.authorization_servers {
            let is_secure = |url: reqwest::Url| {
                let host = url.host_str().unwrap_or_default();
                url.scheme() == "https" || (url.scheme() == "http" && is_loopback(host))
            };
            if !parsed(url).is_some_and(is_secure) {
                let hint = "write the issuer's https URL, without a query";
                return Err(invalid("[serve] authorization_servers", url, hint));
            }
        }
        Ok(())
    }

    /// Returns the tokens that callers may present, read with `env`. Empty if no token is configured; then
    /// only this machine can call.
    ///
    /// # Errors
    /// Usage: a variable is not set, a hash is not valid, or the server listens beyond loopback without
    /// a token.
    pub fn access_tokens(&self, env: impl Fn(&str) -> Option<String>) -> Result<Vec<AccessToken>> {
        let mut tokens: Vec<AccessToken> = Vec::new();
        if let Some(variable) = &self.token_env {
            tokens.push(AccessToken::from_variable(
                variable,
                "token_env",
                self.token_role,
                "[serve] token_env",
                &env,
            )?);
        }
        for config in &self.tokens {
            if config.name.trim().is_empty() || tokens.iter().any(|token| token.name == config.name) {
                return Err(Error::usage("a token's name is empty or already used").at(config.place()));
            }
            tokens.push(AccessToken::of(config, &env)?);
        }
        let addresses = [("listen", Some(self.listen)), ("postgres", self.postgres)];
        let beyond = addresses.into_iter().find_map(|(key, address)| {
            address.filter(|address| !address.ip().is_loopback()).map(|address| (key, address))
        });
        if let Some((key, address)) = beyond.filter(|_| tokens.is_empty()) {
            return Err(Error::usage("listening beyond loopback requires a token")
                .at(format!("[serve] {key} = \"{address}\""))
                .hint("listen on 127.0.0.1, or set a token: `[serve] token_env` or `[[serve.tokens]]`"));
        }
        Ok(tokens)
    }
}
