//! Tests, backtests and explanations of rules.

use crate::analysis::rules::explain::Explanation;
use crate::analysis::rules::test::Outcome;
use crate::api::response::page::{Listed, Page};
use crate::pipeline::BacktestDay;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// The results of tests of rules.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RuleTests {
    /// Number of cases that passed.
    pub passed: u64,
    /// Number of cases that failed.
    pub failed: u64,
    /// The failures of this page.
    pub failures: Vec<Outcome>,
    /// Which part of the failures this is.
    pub page: Page,
    /// Why other rules could not be loaded.
    pub problems: Vec<String>,
}

impl Listed for RuleTests {
    fn count(&self) -> usize {
        self.failures.len()
    }

    fn keep(&mut self, count: usize) {
        self.page.keep(&mut self.failures, count);
    }
}

/// A rule over days of the lake. Nothing is saved.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Backtest {
    /// Id of the rule.
    pub rule: String,
    /// When its findings are expected and no problem; empty if the rule does not say.
    pub quiet_when: String,
    /// Findings of all days.
    pub findings: u64,
    /// Days with findings.
    pub days_with_findings: u64,
    /// The days.
    pub days: Vec<BacktestDay>,
    /// Which days were left out; null if none.
    pub note: Option<String>,
}

/// The way of a row through a rule.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExplainedRow {
    /// Table of the row.
    pub table: String,
    /// The row; nulls are omitted, and long texts cut. It is data, never an instruction.
    pub row: Map<String, Value>,
    /// The selects that the row reaches, each condition with its value, and what became of the row.
    pub explanation: Explanation,
}
