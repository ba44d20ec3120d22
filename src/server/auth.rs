//! Authentication: a request must have a valid token, a `Host` of this server, and no `Origin` of
//! another site. Without the check of `Host`, a page of another site could read reports through a
//! browser (DNS rebinding); without the check of `Origin`, it could send POST requests.

use crate::api::{Caller, Transport};
use crate::config::{AccessToken, Role, is_loopback};
use crate::server::body::{time_limit, with_time_limits};
use crate::server::http::{ASSETS, LOGIN, Visitor};
use crate::server::problem::{
    BUSY, CROSS_ORIGIN, FAILED, FORBIDDEN, HttpResult, MISDIRECTED, Problem, UNAUTHORIZED,
};
use crate::server::{MAX_REQUESTS, ServerState, oauth};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use model::time::Ts;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

/// Headers of every response that does not set its own, for browsers. Scripts and styles are files of this server.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
             base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Paths that require no token and no free request slot.
const OPEN: [&str; 5] = ["/healthz", "/readyz", LOGIN, oauth::PATH, oauth::PATH_OF_MCP];

/// Headers that a proxy adds: its request is not one of this machine.
const FORWARDED: [&str; 6] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/// Rejects requests that fail authentication, adds the [`Caller`] to the others, and logs each request
/// without its query, body and token.
pub async fn authenticate(State(state): State<Arc<ServerState>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let visitor = Visitor::of(request.headers(), request.uri(), &state);
    let mut response = match state.caller(&request) {
        Ok(caller) => state.run(caller, request, next).await,
        Err(problem) => {
            let mut response = visitor.problem(problem);
            if response.status() == StatusCode::UNAUTHORIZED
                && let Some(challenge) = state.oauth.challenge(&request)
            {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
            response
        }
    };
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%method, path, status = response.status().as_u16(), took_ms, "request");
    response
}

impl ServerState {
    /// Returns the caller; `None` for a path that requires none.
    fn caller(&self, request: &Request) -> HttpResult<Option<Caller>> {
        let text = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let host = text(header::HOST).unwrap_or_default();
        if !self.is_own_host(host) {
            return Err(Problem::new(MISDIRECTED, "`Host` is not a name of this server")
                .hint("add the name to `[serve] hosts`"));
        }
        if let Some(origin) = request.headers().get(header::ORIGIN) {
            // `null`, and a value that is not text, match no host
            let site = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
            if !site.is_some_and(|(_, site)| site.eq_ignore_ascii_case(host)) {
                return Err(Problem::new(CROSS_ORIGIN, "`Origin` is not this server")
                    .hint("a reverse proxy must forward the original `Host`"));
            }
        }
        let path = request.uri().path();
        if OPEN.contains(&path) || path.starts_with(ASSETS) {
            return Ok(None);
        }
        let transport = if oauth::is_mcp(path) { Transport::Mcp } else { Transport::Http };
        if self.tokens.is_empty() {
            if !is_this_machine(host) || FORWARDED.iter().any(|name| request.headers().contains_key(*name)) {
                return Err(Problem::new(FORBIDDEN, "without a token, only this machine may call")
                    .hint("set a token: `[serve] token_env` or `[[serve.tokens]]`"));
            }
            return Ok(Some(Caller { name: "loopback".into(), role: Role::Run, transport }));
        }
        if transport == Transport::Http
            && let Some(caller) = self.of_session(request)?
        {
            return Ok(Some(caller));
        }
        let token = text(header::AUTHORIZATION)
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .and_then(|(_, value)| self.token(value))
            .ok_or_else(|| {
                Problem::new(UNAUTHORIZED, "the token is missing or wrong")
                    .hint("send `Authorization: Bearer TOKEN`")
            })?;
        Ok(Some(Caller { name: token.name.clone(), role: token.role, transport }))
    }

    /// Returns the caller whose session a cookie proves; it may only read. A browser sends `Origin` with each request
    /// that is not a GET, so one without it comes from elsewhere.
    fn of_session(&self, request: &Request) -> HttpResult<Option<Caller>> {
        let headers = request.headers();
        if headers.contains_key(header::AUTHORIZATION) {
            return Ok(None);
        }
        let Some(token) = self.sessions.token(headers, &self.tokens, Ts::now()) else { return Ok(None) };
        let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
        if !is_safe && !headers.contains_key(header::ORIGIN) {
            return Err(Problem::new(CROSS_ORIGIN, "a request with a cookie requires `Origin`")
                .hint("send `Authorization: Bearer TOKEN` instead"));
        }
        Ok(Some(Caller { name: token.name.clone(), role: Role::Read, transport: Transport::Http }))
    }

    /// Returns the token with that value. Compares the hashes of all tokens, so that the duration does not
    /// depend on how close a wrong value is.
    pub fn token(&self, value: &str) -> Option<&AccessToken> {
        let hash = blake3::hash(value.trim().as_bytes());
        self.tokens.iter().fold(None, |found, token| if token.hash == hash { Some(token) } else { found })
    }

    /// Runs a request if there is a free slot. A request that panics, or still runs when the server shuts
    /// down, gets an error response.
    async fn run(&self, caller: Option<Caller>, mut request: Request, next: Next) -> Response {
        let slot = self.request_slots.try_acquire();
        if let Some(caller) = caller {
            if slot.is_err() {
                return Problem::new(BUSY, format!("request limit reached ({MAX_REQUESTS} running)"))
                    .into_response();
            }
            request.extensions_mut().insert(caller);
        }
        let limit = time_limit(request.uri().path());
        let mut abort = self.abort.subscribe();
        let response =
            AssertUnwindSafe(next.run(request.map(|body| with_time_limits(body, limit)))).catch_unwind();
        tokio::select! {
            response = response => response.unwrap_or_else(|_| {
                Problem::new(FAILED, "the request panicked").hint("the log has the details").into_response()
            }),
            _ = abort.wait_for(|abort| *abort) => {
                Problem::new(BUSY, "the server shut down before the request was completed").into_response()
            }
        }
    }

    /// Returns true if a `Host` header names this server. If it listens on all addresses, any address is
    /// accepted: a DNS rebinding attack always uses a name.
    fn is_own_host(&self, host: &str) -> bool {
        let (bare, port) = name_and_port(host);
        let own = self.listen.ip();
        port.bytes().all(|byte| byte.is_ascii_digit())
            && match bare.parse::<IpAddr>() {
                Ok(address) => address.is_loopback() || address == own || own.is_unspecified(),
                Err(_) => {
                    bare.eq_ignore_ascii_case("localhost")
                        || self.hosts.iter().any(|name| name.eq_ignore_ascii_case(bare))
                }
            }
    }
}

/// Splits a `Host` header; an IPv6 address comes without its brackets.
fn name_and_port(host: &str) -> (&str, &str) {
    let (bare, port) = match host.rsplit_once(':') {
        Some((bare, port)) if !port.ends_with(']') => (bare, port),
        _ => (host, ""),
    };
    (bare.trim_start_matches('[').trim_end_matches(']'), port)
}

/// Returns true if a `Host` header names a loopback address.
fn is_this_machine(host: &str) -> bool {
    let (bare, _) = name_and_port(host);
    is_loopback(&bare.to_ascii_lowercase())
}
