//! Who may ask: callers that show the token, under a name that is this server's own. Without the
//! second, a page of another site could read the reports through a browser (DNS rebinding).

use super::Place;
use super::answer::Refusal;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
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

/// Turns strangers away and logs each request, without what it asked for or showed.
pub async fn guard(State(place): State<Arc<Place>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = match place.admits(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    response.headers_mut().extend(HEADERS);
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%method, path, status = response.status().as_u16(), took_ms, "answered");
    response
}

impl Place {
    fn admits(&self, request: &Request) -> Result<(), Refusal> {
        let text = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        if !text(header::HOST).is_some_and(|host| self.is_own(host)) {
            return Err(Refusal::new(StatusCode::MISDIRECTED_REQUEST, "this server has another name")
                .hint("`[serve] hosts` lists the names it is called by"));
        }
        let Some(token) = self.token.filter(|_| !matches!(request.uri().path(), "/healthz" | "/readyz"))
        else {
            return Ok(());
        };
        let shown = text(header::AUTHORIZATION).and_then(|value| value.split_once(' '));
        match shown {
            Some((scheme, shown))
                if scheme.eq_ignore_ascii_case("bearer") && blake3::hash(shown.as_bytes()) == token =>
            {
                Ok(())
            }
            _ => Err(Refusal::new(StatusCode::UNAUTHORIZED, "the token is missing or wrong")
                .hint("send `Authorization: Bearer TOKEN`")),
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
