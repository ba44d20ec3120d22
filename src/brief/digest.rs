//! The digest: a day's findings grouped and ranked. The template brief and the facts for a model are
//! made from it. Groups are ranked by severity, then by status (worse first), then by reach.

use crate::brief::gaps;
use crate::brief::gaps::Gap;
use model::incident::Incident;
use model::report::{Finding, Report, Severity, Status, Trace};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The data counts as complete if at most one line in this many is unparsed: more is an unsupported
/// format, not noise.
const UNPARSED_SHARE: u64 = 100;

/// A day's report in short.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Digest {
    /// Lines read.
    pub rows: u64,
    pub counts: Counts,
    /// Highest severity of all findings.
    pub severity: Option<Severity>,
    /// Findings that belong together, most important group first.
    pub groups: Vec<Group>,
    pub gaps: Vec<Gap>,
    /// True if there are no gaps other than a few unparsed lines.
    pub is_complete: bool,
}

/// Findings compared with the day before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub incidents: usize,
    pub findings: usize,
    /// Not found the day before.
    pub new: usize,
    /// More severe, or at least twice as many lines.
    pub worse: usize,
    /// About the same.
    pub ongoing: usize,
    /// At most half as many lines.
    pub better: usize,
    /// Found the day before, not found today.
    pub gone: usize,
}

impl Counts {
    fn of(report: &Report) -> Self {
        let count = |status| report.findings.iter().filter(|finding| finding.status == status).count();
        Self {
            incidents: report.incidents.len(),
            findings: report.findings.len(),
            new: count(Status::New),
            worse: count(Status::Worse),
            ongoing: count(Status::Ongoing),
            better: count(Status::Better),
            gone: report.gone.len(),
        }
    }
}

/// The findings of one incident.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    /// Id of the trace that names the cause; `None` if the findings share only a rule.
    pub trace: Option<String>,
    /// Highest severity of the findings.
    pub severity: Severity,
    /// Status of the incident.
    pub status: Status,
    pub reach: Reach,
    /// Ids of the findings. The first is the one that the trace starts from; without a trace, the first
    /// of the report.
    pub findings: Vec<String>,
}

/// How many namespaces, workloads, nodes and log lines a group of findings affects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reach {
    pub namespaces: usize,
    pub workloads: usize,
    pub nodes: usize,
    pub lines: i64,
}

impl Reach {
    fn of(findings: &[&Finding]) -> Self {
        let count = |part: &dyn Fn(&Finding) -> Option<(String, String)>| {
            findings.iter().filter_map(|finding| part(finding)).collect::<BTreeSet<_>>().len()
        };
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        Self {
            namespaces: count(&|f| Some((f.entity.namespace.clone()?, String::new()))),
            workloads: count(&|f| Some((text(&f.entity.namespace), f.entity.workload.clone()?))),
            nodes: count(&|f| Some((f.entity.node.clone()?, String::new()))),
            lines: findings.iter().map(|finding| finding.count).fold(0, i64::saturating_add),
        }
    }
}

impl Digest {
    /// Returns the digest of a report. The same report always yields the same digest.
    pub(crate) fn of(report: &Report) -> Self {
        let rows = report.coverage.tables.iter().map(|table| table.rows).sum();
        let unparsed: u64 = report.coverage.tables.iter().map(|table| table.unparsed).sum();
        let gaps = gaps::gaps(report);
        let is_noise = |gap: &Gap| matches!(gap, Gap::Unparsed { .. });
        Self {
            rows,
            counts: Counts::of(report),
            severity: report.findings.iter().map(|finding| finding.severity).max(),
            groups: groups(report),
            is_complete: gaps.iter().all(is_noise) && unparsed.saturating_mul(UNPARSED_SHARE) <= rows,
            gaps,
        }
    }

    /// Returns true if no line was read and nothing was found: the report then says nothing about the
    /// cluster.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0 && self.groups.is_empty()
    }
}

fn groups(report: &Report) -> Vec<Group> {
    let by_id: BTreeMap<&str, &Finding> = report.findings.iter().map(|f| (f.id.as_str(), f)).collect();
    let mut groups: Vec<Group> = Vec::new();
    for incident in &report.incidents {
        let trace = report.traces.iter().find(|trace| incident.cause_trace.as_ref() == Some(&trace.id));
        let first = trace.and_then(|trace| starting_finding(report, trace));
        let own = incident.findings.iter().filter_map(|id| by_id.get(id.as_str()).copied());
        let mut findings: Vec<&Finding> = own.collect();
        if let Some(first) = first.filter(|first| findings.iter().all(|finding| finding.id != first.id)) {
            findings.push(first); // a later episode of a finding of another incident
        }
        findings.sort_by_key(|finding| first.map(|first| &first.id) != Some(&finding.id));
        groups.push(group(&findings, incident, trace));
    }
    groups.sort_by_key(|group| (Reverse(group.severity), rank(group.status), Reverse(group.reach)));
    groups
}

fn group(findings: &[&Finding], incident: &Incident, trace: Option<&Trace>) -> Group {
    Group {
        trace: trace.map(|trace| trace.id.clone()),
        severity: incident.severity,
        status: incident.status,
        reach: Reach::of(findings),
        findings: findings.iter().map(|finding| finding.id.clone()).collect(),
    }
}

/// Returns the order in which statuses matter to a reader, 0 first.
fn rank(status: Status) -> u8 {
    match status {
        Status::Worse => 0,
        Status::New => 1,
        Status::Ongoing => 2,
        Status::Better => 3,
        Status::Recovered => 4,
    }
}

/// Returns the finding that a trace starts from, or else the first finding that belongs to it.
pub(crate) fn starting_finding<'a>(report: &'a Report, trace: &Trace) -> Option<&'a Finding> {
    let named = report.findings.iter().find(|finding| trace.finding.as_ref() == Some(&finding.id));
    named.or_else(|| report.findings.iter().find(|finding| belongs(finding, trace)))
}

/// Returns true if the finding belongs to the trace.
pub(crate) fn belongs(finding: &Finding, trace: &Trace) -> bool {
    finding.trace.as_ref() == Some(&trace.id) || trace.finding.as_ref() == Some(&finding.id)
}
