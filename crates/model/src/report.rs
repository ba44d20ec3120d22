//! The report, `headwater.report/2`, and everything in it. Plain values that serialise; nothing here
//! computes. Texts for people are in English, with Chinese beside them in `zh`. Must not know who
//! makes or shows a report.

pub use crate::coverage::{AgentSummary, Coverage, TableCoverage};
use crate::entity::Entity;
pub use crate::grade::{Evidence, Severity, Status, Verdict};
use crate::incident::Incident;
pub use crate::state::{Class, State};
use crate::time::Ts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name and version of the report's format.
pub const REPORT_SCHEMA: &str = "headwater.report/2";

/// Texts in Chinese; absent if a rule has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Zh {
    /// Title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What was found, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Why it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// A stretch of time in which a finding occurred, between two of quiet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Episode {
    /// First occurrence.
    pub first_ts: Ts,
    /// Last occurrence.
    pub last_ts: Ts,
    /// Occurrences; of a finding about errors, the errors of its workload.
    pub count: i64,
}

/// One anomaly: the result of one rule for one entity in one window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable id, derived from rule, entity and window.
    pub id: String,
    /// Rule id, `<agent>/<rule>`.
    pub rule: String,
    /// Agent: business, standard, event or audit.
    pub agent: String,
    /// The rule's title.
    pub title: String,
    /// How serious it is.
    pub severity: Severity,
    /// Comparison with the day before.
    pub status: Status,
    /// The objects it refers to.
    pub entity: Entity,
    /// First occurrence.
    pub first_ts: Ts,
    /// Last occurrence.
    pub last_ts: Ts,
    /// Occurrences.
    pub count: i64,
    /// Its episodes, in the order of time.
    #[serde(default)]
    pub episodes: Vec<Episode>,
    /// What was found, in a sentence.
    pub summary: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub advice: String,
    /// The same texts in Chinese.
    #[serde(default)]
    pub zh: Zh,
    /// The columns of the rule's row without a field above.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub facts: serde_json::Map<String, serde_json::Value>,
    /// Log lines that support it.
    pub evidence: Vec<Evidence>,
    /// Id of the trace that starts here or that this finding is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// Id of its incident.
    #[serde(default)]
    pub incident: String,
}

/// One reason of a verdict or a score.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// Stable name, for example `same_workload` or `no_operation`.
    pub code: String,
    /// The reason as a sentence.
    pub text: String,
    /// The same in Chinese.
    pub zh: String,
}

/// The operation that a hypothesis names as the cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// Audit ID of the request.
    pub audit_id: String,
    /// When it was received.
    pub ts: Ts,
    /// Who did it.
    pub username: String,
    /// Kubernetes verb.
    pub verb: String,
    /// Resource, plural.
    pub resource: String,
    /// Namespace; empty for a cluster-wide object.
    pub namespace: String,
    /// Object name.
    pub name: String,
    /// Class of the operation: image, resources, config, …
    pub operation: String,
    /// What it changed, if the request shows it: `memory limit 512Mi → 128Mi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// JSON path of the field that decides, as in the table `change`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Its value before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// Its value after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// The impersonated user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    /// Row in the lake.
    pub row_id: String,
}

/// The kind of a step of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// An audit operation.
    Operation,
    /// A Kubernetes event.
    Event,
    /// An error in a log.
    Error,
}

/// How a step is linked to the one before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// same_pod, same_workload, uses, selects, calls, names, same_node, same_namespace, cluster_dns or
    /// cluster.
    #[serde(rename = "type")]
    pub kind: String,
    /// Seconds from the step before to this one.
    pub lag_s: f64,
}

/// One step of a chain, cause first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// Unique in the report.
    pub id: String,
    /// Operation, event or error.
    pub kind: StepKind,
    /// When.
    pub ts: Ts,
    /// What happened, in a sentence.
    pub what: String,
    /// The same in Chinese.
    pub zh: String,
    /// User, component or workload that did it or was affected.
    pub who: String,
    /// Link to the step before; absent on the first step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// Log lines that support it.
    pub evidence: Vec<Evidence>,
}

/// One possible explanation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hypothesis {
    /// 0 to 1, comparable within one trace.
    pub score: f64,
    /// The operation; null when no operation is known.
    pub cause: Option<Cause>,
    /// The restart that brought the cause to light: pods read their configuration when they start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Cause>,
    /// The operation on the same object after which the symptom ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_by: Option<Cause>,
    /// The object that is wrong; null when an operation is named.
    #[serde(default)]
    pub state: Option<State>,
    /// Reasons for the score.
    pub reasons: Vec<Reason>,
    /// The chain, cause first.
    pub steps: Vec<Step>,
}

/// A workload that another one calls, as errors name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Callee {
    /// Namespace.
    pub namespace: String,
    /// Workload, or the name that an error has.
    pub workload: String,
    /// Calls between, at least 1.
    pub hop: i64,
}

/// A finding traced back to its cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trace {
    /// Stable id, derived from the start.
    pub id: String,
    /// The finding it starts from; absent for a trace of a pod and a time.
    pub finding: Option<String>,
    /// The objects it starts from.
    pub entity: Entity,
    /// When the symptom began.
    pub ts: Ts,
    /// When it last occurred.
    #[serde(default)]
    pub last_ts: Ts,
    /// What it calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Callee>,
    /// Id of its incident; empty for a trace of a pod and a time.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub incident: String,
    /// How certain it is.
    pub verdict: Verdict,
    /// What the best hypothesis names.
    #[serde(default)]
    pub class: Class,
    /// Reasons for the verdict.
    pub reasons: Vec<Reason>,
    /// Up to three, best first.
    pub hypotheses: Vec<Hypothesis>,
}

/// The run that made the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunInfo {
    /// Run id; differs between two runs of one day.
    pub id: String,
    /// Local day the window begins on.
    pub date: String,
    /// Start of the window, inclusive.
    pub from: Ts,
    /// End of the window, exclusive.
    pub to: Ts,
    /// The lake's time zone.
    pub timezone: String,
    /// Cluster, as configured.
    pub cluster: String,
}

/// A finding of the day before that did not recur.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gone {
    /// Rule.
    pub rule: String,
    /// Title.
    pub title: String,
    /// Severity it had.
    pub severity: Severity,
    /// The objects it referred to.
    pub entity: Entity,
    /// Its Chinese texts.
    #[serde(default)]
    pub zh: Zh,
}

/// The findings that one exception suppressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suppressed {
    /// Rule.
    pub rule: String,
    /// Name of the exception in the config.
    pub exception: String,
    /// Number of findings.
    pub count: u64,
}

/// A day's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Always `headwater.report/2`.
    pub schema: String,
    /// The run.
    pub run: RunInfo,
    /// The data it is based on.
    pub coverage: Coverage,
    /// The most serious first.
    #[serde(default)]
    pub incidents: Vec<Incident>,
    /// The most serious first.
    pub findings: Vec<Finding>,
    /// In the order of their findings.
    pub traces: Vec<Trace>,
    /// The four agents.
    pub agents: Vec<AgentSummary>,
    /// Findings of the day before that did not recur.
    pub gone: Vec<Gone>,
    /// Findings that exceptions suppressed.
    pub suppressed: Vec<Suppressed>,
}
