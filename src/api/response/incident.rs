//! Incidents of a saved report.

use crate::api::response::investigation::Pattern;
use crate::api::response::page::{Listed, Page};
use model::incident::Incident;
use model::report::{Cause, Class, Finding, Severity, State, Status, Trace, Verdict};
use model::time::Ts;
use schemars::JsonSchema;
use serde::Serialize;

/// A page of a day's incidents.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct IncidentPage {
    /// Local day, YYYY-MM-DD.
    pub date: String,
    /// The incidents of this page, the most serious first.
    pub incidents: Vec<IncidentLine>,
    /// Which part of the list this is.
    pub page: Page,
    /// True if no data of the day is missing. If false, no incidents does not mean no problems.
    pub is_complete: bool,
    /// The data that is missing.
    pub missing: Vec<String>,
}

impl Listed for IncidentPage {
    fn count(&self) -> usize {
        self.incidents.len()
    }

    fn keep(&mut self, count: usize) {
        self.page.keep(&mut self.incidents, count);
    }
}

/// An incident in a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct IncidentLine {
    /// Id of the incident.
    pub id: String,
    /// What is wrong, and where.
    pub title: String,
    /// Severity.
    pub severity: Severity,
    /// Change since the day before.
    pub status: Status,
    /// The object that fails: NAMESPACE/WORKLOAD, a node …
    pub place: String,
    /// How certain the cause is; null if none of its findings is traced.
    pub verdict: Option<Verdict>,
    /// What the trace names: an operation, a state, or neither.
    pub class: Class,
    /// The operation that caused it; null if no operation is known.
    pub cause: Option<Cause>,
    /// The object that is wrong; null if an operation is named, or nothing is known.
    pub state: Option<State>,
    /// What it affected, in a sentence.
    pub impact: String,
    /// Affected workloads as NAMESPACE/NAME, at most 10.
    pub workloads: Vec<String>,
    /// Its onset.
    pub onset: Ts,
    /// Its last error, event or operation.
    pub last_ts: Ts,
    /// Since when nothing of it occurs; null if it lasts until the data ends.
    pub over_since: Option<Ts>,
    /// Number of its findings.
    pub findings: u64,
    /// Number of its traces.
    pub traces: u64,
    /// Id of the trace that names its cause.
    pub cause_trace: Option<String>,
}

/// One incident with its findings and traces.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct IncidentDetail {
    /// Local day of the report, YYYY-MM-DD.
    pub date: String,
    /// The incident. `decisive` has the log lines to read first, `findings` the ids of at most 200 findings.
    pub incident: Incident,
    /// The trace that names its cause, with the row ids of each step; null if there is none.
    pub trace: Option<Trace>,
    /// Its other traces.
    pub other_traces: Vec<TraceLine>,
    /// New patterns of warnings and errors of the workload that fails, in the half hour before the onset; only if the
    /// request asks for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Pattern>,
    /// Its findings with their evidence, the most serious first.
    pub findings: Vec<Finding>,
    /// Number of findings that are left out: those of `standard` that repeat one of `business`.
    pub doubles: u64,
    /// Which part of the findings this is.
    pub page: Page,
}

impl Listed for IncidentDetail {
    fn count(&self) -> usize {
        self.findings.len()
    }

    fn keep(&mut self, count: usize) {
        self.page.keep(&mut self.findings, count);
    }
}

/// A trace in a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TraceLine {
    /// Id, for the argument `finding` of a trace.
    pub id: String,
    /// How certain it is.
    pub verdict: Verdict,
    /// Where it starts: NAMESPACE/WORKLOAD, a node …
    pub place: String,
    /// When the symptom began.
    pub ts: Ts,
}
