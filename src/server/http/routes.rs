//! The list of routes: what each takes, returns and fails with.

use crate::api::request::{
    AgentsRequest, AnalyzeRequest, BriefRequest, FindingRequest, FindingsRequest, QueryRequest, RulesRequest,
    RunAgentRequest, RunDayRequest, RunsRequest, TraceRequest,
};
use crate::api::response::{
    AgentList, Analysis, AuditLogPage, Brief, FindingPage, FindingWithTrace, IngestResult, RuleList, RunList,
    TableList, TraceList,
};
use crate::config::Role;
use crate::server::http::route::{Input, Output, Route, schema};
use crate::server::http::{PLAIN, handlers, investigation, logs, openapi, page, robot, sql, view_routes};
use crate::server::oauth;
use crate::server::problem::{
    BUSY, INVALID, NOT_ACCEPTABLE, NOT_FOUND, NOT_READY, OUT_OF_MEMORY, STATEMENT_NOT_ALLOWED, TIMED_OUT,
};
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, header};
use axum::routing::{get, post};
use model::agent::AgentReport;
use std::sync::LazyLock;

/// Returns all routes.
pub(super) fn routes() -> Vec<Route> {
    [
        view_routes::views(),
        pages(),
        reports(),
        investigation::investigation(),
        data(),
        investigation::rules(),
        agents(),
        jobs(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns the routes for browsers, probes, metrics and the robot.
fn pages() -> Vec<Route> {
    vec![
        Route {
            path: "/report",
            summary: "A day's report as one HTML file",
            role: Some(Role::Read),
            input: Input::Query(schema::<page::PageRequest>, "date=2026-11-22&lang=zh"),
            outputs: &[Output::Text("text/html; charset=utf-8")],
            problems: &[INVALID, NOT_FOUND, NOT_READY],
            handler: get(page::report),
        },
        Route {
            path: "/healthz",
            summary: "Liveness probe: the process responds",
            role: None,
            input: Input::None,
            outputs: &[Output::Text(PLAIN)],
            problems: &[],
            handler: get(page::healthy),
        },
        Route {
            path: "/readyz",
            summary: "Readiness probe: the lake and its catalog can be opened",
            role: None,
            input: Input::None,
            outputs: &[Output::Text(PLAIN)],
            problems: &[NOT_READY],
            handler: get(page::ready),
        },
        Route {
            path: "/metrics",
            summary: "Metrics as OpenMetrics text",
            role: Some(Role::Read),
            input: Input::None,
            outputs: &[Output::Text(crate::api::metrics::MEDIA_TYPE)],
            problems: &[NOT_READY],
            handler: get(page::metrics),
        },
        Route {
            path: "/openapi.json",
            summary: "This document",
            role: Some(Role::Read),
            input: Input::None,
            outputs: &[Output::Json(schema::<serde_json::Map<String, serde_json::Value>>)],
            problems: &[],
            handler: get(openapi_document),
        },
        Route {
            path: oauth::PATH,
            summary: "Where clients get tokens (RFC 9728); 404 unless `[serve] authorization_servers` is set",
            role: None,
            input: Input::None,
            outputs: &[Output::Json(schema::<oauth::Metadata>)],
            problems: &[NOT_FOUND],
            handler: get(oauth::metadata),
        },
        Route {
            path: oauth::PATH_OF_MCP,
            summary: "The same for clients of MCP",
            role: None,
            input: Input::None,
            outputs: &[Output::Json(schema::<oauth::Metadata>)],
            problems: &[NOT_FOUND],
            handler: get(oauth::metadata_of_mcp),
        },
        Route {
            path: "/v1/xiaozhi/context",
            summary: "The brief of the last day, for the context provider of a xiaozhi server",
            role: Some(Role::Read),
            input: Input::Query(schema::<robot::ContextRequest>, "lang=zh"),
            outputs: &[Output::Json(schema::<robot::Context>)],
            problems: &[INVALID],
            handler: get(robot::context),
        },
    ]
}

/// Returns the routes that read reports and traces.
fn reports() -> Vec<Route> {
    vec![
        Route {
            path: "/v1/brief",
            summary: "The brief of a day as text; as JSON with `Accept: application/json`",
            role: Some(Role::Read),
            input: Input::Query(schema::<BriefRequest>, "date=2026-11-22&lang=en"),
            outputs: &[Output::Text(PLAIN), Output::Json(schema::<Brief>)],
            problems: &[INVALID, NOT_FOUND, NOT_ACCEPTABLE],
            handler: get(handlers::brief),
        },
        Route {
            path: "/v1/findings",
            summary: "The findings of a day, most severe first",
            role: Some(Role::Read),
            input: Input::Query(schema::<FindingsRequest>, "severity=high&limit=20"),
            outputs: &[Output::Json(schema::<FindingPage>)],
            problems: &[INVALID, NOT_FOUND],
            handler: get(handlers::findings),
        },
        Route {
            path: "/v1/findings/{id}",
            summary: "One finding with its evidence and its trace",
            role: Some(Role::Read),
            input: Input::Query(schema::<FindingRequest>, "id=f0a1&date=2026-11-22"),
            outputs: &[Output::Json(schema::<FindingWithTrace>)],
            problems: &[INVALID, NOT_FOUND],
            handler: get(handlers::finding),
        },
        Route {
            path: "/v1/findings/{id}/trace",
            summary: "The trace of a finding back to its cause",
            role: Some(Role::Read),
            input: Input::Query(schema::<FindingRequest>, "id=f0a1"),
            outputs: &[Output::Json(schema::<TraceList>)],
            problems: &[INVALID, NOT_FOUND, BUSY, TIMED_OUT, OUT_OF_MEMORY],
            handler: get(handlers::trace_of),
        },
        Route {
            path: "/v1/trace",
            summary: "Traces a problem back to its cause, or a change forward to what it broke",
            role: Some(Role::Read),
            input: Input::Json(
                schema::<TraceRequest>,
                r#"{"pod": "shop/cart-7d9f", "at": "2026-11-22 14:05"}"#,
            ),
            outputs: &[Output::Json(schema::<TraceList>)],
            problems: &[INVALID, NOT_FOUND, BUSY, TIMED_OUT, OUT_OF_MEMORY],
            handler: post(handlers::trace),
        },
    ]
}

/// Returns the routes that read tables, rules and the audit log.
fn data() -> Vec<Route> {
    vec![
        Route {
            path: "/v1/sql",
            summary: "Runs one read-only SQL statement. If the rows are cut off, the header `headwater-truncated` names the limit",
            role: Some(Role::Read),
            input: Input::Json(
                schema::<QueryRequest>,
                r#"{"sql": "select reason, count(*) as n from event group by reason", "limit": 100}"#,
            ),
            outputs: &[Output::Json(schema::<sql::Rows>), Output::Text(sql::CSV), Output::Bytes(sql::ARROW)],
            problems: &[
                INVALID,
                STATEMENT_NOT_ALLOWED,
                NOT_FOUND,
                NOT_ACCEPTABLE,
                BUSY,
                TIMED_OUT,
                OUT_OF_MEMORY,
            ],
            handler: post(sql::rows),
        },
        Route {
            path: "/v1/tables",
            summary: "The tables with their columns, row counts and days",
            role: Some(Role::Read),
            input: Input::None,
            outputs: &[Output::Json(schema::<TableList>)],
            problems: &[NOT_FOUND],
            handler: get(handlers::tables),
        },
        Route {
            path: "/v1/rules",
            summary: "The detection rules in use",
            role: Some(Role::Read),
            input: Input::Query(schema::<RulesRequest>, "agent=event"),
            outputs: &[Output::Json(schema::<RuleList>)],
            problems: &[INVALID, NOT_FOUND],
            handler: get(handlers::rules),
        },
        Route {
            path: "/v1/audit-log",
            summary: "The audit log: who called what, latest first",
            role: Some(Role::Admin),
            input: Input::Query(schema::<handlers::AuditLogRequest>, "limit=50"),
            outputs: &[Output::Json(schema::<AuditLogPage>)],
            problems: &[INVALID],
            handler: get(handlers::audit_log),
        },
    ]
}

/// Returns the routes for agents.
fn agents() -> Vec<Route> {
    vec![
        Route {
            path: "/v1/agents",
            summary: "The agents",
            role: Some(Role::Read),
            input: Input::None,
            outputs: &[Output::Json(schema::<AgentList>)],
            problems: &[],
            handler: get(handlers::agents),
        },
        Route {
            path: "/v1/agents/{agent}",
            summary: "One agent with its rules",
            role: Some(Role::Read),
            input: Input::Query(schema::<AgentsRequest>, "agent=event"),
            outputs: &[Output::Json(schema::<AgentList>)],
            problems: &[INVALID, NOT_FOUND],
            handler: get(handlers::agents),
        },
        Route {
            path: "/v1/agents/{agent}/run",
            summary: "Runs one agent over a time range; the findings of a whole day are those of the day's report",
            role: Some(Role::Read),
            input: Input::Json(
                schema::<RunAgentRequest>,
                r#"{"agent": "event", "date": "2026-11-22", "namespaces": ["shop"], "instruction": "memory"}"#,
            ),
            outputs: &[Output::Json(schema::<AgentReport>)],
            problems: &[INVALID, NOT_FOUND, BUSY, TIMED_OUT, OUT_OF_MEMORY],
            handler: post(handlers::run_agent),
        },
    ]
}

/// Returns the routes for runs, analyses and uploads.
fn jobs() -> Vec<Route> {
    vec![
        Route {
            path: "/v1/runs",
            summary: "Runs of the daily job, latest first",
            role: Some(Role::Read),
            input: Input::Query(schema::<RunsRequest>, "limit=10"),
            outputs: &[Output::Json(schema::<RunList>)],
            problems: &[INVALID, NOT_FOUND],
            handler: get(handlers::runs),
        },
        Route {
            path: "/v1/runs",
            summary: "Runs the daily job for a day; `[serve] allow` must contain `run_day`",
            role: Some(Role::Run),
            input: Input::Json(schema::<RunDayRequest>, r#"{"date": "2026-11-22"}"#),
            outputs: &[Output::Json(schema::<RunList>)],
            problems: &[INVALID, NOT_FOUND, BUSY, TIMED_OUT],
            handler: post(handlers::run_day),
        },
        Route {
            path: "/v1/runs/{id}",
            summary: "One run with its steps",
            role: Some(Role::Read),
            input: Input::Query(schema::<RunsRequest>, "id=last"),
            outputs: &[Output::Json(schema::<RunList>)],
            problems: &[INVALID, NOT_FOUND],
            handler: get(handlers::runs),
        },
        Route {
            path: "/v1/analyze",
            summary: "Runs all rules and traces over a day, an upload, or selected objects",
            role: Some(Role::Read),
            input: Input::Json(schema::<AnalyzeRequest>, r#"{"date": "2026-11-22", "lang": "en"}"#),
            outputs: &[Output::Json(schema::<Analysis>)],
            problems: &[INVALID, NOT_FOUND, BUSY, TIMED_OUT, OUT_OF_MEMORY],
            handler: post(handlers::analyze),
        },
        Route {
            path: "/v1/logs",
            summary: "Uploads log files; responds when their rows are in the lake",
            role: Some(Role::Run),
            input: Input::Files(schema::<logs::NameRequest>, "name=business/2026-11-22/cart.log"),
            outputs: &[Output::Json(schema::<IngestResult>)],
            problems: &[INVALID, BUSY, OUT_OF_MEMORY],
            handler: post(logs::upload).layer(DefaultBodyLimit::disable()),
        },
    ]
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| openapi::document(&routes()).to_string());

/// `GET /openapi.json`
async fn openapi_document() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}
