//! The data that a report is based on, and the work of the agents. Plain values that serialise; nothing
//! here computes.

use crate::error::Problem;
use crate::time::Ts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rows of one table in the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableCoverage {
    /// Table.
    pub table: String,
    /// Rows in the window.
    pub rows: u64,
    /// Rows in the window that no format could read.
    pub unparsed: u64,
    /// Time of the last row; null without rows.
    #[serde(default)]
    pub last_ts: Option<Ts>,
    /// Local hours of the window (`YYYY-MM-DD HH:00`) without a row.
    pub hours_without_data: Vec<String>,
}

/// The data that the report is based on, and the data that was missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Objects with rows in the window.
    pub objects: u64,
    /// The four tables.
    pub tables: Vec<TableCoverage>,
    /// Everything that failed.
    pub problems: Vec<Problem>,
}

/// The work of one agent.
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
    /// Key fields of its table without a value in the whole window.
    pub fields_without_data: Vec<String>,
    /// Its failures.
    pub problems: Vec<Problem>,
}
