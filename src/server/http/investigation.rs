//! Routes of requests that investigate, and of single rules.

use crate::api::request::{
    BacktestRequest, ChangesRequest, ExplainRequest, HistogramRequest, IncidentRequest, IncidentsRequest,
    LinesRequest, NeighboursRequest, PatternsRequest, TestRulesRequest,
};
use crate::api::response::{
    Backtest, ChangeList, ExplainedRow, Histogram, IncidentDetail, IncidentPage, LineList, NeighbourList,
    PatternList, RuleTests,
};
use crate::config::Role;
use crate::server::http::handlers;
use crate::server::http::route::{Input, Output, Route, schema};
use crate::server::problem::{BUSY, INVALID, NOT_FOUND, OUT_OF_MEMORY, ProblemType, TIMED_OUT};
use axum::routing::{get, post};

/// Problem types of requests that read rows.
const OF_ROWS: &[ProblemType] = &[INVALID, NOT_FOUND, BUSY, TIMED_OUT, OUT_OF_MEMORY];

/// Returns the routes of requests that investigate.
pub(super) fn investigation() -> Vec<Route> {
    vec![
        Route {
            path: "/v1/incidents",
            summary: "The incidents of a day, the most serious first",
            role: Some(Role::Read),
            input: Input::Query(schema::<IncidentsRequest>, "date=2026-11-22&severity=high"),
            outputs: &[Output::Json(schema::<IncidentPage>)],
            problems: &[INVALID, NOT_FOUND],
            handler: get(handlers::incidents),
        },
        Route {
            path: "/v1/incidents/{id}",
            summary: "One incident with its findings, and the trace to its cause",
            role: Some(Role::Read),
            input: Input::Query(schema::<IncidentRequest>, "id=i0a1&date=2026-11-22"),
            outputs: &[Output::Json(schema::<IncidentDetail>)],
            problems: &[INVALID, NOT_FOUND],
            handler: get(handlers::incident),
        },
        Route {
            path: "/v1/changes",
            summary: "Who changed which field of which object, newest first or closest to a time first",
            role: Some(Role::Read),
            input: Input::Query(schema::<ChangesRequest>, "near=2026-11-22 14:05&namespace=shop"),
            outputs: &[Output::Json(schema::<ChangeList>)],
            problems: OF_ROWS,
            handler: get(handlers::changes),
        },
        Route {
            path: "/v1/neighbours",
            summary: "The log lines of all four tables around a row or a time",
            role: Some(Role::Read),
            input: Input::Json(
                schema::<NeighboursRequest>,
                r#"{"at": "2026-11-22 14:05", "namespace": "shop", "seconds": 30}"#,
            ),
            outputs: &[Output::Json(schema::<NeighbourList>)],
            problems: OF_ROWS,
            handler: post(handlers::neighbours),
        },
        Route {
            path: "/v1/lines",
            summary: "The log lines of all four tables in a window, in the order of time",
            role: Some(Role::Read),
            input: Input::Query(schema::<LinesRequest>, "window=yesterday 10:00-11:00&namespace=shop"),
            outputs: &[Output::Json(schema::<LineList>)],
            problems: OF_ROWS,
            handler: get(handlers::lines),
        },
        Route {
            path: "/v1/patterns",
            summary: "Patterns of messages with their counts, new ones first",
            role: Some(Role::Read),
            input: Input::Query(schema::<PatternsRequest>, "window=yesterday&level=error"),
            outputs: &[Output::Json(schema::<PatternList>)],
            problems: OF_ROWS,
            handler: get(handlers::patterns),
        },
        Route {
            path: "/v1/histogram",
            summary: "Counts of rows by time, in at most 60 buckets",
            role: Some(Role::Read),
            input: Input::Query(schema::<HistogramRequest>, "table=event&window=yesterday 10:00-11:00"),
            outputs: &[Output::Json(schema::<Histogram>)],
            problems: OF_ROWS,
            handler: get(handlers::histogram),
        },
    ]
}

/// Returns the routes of single rules.
pub(super) fn rules() -> Vec<Route> {
    vec![
        Route {
            path: "/v1/rules/test",
            summary: "Runs the tests of rules, and returns the failures",
            role: Some(Role::Read),
            input: Input::Json(schema::<TestRulesRequest>, r#"{"ids": ["event/oom_killed"]}"#),
            outputs: &[Output::Json(schema::<RuleTests>)],
            problems: &[INVALID, BUSY, TIMED_OUT, OUT_OF_MEMORY],
            handler: post(handlers::test_rules),
        },
        Route {
            path: "/v1/rules/backtest",
            summary: "Runs one rule over days of the lake, and saves nothing",
            role: Some(Role::Read),
            input: Input::Json(schema::<BacktestRequest>, r#"{"rule": "event/oom_killed"}"#),
            outputs: &[Output::Json(schema::<Backtest>)],
            problems: OF_ROWS,
            handler: post(handlers::backtest_rule),
        },
        Route {
            path: "/v1/rules/explain",
            summary: "Why a rule reports a row, or does not",
            role: Some(Role::Read),
            input: Input::Json(
                schema::<ExplainRequest>,
                r#"{"rule": "event/oom_killed", "row_id": "1f2e3d4c5b6a:17"}"#,
            ),
            outputs: &[Output::Json(schema::<ExplainedRow>)],
            problems: OF_ROWS,
            handler: post(handlers::explain_rule),
        },
    ]
}
