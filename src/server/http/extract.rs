//! Reads what was asked: fields of the path and the query, a JSON body, the media types that the
//! caller would have. Whatever is wrong becomes a problem that says what.

use crate::server::problem::{
    HttpResult, INVALID, NOT_ACCEPTABLE, Problem, TOO_LARGE, TOO_SLOW, WRONG_MEDIA,
};
use crate::server::wire;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use futures::StreamExt;
use serde::de::DeserializeOwned;
use std::fmt::Write;
use std::time::Duration;

/// Bytes of a JSON body.
const JSON_BYTES: usize = 1 << 20;

/// How long a JSON body may take.
const JSON_TIME: Duration = Duration::from_secs(30);

/// Fields of the path and the query.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> HttpResult<Self> {
        let named = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::new(INVALID, rejection.body_text()))?;
        let mut query = String::from("/?");
        for (name, value) in &named {
            let _ = write!(query, "{name}="); // to a string: never fails
            for byte in value.bytes() {
                let _ = write!(query, "%{byte:02X}");
            }
            query.push('&');
        }
        query.push_str(parts.uri.query().unwrap_or_default());
        let uri = Uri::try_from(query).map_err(|_| Problem::new(INVALID, "the path is too long"))?;
        let Query(ask) = Query::try_from_uri(&uri).map_err(|rejection| {
            Problem::new(INVALID, rejection.body_text()).hint("`/openapi.json` says what each path takes")
        })?;
        Ok(Self(ask))
    }
}

/// A JSON body.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> HttpResult<Self> {
        if media_type(request.headers()) != "application/json" {
            return Err(Problem::new(WRONG_MEDIA, "the body must be JSON")
                .hint("send `Content-Type: application/json`"));
        }
        let bytes = tokio::time::timeout(JSON_TIME, read(request.into_body())).await.map_err(|_| {
            Problem::new(TOO_SLOW, format!("the body took longer than {} s", JSON_TIME.as_secs()))
        })??;
        let ask = serde_json::from_slice(&bytes).map_err(|error| {
            Problem::new(INVALID, format!("the body is not what is asked for: {error}"))
                .hint("`/openapi.json` says what each path takes")
        })?;
        Ok(Self(ask))
    }
}

/// Returns the media type of a body, without parameters, in lower case.
pub fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    essence(value)
}

fn essence(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

async fn read(body: Body) -> HttpResult<Vec<u8>> {
    let mut data = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = data.next().await {
        let chunk: Bytes = chunk.map_err(|error| wire::broken(&error))?;
        if bytes.len() + chunk.len() > JSON_BYTES {
            return Err(Problem::new(TOO_LARGE, "the body is longer than 1 MiB"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Returns which of `media` the caller would rather have, the first of those liked best.
pub fn preferred(headers: &HeaderMap, media: &[&'static str]) -> HttpResult<&'static str> {
    let accepted: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let accepted = accepted.join(",");
    if accepted.trim().is_empty() {
        return Ok(media[0]);
    }
    let mut best = None;
    for &of in media {
        let liking = liking(&accepted, &essence(of));
        if liking > best.map_or(0.0, |(_, liking)| liking) {
            best = Some((of, liking));
        }
    }
    best.map(|(of, _)| of).ok_or_else(|| {
        Problem::new(NOT_ACCEPTABLE, "it cannot be said in any media type that `Accept` names")
            .hint(format!("there is {}", media.join(", ")))
    })
}

/// Returns how much a media type is liked, 0 to 1: the most exact range counts (RFC 9110 §12.5.1).
fn liking(accepted: &str, media: &str) -> f32 {
    let (kind, _) = media.split_once('/').unwrap_or_default();
    let mut liked = (0, 0.0);
    for range in accepted.split(',') {
        let name = essence(range);
        let exactness = match name.as_str() {
            "*/*" => 1,
            name if name.strip_suffix("/*") == Some(kind) => 2,
            name if name == media => 3,
            _ => continue,
        };
        let quality = range.split(';').skip(1).find_map(|part| part.trim().strip_prefix("q=")?.parse().ok());
        if exactness > liked.0 {
            liked = (exactness, quality.unwrap_or(1.0));
        }
    }
    liked.1
}
