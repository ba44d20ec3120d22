//! What only browsers request: the form that begins a session, its end, and the assets of pages.

use crate::page;
use crate::page::assets;
use crate::server::ServerState;
use crate::server::body::read;
use crate::server::http::State;
use crate::server::http::extract::from_query;
use crate::server::http::visitor::Visitor;
use crate::server::problem::{FAILED, HttpResult, NOT_FOUND, Problem};
use axum::Router;
use axum::body::Body;
use axum::extract;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use model::time::Ts;
use serde::Deserialize;
use std::sync::Arc;

/// Path of the form that begins a session.
pub const LOGIN: &str = "/login";
/// Begin of the paths of assets.
pub const ASSETS: &str = "/assets/";
/// Longest form in bytes.
const MAX_FORM: usize = 16 << 10;

/// Returns the routes that the OpenAPI document leaves out: no program calls them.
pub(super) fn router() -> Router<Arc<ServerState>> {
    Router::new()
        .route(LOGIN, get(form).post(login))
        .route("/logout", post(logout))
        .route("/assets/{version}/{name}", get(asset))
}

/// The fields of the form.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Login {
    token: String,
    next: String,
}

/// `GET /login`
async fn form(visitor: Visitor) -> HttpResult<Html<String>> {
    Ok(Html(page::login(&visitor.visit, "/", false)?))
}

/// `POST /login`
async fn login(extract::State(state): State, visitor: Visitor, body: Body) -> HttpResult<Response> {
    let bytes = read(body, MAX_FORM).await?;
    let Login { token, next } = from_query(&String::from_utf8_lossy(&bytes))?;
    let next = own_address(&next);
    match state.token(&token) {
        Some(token) => Ok(to(next, &state.sessions.begin(token, Ts::now()))?),
        None => {
            let html = page::login(&visitor.visit, next, true)?;
            Ok((StatusCode::UNAUTHORIZED, Html(html)).into_response())
        }
    }
}

/// `POST /logout`
async fn logout(extract::State(state): State) -> HttpResult<Response> {
    to(LOGIN, &state.sessions.end())
}

/// `GET /assets/VERSION/NAME`
async fn asset(extract::Path((_, name)): extract::Path<(String, String)>) -> HttpResult<Response> {
    let asset = assets::named(&name).ok_or_else(|| Problem::new(NOT_FOUND, "the file does not exist"))?;
    let headers: [(HeaderName, &str); 2] =
        [(header::CONTENT_TYPE, asset.media), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.text).into_response())
}

/// Returns a redirect that sets a cookie.
fn to(address: &str, cookie: &str) -> HttpResult<Response> {
    let value = |text: &str| {
        HeaderValue::try_from(text).map_err(|_| Problem::new(FAILED, "the address has invalid characters"))
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, value(address)?);
    response.headers_mut().insert(header::SET_COOKIE, value(cookie)?);
    Ok(response)
}

/// Returns the address if it is one of this server; a browser reads `//` and `/\` as the begin of another host.
fn own_address(address: &str) -> &str {
    let is_own = address.starts_with('/')
        && !address.starts_with("//")
        && !address.starts_with("/\\")
        && !address.starts_with("/login")
        && address.bytes().all(|byte| byte.is_ascii_graphic());
    if is_own { address } else { "/" }
}
