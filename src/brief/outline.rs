//! The outline of a brief: the parts of a report in the order in which a brief mentions them. Every
//! brief, whether from the template or a model, is written from it; it holds no wording.

use crate::brief::digest::{Digest, belongs, starting_finding};
use crate::brief::gaps::Gap;
use crate::brief::notation::LocalTime;
use model::incident::Incident;
use model::report::{Finding, Report, Trace};
use std::collections::BTreeMap;

/// A report, ranked for a brief.
pub(crate) struct Outline<'a> {
    pub(crate) report: &'a Report,
    pub(crate) local: LocalTime,
    pub(crate) digest: Digest,
    /// By verdict, surest first, then by the rank of the digest.
    pub(crate) traces: Vec<&'a Trace>,
    /// Findings without a trace, grouped and ranked by the digest.
    pub(crate) other_findings: Vec<Vec<&'a Finding>>,
    /// The first finding of the highest severity.
    pub(crate) most_severe: Option<&'a Finding>,
    /// The finding that the first trace starts from; without traces, the most severe.
    pub(crate) lead: Option<&'a Finding>,
    /// Findings that a reader knows after the first trace, or after the lead if there is no trace.
    pub(crate) lead_findings: usize,
}

impl<'a> Outline<'a> {
    /// Returns the outline of a report. The same report always yields the same outline.
    pub(crate) fn of(report: &'a Report) -> Self {
        let digest = Digest::of(report);
        let by_id: BTreeMap<&str, &Finding> = report.findings.iter().map(|f| (f.id.as_str(), f)).collect();
        let (mut traces, mut other_findings) = (Vec::new(), Vec::new());
        for group in &digest.groups {
            match report.traces.iter().find(|trace| Some(&trace.id) == group.trace.as_ref()) {
                Some(trace) => traces.push(trace),
                None => {
                    let findings = group.findings.iter().filter_map(|id| by_id.get(id.as_str()).copied());
                    other_findings.push(findings.collect());
                }
            }
        }
        traces.sort_by_key(|trace| trace.verdict);
        let most_severe = report.findings.iter().rev().max_by_key(|finding| finding.severity);
        let first = traces.first().copied();
        let lead_findings = match first {
            Some(trace) => report.findings.iter().filter(|finding| belongs(finding, trace)).count(),
            None => 1,
        };
        let lead = first.map_or(most_severe, |trace| starting_finding(report, trace));
        let local = LocalTime::of(&report.run);
        Self { report, local, digest, traces, other_findings, most_severe, lead, lead_findings }
    }

    /// Returns the incident of a trace.
    pub(crate) fn incident_of(&self, trace: &Trace) -> Option<&'a Incident> {
        self.report.incidents.iter().find(|incident| incident.cause_trace.as_ref() == Some(&trace.id))
    }

    /// Returns true if no line was read: the report then says nothing about the cluster.
    pub(crate) fn is_empty(&self) -> bool {
        self.digest.is_empty()
    }

    /// Returns true if all four tables were read without a gap or a failure.
    pub(crate) fn is_complete(&self) -> bool {
        self.digest.is_complete
    }

    /// Returns the number of objects that were not read, and of steps that failed.
    pub(crate) fn failures(&self) -> (usize, usize) {
        let mut failures = (0, 0);
        for gap in &self.digest.gaps {
            match gap {
                Gap::Objects { count, .. } => failures.0 = *count,
                Gap::Steps { count, .. } => failures.1 = *count,
                Gap::Hours { .. } | Gap::Unparsed { .. } => {}
            }
        }
        failures
    }
}
