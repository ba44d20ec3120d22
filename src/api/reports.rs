//! Questions that kept reports answer. No report is never no problem: whoever asks for a day without
//! one hears which days there are.

use crate::analysis::report;
use crate::api::bounds::{LINE, LIST, cut, cut_finding, cut_trace};
use crate::api::request::{BriefRequest, FindingRequest, FindingsRequest};
use crate::api::response::{Brief, FindingLine, FindingPage, Found};
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Role};
use crate::brief;
use crate::brief::Length;
use crate::lake::catalog::Catalog;
use model::error::Result;
use model::report::{Finding, Report, Severity};
use model::table::Table;
use model::time::parse_date;

/// How many findings a page has when nobody says.
const PAGE: usize = 20;

impl Api {
    /// Returns a kept report, or the last one.
    pub async fn report(&self, caller: &Caller, ask: BriefRequest) -> ApiResult<Report> {
        let date = ask.date.clone();
        let work = self.read(move |_, catalog| kept(catalog, date.as_deref()));
        self.answer(caller, Role::Read, "report", &ask, work).await
    }

    /// Returns the brief of a kept report, or of the last one.
    pub async fn brief(&self, caller: &Caller, ask: BriefRequest) -> ApiResult<Brief> {
        let said = ask.clone();
        let work = self.read(move |inner, catalog| {
            let report = kept(catalog, ask.date.as_deref())?;
            let length = if ask.voice { Length::Voice } else { Length::Chat };
            let lang = ask.lang.unwrap_or_default();
            let count = |severity: Severity| {
                report.findings.iter().filter(|finding| finding.severity == severity).count() as u64
            };
            let severities = Severity::ALL.into_iter().rev().map(|severity| (severity, count(severity)));
            Ok(Brief {
                lang: lang.name().into(),
                text: brief::known(&inner.speaker, catalog, &report, lang, length)?,
                severities: severities.filter(|(_, count)| *count > 0).collect(),
                is_whole: brief::is_whole(&report),
                date: report.run.date,
            })
        });
        self.answer(caller, Role::Read, "brief", &said, work).await
    }

    /// Returns findings of a kept report, gravest first.
    pub async fn findings(&self, caller: &Caller, ask: FindingsRequest) -> ApiResult<FindingPage> {
        let said = ask.clone();
        let work = self.read(move |_, catalog| {
            let severity = ask.severity.as_deref().map(severity_of).transpose()?;
            let agent = ask.agent.as_deref().map(agent_of).transpose()?;
            let report = kept(catalog, ask.date.as_deref())?;
            let is_wanted = |finding: &&Finding| {
                severity.is_none_or(|least| finding.severity >= least)
                    && agent.is_none_or(|agent| finding.agent == agent.name())
                    && ask.namespace.as_ref().is_none_or(|of| finding.entity.namespace.as_ref() == Some(of))
            };
            let all: Vec<&Finding> = report.findings.iter().filter(is_wanted).collect();
            let limit = ask.limit.map_or(PAGE, |limit| limit as usize).clamp(1, LIST);
            let page = all.iter().skip(ask.offset as usize).take(limit);
            let findings: Vec<FindingLine> = page.map(|finding| line(finding, &report)).collect();
            Ok(FindingPage {
                total: all.len() as u64,
                truncated: (ask.offset as usize).saturating_add(findings.len()) < all.len(),
                findings,
                is_whole: brief::is_whole(&report),
                missing: missing(&report),
                date: report.run.date,
            })
        });
        self.answer(caller, Role::Read, "findings", &said, work).await
    }

    /// Returns one finding with its trace.
    pub async fn finding(&self, caller: &Caller, ask: FindingRequest) -> ApiResult<Found> {
        let said = ask.clone();
        let work = self.read(move |_, catalog| {
            let date = ask.date.as_deref();
            date.map(parse_date).transpose()?;
            let (mut report, at) = report::finding(catalog, &ask.id, date)?;
            let mut finding = report.findings.swap_remove(at);
            cut_finding(&mut finding);
            let mut trace = report.traces.into_iter().find(|trace| Some(&trace.id) == finding.trace.as_ref());
            trace.iter_mut().for_each(cut_trace);
            Ok(Found { date: report.run.date, finding, trace })
        });
        self.answer(caller, Role::Read, "finding", &said, work).await
    }
}

/// Returns the report of a day, or the last one.
pub(super) fn kept(catalog: &Catalog, date: Option<&str>) -> ApiResult<Report> {
    date.map(parse_date).transpose()?;
    if let Some(report) = report::kept(catalog, date)? {
        return Ok(report);
    }
    let of = date.map(|date| format!(" of {date}")).unwrap_or_default();
    Err(ApiError::new(
        ErrorKind::NotFound,
        format!("no report{of} is kept: that is not to say that all was well"),
    )
    .hint(days(catalog)?))
}

/// Says which days have reports, and which have rows.
fn days(catalog: &Catalog) -> Result<String> {
    let reported: Vec<String> = catalog.reported_days("")?.into_iter().map(|(date, _)| date).collect();
    let last: Vec<&str> = reported.iter().rev().take(7).map(String::as_str).collect();
    let reports = match reported.len() {
        0 => "there are no reports yet".to_owned(),
        count if count > last.len() => format!("there are {count} reports, the last of {}", last.join(", ")),
        _ => format!("there are reports of {}", last.join(", ")),
    };
    Ok(format!("{reports}; {}", span(catalog)?))
}

/// Says from when to when there are rows.
pub(super) fn span(catalog: &Catalog) -> Result<String> {
    let spans = catalog.totals()?.into_iter().filter(|table| table.table != "topology");
    let spans: Vec<(String, String)> = spans.filter_map(|table| table.days).collect();
    let first = spans.iter().map(|(first, _)| first).min();
    let last = spans.iter().map(|(_, last)| last).max();
    Ok(match (first, last) {
        (Some(first), Some(last)) => format!("the lake holds rows of {first} to {last}"),
        _ => "the lake holds no rows".into(),
    })
}

pub(super) fn agent_of(name: &str) -> ApiResult<Table> {
    Table::of(name).ok_or_else(|| {
        ApiError::new(ErrorKind::Invalid, format!("`{}` is no agent", cut(name, 50)))
            .hint("agents are business, standard, event and audit")
    })
}

fn severity_of(name: &str) -> ApiResult<Severity> {
    Severity::of(name).ok_or_else(|| {
        ApiError::new(ErrorKind::Invalid, format!("`{}` is no severity", cut(name, 50)))
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
        entity: cut(&finding.entity.label(), LINE),
        first_ts: finding.first_ts,
        last_ts: finding.last_ts,
        count: finding.count,
        summary: cut(&finding.summary, LINE),
        verdict: trace.map(|trace| trace.verdict),
    }
}

/// Says what the report could not see.
pub(super) fn missing(report: &Report) -> Vec<String> {
    let mut missing = Vec::new();
    for table in &report.coverage.tables {
        let hours = &table.hours_without_data;
        if let (Some(first), Some(last)) = (hours.first(), hours.last()) {
            missing.push(format!("{}: no data in {} hours, {first} to {last}", table.table, hours.len()));
        }
        if table.unparsed > 0 {
            missing.push(format!(
                "{}: {} of {} rows were not understood",
                table.table, table.unparsed, table.rows
            ));
        }
    }
    let agents = report.agents.iter().flat_map(|agent| &agent.problems);
    let problems = report.coverage.problems.iter().chain(agents);
    missing.extend(problems.map(|problem| cut(&problem.what, LINE)));
    let more = missing.len().saturating_sub(PAGE);
    missing.truncate(PAGE);
    if more > 0 {
        missing.push(format!("… and {more} more"));
    }
    missing
}
