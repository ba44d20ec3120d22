//! Decodes requests: path and query parameters, JSON bodies, and the media types of `Accept`. Every
//! error becomes a problem document.

use crate::server::body::read;
use crate::server::problem::{HttpResult, INVALID, NOT_ACCEPTABLE, Problem, UNSUPPORTED_MEDIA_TYPE};
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::fmt::Write;

/// Longest JSON body in bytes.
const MAX_JSON_BYTES: usize = 1 << 20;

/// Path and query parameters.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> HttpResult<Self> {
        let named = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::new(INVALID, rejection.body_text()))?;
        let mut query = String::new();
        for (name, value) in &named {
            let _ = write!(query, "{name}="); // writing to a string cannot fail
            for byte in value.bytes() {
                let _ = write!(query, "%{byte:02X}");
            }
            query.push('&');
        }
        query.push_str(parts.uri.query().unwrap_or_default());
        from_query(&query).map(Self)
    }
}

/// Decodes parameters, also those of a form.
pub fn from_query<T: DeserializeOwned>(query: &str) -> HttpResult<T> {
    let uri = Uri::try_from(format!("/?{query}"))
        .map_err(|_| Problem::new(INVALID, "the parameters are too long, or have invalid characters"))?;
    let Query(request) = Query::try_from_uri(&uri).map_err(|rejection| {
        Problem::new(INVALID, rejection.body_text()).hint("`/openapi.json` describes the parameters")
    })?;
    Ok(request)
}

/// A JSON body; path parameters are fields of it.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> HttpResult<Self> {
        if media_type(request.headers()) != "application/json" {
            return Err(Problem::new(UNSUPPORTED_MEDIA_TYPE, "the body must be JSON")
                .hint("send `Content-Type: application/json`"));
        }
        let (mut parts, body) = request.into_parts();
        let named = RawPathParams::from_request_parts(&mut parts, state)
            .await
            .map_err(|rejection| Problem::new(INVALID, rejection.body_text()))?;
        let bytes = read(body, MAX_JSON_BYTES).await?;
        let invalid = |error: serde_json::Error| {
            Problem::new(INVALID, format!("invalid body: {error}"))
                .hint("`/openapi.json` describes the parameters")
        };
        if named.iter().next().is_none() {
            return Ok(Self(serde_json::from_slice(&bytes).map_err(invalid)?));
        }
        let mut fields: Map<String, Value> = serde_json::from_slice(&bytes).map_err(invalid)?;
        for (name, value) in &named {
            if fields.insert(name.to_owned(), value.into()).is_some() {
                return Err(Problem::new(
                    INVALID,
                    format!("`{name}` belongs into the path, not into the body"),
                ));
            }
        }
        Ok(Self(serde_json::from_value(Value::Object(fields)).map_err(invalid)?))
    }
}

/// Returns the media type of the body, without parameters, in lower case.
pub fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    essence(value)
}

fn essence(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Returns the entry of `media` with the highest quality in `Accept`, the first of equals.
pub fn preferred(headers: &HeaderMap, media: &[&'static str]) -> HttpResult<&'static str> {
    let accepted: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let accepted = accepted.join(",");
    if accepted.trim().is_empty() {
        return Ok(media[0]);
    }
    let mut best = None;
    for &of in media {
        let quality = quality(&accepted, &essence(of));
        if quality > best.map_or(0.0, |(_, quality)| quality) {
            best = Some((of, quality));
        }
    }
    best.map(|(of, _)| of).ok_or_else(|| {
        Problem::new(NOT_ACCEPTABLE, "the response has none of the media types in `Accept`")
            .hint(format!("supported: {}", media.join(", ")))
    })
}

/// Returns the quality of a media type, 0 to 1, by its most specific range (RFC 9110 §12.5.1).
fn quality(accepted: &str, media: &str) -> f32 {
    let (kind, _) = media.split_once('/').unwrap_or_default();
    let mut best = (0, 0.0);
    for range in accepted.split(',') {
        let name = essence(range);
        let specificity = match name.as_str() {
            "*/*" => 1,
            name if name.strip_suffix("/*") == Some(kind) => 2,
            name if name == media => 3,
            _ => continue,
        };
        let quality = range.split(';').skip(1).find_map(|part| part.trim().strip_prefix("q=")?.parse().ok());
        if specificity > best.0 {
            best = (specificity, quality.unwrap_or(1.0));
        }
    }
    best.1
}
