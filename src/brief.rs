//! The brief: a report as a text for a chat group or a voice, from a template alone. Traces
//! come first, surest first; what was not seen is always said, so that no data never reads as
//! no problem. Log text is hostile: all of it passes through `words`.

mod chat;
mod speech;
mod voice;
pub(crate) mod words;

use crate::error::Problem;
use crate::finding::{Finding, Report, Severity, Trace};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The language of a brief or a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Chinese.
    Zh,
    /// English.
    En,
}

impl Lang {
    /// Returns the language of that name; English where it is none.
    pub fn of(name: &str) -> Self {
        if name == "zh" { Self::Zh } else { Self::En }
    }
}

/// How long a brief is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Light Markdown that a chat group reads in half a minute, with ids in brackets.
    Chat,
    /// At most 200 characters to be spoken: no ids, no markup, no addresses.
    Voice,
}

/// Returns the brief of a report; the same text for the same report.
pub fn brief(report: &Report, lang: Lang, length: Length) -> String {
    let telling = Telling::of(report);
    match length {
        Length::Chat => chat::chat(report, &telling, lang),
        Length::Voice => voice::voice(report, &telling, lang),
    }
}

/// More than one line in a hundred unparsed is a format that nobody reads, not noise.
const UNPARSED_SHARE: u64 = 100;

/// What of a report is told, and in which order.
pub(crate) struct Telling<'a> {
    /// Surest first, then gravest.
    traces: Vec<&'a Trace>,
    /// Findings that belong to no trace, grouped by severity and rule, gravest first.
    others: Vec<Vec<&'a Finding>>,
    gravest: Option<&'a Finding>,
    /// The finding that the first trace starts from, else the gravest.
    gravest_told: Option<&'a Finding>,
    /// Findings that telling the first trace, or else the gravest finding, tells.
    told_first: usize,
    /// Objects that were not read.
    lost_objects: BTreeSet<&'a Problem>,
    /// Whatever else failed.
    failures: BTreeSet<&'a Problem>,
    rows: u64,
    unparsed: u64,
    whole: bool,
}

impl<'a> Telling<'a> {
    pub(crate) fn of(report: &'a Report) -> Self {
        let mut telling = Self {
            traces: report.traces.iter().collect(),
            others: Vec::new(),
            gravest: report.findings.iter().rev().max_by_key(|finding| finding.severity),
            gravest_told: None,
            told_first: 0,
            lost_objects: BTreeSet::new(),
            failures: BTreeSet::new(),
            rows: report.coverage.tables.iter().map(|table| table.rows).sum(),
            unparsed: report.coverage.tables.iter().map(|table| table.unparsed).sum(),
            whole: false,
        };
        telling.traces.sort_by_key(|trace| {
            let severity = start(report, trace).map(|finding| finding.severity);
            (trace.verdict, Reverse(severity))
        });
        let mut groups: BTreeMap<(Reverse<Severity>, &str), Vec<&Finding>> = BTreeMap::new();
        for finding in &report.findings {
            if !report.traces.iter().any(|trace| belongs(finding, trace)) {
                groups.entry((Reverse(finding.severity), &finding.rule)).or_default().push(finding);
            }
        }
        telling.others = groups.into_values().collect();
        let first = telling.traces.first().copied();
        telling.gravest_told = first.map_or(telling.gravest, |trace| start(report, trace));
        telling.told_first = match first {
            Some(trace) => report.findings.iter().filter(|finding| belongs(finding, trace)).count(),
            None => 1,
        };
        let agents = report.agents.iter().flat_map(|agent| &agent.problems);
        for problem in report.coverage.problems.iter().chain(agents) {
            match problem.step.as_str() {
                "collect" | "ingest" | "parse" => telling.lost_objects.insert(problem),
                _ => telling.failures.insert(problem),
            };
        }
        let failed = !telling.lost_objects.is_empty() || !telling.failures.is_empty();
        let readable = telling.unparsed.saturating_mul(UNPARSED_SHARE) <= telling.rows;
        telling.whole = !failed && readable && words::gaps(report).is_empty();
        telling
    }

    /// Tells whether nothing at all was read, so that the report says nothing about the cluster.
    pub(crate) fn is_silent(&self) -> bool {
        self.rows == 0 && self.gravest.is_none() && self.traces.is_empty()
    }

    /// Tells whether all four tables were read, without a gap or a failure.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }
}

/// Returns the finding that a trace starts from.
pub(crate) fn start<'a>(report: &'a Report, trace: &Trace) -> Option<&'a Finding> {
    let named = report.findings.iter().find(|finding| trace.finding.as_ref() == Some(&finding.id));
    named.or_else(|| report.findings.iter().find(|finding| belongs(finding, trace)))
}

/// Tells whether telling the trace tells the finding.
pub(crate) fn belongs(finding: &Finding, trace: &Trace) -> bool {
    finding.trace.as_ref() == Some(&trace.id) || trace.finding.as_ref() == Some(&finding.id)
}
