//! The page, the probes, the metrics: what browsers, Kubernetes and Prometheus ask.

use crate::api::metrics;
use crate::api::request::BriefRequest;
use crate::brief::page;
use crate::server::http::extract::Params;
use crate::server::http::{Caller, State};
use crate::server::problem::{HttpResult, NOT_READY, Problem};
use axum::http::{HeaderName, header};
use axum::response::Html;
use axum::{Extension, extract};
use model::lang::Lang;
use schemars::JsonSchema;
use serde::Deserialize;

/// Which page.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PageRequest {
    /// Local day, YYYY-MM-DD; without it the last one reported.
    date: Option<String>,
    /// `zh` or `en`.
    lang: Lang,
}

/// `GET /healthz`
pub async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz`
pub async fn ready(extract::State(place): State) -> HttpResult<&'static str> {
    place.api.ready().await.map_err(|error| Problem::from(error).of(NOT_READY))?;
    Ok("ready\n")
}

/// `GET /metrics`
pub async fn metrics(extract::State(place): State) -> HttpResult<([(HeaderName, &'static str); 1], String)> {
    Ok(([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], place.api.metrics().await?))
}

/// `GET /`
pub async fn page(
    extract::State(place): State,
    Extension(caller): Caller,
    Params(PageRequest { date, lang }): Params<PageRequest>,
) -> HttpResult<Html<String>> {
    let report = place.api.report(&caller, BriefRequest { date, ..BriefRequest::default() }).await?;
    Ok(Html(page::html(&report, lang)?))
}
