//! What the desk answers as it is: one function a route, no more than who asks and what.

use crate::api::request::{
    AnalyzeAsk, BriefAsk, FindingAsk, FindingsAsk, RulesAsk, RunDayAsk, RunsAsk, TraceAsk,
};
use crate::api::response::{Analysed, AskedList, FindingPage, Found, RuleList, RunList, Tables, Traced};
use crate::server::http::ask::{Asked, Said, preferred};
use crate::server::http::{Caller, PLAIN, State};
use crate::server::problem::Answer;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, extract};
use schemars::JsonSchema;
use serde::Deserialize;

/// How many questions.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LatestAsk {
    /// At most this many; the desk's own limit without it.
    limit: Option<u32>,
}

/// `GET /v1/brief`
pub async fn brief(
    extract::State(place): State,
    Extension(caller): Caller,
    headers: HeaderMap,
    Asked(ask): Asked<BriefAsk>,
) -> Answer<Response> {
    let media = preferred(&headers, &[PLAIN, "application/json"])?;
    let brief = place.desk.brief(&caller, ask).await?;
    Ok(if media == PLAIN { brief.text.into_response() } else { Json(brief).into_response() })
}

/// `GET /v1/findings`
pub async fn findings(
    extract::State(place): State,
    Extension(caller): Caller,
    Asked(ask): Asked<FindingsAsk>,
) -> Answer<Json<FindingPage>> {
    Ok(Json(place.desk.findings(&caller, ask).await?))
}

/// `GET /v1/findings/{id}`
pub async fn finding(
    extract::State(place): State,
    Extension(caller): Caller,
    Asked(ask): Asked<FindingAsk>,
) -> Answer<Json<Found>> {
    Ok(Json(place.desk.finding(&caller, ask).await?))
}

/// `GET /v1/findings/{id}/trace`
pub async fn trace_of(
    extract::State(place): State,
    Extension(caller): Caller,
    Asked(FindingAsk { id, date }): Asked<FindingAsk>,
) -> Answer<Json<Traced>> {
    let ask = TraceAsk { finding: Some(id), date, ..TraceAsk::default() };
    Ok(Json(place.desk.trace(&caller, ask).await?))
}

/// `POST /v1/trace`
pub async fn trace(
    extract::State(place): State,
    Extension(caller): Caller,
    Said(ask): Said<TraceAsk>,
) -> Answer<Json<Traced>> {
    Ok(Json(place.desk.trace(&caller, ask).await?))
}

/// `GET /v1/tables`
pub async fn tables(extract::State(place): State, Extension(caller): Caller) -> Answer<Json<Tables>> {
    Ok(Json(place.desk.tables(&caller).await?))
}

/// `GET /v1/rules`
pub async fn rules(
    extract::State(place): State,
    Extension(caller): Caller,
    Asked(ask): Asked<RulesAsk>,
) -> Answer<Json<RuleList>> {
    Ok(Json(place.desk.rules(&caller, ask).await?))
}

/// `GET /v1/runs`, `GET /v1/runs/{id}`
pub async fn runs(
    extract::State(place): State,
    Extension(caller): Caller,
    Asked(ask): Asked<RunsAsk>,
) -> Answer<Json<RunList>> {
    Ok(Json(place.desk.runs(&caller, ask).await?))
}

/// `POST /v1/runs`
pub async fn run_day(
    extract::State(place): State,
    Extension(caller): Caller,
    Said(ask): Said<RunDayAsk>,
) -> Answer<Json<RunList>> {
    Ok(Json(place.desk.run_day(&caller, ask, &|_, _, _| {}).await?))
}

/// `POST /v1/analyze`
pub async fn analyze(
    extract::State(place): State,
    Extension(caller): Caller,
    Said(ask): Said<AnalyzeAsk>,
) -> Answer<Json<Analysed>> {
    Ok(Json(place.desk.analyze(&caller, ask, &|_, _, _| {}).await?))
}

/// `GET /v1/asked`
pub async fn asked(
    extract::State(place): State,
    Extension(caller): Caller,
    Asked(ask): Asked<LatestAsk>,
) -> Answer<Json<AskedList>> {
    Ok(Json(place.desk.asked(&caller, ask.limit).await?))
}
