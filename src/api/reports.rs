//! Requests that read saved reports. A missing report must not look like a healthy day: the error says
//! which days have reports and rows.

use crate::analysis::report;
use crate::api::bounds::{LINE, LIST, shorten, shorten_finding, shorten_trace};
use crate::api::operation::Operation;
use crate::api::paging::Paging;
use crate::api::request::{BriefRequest, FindingRequest, FindingsRequest};
use crate::api::response::{Brief, FindingLine, FindingPage, FindingWithTrace};
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind};
use crate::brief;
use crate::brief::Length;
use crate::lake::catalog::Catalog;
use crate::lake::is_derived;
use model::error::Result;
use model::report::{Finding, Report, Severity};
use model::table::Table;

/// Default number of findings of a page.
const PAGE: usize = 20;

impl Api {
    /// Returns the report of a day; without a date, the last report.
    pub async fn report(&self, caller: &Caller, request: BriefRequest) -> ApiResult<Report> {
        let date = request.date.clone();
        let work = self.read(move |inner, catalog| saved(catalog, inner.day(date.as_deref())?.as_deref()));
        self.handle(caller, Operation::Report, &request, work).await
    }

    /// Returns the brief of a day; without a date, of the last report.
    pub async fn brief(&self, caller: &Caller, request: BriefRequest) -> ApiResult<Brief> {
        let arguments = request.clone();
        let work = self.read(move |inner, catalog| {
            let report = saved(catalog, inner.day(request.date.as_deref())?.as_deref())?;
            let length = if request.voice { Length::Voice } else { Length::Chat };
            let lang = request.lang.unwrap_or_default();
            let count = |severity: Severity| {
                report.findings.iter().filter(|finding| finding.severity == severity).count() as u64
            };
            let severities = Severity::ALL.into_iter().rev().map(|severity| (severity, count(severity)));
            Ok(Brief {
                lang: lang.name().into(),
                text: inner.writer.saved_text(catalog, &report, lang, length)?,
                severities: severities.filter(|(_, count)| *count > 0).collect(),
                is_complete: brief::is_complete(&report),
                date: report.run.date,
            })
        });
        self.handle(caller, Operation::Brief, &arguments, work).await
    }

    /// Returns findings of a saved report, most severe first.
    pub async fn findings(&self, caller: &Caller, request: FindingsRequest) -> ApiResult<FindingPage> {
        let arguments = request.clone();
        let work = self.read(move |inner, catalog| {
            let mut paging = Paging::of(&request, PAGE, LIST)?;
            let severity = request.severity.as_deref().map(severity_of).transpose()?;
            let agent = request.agent.as_deref().map(agent_of).transpose()?;
            let report = saved(catalog, inner.day(request.date.as_deref())?.as_deref())?;
            let state = state_of(&report);
            paging.require_state(&state)?;
            if paging.state.is_none() {
                paging.skip = request.offset as usize;
            }
            let is_selected = |finding: &&Finding| {
                severity.is_none_or(|minimum| finding.severity >= minimum)
                    && agent.is_none_or(|agent| finding.agent == agent.name())
                    && request
                        .namespace
                        .as_ref()
                        .is_none_or(|of| finding.entity.namespace.as_ref() == Some(of))
            };
            let all = report.findings.iter().filter(is_selected).map(|finding| line(finding, &report));
            let (findings, page) = paging.part(all.collect(), &state);
            Ok(FindingPage {
                total: page.total,
                truncated: page.cut.is_some(),
                findings,
                page,
                is_complete: brief::is_complete(&report),
                missing: missing(&report),
                date: report.run.date,
            })
        });
        self.handle(caller, Operation::Findings, &arguments, work).await
    }

    /// Returns one finding with its trace.
    pub async fn finding(&self, caller: &Caller, request: FindingRequest) -> ApiResult<FindingWithTrace> {
        let arguments = request.clone();
        let work = self.read(move |inner, catalog| {
            let date = inner.day(request.date.as_deref())?;
            let (mut report, at) = report::finding(catalog, &request.id, date.as_deref())?;
            let mut finding = report.findings.swap_remove(at);
            shorten_finding(&mut finding);
            let mut trace = report.traces.into_iter().find(|trace| Some(&trace.id) == finding.trace.as_ref());
            trace.iter_mut().for_each(shorten_trace);
            Ok(FindingWithTrace { date: report.run.date, finding, trace })
        });
        self.handle(caller, Operation::Finding, &arguments, work).await
    }
}

/// Returns the report of a day, YYYY-MM-DD; without a date, the last report.
pub(super) fn saved(catalog: &Catalog, date: Option<&str>) -> ApiResult<Report> {
    if let Some(report) = report::saved(catalog, date)? {
        return Ok(report);
    }
    let of = date.map(|date| format!(" of {date}")).unwrap_or_default();
    Err(ApiError::new(
        ErrorKind::NotFound,
        format!("there is no report{of}; this does not mean that there were no problems"),
    )
    .hint(days(catalog)?))
}

/// Returns the state of the lists of a report, for their cursors.
pub(super) fn state_of(report: &Report) -> String {
    format!("{}.{}", report.run.date, report.run.id)
}

/// Describes which days have reports, and which have rows.
fn days(catalog: &Catalog) -> Result<String> {
    let reported: Vec<String> = catalog.reported_days("")?.into_iter().map(|(date, _)| date).collect();
    let last: Vec<&str> = reported.iter().rev().take(7).map(String::as_str).collect();
    let reports = match reported.len() {
        0 => "there are no reports yet".to_owned(),
        count if count > last.len() => format!("{count} days have reports, the last are {}", last.join(", ")),
        _ => format!("days with reports: {}", last.join(", ")),
    };
    Ok(format!("{reports}; {}", span(catalog)?))
}

/// Describes the first and last day with rows.
pub(super) fn span(catalog: &Catalog) -> Result<String> {
    let spans = catalog.totals()?.into_iter().filter(|table| !is_derived(&table.table));
    let spans: Vec<(String, String)> = spans.filter_map(|table| table.days).collect();
    let first = spans.iter().map(|(first, _)| first).min();
    let last = spans.iter().map(|(_, last)| last).max();
    Ok(match (first, last) {
        (Some(first), Some(last)) => format!("the lake has rows of {first} to {last}"),
        _ => "the lake has no rows".into(),
    })
}

pub(super) fn agent_of(name: &str) -> ApiResult<Table> {
    Table::log_of(name).ok_or_else(|| {
        ApiError::new(ErrorKind::Invalid, format!("`{}` is not an agent", shorten(name, 50)))
            .hint("agents are business, standard, event and audit")
    })
}

pub(super) fn severity_of(name: &str) -> ApiResult<Severity> {
    Severity::of(name).ok_or_else(|| {
        ApiError::new(ErrorKind::Invalid, format!("`{}` is not a severity", shorten(name, 50)))
            .hint("severities are info, low, medium, high and critical")
    })
}

fn line(finding: &Finding, report: &Report) -> FindingLine {
    let trace = report.traces.iter().find(|trace| Some(&trace.id) == finding.trace.as_ref());
    FindingLine {
        id: finding.id.clone(),
        rule: finding.rule.clone(),
        severity: finding.severity,
        status: finding.status,
        entity: shorten(&finding.entity.label(), LINE),
        first_ts: finding.first_ts,
        last_ts: finding.last_ts,
        count: finding.count,
        summary: shorten(&finding.summary, LINE),
        verdict: trace.map(|trace| trace.verdict),
    }
}

/// Lists the data that the report did not have.
pub(super) fn missing(report: &Report) -> Vec<String> {
    let mut gaps: Vec<(String, &[String])> = Vec::new();
    for table in &report.coverage.tables {
        let hours = table.hours_without_data.as_slice();
        match gaps.iter_mut().find(|(_, of)| *of == hours) {
            Some((tables, _)) => *tables = format!("{tables}, {}", table.table),
            None => gaps.push((table.table.clone(), hours)),
        }
    }
    let gap = |(tables, hours): (String, &[String])| {
        let (first, last) = (hours.first()?, hours.last()?);
        Some(format!("{tables}: no data in {} hours, {first} to {last}", hours.len()))
    };
    let mut missing: Vec<String> = gaps.into_iter().filter_map(gap).collect();
    for table in &report.coverage.tables {
        if table.unparsed > 0 {
            missing.push(format!(
                "{}: {} of {} rows could not be parsed",
                table.table, table.unparsed, table.rows
            ));
        }
    }
    let agents = report.agents.iter().flat_map(|agent| &agent.problems);
    let problems = report.coverage.problems.iter().chain(agents);
    missing.extend(problems.map(|problem| shorten(&problem.what, LINE)));
    let more = missing.len().saturating_sub(PAGE);
    missing.truncate(PAGE);
    if more > 0 {
        missing.push(format!("… and {more} more"));
    }
    missing
}
