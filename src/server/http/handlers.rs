//! Handlers that return a response of the API as JSON.

use crate::api::request::{
    AgentsRequest, AnalyzeRequest, BacktestRequest, BriefRequest, ChangesRequest, ExplainRequest,
    FindingRequest, FindingsRequest, HistogramRequest, IncidentRequest, IncidentsRequest, LinesRequest,
    NeighboursRequest, PatternsRequest, RulesRequest, RunAgentRequest, RunDayRequest, RunsRequest,
    TestRulesRequest, TraceRequest,
};
use crate::api::response::{
    AgentList, Analysis, AuditLogPage, Backtest, ChangeList, ExplainedRow, FindingPage, FindingWithTrace,
    Histogram, IncidentDetail, IncidentPage, LineList, NeighbourList, PatternList, RuleList, RuleTests,
    RunList, TableList, TraceList,
};
use crate::server::http::extract::{JsonBody, Params, preferred};
use crate::server::http::{Caller, PLAIN, State};
use crate::server::problem::HttpResult;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, extract};
use model::agent::AgentReport;
use schemars::JsonSchema;
use serde::Deserialize;

/// Selects entries of the audit log.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuditLogRequest {
    /// Maximum number of entries, 1 to 200. Default: 200.
    limit: Option<u32>,
}

/// `GET /v1/brief`
pub async fn brief(
    extract::State(state): State,
    Extension(caller): Caller,
    headers: HeaderMap,
    Params(request): Params<BriefRequest>,
) -> HttpResult<Response> {
    let media = preferred(&headers, &[PLAIN, "application/json"])?;
    let brief = state.api.brief(&caller, request).await?;
    Ok(if media == PLAIN { brief.text.into_response() } else { Json(brief).into_response() })
}

/// `GET /v1/findings`
pub async fn findings(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(request): Params<FindingsRequest>,
) -> HttpResult<Json<FindingPage>> {
    Ok(Json(state.api.findings(&caller, request).await?))
}

/// `GET /v1/findings/{id}`
pub async fn finding(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(request): Params<FindingRequest>,
) -> HttpResult<Json<FindingWithTrace>> {
    Ok(Json(state.api.finding(&caller, request).await?))
}

/// `GET /v1/findings/{id}/trace`
pub async fn trace_of(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(FindingRequest { id, date }): Params<FindingRequest>,
) -> HttpResult<Json<TraceList>> {
    let request = TraceRequest { finding: Some(id), date, ..TraceRequest::default() };
    Ok(Json(state.api.trace(&caller, request).await?))
}

/// `POST /v1/trace`
pub async fn trace(
    extract::State(state): State,
    Extension(caller): Caller,
    JsonBody(request): JsonBody<TraceRequest>,
) -> HttpResult<Json<TraceList>> {
    Ok(Json(state.api.trace(&caller, request).await?))
}

/// `GET /v1/tables`
pub async fn tables(extract::State(state): State, Extension(caller): Caller) -> HttpResult<Json<TableList>> {
    Ok(Json(state.api.tables(&caller).await?))
}

/// `GET /v1/rules`
pub async fn rules(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(request): Params<RulesRequest>,
) -> HttpResult<Json<RuleList>> {
    Ok(Json(state.api.rules(&caller, request).await?))
}

/// `GET /v1/incidents`
pub async fn incidents(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(request): Params<IncidentsRequest>,
) -> HttpResult<Json<IncidentPage>> {
    Ok(Json(state.api.incidents(&caller, request).await?))
}

/// `GET /v1/incidents/{id}`
pub async fn incident(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(request): Params<IncidentRequest>,
) -> HttpResult<Json<IncidentDetail>> {
    Ok(Json(state.api.incident(&caller, request).await?))
}

/// `GET /v1/changes`
pub async fn changes(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(request): Params<ChangesRequest>,
) -> HttpResult<Json<ChangeList>> {
    Ok(Json(state.api.changes(&caller, request).await?))
}

/// `POST /v1/neighbours`
pub async fn neighbours(
    extract::State(state): State,
    Extension(caller): Caller,
    JsonBody(request): JsonBody<NeighboursRequest>,
) -> HttpResult<Json<NeighbourList>> {
    Ok(Json(state.api.neighbours(&caller, request).await?))
}

/// `GET /v1/lines`
pub async fn lines(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(request): Params<LinesRequest>,
) -> HttpResult<Json<LineList>> {
    Ok(Json(state.api.lines(&caller, request).await?))
}

/// `GET /v1/patterns`
pub async fn patterns(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(request): Params<PatternsRequest>,
) -> HttpResult<Json<PatternList>> {
    Ok(Json(state.api.patterns(&caller, request).await?))
}

/// `GET /v1/histogram`
pub async fn histogram(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(request): Params<HistogramRequest>,
) -> HttpResult<Json<Histogram>> {
    Ok(Json(state.api.histogram(&caller, request).await?))
}

/// `POST /v1/rules/test`
pub async fn test_rules(
    extract::State(state): State,
    Extension(caller): Caller,
    JsonBody(request): JsonBody<TestRulesRequest>,
) -> HttpResult<Json<RuleTests>> {
    Ok(Json(state.api.test_rules(&caller, request, &|_, _, _| {}).await?))
}

/// `POST /v1/rules/backtest`
pub async fn backtest_rule(
    extract::State(state): State,
    Extension(caller): Caller,
    JsonBody(request): JsonBody<BacktestRequest>,
) -> HttpResult<Json<Backtest>> {
    Ok(Json(state.api.backtest_rule(&caller, request, &|_, _, _| {}).await?))
}

/// `POST /v1/rules/explain`
pub async fn explain_rule(
    extract::State(state): State,
    Extension(caller): Caller,
    JsonBody(request): JsonBody<ExplainRequest>,
) -> HttpResult<Json<ExplainedRow>> {
    Ok(Json(state.api.explain_rule(&caller, request).await?))
}

/// `GET /v1/runs`, `GET /v1/runs/{id}`
pub async fn runs(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(request): Params<RunsRequest>,
) -> HttpResult<Json<RunList>> {
    Ok(Json(state.api.runs(&caller, request).await?))
}

/// `POST /v1/runs`
pub async fn run_day(
    extract::State(state): State,
    Extension(caller): Caller,
    JsonBody(request): JsonBody<RunDayRequest>,
) -> HttpResult<Json<RunList>> {
    Ok(Json(state.api.run_day(&caller, request, &|_, _, _| {}).await?))
}

/// `POST /v1/analyze`
pub async fn analyze(
    extract::State(state): State,
    Extension(caller): Caller,
    JsonBody(request): JsonBody<AnalyzeRequest>,
) -> HttpResult<Json<Analysis>> {
    Ok(Json(state.api.analyze(&caller, request, &|_, _, _| {}).await?))
}

/// `GET /v1/agents`, `GET /v1/agents/{agent}`
pub async fn agents(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(request): Params<AgentsRequest>,
) -> HttpResult<Json<AgentList>> {
    Ok(Json(state.api.agents(&caller, request).await?))
}

/// `POST /v1/agents/{agent}/run`
pub async fn run_agent(
    extract::State(state): State,
    Extension(caller): Caller,
    JsonBody(request): JsonBody<RunAgentRequest>,
) -> HttpResult<Json<AgentReport>> {
    Ok(Json(state.api.run_agent(&caller, request, &|_, _, _| {}).await?))
}

/// `GET /v1/audit-log`
pub async fn audit_log(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(request): Params<AuditLogRequest>,
) -> HttpResult<Json<AuditLogPage>> {
    Ok(Json(state.api.audit_log(&caller, request.limit).await?))
}
