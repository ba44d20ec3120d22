//! The brief: a report as a text for a chat group or a voice, from a template, or from a model whose
//! words are checked against the report. Traces come first, surest first; what was not seen is always
//! said, so that no data never reads as no problem. Log text is hostile: all of it passes through `words`.

pub mod page;

mod aloud;
mod author; // who speaks
mod changed;
mod chat;
mod digest; // what a day comes to
mod fact_check; // what of a model's words is borne out
mod facts; // what a model sees of it
mod model_brief; // a model and its question
mod question; // questions about a day
mod speech;
mod voice;
pub(crate) mod words;

pub use crate::brief::author::{Path, Writer, Written, known, spoken};
pub use crate::brief::digest::{Blast, Counts, Digest, Group, Lack};
pub use crate::brief::fact_check::Dropped;
pub use crate::brief::question::{Answered, Look, ask};
pub(crate) use crate::brief::words::plural;

use crate::config::BriefLength;
use model::lang::Lang;
use model::report::{Finding, Report, Trace};
use std::collections::BTreeMap;

/// How long a brief is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Light Markdown that a chat group reads in half a minute, with ids in brackets.
    Chat,
    /// At most 200 characters to be spoken: no ids, no markup, no addresses.
    Voice,
    /// The same Markdown with every trace and every finding.
    Full,
}

impl From<BriefLength> for Length {
    fn from(length: BriefLength) -> Self {
        match length {
            BriefLength::Chat => Self::Chat,
            BriefLength::Voice => Self::Voice,
            BriefLength::Full => Self::Full,
        }
    }
}

/// Returns the brief of a report; the same text for the same report.
pub fn brief(report: &Report, lang: Lang, length: Length) -> String {
    let telling = Telling::of(report);
    match length {
        Length::Chat => chat::chat(report, &telling, lang, &chat::GROUP),
        Length::Voice => voice::voice(report, &telling, lang, false),
        Length::Full => chat::chat(report, &telling, lang, &chat::WHOLE),
    }
}

/// Tells whether all four tables were read, without a gap or a failure.
pub fn is_whole(report: &Report) -> bool {
    Telling::of(report).is_whole()
}

/// What of a report is told, and in which order.
pub(crate) struct Telling<'a> {
    digest: Digest,
    /// Surest first, then as the digest ranks them.
    traces: Vec<&'a Trace>,
    /// Findings that belong to no trace, grouped and ranked.
    others: Vec<Vec<&'a Finding>>,
    gravest: Option<&'a Finding>,
    /// The finding that the first trace starts from, else the gravest.
    gravest_told: Option<&'a Finding>,
    /// Findings that telling the first trace, or else the gravest finding, tells.
    told_first: usize,
}

impl<'a> Telling<'a> {
    pub(crate) fn of(report: &'a Report) -> Self {
        let digest = Digest::of(report);
        let by_id: BTreeMap<&str, &Finding> = report.findings.iter().map(|f| (f.id.as_str(), f)).collect();
        let (mut traces, mut others) = (Vec::new(), Vec::new());
        for group in &digest.groups {
            match report.traces.iter().find(|trace| Some(&trace.id) == group.trace.as_ref()) {
                Some(trace) => traces.push(trace),
                None => {
                    others.push(
                        group.findings.iter().filter_map(|id| by_id.get(id.as_str()).copied()).collect(),
                    );
                }
            }
        }
        traces.sort_by_key(|trace| trace.verdict);
        let gravest = report.findings.iter().rev().max_by_key(|finding| finding.severity);
        let first = traces.first().copied();
        let told_first = match first {
            Some(trace) => report.findings.iter().filter(|finding| belongs(finding, trace)).count(),
            None => 1,
        };
        let gravest_told = first.map_or(gravest, |trace| start(report, trace));
        Self { digest, traces, others, gravest, gravest_told, told_first }
    }

    /// Tells whether nothing at all was read, so that the report says nothing about the cluster.
    pub(crate) fn is_silent(&self) -> bool {
        self.digest.is_silent()
    }

    /// Tells whether all four tables were read, without a gap or a failure.
    pub(crate) fn is_whole(&self) -> bool {
        self.digest.is_whole
    }

    /// Returns how many objects were not read, and how many steps failed.
    fn failed(&self) -> (usize, usize) {
        let mut failed = (0, 0);
        for lack in &self.digest.lacks {
            match lack {
                Lack::Objects { count, .. } => failed.0 = *count,
                Lack::Steps { count, .. } => failed.1 = *count,
                Lack::Hours { .. } | Lack::Unparsed { .. } => {}
            }
        }
        failed
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
