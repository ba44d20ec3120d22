//! Limits on the length of responses: lists and texts are cut off, and the cut is marked in the response.

use crate::api::{ApiError, ApiResult, ErrorKind};
use model::agent::AgentReport;
use model::error::Problem;
use model::report::{Evidence, Finding, Report, Trace};
use serde_json::Value;
use std::ops::RangeInclusive;

/// Longest list.
pub(super) const LIST: usize = 200;
/// Longest text of a finding, in characters.
pub(super) const TEXT: usize = 2000;
/// Longest text of a line in a list, and of an error, in characters.
pub(super) const LINE: usize = 500;
/// Longest text of traces, in characters.
pub(super) const LONG: usize = 16_000;

/// Returns the value of an argument.
///
/// # Errors
/// It is out of bounds: a value that is silently less would be taken for the one requested.
pub fn within(name: &str, value: u32, bounds: RangeInclusive<u32>) -> ApiResult<u32> {
    if bounds.contains(&value) {
        return Ok(value);
    }
    let what = format!("`{name}` is {value}; it must be {} to {}", bounds.start(), bounds.end());
    Err(ApiError::new(ErrorKind::Invalid, what))
}

/// Returns the first `limit` characters of a text, followed by the number of characters cut off.
pub(super) fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((at, _)) => {
            let (head, rest) = text.split_at(at);
            format!("{head}… ({} more characters)", rest.chars().count())
        }
    }
}

/// Shortens the long texts and lists of a finding.
pub(super) fn shorten_finding(finding: &mut Finding) {
    for text in [&mut finding.summary, &mut finding.why, &mut finding.advice] {
        *text = shorten(text, TEXT);
    }
    finding.zh.summary = finding.zh.summary.as_deref().map(|text| shorten(text, TEXT));
    for value in finding.facts.values_mut() {
        match value {
            Value::String(text) => *text = shorten(text, TEXT),
            Value::Array(items) if items.len() > LIST => {
                let more = items.len() - LIST;
                items.truncate(LIST);
                items.push(format!("… ({more} more)").into());
            }
            _ => {}
        }
    }
    shorten_evidence(&mut finding.evidence);
}

/// Shortens the long texts of a trace.
pub(super) fn shorten_trace(trace: &mut Trace) {
    for step in trace.hypotheses.iter_mut().flat_map(|hypothesis| &mut hypothesis.steps) {
        step.what = shorten(&step.what, TEXT);
        step.zh = shorten(&step.zh, TEXT);
        shorten_evidence(&mut step.evidence);
    }
}

/// Shortens the long texts of log lines.
pub(super) fn shorten_evidence(lines: &mut [Evidence]) {
    for line in lines {
        line.text = shorten(&line.text, TEXT);
    }
}

/// Cuts a report to the most severe findings and their traces; returns the number of findings before.
pub(super) fn shorten_report(report: &mut Report) -> u64 {
    let total = report.findings.len();
    report.findings.truncate(LIST);
    report.findings.iter_mut().for_each(shorten_finding);
    report.traces.truncate(LIST);
    report.traces.iter_mut().for_each(shorten_trace);
    shorten_problems(&mut report.coverage.problems);
    report.gone.truncate(LIST);
    report.suppressed.truncate(LIST);
    total as u64
}

/// Cuts the report of an agent to a page of its findings, with their tables.
pub(super) fn shorten_agent_report(report: &mut AgentReport, offset: usize, limit: usize) {
    report.findings = std::mem::take(&mut report.findings).into_iter().skip(offset).take(limit).collect();
    report.findings.iter_mut().for_each(shorten_finding);
    report.tables.retain(|table| report.findings.iter().any(|finding| finding.id == table.finding));
    report.summary = shorten(&report.summary, TEXT);
    report.summary_zh = shorten(&report.summary_zh, TEXT);
    report.suppressed.truncate(LIST);
    shorten_problems(&mut report.problems);
}

fn shorten_problems(problems: &mut Vec<Problem>) {
    let more = problems.len().saturating_sub(LIST);
    problems.truncate(LIST);
    if more > 0 {
        let what = format!("… and {more} more problems");
        problems.push(Problem { step: "report".into(), what, place: None, hint: None });
    }
}
