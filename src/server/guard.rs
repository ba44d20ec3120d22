//! Who may ask: callers that show a token, under a name that is this server's own. Without the
//! second, a page of another site could read the reports through a browser (DNS rebinding); without a
//! look at its origin, it could post.

use crate::api::Caller;
use crate::config::{Key, Role};
use crate::server::problem::{BUSY, FAILED, FOREIGN, HttpResult, OTHER_HOST, Problem, TOKEN_WANTED};
use crate::server::{Place, wire};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

/// What every answer says to a browser. The policy is the page's own, and no frame around it.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Paths that anyone may ask at any time.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// Turns strangers away, tells handlers who calls, and logs each request without what it asked for or
/// showed.
pub async fn guard(State(place): State<Arc<Place>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = match place.admits(&request) {
        Ok(caller) => place.run(caller, request, next).await,
        Err(problem) => problem.into_response(),
    };
    response.headers_mut().extend(HEADERS);
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%method, path, status = response.status().as_u16(), took_ms, "answered");
    response
}

impl Place {
    /// Returns who calls; nobody is asked who they are by a probe.
    fn admits(&self, request: &Request) -> HttpResult<Option<Caller>> {
        let text = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let host = text(header::HOST).unwrap_or_default();
        if !self.is_own(host) {
            return Err(Problem::new(OTHER_HOST, "this server has another name")
                .hint("`[serve] hosts` lists the names it is called by"));
        }
        if let Some(origin) = request.headers().get(header::ORIGIN) {
            // `null`, and a value that is no text, are nobody's own
            let site = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
            if !site.is_some_and(|(_, site)| site.eq_ignore_ascii_case(host)) {
                return Err(Problem::new(FOREIGN, "the page that asks is another site's")
                    .hint("a proxy before it must hand on the `Host` it was called by"));
            }
        }
        let path = request.uri().path();
        if PROBES.contains(&path) {
            return Ok(None);
        }
        let way = if path == "/mcp" || path.starts_with("/mcp/") { "mcp" } else { "http" };
        if self.keys.is_empty() {
            return Ok(Some(Caller { name: "loopback".into(), role: Role::Run, way }));
        }
        let key = text(header::AUTHORIZATION)
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .and_then(|(_, shown)| self.key(shown))
            .ok_or_else(|| {
                Problem::new(TOKEN_WANTED, "the token is missing or wrong")
                    .hint("send `Authorization: Bearer TOKEN`")
            })?;
        Ok(Some(Caller { name: key.name.clone(), role: key.role, way }))
    }

    /// Returns the key that a token is of. All are compared, hash to hash: the time it takes tells
    /// nothing of what was nearly right.
    fn key(&self, shown: &str) -> Option<&Key> {
        let hash = blake3::hash(shown.trim().as_bytes());
        self.keys.iter().fold(None, |found, key| if key.hash == hash { Some(key) } else { found })
    }

    /// Answers, unless too much is under way. What panics, or is still under way when the server ends,
    /// is answered all the same.
    async fn run(&self, caller: Option<Caller>, mut request: Request, next: Next) -> Response {
        let slot = self.room.try_acquire();
        if let Some(caller) = caller {
            if slot.is_err() {
                return Problem::new(BUSY, "too many requests are under way").into_response();
            }
            request.extensions_mut().insert(caller);
        }
        let mut over = self.over.subscribe();
        let answer = AssertUnwindSafe(next.run(request.map(wire::paced))).catch_unwind();
        tokio::select! {
            answer = answer => answer.unwrap_or_else(|_| {
                Problem::new(FAILED, "a bug stopped the answer").hint("the log says where").into_response()
            }),
            _ = over.wait_for(|over| *over) => {
                Problem::new(BUSY, "the server ended before the answer was there").into_response()
            }
        }
    }

    /// Tells whether a `Host` header names this server. One that listens on every address is called
    /// by any of them; a rebound name is never an address.
    fn is_own(&self, host: &str) -> bool {
        let (bare, port) = match host.rsplit_once(':') {
            Some((bare, port)) if !port.ends_with(']') => (bare, port),
            _ => (host, ""),
        };
        let bare = bare.trim_start_matches('[').trim_end_matches(']');
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
