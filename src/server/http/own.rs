//! The page, the probes, the metrics: what browsers, Kubernetes and Prometheus ask.

use crate::api::metrics;
use crate::api::request::BriefAsk;
use crate::brief::page;
use crate::server::http::ask::Asked;
use crate::server::http::{Caller, State};
use crate::server::problem::{Answer, NOT_READY, Problem};
use axum::http::{HeaderName, header};
use axum::response::Html;
use axum::{Extension, extract};
use model::lang::Lang;
use schemars::JsonSchema;
use serde::Deserialize;

/// Which page.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PageAsk {
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
pub async fn ready(extract::State(place): State) -> Answer<&'static str> {
    place.desk.ready().await.map_err(|refusal| Problem::from(refusal).of(NOT_READY))?;
    Ok("ready\n")
}

/// `GET /metrics`
pub async fn metrics(extract::State(place): State) -> Answer<([(HeaderName, &'static str); 1], String)> {
    Ok(([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], place.desk.metrics().await?))
}

/// `GET /`
pub async fn page(
    extract::State(place): State,
    Extension(caller): Caller,
    Asked(PageAsk { date, lang }): Asked<PageAsk>,
) -> Answer<Html<String>> {
    let report = place.desk.report(&caller, BriefAsk { date, ..BriefAsk::default() }).await?;
    Ok(Html(page::html(&report, lang)?))
}
