//! An incident: what a person would open one ticket for. Plain values that serialise; nothing here
//! computes.

use crate::entity::Entity;
use crate::grade::{Evidence, Severity, Status, Verdict};
use crate::time::Ts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an incident affected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Impact {
    /// Workloads with findings or errors, as `namespace/name`.
    pub workloads: Vec<String>,
    /// Pods that its findings name.
    pub pods: u64,
    /// Nodes that its findings name.
    pub nodes: Vec<String>,
    /// Requests answered with 5xx; null if no finding counts requests.
    pub requests_failed: Option<i64>,
    /// The same in a sentence.
    pub words: String,
    /// The sentence in Chinese.
    pub words_zh: String,
}

/// Findings of any agent that share a cause, a call path, an owner or a node, and overlap in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Incident {
    /// Stable id: `i` and a hash of what it begins with.
    pub id: String,
    /// What is wrong, and where.
    pub title: String,
    /// The same in Chinese.
    pub title_zh: String,
    /// The highest severity of its findings.
    pub severity: Severity,
    /// Comparison with the day before: that of its findings which ranks first; recovered if they are better
    /// and it is over.
    pub status: Status,
    /// Its onset.
    pub first_ts: Ts,
    /// Its last error, event or operation.
    pub last_ts: Ts,
    /// Since when nothing of it occurs; null if it lasts until the data ends.
    pub over_since: Option<Ts>,
    /// The object that fails: the deepest one on the call path.
    pub entity: Entity,
    /// What it affected.
    pub impact: Impact,
    /// The trace that names its cause; null if none of its findings is traced.
    pub cause_trace: Option<String>,
    /// Verdict of that trace.
    pub verdict: Option<Verdict>,
    /// The log lines to read first, in the order of time.
    pub decisive: Vec<Evidence>,
    /// Ids of its findings: each finding of the report is in one incident.
    pub findings: Vec<String>,
    /// What to do.
    pub advice: Vec<String>,
    /// The same in Chinese.
    #[serde(default)]
    pub advice_zh: Vec<String>,
}
