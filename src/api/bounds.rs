//! How much is said at once: lists end, texts are cut between characters, and both say so.

use model::error::Problem;
use model::report::{Evidence, Finding, Report, Trace};
use serde_json::Value;

/// Longest list.
pub(super) const LIST: usize = 200;
/// Longest text of a finding, in characters.
pub(super) const TEXT: usize = 2000;
/// Longest text of a line in a list, and of traces.
pub(super) const LINE: usize = 500;
pub(super) const LONG: usize = 16_000;

/// Returns a text of at most `most` characters; what was cut is counted behind it.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((at, _)) => {
            let (kept, rest) = text.split_at(at);
            format!("{kept}… ({} more characters)", rest.chars().count())
        }
    }
}

/// Cuts the long texts of a finding.
pub(super) fn cut_finding(finding: &mut Finding) {
    for text in [&mut finding.summary, &mut finding.why, &mut finding.advice] {
        *text = cut(text, TEXT);
    }
    finding.zh.summary = finding.zh.summary.as_deref().map(|text| cut(text, TEXT));
    for value in finding.facts.values_mut() {
        match value {
            Value::String(text) => *text = cut(text, TEXT),
            Value::Array(items) if items.len() > LIST => {
                let more = items.len() - LIST;
                items.truncate(LIST);
                items.push(format!("… ({more} more)").into());
            }
            _ => {}
        }
    }
    cut_lines(&mut finding.evidence);
}

/// Cuts the long texts of a trace.
pub(super) fn cut_trace(trace: &mut Trace) {
    for step in trace.hypotheses.iter_mut().flat_map(|hypothesis| &mut hypothesis.steps) {
        step.what = cut(&step.what, TEXT);
        step.zh = cut(&step.zh, TEXT);
        cut_lines(&mut step.evidence);
    }
}

fn cut_lines(lines: &mut [Evidence]) {
    for line in lines {
        line.text = cut(&line.text, TEXT);
    }
}

/// Cuts a report to the gravest findings and their traces. Returns how many findings there were.
pub(super) fn cut_report(report: &mut Report) -> u64 {
    let total = report.findings.len();
    report.findings.truncate(LIST);
    report.findings.iter_mut().for_each(cut_finding);
    report.traces.truncate(LIST);
    report.traces.iter_mut().for_each(cut_trace);
    let problems = &mut report.coverage.problems;
    let more = problems.len().saturating_sub(LIST);
    problems.truncate(LIST);
    if more > 0 {
        let what = format!("… and {more} more problems");
        problems.push(Problem { step: "report".into(), what, place: None, hint: None });
    }
    report.gone.truncate(LIST);
    report.suppressed.truncate(LIST);
    total as u64
}
