//! Traces to a cause: a finding's trace is read from its saved report; any other trace is computed now.

use crate::analysis::report;
use crate::analysis::trace::{NOTHING_BROKEN, Subject, text};
use crate::api::bounds::{LIST, LONG, shorten, shorten_trace};
use crate::api::investigation::condition::Conditions;
use crate::api::operation::Operation;
use crate::api::reports::missing;
use crate::api::request::TraceRequest;
use crate::api::response::TraceList;
use crate::api::work::Work;
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Inner};
use crate::lake::catalog::Catalog;
use chrono_tz::Tz;
use model::moment::Clock;
use model::report::Trace;
use model::table::Table;
use model::time::{Ts, Window};
use serde::Deserialize;

/// How far around the time a name is looked up, in seconds.
const DAY_S: i64 = 86_400;

/// Where a trace starts.
enum Start {
    Finding(String),
    Query(TraceQuery),
}

/// Whether a name is that of a pod; `None` if no row has it.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    is_pod: Option<bool>,
}

/// A trace to compute.
enum TraceQuery {
    Subject(Subject, Ts),
    Request(String),
    Operation(String),
}

impl Api {
    /// Traces a finding, an object at a time, or a request back to its cause, or a change forward to what
    /// it broke.
    pub async fn trace(&self, caller: &Caller, request: TraceRequest) -> ApiResult<TraceList> {
        let arguments = request.clone();
        let work = async move {
            let date = self.inner.day(request.date.as_deref())?;
            let pod = request.pod.clone();
            match start_of(request, self.inner.clock())? {
                Start::Finding(id) => {
                    let find = move |inner: &Inner, catalog: &Catalog| {
                        let trace = report::trace_of(catalog, &id, date.as_deref())?;
                        Ok(trace_list(vec![trace], Vec::new(), inner.zone))
                    };
                    self.read(find).await
                }
                Start::Query(query) => {
                    if let (Some(pod), TraceQuery::Subject(_, at)) = (&pod, &query) {
                        self.require_pod(pod, *at).await?;
                    }
                    let limits = self.analysis_limits(None)?;
                    let compute = move |inner: &Inner, work: &Work| compute(inner, work, query);
                    self.work(limits, &|_, _, _| {}, compute).await
                }
            }
        };
        self.handle(caller, Operation::Trace, &arguments, work).await
    }
}

impl Api {
    /// Fails if a name given as a pod is that of a workload: the trace of one pod would be that of all.
    async fn require_pod(&self, name: &str, at: Ts) -> ApiResult<()> {
        let day = Window { from: at.plus_s(-DAY_S), to: at.plus_s(DAY_S), zone: self.inner.zone };
        let around = Conditions::within(day).sql();
        let of = |column: &str| Conditions::default().named(column, Some(name)).map(|of| of.sql());
        let (pod, workload) = (of("pod")?, of("workload")?);
        let each = Table::LOGS.map(|table| {
            let table = table.name();
            format!("select {pod} as is_pod from {table} where {around} and (({pod}) or ({workload}))")
        });
        let found: Vec<Named> = self
            .select(format!("select bool_or(is_pod) as is_pod from ({}) as found", each.join(" union all ")))
            .await?;
        if found.first().is_none_or(|found| found.is_pod != Some(false)) {
            return Ok(());
        }
        Err(ApiError::new(ErrorKind::Invalid, format!("`{name}` is a workload and not a pod"))
            .hint(format!("set `workload` = {name}, without `pod`")))
    }
}

fn start_of(request: TraceRequest, clock: Clock) -> ApiResult<Start> {
    let TraceRequest { finding, pod, workload, node, trace_id, operation, .. } = &request;
    let starts = [finding, pod, workload, node, trace_id, operation];
    if starts.into_iter().flatten().count() != 1 {
        return Err(ApiError::new(ErrorKind::Invalid, "a trace requires exactly one start")
            .hint("set one of finding, pod, workload, node, trace_id, operation"));
    }
    let day = request.date.as_deref().map(|date| clock.day(date)).transpose()?;
    let at = request.at.as_deref().map(|at| clock.point(at, day)).transpose()?;
    let named = request.pod.or(request.workload);
    let subject = match (request.finding, request.trace_id, request.operation, request.node, named) {
        (Some(id), ..) => return Ok(Start::Finding(id)),
        (_, Some(id), ..) => return Ok(Start::Query(TraceQuery::Request(id))),
        (_, _, Some(id), ..) => return Ok(Start::Query(TraceQuery::Operation(id))),
        (.., Some(node), _) => Subject::Node(node),
        (.., named) => Subject::named(&named.unwrap_or_default())?,
    };
    let at = at.ok_or_else(|| {
        ApiError::new(ErrorKind::Invalid, "a trace from a pod, a workload or a node requires a time")
            .hint("set `at` to a local time, or RFC 3339")
    })?;
    Ok(Start::Query(TraceQuery::Subject(subject, at)))
}

fn compute(inner: &Inner, work: &Work, query: TraceQuery) -> ApiResult<TraceList> {
    let mut workspace = inner.workspace()?;
    let (traces, missing) = match query {
        TraceQuery::Subject(subject, at) => {
            (vec![work.wait(workspace.trace_subject(&subject, at))?], Vec::new())
        }
        TraceQuery::Request(id) => (vec![work.wait(workspace.trace_request(&id))?], Vec::new()),
        TraceQuery::Operation(id) => {
            let report = work.wait(workspace.effects_of_change(&id, &|step| work.begin(step)))?;
            let missing = missing(&report);
            (report.traces, missing)
        }
    };
    Ok(trace_list(traces, missing, inner.zone))
}

fn trace_list(mut traces: Vec<Trace>, missing: Vec<String>, zone: Tz) -> TraceList {
    let total = traces.len() as u64;
    let texts: Vec<String> = traces.iter().map(|trace| text(trace, zone)).collect();
    let joined = if texts.is_empty() { NOTHING_BROKEN.into() } else { texts.join("\n") };
    traces.truncate(LIST);
    traces.iter_mut().for_each(shorten_trace);
    TraceList { total, traces, missing, text: shorten(&joined, LONG) }
}
