//! The report of one agent: what it found in a window, in which scope, by which rules. Plain values that
//! serialise; nothing here computes. Must not know who makes or shows it.

use crate::coverage::TableCoverage;
use crate::error::Problem;
use crate::report::{Finding, Suppressed};
use crate::time::Ts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name and version of the format.
pub const AGENT_SCHEMA: &str = "headwater.agent/1";

/// The result of an agent in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgentOutcome {
    /// At least one finding.
    Anomalies,
    /// There were rows, every rule ran, and none found anything.
    NoAnomaly,
    /// There were no rows: nothing is known.
    NoData,
    /// Nothing was found, but some rules failed.
    Incomplete,
}

/// A span of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentWindow {
    /// Start, inclusive.
    pub from: Ts,
    /// End, exclusive.
    pub to: Ts,
    /// The lake's time zone.
    pub timezone: String,
}

/// The objects that the findings are limited to; an empty list does not limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentScope {
    /// Namespaces.
    pub namespaces: Vec<String>,
    /// Workloads that the instruction names.
    pub workloads: Vec<String>,
    /// Pods that the instruction names.
    pub pods: Vec<String>,
    /// Nodes that the instruction names.
    pub nodes: Vec<String>,
}

/// A rule that was run, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SelectedRule {
    /// Rule id.
    pub rule: String,
    /// Words of the instruction that selected it; empty if all rules were run.
    pub words: Vec<String>,
}

/// Which rules were run, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleSelection {
    /// The instruction; null if there was none.
    pub instruction: Option<String>,
    /// True if all rules of the agent were run.
    pub all: bool,
    /// The rules that were run.
    pub rules: Vec<SelectedRule>,
    /// Why these rules and this scope, in a sentence.
    pub why: String,
    /// The same in Chinese.
    pub why_zh: String,
}

/// A value of a key field among the findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldValue {
    /// The value.
    pub value: String,
    /// Number of findings with it.
    pub findings: u64,
}

/// A column that the rules of the agent depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyField {
    /// Name of the column.
    pub name: String,
    /// Its meaning.
    pub about: String,
    /// False if no row of the window has a value.
    pub has_data: bool,
    /// Its most frequent values among the findings, at most five.
    pub values: Vec<FieldValue>,
}

/// The SQL of a rule as it was run, with the values of its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleSql {
    /// Rule id.
    pub rule: String,
    /// The statement.
    pub sql: String,
}

/// The log rows behind a finding, as a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceTable {
    /// Id of the finding.
    pub finding: String,
    /// Columns, in order.
    pub columns: Vec<String>,
    /// Rows: a value or null for each column. Long texts are cut off.
    pub rows: Vec<Vec<serde_json::Value>>,
}

/// The result of one agent over a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgentReport {
    /// Always `headwater.agent/1`.
    pub schema: String,
    /// Agent: business, standard, event or audit.
    pub agent: String,
    /// The analysed time.
    pub window: AgentWindow,
    /// The objects that the findings are limited to.
    pub scope: AgentScope,
    /// Which rules were run, and why.
    pub selection: RuleSelection,
    /// The result in one word.
    pub outcome: AgentOutcome,
    /// The result in one to three sentences.
    pub summary: String,
    /// The same in Chinese.
    pub summary_zh: String,
    /// Rows of the agent's table in the window and the scope.
    pub rows: u64,
    /// The agent's table in the window, without regard to the scope.
    pub coverage: TableCoverage,
    /// The columns that the rules depend on.
    pub key_fields: Vec<KeyField>,
    /// Number of findings, including those cut off.
    pub total: u64,
    /// Findings, the most serious first, as in the day's report. `trace` and `incident` are ids of the day's
    /// saved report; without a current one they are absent or empty.
    pub findings: Vec<Finding>,
    /// Findings that exceptions of the config suppressed.
    pub suppressed: Vec<Suppressed>,
    /// Everything that failed.
    pub problems: Vec<Problem>,
    /// The SQL that was run, by rule.
    pub sql: Vec<RuleSql>,
    /// The log rows behind the findings, for at most 100 findings.
    pub tables: Vec<EvidenceTable>,
}
