//! What the api answers as it is: one function a route, no more than who asks and what.

use crate::api::request::{
    AnalyzeRequest, BriefRequest, FindingRequest, FindingsRequest, RulesRequest, RunDayRequest, RunsRequest,
    TraceRequest,
};
use crate::api::response::{Analysed, AuditLogPage, FindingPage, Found, RuleList, RunList, Tables, Traced};
use crate::server::http::extract::{JsonBody, Params, preferred};
use crate::server::http::{Caller, PLAIN, State};
use crate::server::problem::HttpResult;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, extract};
use schemars::JsonSchema;
use serde::Deserialize;

/// How many questions.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LatestRequest {
    /// At most this many; the api's own limit without it.
    limit: Option<u32>,
}

/// `GET /v1/brief`
pub async fn brief(
    extract::State(place): State,
    Extension(caller): Caller,
    headers: HeaderMap,
    Params(ask): Params<BriefRequest>,
) -> HttpResult<Response> {
    let media = preferred(&headers, &[PLAIN, "application/json"])?;
    let brief = place.api.brief(&caller, ask).await?;
    Ok(if media == PLAIN { brief.text.into_response() } else { Json(brief).into_response() })
}

/// `GET /v1/findings`
pub async fn findings(
    extract::State(place): State,
    Extension(caller): Caller,
    Params(ask): Params<FindingsRequest>,
) -> HttpResult<Json<FindingPage>> {
    Ok(Json(place.api.findings(&caller, ask).await?))
}

/// `GET /v1/findings/{id}`
pub async fn finding(
    extract::State(place): State,
    Extension(caller): Caller,
    Params(ask): Params<FindingRequest>,
) -> HttpResult<Json<Found>> {
    Ok(Json(place.api.finding(&caller, ask).await?))
}

/// `GET /v1/findings/{id}/trace`
pub async fn trace_of(
    extract::State(place): State,
    Extension(caller): Caller,
    Params(FindingRequest { id, date }): Params<FindingRequest>,
) -> HttpResult<Json<Traced>> {
    let ask = TraceRequest { finding: Some(id), date, ..TraceRequest::default() };
    Ok(Json(place.api.trace(&caller, ask).await?))
}

/// `POST /v1/trace`
pub async fn trace(
    extract::State(place): State,
    Extension(caller): Caller,
    JsonBody(ask): JsonBody<TraceRequest>,
) -> HttpResult<Json<Traced>> {
    Ok(Json(place.api.trace(&caller, ask).await?))
}

/// `GET /v1/tables`
pub async fn tables(extract::State(place): State, Extension(caller): Caller) -> HttpResult<Json<Tables>> {
    Ok(Json(place.api.tables(&caller).await?))
}

/// `GET /v1/rules`
pub async fn rules(
    extract::State(place): State,
    Extension(caller): Caller,
    Params(ask): Params<RulesRequest>,
) -> HttpResult<Json<RuleList>> {
    Ok(Json(place.api.rules(&caller, ask).await?))
}

/// `GET /v1/runs`, `GET /v1/runs/{id}`
pub async fn runs(
    extract::State(place): State,
    Extension(caller): Caller,
    Params(ask): Params<RunsRequest>,
) -> HttpResult<Json<RunList>> {
    Ok(Json(place.api.runs(&caller, ask).await?))
}

/// `POST /v1/runs`
pub async fn run_day(
    extract::State(place): State,
    Extension(caller): Caller,
    JsonBody(ask): JsonBody<RunDayRequest>,
) -> HttpResult<Json<RunList>> {
    Ok(Json(place.api.run_day(&caller, ask, &|_, _, _| {}).await?))
}

/// `POST /v1/analyze`
pub async fn analyze(
    extract::State(place): State,
    Extension(caller): Caller,
    JsonBody(ask): JsonBody<AnalyzeRequest>,
) -> HttpResult<Json<Analysed>> {
    Ok(Json(place.api.analyze(&caller, ask, &|_, _, _| {}).await?))
}

/// `GET /v1/asked`
pub async fn asked(
    extract::State(place): State,
    Extension(caller): Caller,
    Params(ask): Params<LatestRequest>,
) -> HttpResult<Json<AuditLogPage>> {
    Ok(Json(place.api.asked(&caller, ask.limit).await?))
}
