//! The digest: a day's report ranked and grouped, a plain value that the template and the model's
//! prompt are both made of. What comes first: how grave it is, whether it is news, how far it
//! reaches. What was not seen is part of it.

use crate::brief::{belongs, start, words};
use chrono::NaiveDateTime;
use model::error::Problem;
use model::report::{Finding, Report, Severity, Status, Verdict};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// More than one line in a hundred unparsed is a format that nobody reads, not noise.
const UNPARSED_SHARE: u64 = 100;

/// A day's report in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// Local day.
    pub date: String,
    /// Cluster.
    pub cluster: String,
    /// Lines read.
    pub rows: u64,
    /// What changed since the day before.
    pub counts: Counts,
    /// The gravest severity there is.
    pub gravest: Option<Severity>,
    /// Findings that belong together, first what matters most.
    pub groups: Vec<Group>,
    /// What was not seen.
    pub lacks: Vec<Lack>,
    /// Whether all was seen; a few unparsed lines are noise.
    pub is_whole: bool,
}

/// Findings against the day before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Findings of the day.
    pub findings: usize,
    /// Not seen the day before.
    pub new: usize,
    /// Graver, or at least twice as many lines.
    pub worse: usize,
    /// About as much.
    pub ongoing: usize,
    /// At most half as many lines.
    pub better: usize,
    /// Of the day before and not back.
    pub gone: usize,
}

impl Counts {
    fn of(report: &Report) -> Self {
        let count = |status| report.findings.iter().filter(|finding| finding.status == status).count();
        Self {
            findings: report.findings.len(),
            new: count(Status::New),
            worse: count(Status::Worse),
            ongoing: count(Status::Ongoing),
            better: count(Status::Better),
            gone: report.gone.len(),
        }
    }
}

/// Findings of one trace, or of one rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The trace that they belong to.
    pub trace: Option<String>,
    /// Its verdict.
    pub verdict: Option<Verdict>,
    /// The gravest of them.
    pub severity: Severity,
    /// The most newsworthy of them: worse, new, ongoing, better.
    pub status: Status,
    /// How far it reaches.
    pub blast: Blast,
    /// Ids of the findings; first the one that a trace starts from, else the gravest.
    pub findings: Vec<String>,
}

/// How far something reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Blast {
    /// Namespaces.
    pub namespaces: usize,
    /// Workloads.
    pub workloads: usize,
    /// Nodes.
    pub nodes: usize,
    /// Lines.
    pub lines: i64,
}

impl Blast {
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

/// Something that the report does not rest on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Lack {
    /// Hours of a table.
    Hours {
        /// The table.
        table: String,
        /// From and to, local; none: the whole window.
        spans: Vec<(NaiveDateTime, NaiveDateTime)>,
    },
    /// Lines that no format understood.
    Unparsed {
        /// How many.
        lines: u64,
    },
    /// Objects that were not read.
    Objects {
        /// How many.
        count: usize,
        /// What is wrong with one of them.
        first: String,
    },
    /// Steps that failed.
    Steps {
        /// How many.
        count: usize,
        /// What is wrong with one of them.
        first: String,
    },
}

impl Digest {
    /// Returns the digest of a report; the same for the same report.
    pub fn of(report: &Report) -> Self {
        let rows = report.coverage.tables.iter().map(|table| table.rows).sum();
        let unparsed: u64 = report.coverage.tables.iter().map(|table| table.unparsed).sum();
        let lacks = lacks(report, unparsed);
        let is_noise = |lack: &Lack| matches!(lack, Lack::Unparsed { .. });
        Self {
            date: report.run.date.clone(),
            cluster: report.run.cluster.clone(),
            rows,
            counts: Counts::of(report),
            gravest: report.findings.iter().map(|finding| finding.severity).max(),
            groups: groups(report),
            is_whole: lacks.iter().all(is_noise) && unparsed.saturating_mul(UNPARSED_SHARE) <= rows,
            lacks,
        }
    }

    /// Tells whether nothing at all was read, so that the report says nothing about the cluster.
    pub fn is_silent(&self) -> bool {
        self.rows == 0 && self.groups.is_empty()
    }
}

fn groups(report: &Report) -> Vec<Group> {
    let mut groups = Vec::new();
    for trace in &report.traces {
        let mut findings: Vec<&Finding> = report.findings.iter().filter(|f| belongs(f, trace)).collect();
        let first = start(report, trace).map(|finding| &finding.id);
        findings.sort_by_key(|finding| Some(&finding.id) != first);
        groups.push(group(&findings, Some((&trace.id, trace.verdict))));
    }
    let mut by_rule: BTreeMap<(Reverse<Severity>, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        if !report.traces.iter().any(|trace| belongs(finding, trace)) {
            by_rule.entry((Reverse(finding.severity), &finding.rule)).or_default().push(finding);
        }
    }
    groups.extend(by_rule.into_values().map(|findings| group(&findings, None)));
    groups.sort_by_key(|group| (Reverse(group.severity), news(group.status), Reverse(group.blast)));
    groups
}

fn group(findings: &[&Finding], trace: Option<(&String, Verdict)>) -> Group {
    let statuses = findings.iter().map(|finding| finding.status);
    Group {
        trace: trace.map(|(id, _)| id.clone()),
        verdict: trace.map(|(_, verdict)| verdict),
        severity: findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info),
        status: statuses.min_by_key(|status| news(*status)).unwrap_or(Status::New),
        blast: Blast::of(findings),
        findings: findings.iter().map(|finding| finding.id.clone()).collect(),
    }
}

/// What got worse is the greatest news, what goes on the least but for what gets better.
fn news(status: Status) -> u8 {
    match status {
        Status::Worse => 0,
        Status::New => 1,
        Status::Ongoing => 2,
        Status::Better => 3,
    }
}

fn lacks(report: &Report, unparsed: u64) -> Vec<Lack> {
    let mut lacks = Vec::new();
    for gap in words::gaps(report) {
        lacks.push(Lack::Hours { table: gap.table.to_owned(), spans: gap.spans });
    }
    if unparsed > 0 {
        lacks.push(Lack::Unparsed { lines: unparsed });
    }
    let agents = report.agents.iter().flat_map(|agent| &agent.problems);
    let problems: BTreeSet<&Problem> = report.coverage.problems.iter().chain(agents).collect();
    let is_object = |problem: &&&Problem| matches!(problem.step.as_str(), "collect" | "ingest" | "parse");
    let (objects, steps): (Vec<&Problem>, Vec<&Problem>) =
        problems.into_iter().partition(|problem| is_object(&problem));
    let first = |problems: &[&Problem]| problems.first().map(|problem| problem.what.clone());
    if let Some(first) = first(&objects) {
        lacks.push(Lack::Objects { count: objects.len(), first });
    }
    if let Some(first) = first(&steps) {
        lacks.push(Lack::Steps { count: steps.len(), first });
    }
    lacks
}
