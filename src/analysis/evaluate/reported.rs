//! The incidents of a day's report against what really happened.

use crate::analysis::evaluate::is_cause;
use model::incident;
use model::report::{Report, Verdict};
use serde::Serialize;
use simulate::Incident;
use std::collections::{BTreeMap, BTreeSet};

/// The score of a day's report.
#[derive(Clone, Debug, Serialize)]
pub struct Reported {
    /// Folder of the day.
    pub day: String,
    /// Causes: operations, and symptoms without one.
    pub causes: usize,
    /// Operations.
    pub operations: usize,
    /// Operations that an incident names.
    pub operations_named: usize,
    /// Kinds of the operations that none names.
    pub missing: Vec<String>,
    /// Incidents.
    pub incidents: usize,
    /// Those with a trace.
    pub traced: usize,
    /// Those with the verdict `confirmed` and an operation that caused nothing.
    pub wrongly_confirmed: usize,
    /// Titles of these.
    pub wrong: Vec<String>,
    /// Findings.
    pub findings: usize,
    /// Findings that are in exactly one incident.
    pub findings_in_one: usize,
}

/// Returns the audit id that an incident names as the cause.
fn named<'r>(report: &'r Report, incident: &incident::Incident) -> Option<&'r str> {
    let trace = report.traces.iter().find(|trace| incident.cause_trace.as_ref() == Some(&trace.id))?;
    Some(trace.hypotheses.first()?.cause.as_ref()?.audit_id.as_str())
}

/// Returns the audit ids that the incidents of a report name.
pub fn causes(report: &Report) -> BTreeSet<String> {
    report.incidents.iter().filter_map(|of| named(report, of)).map(str::to_owned).collect()
}

/// Returns the score of the report of a day.
pub fn reported(day: &str, truths: &[Incident], report: &Report) -> Reported {
    let ids: Vec<(&incident::Incident, Option<&str>)> =
        report.incidents.iter().map(|of| (of, named(report, of))).collect();
    let mut operations: BTreeMap<&str, &Incident> = BTreeMap::new();
    for truth in truths {
        if let Some(cause) = &truth.cause {
            operations.entry(&cause.audit_id).or_insert(truth);
        }
    }
    let is_named = |truth: &Incident| ids.iter().any(|(_, id)| id.is_some_and(|id| is_cause(truth, id)));
    let is_right = |id: &str| truths.iter().any(|truth| is_cause(truth, id));
    let missing: Vec<String> =
        operations.values().filter(|truth| !is_named(truth)).map(|truth| truth.kind.clone()).collect();
    let wrong: Vec<String> = ids
        .iter()
        .filter(|(of, id)| of.verdict == Some(Verdict::Confirmed) && !id.is_some_and(is_right))
        .map(|(of, _)| of.title.clone())
        .collect();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for id in report.incidents.iter().flat_map(|incident| &incident.findings) {
        *places.entry(id).or_default() += 1;
    }
    let in_one = |finding: &&model::report::Finding| places.get(finding.id.as_str()) == Some(&1);
    Reported {
        day: day.to_owned(),
        causes: operations.len() + truths.iter().filter(|truth| truth.cause.is_none()).count(),
        operations: operations.len(),
        operations_named: operations.len() - missing.len(),
        missing,
        incidents: report.incidents.len(),
        traced: report.incidents.iter().filter(|incident| incident.cause_trace.is_some()).count(),
        wrongly_confirmed: wrong.len(),
        wrong,
        findings: report.findings.len(),
        findings_in_one: report.findings.iter().filter(in_one).count(),
    }
}
