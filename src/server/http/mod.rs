//! The one list of routes: what each takes, gives and refuses. The router and the OpenAPI document
//! are both made from it, so that neither knows a path that the other does not.

mod extract; // reads what was asked
mod handlers; // what the api answers as it is
mod logs; // uploads
mod openapi; // the document
mod page; // the page, probes and metrics: what no api is asked
mod robot; // what a robot knows when it wakes
mod sql; // rows, in three forms

use crate::api::request::{
    AnalyzeRequest, BriefRequest, FindingRequest, FindingsRequest, QueryRequest, RulesRequest, RunDayRequest,
    RunsRequest, TraceRequest,
};
use crate::api::response::{
    Analysed, AuditLogPage, Brief, FindingPage, Found, Ingested, RuleList, RunList, Tables, Traced,
};
use crate::config::Role;
use crate::server::Place;
use crate::server::problem::{
    BUSY, INVALID, NOT_ACCEPTABLE, NOT_FOUND, NOT_READY, OUT_OF_MEMORY, Problem, REFUSED, Sort, TIMED_OUT,
    TOO_LARGE, TOO_SLOW, WRONG_MEDIA, WRONG_METHOD,
};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::sync::Arc;

type State = axum::extract::State<Arc<Place>>;
type Caller = axum::Extension<crate::api::Caller>;

/// One method of one path.
struct Route {
    path: &'static str,
    /// What it answers, one line.
    about: &'static str,
    /// The least role that may; nothing where anyone may.
    role: Option<Role>,
    takes: Takes,
    gives: &'static [Gives],
    /// Problems beside those that any request may meet.
    refuses: &'static [Sort],
    answer: MethodRouter<Arc<Place>>,
}

/// What a route is told. Query and JSON come with an example.
enum Takes {
    Nothing,
    /// Fields in the path and the query: a `GET`.
    Query(SchemaOf, &'static str),
    /// A JSON body: a `POST`.
    Json(SchemaOf, &'static str),
    /// Files, and fields of the query: a `POST`.
    Files(SchemaOf, &'static str),
}

/// What a route gives, in one media type.
enum Gives {
    Json(SchemaOf),
    Text(&'static str),
    Bytes(&'static str),
}

type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

const PLAIN: &str = "text/plain; charset=utf-8";

fn routes() -> Vec<Route> {
    use Takes::{Files, Json, Nothing, Query};
    vec![
        Route {
            path: "/",
            about: "The page of a kept report, or of the last one",
            role: Some(Role::Read),
            takes: Query(schema::<page::PageRequest>, "date=2026-11-22&lang=zh"),
            gives: &[Gives::Text("text/html; charset=utf-8")],
            refuses: &[INVALID, NOT_FOUND, NOT_READY],
            answer: get(page::page),
        },
        Route {
            path: "/healthz",
            about: "Whether the process answers",
            role: None,
            takes: Nothing,
            gives: &[Gives::Text(PLAIN)],
            refuses: &[],
            answer: get(page::alive),
        },
        Route {
            path: "/readyz",
            about: "Whether the lake opens and its catalog answers",
            role: None,
            takes: Nothing,
            gives: &[Gives::Text(PLAIN)],
            refuses: &[NOT_READY],
            answer: get(page::ready),
        },
        Route {
            path: "/metrics",
            about: "What a monitoring system wants to know, as OpenMetrics text",
            role: Some(Role::Read),
            takes: Nothing,
            gives: &[Gives::Text(crate::api::metrics::MEDIA_TYPE)],
            refuses: &[NOT_READY],
            answer: get(page::metrics),
        },
        Route {
            path: "/openapi.json",
            about: "This document",
            role: Some(Role::Read),
            takes: Nothing,
            gives: &[Gives::Json(schema::<serde_json::Map<String, serde_json::Value>>)],
            refuses: &[],
            answer: get(openapi::answer),
        },
        Route {
            path: "/v1/brief",
            about: "The brief of a kept report, or of the last one: its text, or with `Accept: application/json` more",
            role: Some(Role::Read),
            takes: Query(schema::<BriefRequest>, "date=2026-11-22&lang=en"),
            gives: &[Gives::Text(PLAIN), Gives::Json(schema::<Brief>)],
            refuses: &[INVALID, NOT_FOUND, NOT_ACCEPTABLE],
            answer: get(handlers::brief),
        },
        Route {
            path: "/v1/findings",
            about: "Findings of a kept report, gravest first",
            role: Some(Role::Read),
            takes: Query(schema::<FindingsRequest>, "severity=high&limit=20"),
            gives: &[Gives::Json(schema::<FindingPage>)],
            refuses: &[INVALID, NOT_FOUND],
            answer: get(handlers::findings),
        },
        Route {
            path: "/v1/findings/{id}",
            about: "One finding with its evidence and its trace",
            role: Some(Role::Read),
            takes: Query(schema::<FindingRequest>, "id=f0a1&date=2026-11-22"),
            gives: &[Gives::Json(schema::<Found>)],
            refuses: &[INVALID, NOT_FOUND],
            answer: get(handlers::finding),
        },
        Route {
            path: "/v1/findings/{id}/trace",
            about: "A finding followed back to its cause",
            role: Some(Role::Read),
            takes: Query(schema::<FindingRequest>, "id=f0a1"),
            gives: &[Gives::Json(schema::<Traced>)],
            refuses: &[INVALID, NOT_FOUND, BUSY, TIMED_OUT, OUT_OF_MEMORY],
            answer: get(handlers::trace_of),
        },
        Route {
            path: "/v1/trace",
            about: "Anything at a time followed back to its cause, or a change forwards to what it broke",
            role: Some(Role::Read),
            takes: Json(schema::<TraceRequest>, r#"{"pod": "shop/cart-7d9f", "at": "2026-11-22 14:05"}"#),
            gives: &[Gives::Json(schema::<Traced>)],
            refuses: &[INVALID, NOT_FOUND, BUSY, TIMED_OUT, OUT_OF_MEMORY],
            answer: post(handlers::trace),
        },
        Route {
            path: "/v1/sql",
            about: "Rows of one read-only statement. `headwater-truncated` says why not all are there",
            role: Some(Role::Read),
            takes: Json(
                schema::<QueryRequest>,
                r#"{"sql": "select reason, count(*) as n from event group by reason", "limit": 100}"#,
            ),
            gives: &[Gives::Json(schema::<sql::Rows>), Gives::Text(sql::CSV), Gives::Bytes(sql::ARROW)],
            refuses: &[INVALID, REFUSED, NOT_FOUND, NOT_ACCEPTABLE, BUSY, TIMED_OUT, OUT_OF_MEMORY],
            answer: post(sql::rows),
        },
        Route {
            path: "/v1/tables",
            about: "The tables with their columns, and what they hold",
            role: Some(Role::Read),
            takes: Nothing,
            gives: &[Gives::Json(schema::<Tables>)],
            refuses: &[NOT_FOUND],
            answer: get(handlers::tables),
        },
        Route {
            path: "/v1/rules",
            about: "The rules in force",
            role: Some(Role::Read),
            takes: Query(schema::<RulesRequest>, "agent=event"),
            gives: &[Gives::Json(schema::<RuleList>)],
            refuses: &[INVALID, NOT_FOUND],
            answer: get(handlers::rules),
        },
        Route {
            path: "/v1/runs",
            about: "Runs of the daily job, latest first",
            role: Some(Role::Read),
            takes: Query(schema::<RunsRequest>, "limit=10"),
            gives: &[Gives::Json(schema::<RunList>)],
            refuses: &[INVALID, NOT_FOUND],
            answer: get(handlers::runs),
        },
        Route {
            path: "/v1/runs",
            about: "Runs the daily job for a day, where `[serve] allow` has `run_day`",
            role: Some(Role::Run),
            takes: Json(schema::<RunDayRequest>, r#"{"date": "2026-11-22"}"#),
            gives: &[Gives::Json(schema::<RunList>)],
            refuses: &[INVALID, NOT_FOUND, BUSY, TIMED_OUT],
            answer: post(handlers::run_day),
        },
        Route {
            path: "/v1/runs/{id}",
            about: "One run with its steps",
            role: Some(Role::Read),
            takes: Query(schema::<RunsRequest>, "id=last"),
            gives: &[Gives::Json(schema::<RunList>)],
            refuses: &[INVALID, NOT_FOUND],
            answer: get(handlers::runs),
        },
        Route {
            path: "/v1/analyze",
            about: "Runs agents and traces over a day, an upload, or named objects of the lake",
            role: Some(Role::Read),
            takes: Json(schema::<AnalyzeRequest>, r#"{"date": "2026-11-22", "lang": "en"}"#),
            gives: &[Gives::Json(schema::<Analysed>)],
            refuses: &[INVALID, NOT_FOUND, BUSY, TIMED_OUT, OUT_OF_MEMORY],
            answer: post(handlers::analyze),
        },
        Route {
            path: "/v1/logs",
            about: "Reads files into the lake. The answer comes when they are kept for good",
            role: Some(Role::Run),
            takes: Files(schema::<logs::NameRequest>, "name=business/2026-11-22/cart.log"),
            gives: &[Gives::Json(schema::<Ingested>)],
            refuses: &[INVALID, BUSY, OUT_OF_MEMORY],
            answer: post(logs::upload).layer(DefaultBodyLimit::disable()),
        },
        Route {
            path: "/v1/xiaozhi/context",
            about: "The brief of the last day as a xiaozhi server's context provider gives it to a robot that wakes",
            role: Some(Role::Read),
            takes: Query(schema::<robot::ContextRequest>, "lang=zh"),
            gives: &[Gives::Json(schema::<robot::Context>)],
            refuses: &[INVALID],
            answer: get(robot::context),
        },
        Route {
            path: "/v1/asked",
            about: "Who asked what, latest first",
            role: Some(Role::Admin),
            takes: Query(schema::<handlers::LatestRequest>, "limit=50"),
            gives: &[Gives::Json(schema::<AuditLogPage>)],
            refuses: &[INVALID],
            answer: get(handlers::asked),
        },
    ]
}

impl Takes {
    /// Returns the method, and the problems that what it takes brings with it.
    fn kind(&self) -> (&'static str, &'static [Sort]) {
        match self {
            Self::Nothing | Self::Query(..) => ("get", &[]),
            Self::Json(..) | Self::Files(..) => ("post", &[TOO_SLOW, TOO_LARGE, WRONG_MEDIA]),
        }
    }
}

/// Returns the routes as they are answered; any other path and method is a problem.
pub fn router() -> Router<Arc<Place>> {
    let router =
        routes().into_iter().fold(Router::new(), |router, route| router.route(route.path, route.answer));
    router.fallback(nowhere).method_not_allowed_fallback(wrong_method)
}

async fn nowhere() -> Problem {
    Problem::new(NOT_FOUND, "there is nothing at this path").hint("`/openapi.json` lists what there is")
}

async fn wrong_method() -> Problem {
    Problem::new(WRONG_METHOD, "this path has other methods").hint("`Allow` lists them")
}
