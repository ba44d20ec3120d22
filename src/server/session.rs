//! Sessions of browsers: who has sent a token once gets a cookie that proves it for half a day. The cookie is signed and
//! contains no token; its key lives as long as the process. A caller with a cookie may only read.

use crate::config::{AccessToken, ServeConfig};
use axum::http::{HeaderMap, header};
use model::error::{Error, Result};
use model::time::Ts;
use ring::rand::{SecureRandom, SystemRandom};

/// Name of the cookie.
const COOKIE: &str = "headwater_session";
/// How long a session lasts, in seconds.
const SESSION_S: i64 = 12 * 3600;

/// Signs and checks cookies.
#[derive(Clone)]
pub struct Sessions {
    key: [u8; 32],
    /// True if browsers reach the server over TLS only.
    is_secure: bool,
}

impl Sessions {
    /// Returns sessions with a new key.
    pub fn of(config: &ServeConfig) -> Result<Self> {
        let mut key = [0; 32];
        SystemRandom::new().fill(&mut key).map_err(|_| Error::failed("cannot generate random numbers"))?;
        let is_secure = config.public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
        Ok(Self { key, is_secure })
    }

    /// Returns the value of `Set-Cookie` that begins a session of a token.
    pub fn begin(&self, token: &AccessToken, now: Ts) -> String {
        let end = now.plus_s(SESSION_S).0;
        self.cookie(&format!("{end}.{}", self.signature(token, end).to_hex()), SESSION_S)
    }

    /// Returns the value of `Set-Cookie` that ends a session.
    pub fn end(&self) -> String {
        self.cookie("", 0)
    }

    /// Returns the token whose session the cookie of a request proves.
    pub fn token<'t>(
        &self,
        headers: &HeaderMap,
        tokens: &'t [AccessToken],
        now: Ts,
    ) -> Option<&'t AccessToken> {
        let (end, signature) = cookie_of(headers, COOKIE)?.split_once('.')?;
        let (end, signature) = (end.parse::<i64>().ok()?, blake3::Hash::from_hex(signature).ok()?);
        if end <= now.0 {
            return None;
        }
        tokens.iter().find(|token| self.signature(token, end) == signature)
    }

    fn signature(&self, token: &AccessToken, end: i64) -> blake3::Hash {
        blake3::keyed_hash(&self.key, format!("{} {end}", token.hash.to_hex()).as_bytes())
    }

    fn cookie(&self, value: &str, age_s: i64) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        format!("{COOKIE}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Strict{secure}")
    }
}

/// Returns true if a request has the cookie of a session, valid or not.
pub fn has_cookie(headers: &HeaderMap) -> bool {
    cookie_of(headers, COOKIE).is_some()
}

/// Returns the value of a cookie.
pub fn cookie_of<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| {
        let (of, value) = pair.trim().split_once('=')?;
        (of == name && !value.is_empty()).then_some(value)
    })
}
