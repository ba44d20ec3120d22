//! Questions about causes: a finding's trace is kept with its report, all else is followed now.

use crate::analysis::report;
use crate::analysis::trace::{NOTHING_BROKEN, Subject, text};
use crate::api::bounds::{LIST, LONG, cut, cut_trace};
use crate::api::reports::missing;
use crate::api::request::TraceRequest;
use crate::api::response::Traced;
use crate::api::work::Work;
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Inner, Role};
use crate::lake::catalog::Catalog;
use chrono_tz::Tz;
use model::report::Trace;
use model::time::{Ts, parse_date};

/// Where a trace starts.
enum Start {
    Finding(String),
    Lead(Lead),
}

/// What is followed now.
enum Lead {
    Subject(Subject, Ts),
    Request(String),
    Operation(String),
}

impl Api {
    /// Follows a finding, or anything at a time, back to its cause; or a change forwards.
    pub async fn trace(&self, caller: &Caller, ask: TraceRequest) -> ApiResult<Traced> {
        let said = ask.clone();
        let work = async move {
            let date = ask.date.clone();
            date.as_deref().map(parse_date).transpose()?;
            match start_of(ask, self.inner.zone)? {
                Start::Finding(id) => {
                    let find = move |inner: &Inner, catalog: &Catalog| {
                        let trace = report::trace_of(catalog, &id, date.as_deref())?;
                        Ok(traced(vec![trace], Vec::new(), inner.zone))
                    };
                    self.read(find).await
                }
                Start::Lead(lead) => {
                    let seat = self.seat()?;
                    let follow = move |inner: &Inner, work: &Work| follow(inner, work, lead);
                    self.work(Some(seat), self.analysis_limit(), None, &|_, _, _| {}, follow).await
                }
            }
        };
        self.answer(caller, Role::Read, "trace", &said, work).await
    }
}

fn start_of(ask: TraceRequest, zone: Tz) -> ApiResult<Start> {
    let given = [&ask.finding, &ask.pod, &ask.workload, &ask.node, &ask.trace_id, &ask.operation];
    if given.into_iter().flatten().count() != 1 {
        return Err(ApiError::new(ErrorKind::Invalid, "a trace has one start")
            .hint("say one of finding, pod, workload, node, trace_id, operation"));
    }
    let at = ask.at.as_deref().map(|at| Ts::parse(at, zone)).transpose()?;
    let subject = match (ask.finding, ask.trace_id, ask.operation, ask.node, ask.pod.or(ask.workload)) {
        (Some(id), ..) => return Ok(Start::Finding(id)),
        (_, Some(id), ..) => return Ok(Start::Lead(Lead::Request(id))),
        (_, _, Some(id), ..) => return Ok(Start::Lead(Lead::Operation(id))),
        (.., Some(node), _) => Subject::Node(node),
        (.., named) => Subject::named(&named.unwrap_or_default())?,
    };
    let at = at.ok_or_else(|| {
        ApiError::new(ErrorKind::Invalid, "a pod, a workload or a node needs a time")
            .hint("say when: `at`, local time or RFC 3339")
    })?;
    Ok(Start::Lead(Lead::Subject(subject, at)))
}

fn follow(inner: &Inner, work: &Work, lead: Lead) -> ApiResult<Traced> {
    let mut place = inner.place()?;
    let (traces, missing) = match lead {
        Lead::Subject(subject, at) => (vec![work.wait(place.follow(&subject, at))?], Vec::new()),
        Lead::Request(id) => (vec![work.wait(place.follow_request(&id))?], Vec::new()),
        Lead::Operation(id) => {
            let report = work.wait(place.broken_by(&id, &|step| work.begin(step)))?;
            let missing = missing(&report);
            (report.traces, missing)
        }
    };
    Ok(traced(traces, missing, inner.zone))
}

fn traced(mut traces: Vec<Trace>, missing: Vec<String>, zone: Tz) -> Traced {
    let total = traces.len() as u64;
    let texts: Vec<String> = traces.iter().map(|trace| text(trace, zone)).collect();
    let whole = if texts.is_empty() { NOTHING_BROKEN.into() } else { texts.join("\n") };
    traces.truncate(LIST);
    traces.iter_mut().for_each(cut_trace);
    Traced { total, traces, missing, text: cut(&whole, LONG) }
}
