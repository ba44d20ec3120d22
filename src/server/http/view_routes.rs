//! Routes of the views of the page.

use crate::config::Role;
use crate::server::http::route::{Input, Output, Route, SchemaOf, schema};
use crate::server::http::sql::CSV;
use crate::server::http::view_requests::{
    DownloadRequest, ExploreRequest, IncidentViewRequest, RulesViewRequest, RunViewRequest, RunsViewRequest,
    SqlViewRequest, TodayRequest, TraceViewRequest,
};
use crate::server::http::views;
use crate::server::problem::{
    BUSY, INVALID, NOT_FOUND, NOT_READY, OUT_OF_MEMORY, ProblemType, STATEMENT_NOT_ALLOWED, TIMED_OUT,
    TOO_LARGE,
};
use axum::routing::{MethodRouter, get};
use std::sync::Arc;

const HTML: &[Output] = &[Output::Text("text/html; charset=utf-8")];
const PARQUET: &str = "application/vnd.apache.parquet";

const OF_REPORTS: &[ProblemType] = &[INVALID, NOT_FOUND, NOT_READY, BUSY];
const OF_ROWS: &[ProblemType] = &[INVALID, NOT_FOUND, TOO_LARGE, BUSY, TIMED_OUT, OUT_OF_MEMORY];
const OF_SQL: &[ProblemType] = &[INVALID, STATEMENT_NOT_ALLOWED, NOT_FOUND, BUSY, TIMED_OUT, OUT_OF_MEMORY];

/// Returns the routes of the views.
pub(super) fn views() -> Vec<Route> {
    vec![
        view(
            "/",
            "The incidents of a day",
            (schema::<TodayRequest>, "date=2026-11-22&lang=zh"),
            OF_REPORTS,
            get(views::today),
        ),
        view(
            "/incidents/{id}",
            "One incident",
            (schema::<IncidentViewRequest>, "id=i0a1&date=2026-11-22"),
            OF_ROWS,
            get(views::incident),
        ),
        view(
            "/explore",
            "The lines of all four tables, or those around a row",
            (schema::<ExploreRequest>, "date=2026-11-22&namespace=shop"),
            OF_ROWS,
            get(views::explore),
        ),
        view(
            "/trace",
            "Traces from any place and time",
            (schema::<TraceViewRequest>, "workload=shop/cart&at=2026-11-22 14:05"),
            OF_ROWS,
            get(views::trace),
        ),
        view(
            "/sql",
            "A statement and its rows",
            (schema::<SqlViewRequest>, "q=select 1 as n"),
            OF_SQL,
            get(views::sql),
        ),
        Route {
            outputs: &[Output::Text(CSV), Output::Bytes(PARQUET)],
            ..view(
                "/sql/download",
                "The rows of a statement as a file",
                (schema::<DownloadRequest>, "q=select 1 as n&format=csv"),
                OF_SQL,
                get(views::download),
            )
        },
        view(
            "/rules",
            "The rules with what they found, or one rule",
            (schema::<RulesViewRequest>, "agent=event"),
            OF_ROWS,
            get(views::rules),
        ),
        view(
            "/runs",
            "Runs of the daily job",
            (schema::<RunsViewRequest>, "lang=en"),
            OF_REPORTS,
            get(views::runs),
        ),
        view("/runs/{id}", "One run", (schema::<RunViewRequest>, "id=last"), OF_REPORTS, get(views::run)),
    ]
}

fn view(
    path: &'static str,
    summary: &'static str,
    (request, example): (SchemaOf, &'static str),
    problems: &'static [ProblemType],
    handler: MethodRouter<Arc<crate::server::ServerState>>,
) -> Route {
    Route {
        path,
        summary,
        role: Some(Role::Read),
        input: Input::Query(request, example),
        outputs: HTML,
        problems,
        handler,
    }
}
