//! Views of the page: each requests what it shows from the API, and sends HTML. Only GET, and nothing is changed.

use crate::api::request::{
    BacktestRequest, BriefRequest, ChangesRequest, IncidentRequest, LinesRequest, NeighboursRequest, Place,
    QueryRequest, RulesRequest, RunsRequest, TestRulesRequest, TraceRequest,
};
use crate::api::response::{DaySummary, Histogram};
use crate::api::{ApiError, ErrorKind};
use crate::page;
use crate::query::sandbox::{Format, Output};
use crate::server::ServerState;
use crate::server::http::extract::Params;
use crate::server::http::sql::CSV;
use crate::server::http::view_requests::{
    DownloadRequest, ExploreRequest, FileFormat, IncidentViewRequest, RulesViewRequest, RunOf,
    RunViewRequest, RunsViewRequest, SqlViewRequest, TodayRequest, TraceViewRequest,
};
use crate::server::http::visitor::{Shown, Visitor};
use crate::server::http::{Caller, State};
use crate::server::problem::{FAILED, HttpResult, INVALID, NOT_FOUND, Problem};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, extract};
use model::table::Table;
use std::sync::Arc;

/// Default seconds before and after a row.
const AROUND_S: u32 = 60;

/// Days that the sparklines of rules show.
const RULE_DAYS: usize = 28;

/// Writes that are shown beside the cause of an incident.
const CHANGES: u32 = 20;

/// `GET /`
pub async fn today(
    extract::State(state): State,
    Extension(caller): Caller,
    visitor: Visitor,
    request: HttpResult<Params<TodayRequest>>,
) -> Response {
    let page = async {
        let Params(TodayRequest { date, .. }) = request?;
        let report = state.api.report(&caller, BriefRequest { date, ..BriefRequest::default() }).await?;
        let calendar = state.api.calendar(&caller, page::calendar::first_day(&report.run.date)).await?;
        let runs = calendar.iter().map(|day| day.run.as_str());
        let ids: Vec<&str> = [report.run.id.as_str()].into_iter().chain(runs).collect();
        let tag = visitor.tag(&ids);
        if visitor.has(&tag) {
            return Ok(Shown::from(String::new()).tagged(tag));
        }
        let request = LinesRequest { date: Some(report.run.date.clone()), ..LinesRequest::default() };
        let volume = volume(&state, &caller, &request).await.unwrap_or_default();
        let is_counted = volume.len() == Table::LOGS.len();
        let shown = Shown::from(page::today::html(&report, &calendar, &volume, &visitor.visit)?);
        // without the counts the page is not the one that the tag names
        Ok(if is_counted { shown.tagged(tag) } else { shown })
    };
    visitor.send(page.await)
}

/// Returns the counts of the tables that a request names.
async fn volume(
    state: &Arc<ServerState>,
    caller: &crate::api::Caller,
    request: &LinesRequest,
) -> HttpResult<Vec<Histogram>> {
    let all = Table::LOGS.map(Table::name);
    let is_counted = |table: &&str| match (&request.table, &request.user) {
        (Some(name), _) => name == table,
        (None, Some(_)) => *table == Table::Audit.name(),
        (None, None) => true,
    };
    let mut counted = Vec::new();
    for table in all.into_iter().filter(is_counted) {
        counted.push(state.api.histogram(caller, request.counts_of(table)).await?);
    }
    Ok(counted)
}

/// `GET /incidents/{id}`
pub async fn incident(
    extract::State(state): State,
    Extension(caller): Caller,
    visitor: Visitor,
    request: HttpResult<Params<IncidentViewRequest>>,
) -> Response {
    let page = async {
        let Params(IncidentViewRequest { id, date, cursor, .. }) = request?;
        let request = IncidentRequest { id, date, cursor, ..IncidentRequest::default() };
        let detail = state.api.incident(&caller, request).await?;
        let report = BriefRequest { date: Some(detail.date.clone()), ..BriefRequest::default() };
        let report = state.api.report(&caller, report).await?;
        let tag = visitor.tag(&[&report.run.id, &detail.incident.id]);
        if visitor.has(&tag) {
            return Ok(Shown::from(String::new()).tagged(tag));
        }
        let best = detail.trace.as_ref().and_then(|trace| trace.hypotheses.first());
        let changes = match best.and_then(|best| best.cause.as_ref()) {
            Some(cause) => {
                let who = cause.on_behalf_of.clone().unwrap_or_else(|| cause.username.clone());
                let request = ChangesRequest {
                    near: Some(cause.ts.to_string()),
                    who: Some(who),
                    system: true,
                    limit: Some(CHANGES),
                    ..ChangesRequest::default()
                };
                state.api.changes(&caller, request).await.ok()
            }
            None => None,
        };
        let is_whole = changes.is_some() || best.is_none_or(|best| best.cause.is_none());
        let shown = Shown::from(page::incident::html(&detail, changes.as_ref(), &visitor.visit)?);
        Ok(if is_whole { shown.tagged(tag) } else { shown })
    };
    visitor.send(page.await)
}

/// Returns a value of a form; an empty field is none.
fn filled(value: Option<String>) -> Option<String> {
    value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// `GET /explore`
pub async fn explore(
    extract::State(state): State,
    Extension(caller): Caller,
    visitor: Visitor,
    request: HttpResult<Params<ExploreRequest>>,
) -> Response {
    let page = async {
        let Params(request) = request?;
        if let Some(row_id) = filled(request.row_id.clone()) {
            return around(&state, &caller, &visitor, (row_id, request)).await;
        }
        let window = filled(request.window);
        let lines = LinesRequest {
            // the window of the form wins over the day of a link
            date: filled(request.date).filter(|_| window.is_none()),
            window,
            table: filled(request.table),
            namespace: filled(request.namespace),
            workload: filled(request.workload),
            pod: filled(request.pod),
            node: filled(request.node),
            user: filled(request.user),
            level: filled(request.level),
            contains: filled(request.contains),
            cursor: filled(request.cursor),
            ..LinesRequest::default()
        };
        let list = state.api.lines(&caller, lines.clone()).await?;
        // the histogram is of the same window, also if that is `last 2h`
        let window = format!("{} to {}", list.window.from, list.window.to);
        let same = LinesRequest { window: Some(window), date: None, ..lines.clone() };
        let counted = volume(&state, &caller, &same).await?;
        Ok(Shown::from(page::explore::html(&lines, &list, &counted, &visitor.visit)?))
    };
    visitor.send(page.await)
}

async fn around(
    state: &Arc<ServerState>,
    caller: &crate::api::Caller,
    visitor: &Visitor,
    (row_id, request): (String, ExploreRequest),
) -> HttpResult<Shown> {
    let same = filled(request.same).unwrap_or_default();
    let place = match same.as_str() {
        "" => None,
        "namespace" => Some(Place::Namespace),
        "workload" => Some(Place::Workload),
        "pod" => Some(Place::Pod),
        "node" => Some(Place::Node),
        _ => {
            return Err(Problem::new(INVALID, "`same` is not a part of a place")
                .hint("set it to namespace, workload, pod or node"));
        }
    };
    let seconds = request.seconds.unwrap_or(AROUND_S);
    let neighbours = NeighboursRequest {
        row_id: Some(row_id.clone()),
        same: place,
        seconds: Some(seconds),
        cursor: filled(request.cursor),
        ..NeighboursRequest::default()
    };
    let list = state.api.neighbours(caller, neighbours).await?;
    let of = page::explore::AroundRow { row_id: &row_id, same: &same, seconds };
    Ok(Shown::from(page::explore::around(&of, &list, &visitor.visit)?))
}

/// `GET /trace`
pub async fn trace(
    extract::State(state): State,
    Extension(caller): Caller,
    visitor: Visitor,
    request: HttpResult<Params<TraceViewRequest>>,
) -> Response {
    let page = async {
        let Params(of) = request?;
        let (kind, from) = (of.kind.unwrap_or_default(), filled(of.from));
        let start = |name: &str, value: Option<String>| {
            filled(value).or_else(|| from.clone().filter(|_| kind == name))
        };
        let request = TraceRequest {
            finding: start("finding", of.finding),
            pod: start("pod", of.pod),
            workload: start("workload", of.workload),
            node: start("node", of.node),
            trace_id: start("trace_id", of.trace_id),
            operation: start("operation", of.operation),
            at: filled(of.at),
            date: filled(of.date),
        };
        let TraceRequest { finding, pod, workload, node, trace_id, operation, .. } = &request;
        let is_empty = [finding, pod, workload, node, trace_id, operation].into_iter().all(Option::is_none);
        let list = if is_empty { None } else { Some(state.api.trace(&caller, request.clone()).await?) };
        Ok(Shown::from(page::trace::html(&request, list.as_ref(), &visitor.visit)?))
    };
    visitor.send(page.await)
}

/// `GET /sql`
pub async fn sql(
    extract::State(state): State,
    Extension(caller): Caller,
    visitor: Visitor,
    request: HttpResult<Params<SqlViewRequest>>,
) -> Response {
    let page = async {
        let Params(SqlViewRequest { q, chart, .. }) = request?;
        let shape = chart.unwrap_or_else(|| "table".into());
        if !matches!(shape.as_str(), "table" | "bar" | "line") {
            return Err(Problem::new(INVALID, "`chart` is not a shape").hint("set it to table, bar or line"));
        }
        let tables = state.api.tables(&caller).await?;
        let outcome = match filled(q.clone()) {
            Some(sql) => {
                let request = QueryRequest { sql, limit: Some(page::sql::SHOWN) };
                Some(state.api.query(&caller, request, Output::of(Format::Lines)).await)
            }
            None => None,
        };
        // an error in the statement belongs beside the editor; others are errors of the page
        if let Some(Err(error)) = &outcome
            && !is_about_statement(error)
        {
            return Err(error.clone().into());
        }
        let shown = page::sql::Shown { sql: q.as_deref().unwrap_or_default(), shape: &shape };
        Ok(Shown::from(page::sql::html(shown, &tables, outcome.as_ref(), &visitor.visit)?))
    };
    visitor.send(page.await)
}

fn is_about_statement(error: &ApiError) -> bool {
    use ErrorKind::{Busy, Invalid, OutOfMemory, StatementNotAllowed, TimedOut, TooLarge};
    matches!(error.kind, Invalid | StatementNotAllowed | TooLarge | TimedOut | OutOfMemory | Busy)
}

/// `GET /sql/download`
pub async fn download(
    extract::State(state): State,
    Extension(caller): Caller,
    visitor: Visitor,
    request: HttpResult<Params<DownloadRequest>>,
) -> Response {
    let file = async {
        let Params(DownloadRequest { q, format }) = request?;
        let rows = match format {
            FileFormat::Csv => Format::Csv,
            FileFormat::Parquet => Format::Arrow,
        };
        let request = QueryRequest { sql: q, limit: None };
        let answer = state.api.query(&caller, request, Output::of(rows)).await?;
        let (bytes, media, name) = match format {
            FileFormat::Csv => (answer.body, CSV, "attachment; filename=\"rows.csv\""),
            FileFormat::Parquet => {
                let bytes = tokio::task::spawn_blocking(move || answer.parquet()).await;
                let bytes =
                    bytes.map_err(|_| Problem::new(FAILED, "the rows cannot be written as Parquet"))??;
                (bytes, "application/vnd.apache.parquet", "attachment; filename=\"rows.parquet\"")
            }
        };
        Ok(([(header::CONTENT_TYPE, media), (header::CONTENT_DISPOSITION, name)], bytes).into_response())
    };
    let file: HttpResult<Response> = file.await;
    file.unwrap_or_else(|problem| visitor.problem(problem))
}

/// `GET /rules`
pub async fn rules(
    extract::State(state): State,
    Extension(caller): Caller,
    visitor: Visitor,
    request: HttpResult<Params<RulesViewRequest>>,
) -> Response {
    let page = async {
        let Params(RulesViewRequest { agent, id, run, .. }) = request?;
        let (agent, id) = (filled(agent), filled(id));
        let request = RulesRequest { agent: agent.clone(), id: id.clone(), ..RulesRequest::default() };
        let list = state.api.rules(&caller, request).await?;
        let calendar = last_days(&state, &caller).await?;
        let Some(id) = id else {
            return Ok(Shown::from(page::rules::html(&list, &calendar, agent.as_deref(), &visitor.visit)?));
        };
        let rule = list.rules.first().ok_or_else(|| Problem::new(NOT_FOUND, "the rule does not exist"))?;
        let mut outcomes = page::rules::Outcomes::default();
        match run {
            Some(RunOf::Test) => {
                let request = TestRulesRequest { ids: vec![id], ..TestRulesRequest::default() };
                outcomes.tests = Some(state.api.test_rules(&caller, request, &|_, _, _| {}).await?);
            }
            Some(RunOf::Backtest) => {
                let request = BacktestRequest { rule: id, ..BacktestRequest::default() };
                outcomes.backtest = Some(state.api.backtest_rule(&caller, request, &|_, _, _| {}).await?);
            }
            None => {}
        }
        let days = calendar.iter().map(|day| day.date.clone()).collect();
        Ok(Shown::from(page::rules::one(rule, &calendar, (days, &outcomes), &visitor.visit)?))
    };
    visitor.send(page.await)
}

/// Returns the last days with a report; none if there is no report yet.
async fn last_days(state: &Arc<ServerState>, caller: &crate::api::Caller) -> HttpResult<Vec<DaySummary>> {
    let dates = state.api.days(caller, RULE_DAYS).await?;
    match dates.last() {
        Some(first) => Ok(state.api.calendar(caller, first.clone()).await?),
        None => Ok(Vec::new()),
    }
}

/// `GET /runs`
pub async fn runs(
    extract::State(state): State,
    Extension(caller): Caller,
    visitor: Visitor,
    request: HttpResult<Params<RunsViewRequest>>,
) -> Response {
    let page = async {
        let Params(RunsViewRequest { cursor, .. }) = request?;
        let list = state.api.runs(&caller, RunsRequest { cursor, ..RunsRequest::default() }).await?;
        Ok(Shown::from(page::runs::html(&list, &visitor.visit)?))
    };
    visitor.send(page.await)
}

/// `GET /runs/{id}`
pub async fn run(
    extract::State(state): State,
    Extension(caller): Caller,
    visitor: Visitor,
    request: HttpResult<Params<RunViewRequest>>,
) -> Response {
    let page = async {
        let Params(RunViewRequest { id, .. }) = request?;
        let list = state.api.runs(&caller, RunsRequest { id: Some(id), ..RunsRequest::default() }).await?;
        let run = list.runs.first().ok_or_else(|| Problem::new(NOT_FOUND, "the run does not exist"))?;
        Ok(Shown::from(page::runs::one(run, &visitor.visit)?))
    };
    visitor.send(page.await)
}
