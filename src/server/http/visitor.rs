//! Who views a page: the language, whether HTML is expected, and what the browser has already. Sends pages and errors.

use crate::page;
use crate::page::Visit;
use crate::server::ServerState;
use crate::server::problem::{HttpResult, Problem, UNAUTHORIZED};
use crate::server::session::{cookie_of, has_cookie};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use model::lang::Lang;
use std::convert::Infallible;
use std::sync::Arc;

/// Name of the cookie with the language that was chosen last.
const LANG_COOKIE: &str = "headwater_lang";

/// The viewer of a page.
pub struct Visitor {
    /// What the page needs to know.
    pub visit: Visit,
    /// The language that the address names.
    chosen: Option<Lang>,
    expects_html: bool,
    /// Tags of pages that the browser has.
    known: String,
}

/// A page to send.
pub struct Shown {
    html: String,
    tag: Option<String>,
}

impl From<String> for Shown {
    fn from(html: String) -> Self {
        Self { html, tag: None }
    }
}

impl FromRequestParts<Arc<ServerState>> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<ServerState>) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers, &parts.uri, state))
    }
}

impl Visitor {
    /// Returns the viewer of a request.
    pub fn of(headers: &HeaderMap, uri: &Uri, state: &ServerState) -> Self {
        let text =
            |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
        let parameters: Vec<&str> =
            uri.query().unwrap_or_default().split('&').filter(|of| !of.is_empty()).collect();
        let chosen = parameters.iter().find_map(|of| of.strip_prefix("lang=")).map(Lang::of);
        let lang = chosen
            .or_else(|| cookie_of(headers, LANG_COOKIE).map(Lang::of))
            .unwrap_or_else(|| accepted(text(header::ACCEPT_LANGUAGE)));
        let others: Vec<&str> = parameters.into_iter().filter(|of| !of.starts_with("lang=")).collect();
        let address = match others.is_empty() {
            true => uri.path().to_owned(),
            false => format!("{}?{}", uri.path(), others.join("&")),
        };
        let is_signed_in = has_cookie(headers) && !headers.contains_key(header::AUTHORIZATION);
        Self {
            visit: Visit { lang, address, is_signed_in, zone: state.api.zone() },
            chosen,
            expects_html: text(header::ACCEPT).contains("text/html"),
            known: text(header::IF_NONE_MATCH).to_owned(),
        }
    }

    /// Returns the tag of the page of a saved report, which depends on nothing but the given ids.
    pub fn tag(&self, ids: &[&str]) -> String {
        let Visit { lang, address, is_signed_in, .. } = &self.visit;
        let version = (env!("CARGO_PKG_VERSION"), page::assets::version());
        let all = format!("{version:?} {} {address} {is_signed_in} {ids:?}", lang.name());
        format!("\"{}\"", &blake3::hash(all.as_bytes()).to_hex()[..24])
    }

    /// Returns true if the browser has the page with the tag.
    pub fn has(&self, tag: &str) -> bool {
        self.known.split(',').any(|known| known.trim() == tag)
    }

    /// Sends a page, or an error: as a page if the viewer expects HTML, else as a problem document.
    pub fn send(&self, shown: HttpResult<Shown>) -> Response {
        let mut response = match shown {
            Ok(Shown { html, tag: Some(tag) }) if self.has(&tag) => {
                drop(html);
                ([(header::ETAG, tag)], StatusCode::NOT_MODIFIED).into_response()
            }
            Ok(Shown { html, tag: Some(tag) }) => ([(header::ETAG, tag)], Html(html)).into_response(),
            Ok(Shown { html, tag: None }) => Html(html).into_response(),
            Err(problem) => self.problem(problem),
        };
        let headers = response.headers_mut();
        if headers.contains_key(header::ETAG) {
            // a shared cache must not have it, and a browser asks each time
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
            headers.insert(header::VARY, HeaderValue::from_static("Cookie, Accept-Language, Authorization"));
        }
        if let Some(lang) = self.chosen {
            let cookie =
                format!("{LANG_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly", lang.name());
            if let Ok(value) = HeaderValue::try_from(cookie) {
                headers.append(header::SET_COOKIE, value);
            }
        }
        response
    }

    /// Returns a problem as a response. Who has no token gets the form that requests one.
    pub fn problem(&self, problem: Problem) -> Response {
        if !self.expects_html {
            return problem.into_response();
        }
        let (status, what, hint) = problem.parts();
        let html = if problem.is(UNAUTHORIZED) {
            page::login(&self.visit, &self.visit.address, false)
        } else {
            page::error(&self.visit, status.as_u16(), what, hint)
        };
        match html {
            Ok(html) => {
                let mut response = problem.clone().into_response();
                *response.body_mut() = html.into();
                response.headers_mut().insert(header::CONTENT_TYPE, HTML);
                response.headers_mut().remove(header::CONTENT_LENGTH);
                response
            }
            Err(_) => problem.into_response(),
        }
    }
}

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

impl Shown {
    /// Adds the tag of the page.
    pub fn tagged(self, tag: String) -> Self {
        Self { tag: Some(tag), ..self }
    }
}

/// Returns Chinese if a browser prefers it to English.
fn accepted(languages: &str) -> Lang {
    let first = languages.split(',').map(str::trim).find(|of| of.starts_with("zh") || of.starts_with("en"));
    first.map_or(Lang::En, |of| Lang::of(&of[..2]))
}
