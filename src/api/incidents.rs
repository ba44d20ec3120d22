//! Requests that read the incidents of saved reports.

use crate::analysis::report;
use crate::api::bounds::{LINE, LIST, TEXT, shorten, shorten_evidence, shorten_finding, shorten_trace};
use crate::api::operation::Operation;
use crate::api::paging::Paging;
use crate::api::reports::{missing, saved, severity_of, state_of};
use crate::api::request::{IncidentRequest, IncidentsRequest, PatternsRequest};
use crate::api::response::{IncidentDetail, IncidentLine, IncidentPage, Pattern, TraceLine};
use crate::api::{Api, ApiResult, Caller};
use crate::brief;
use model::incident::Incident;
use model::report::{Finding, Report, Trace};
use model::table::Table;
use std::collections::HashSet;

/// Default number of incidents of a page, and of findings of an incident.
const PAGE: usize = 20;

/// Time before the onset in which warnings are looked for, in seconds, and most patterns of them.
const BEFORE_S: i64 = 1800;
const WARNINGS: usize = 5;

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
        let (arguments, has_warnings) = (request.clone(), request.warnings == Some(true));
        let read = self.read(move |inner, catalog| {
            let paging = Paging::of(&IncidentRequest { warnings: None, ..request.clone() }, PAGE, LIST)?;
            let date = inner.day(request.date.as_deref())?;
            let (mut report, at) = report::incident(catalog, &request.id, date.as_deref())?;
            let state = state_of(&report);
            paging.require_state(&state)?;
            let mut incident = report.incidents.swap_remove(at);
            let mut findings: Vec<Finding> =
                report.findings.into_iter().filter(|finding| finding.incident == incident.id).collect();
            let doubles = leave_out_doubles(&mut incident, &mut findings);
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
                warnings: Vec::new(),
                incident,
                findings,
                doubles,
                page,
            })
        });
        let work = async {
            let mut detail = read.await?;
            if has_warnings && detail.page.skipped == 0 {
                detail.warnings = self.warnings_before(&detail.incident).await;
            }
            Ok(detail)
        };
        self.handle(caller, Operation::Incident, &arguments, work).await
    }
}

impl Api {
    /// Returns the new patterns of warnings and errors of the workload that fails, before the onset. They are no part
    /// of the report: if they cannot be read, there are none.
    async fn warnings_before(&self, incident: &Incident) -> Vec<Pattern> {
        let (Some(namespace), Some(workload)) = (&incident.entity.namespace, &incident.entity.workload)
        else {
            return Vec::new();
        };
        let onset = incident.first_ts;
        let request = PatternsRequest {
            window: Some(format!("{} to {onset}", onset.plus_s(-BEFORE_S))),
            workload: Some(format!("{namespace}/{workload}")),
            level: Some("warn".into()),
            ..PatternsRequest::default()
        };
        let mut patterns = self.patterns_of(request).await.map(|list| list.patterns).unwrap_or_default();
        // without history none is known to be new
        patterns.retain(|pattern| pattern.is_new != Some(false));
        patterns.truncate(WARNINGS);
        patterns
    }
}

/// Leaves out what is shown from two tables: lines, findings and advice of `standard` that repeat those of `business`.
/// Returns the number of such findings.
fn leave_out_doubles(incident: &mut Incident, findings: &mut Vec<Finding>) -> u64 {
    let mut lines = HashSet::new();
    incident.decisive.retain(|line| lines.insert((line.ts, line.text.clone())));
    for advice in [&mut incident.advice, &mut incident.advice_zh] {
        let mut said = HashSet::new();
        advice.retain(|text| said.insert(text.replace("from standard ", "from business ")));
    }
    let of = |finding: &Finding| (finding.entity.label(), finding.summary.clone());
    let business = findings.iter().filter(|finding| finding.agent == Table::Business.name());
    let known: HashSet<_> = business.map(of).collect();
    let before = findings.len();
    findings.retain(|finding| finding.agent != Table::Standard.name() || !known.contains(&of(finding)));
    (before - findings.len()) as u64
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
