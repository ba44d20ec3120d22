//! The report and all in it: `headwater.report/1`. Plain values that serialise; nothing here
//! computes. Everything a person reads stands in English, its Chinese beside it in `zh`.

use crate::entity::Entity;
use crate::error::Problem;
use crate::time::Ts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name and version of the report's format.
pub const REPORT_SCHEMA: &str = "headwater.report/1";

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, nothing is wrong.
    Info,
    /// Look when there is time.
    Low,
    /// Look today.
    Medium,
    /// A service suffers.
    High,
    /// A service is down, or the cluster is at risk.
    Critical,
}

impl Severity {
    /// All severities, mild to grave.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Returns the name used in rules, reports and SQL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Returns the severity of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }
}

/// How a finding compares with the same finding of the day before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not seen the day before.
    New,
    /// Seen the day before, about as much.
    Ongoing,
    /// At least twice the count of the day before, or graver.
    Worse,
    /// At most half the count of the day before.
    Better,
}

/// The texts of something in Chinese; absent where a rule has none.
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

/// A log line that backs a claim.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// `<object id>:<line>`, the key of the row in the lake.
    pub row_id: String,
    /// Event time of the line.
    pub ts: Ts,
    /// Key of the object the line stands in.
    pub source: String,
    /// Line in that object, from 1.
    pub line: i64,
    /// The line's message.
    pub text: String,
}

/// One anomaly: one rule, one entity, one window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Deterministic: rule, entity and window.
    pub id: String,
    /// Rule id, `<agent>/<rule>`.
    pub rule: String,
    /// Agent: business, standard, event or audit.
    pub agent: String,
    /// The rule's title.
    pub title: String,
    /// How much it matters.
    pub severity: Severity,
    /// Against the day before.
    pub status: Status,
    /// What it is about.
    pub entity: Entity,
    /// First occurrence.
    pub first_ts: Ts,
    /// Last occurrence.
    pub last_ts: Ts,
    /// Occurrences.
    pub count: i64,
    /// What was found, in a sentence.
    pub summary: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub advice: String,
    /// The same in Chinese.
    #[serde(default)]
    pub zh: Zh,
    /// The columns of the rule's row that have no place above.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub facts: serde_json::Map<String, serde_json::Value>,
    /// Log lines that back it.
    pub evidence: Vec<Evidence>,
    /// The trace that starts here, or that this finding is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// How sure a trace is; decided by code alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Identity and mechanism hold on every hop, in order, and no rival comes near.
    Confirmed,
    /// One of these is missing.
    Likely,
    /// Nothing found, rivals level, or no data.
    Inconclusive,
}

impl Verdict {
    /// Returns the name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Likely => "likely",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// One reason of a verdict or a score.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// Stable name, for example `same_workload` or `no_operation`.
    pub code: String,
    /// In words.
    pub text: String,
    /// In Chinese words.
    pub zh: String,
}

/// The operation that a hypothesis holds for the cause.
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
    /// What it changed, where the request says it: `memory limit 512Mi → 128Mi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// Row in the lake.
    pub row_id: String,
}

/// What kind of thing a step of a chain is.
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

/// How a step hangs on the one before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// same_pod, same_workload, uses, selects, calls, names, same_node, same_namespace, cluster_dns or
    /// cluster.
    #[serde(rename = "type")]
    pub kind: String,
    /// Seconds from the step before to this one.
    pub lag_s: f64,
}

/// One hop of a chain, cause first.
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
    /// User, component or workload that did it or that it befell.
    pub who: String,
    /// How it hangs on the step before; absent on the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// Log lines that back it.
    pub evidence: Vec<Evidence>,
}

/// One way it may have come about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hypothesis {
    /// 0 to 1, comparable within one trace.
    pub score: f64,
    /// The operation; null when the chain ends at an event.
    pub cause: Option<Cause>,
    /// Why it scores so.
    pub reasons: Vec<Reason>,
    /// The chain, cause first.
    pub steps: Vec<Step>,
}

/// A finding followed back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trace {
    /// Deterministic: the start.
    pub id: String,
    /// The finding it starts from; absent for a trace of a pod and a time.
    pub finding: Option<String>,
    /// What it starts from.
    pub entity: Entity,
    /// When the symptom began.
    pub ts: Ts,
    /// How sure.
    pub verdict: Verdict,
    /// Why that verdict.
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
    /// First point of the window.
    pub from: Ts,
    /// First point after the window.
    pub to: Ts,
    /// The lake's time zone.
    pub timezone: String,
    /// Cluster, as configured.
    pub cluster: String,
}

/// What one table held in the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableCoverage {
    /// Table.
    pub table: String,
    /// Rows in the window.
    pub rows: u64,
    /// Rows in the window that no format understood.
    pub unparsed: u64,
    /// Local hours of the window (`YYYY-MM-DD HH:00`) without a row.
    pub hours_without_data: Vec<String>,
}

/// What the report rests on, and what was missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Objects with rows in the window.
    pub objects: u64,
    /// The four tables.
    pub tables: Vec<TableCoverage>,
    /// All that failed on the way.
    pub problems: Vec<Problem>,
}

/// What one agent did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentSummary {
    /// Agent.
    pub agent: String,
    /// Table it reads.
    pub table: String,
    /// Rows of its table in the window.
    pub rows: u64,
    /// Rules it ran.
    pub rules: u64,
    /// Findings it made.
    pub findings: u64,
    /// Key fields of its table that carried no value in the whole window.
    pub fields_without_data: Vec<String>,
    /// What failed.
    pub problems: Vec<Problem>,
}

/// A finding of the day before that did not come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gone {
    /// Rule.
    pub rule: String,
    /// Title.
    pub title: String,
    /// Severity it had.
    pub severity: Severity,
    /// What it was about.
    pub entity: Entity,
    /// Its Chinese texts.
    #[serde(default)]
    pub zh: Zh,
}

/// What one exception hid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suppressed {
    /// Rule.
    pub rule: String,
    /// Name of the exception in the config.
    pub exception: String,
    /// Findings it hid.
    pub count: u64,
}

/// A day's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Always `headwater.report/1`.
    pub schema: String,
    /// The run.
    pub run: RunInfo,
    /// What it rests on.
    pub coverage: Coverage,
    /// Gravest first.
    pub findings: Vec<Finding>,
    /// In the order of their findings.
    pub traces: Vec<Trace>,
    /// The four agents.
    pub agents: Vec<AgentSummary>,
    /// Findings of the day before that did not come back.
    pub gone: Vec<Gone>,
    /// What exceptions hid.
    pub suppressed: Vec<Suppressed>,
}
