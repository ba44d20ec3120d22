//! The report as one file, the probes for Kubernetes, and the metrics for Prometheus.

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

/// Selects a page.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PageRequest {
    /// Local day, YYYY-MM-DD. Default: the last day with a report.
    date: Option<String>,
    /// `zh` or `en`. Default: `en`.
    lang: Lang,
}

/// `GET /healthz`
pub async fn healthy() -> &'static str {
    "ok\n"
}

/// `GET /readyz`
pub async fn ready(extract::State(state): State) -> HttpResult<&'static str> {
    state.api.ready().await.map_err(|error| Problem::from(error).with_type(NOT_READY))?;
    Ok("ready\n")
}

/// `GET /metrics`
pub async fn metrics(extract::State(state): State) -> HttpResult<([(HeaderName, &'static str); 1], String)> {
    Ok(([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], state.api.metrics().await?))
}

/// The policy of the report as a file, which carries its own style and script.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /report`
pub async fn report(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(PageRequest { date, lang }): Params<PageRequest>,
) -> HttpResult<([(HeaderName, &'static str); 1], Html<String>)> {
    let report = state.api.report(&caller, BriefRequest { date, ..BriefRequest::default() }).await?;
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(page::html(&report, lang)?)))
}
