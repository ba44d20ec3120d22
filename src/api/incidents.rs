//! Requests that read the incidents of saved reports.

use crate::analysis::report;
use crate::api::bounds::{LINE, LIST, TEXT, shorten, shorten_evidence, shorten_finding, shorten_trace};
use crate::api::operation::Operation;
use crate::api::paging::Paging;
use crate::api::reports::{missing, saved, severity_of, state_of};
use crate::api::request::{IncidentRequest, IncidentsRequest};
use crate::api::response::{IncidentDetail, IncidentLine, IncidentPage, TraceLine};
use crate::api::{Api, ApiResult, Caller};
use crate::brief;
use model::incident::Incident;
use model::report::{Finding, Report, Trace};

/// Default number of incidents of a page, and of findings of an incident.
const PAGE: usize = 20;

/// Most workloads of an incident in a list.
const WORKLOADS: usize = 10;

impl Api {
    /// Returns the incidents of a saved report, the most serious first.
    pub async fn incidents(&self, caller: &Caller, request: IncidentsRequest) -> ApiResult<IncidentPage> {
        let arguments = request.clone();
        let work = self.read(move |inner, catalog| {
            let paging = Paging::of(&request, PAGE, LIST)?;
            let severity = request.severity.as_deref().map(severity_of).transpose()?;
            let report = saved(catalog, inner.day(request.date.as_deref())?.as_deref())?;
            let state = state_of(&report);
            paging.require_state(&state)?;
            let is_selected = |incident: &&Incident| {
                severity.is_none_or(|minimum| incident.severity >= minimum)
                    && request.namespace.as_ref().is_none_or(|of| is_in(incident, of))
            };
            let all = report.incidents.iter().filter(is_selected).map(|incident| line(incident, &report));
            let (incidents, page) = paging.part(all.collect(), &state);
            Ok(IncidentPage {
                incidents,
                page,
                is_complete: brief::is_complete(&report),
                missing: missing(&report),
                date: report.run.date,
            })
        });
        self.handle(caller, Operation::Incidents, &arguments, work).await
    }

    /// Returns one incident with its findings and traces.
    pub async fn incident(&self, caller: &Caller, request: IncidentRequest) -> ApiResult<IncidentDetail> {
        let arguments = request.clone();
        let work = self.read(move |inner, catalog| {
            let paging = Paging::of(&request, PAGE, LIST)?;
            let date = inner.day(request.date.as_deref())?;
            let (mut report, at) = report::incident(catalog, &request.id, date.as_deref())?;
            let state = state_of(&report);
            paging.require_state(&state)?;
            let mut incident = report.incidents.swap_remove(at);
            let mut findings: Vec<Finding> =
                report.findings.into_iter().filter(|finding| finding.incident == incident.id).collect();
            findings.iter_mut().for_each(shorten_finding);
            let (mut cause, others): (Vec<Trace>, Vec<Trace>) = report
                .traces
                .into_iter()
                .filter(|trace| trace.incident == incident.id)
                .partition(|trace| Some(&trace.id) == incident.cause_trace.as_ref());
            cause.iter_mut().for_each(shorten_trace);
            incident.findings.truncate(LIST);
            shorten_evidence(&mut incident.decisive);
            incident.impact.workloads.truncate(LIST);
            for advice in &mut incident.advice {
                *advice = shorten(advice, TEXT);
            }
            let other = |trace: &Trace| TraceLine {
                id: trace.id.clone(),
                verdict: trace.verdict,
                place: shorten(&trace.entity.label(), LINE),
                ts: trace.ts,
            };
            let trace = cause.into_iter().next();
            let paging = paging.spent(&incident).spent(&trace);
            let (findings, page) = paging.part(findings, &state);
            Ok(IncidentDetail {
                date: report.run.date,
                trace,
                other_traces: others.iter().take(LIST).map(other).collect(),
                incident,
                findings,
                page,
            })
        });
        self.handle(caller, Operation::Incident, &arguments, work).await
    }
}

/// Returns true if what fails, or what is affected, is in the namespace.
fn is_in(incident: &Incident, namespace: &str) -> bool {
    let of_workload = |workload: &String| workload.split_once('/').is_some_and(|(of, _)| of == namespace);
    incident.entity.namespace.as_deref() == Some(namespace)
        || incident.impact.workloads.iter().any(of_workload)
}

fn line(incident: &Incident, report: &Report) -> IncidentLine {
    let is_of = |trace: &&Trace| trace.incident == incident.id;
    let cause = report.traces.iter().find(|trace| Some(&trace.id) == incident.cause_trace.as_ref());
    let best = cause.and_then(|trace| trace.hypotheses.first());
    IncidentLine {
        id: incident.id.clone(),
        title: shorten(&incident.title, LINE),
        severity: incident.severity,
        status: incident.status,
        place: shorten(&incident.entity.label(), LINE),
        verdict: incident.verdict,
        class: cause.map(|trace| trace.class).unwrap_or_default(),
        cause: best.and_then(|best| best.cause.clone()),
        state: best.and_then(|best| best.state.clone()),
        impact: shorten(&incident.impact.words, LINE),
        workloads: incident.impact.workloads.iter().take(WORKLOADS).map(|name| shorten(name, LINE)).collect(),
        onset: incident.first_ts,
        last_ts: incident.last_ts,
        over_since: incident.over_since,
        findings: incident.findings.len() as u64,
        traces: report.traces.iter().filter(is_of).count() as u64,
        cause_trace: incident.cause_trace.clone(),
    }
}
