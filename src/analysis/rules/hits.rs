//! What rules found on the days of a lake, counted from saved reports: which are silent, which are noisy. Values in,
//! values out.

use model::report::Report;
use serde::Serialize;
use std::collections::BTreeMap;

/// Findings a day from which on a rule is noisy: more than people read.
const NOISY: f64 = 20.0;

/// Counts of several days.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    /// Days with a report.
    pub days: usize,
    by_rule: BTreeMap<String, RuleHits>,
    /// Days with rows, by agent.
    with_rows: BTreeMap<String, usize>,
}

/// What one rule found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RuleHits {
    /// Days on which it found something.
    pub days: usize,
    /// Findings of all days.
    pub findings: u64,
    /// Most findings of one day.
    pub most: u64,
    /// Findings that exceptions hid.
    pub hidden: u64,
}

/// How much a rule reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    /// Its table had no rows.
    NoData,
    /// Nothing, on days with rows.
    Silent,
    /// Something.
    Active,
    /// More than people read.
    Noisy,
}

impl Activity {
    /// Returns the words that are shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoData => "no data",
            Self::Silent => "silent",
            Self::Active => "",
            Self::Noisy => "noisy",
        }
    }
}

impl Hits {
    /// Adds the report of a day.
    pub fn add(&mut self, report: &Report) {
        self.days += 1;
        for agent in report.agents.iter().filter(|agent| agent.rows > 0) {
            *self.with_rows.entry(agent.agent.clone()).or_default() += 1;
        }
        let mut of_day: BTreeMap<&str, u64> = BTreeMap::new();
        for finding in &report.findings {
            *of_day.entry(&finding.rule).or_default() += 1;
        }
        for (rule, findings) in of_day {
            let hits = self.by_rule.entry(rule.to_owned()).or_default();
            hits.days += 1;
            hits.findings += findings;
            hits.most = hits.most.max(findings);
        }
        for suppressed in &report.suppressed {
            self.by_rule.entry(suppressed.rule.clone()).or_default().hidden += suppressed.count;
        }
    }

    /// Returns what a rule found.
    pub fn of(&self, rule: &str) -> RuleHits {
        self.by_rule.get(rule).cloned().unwrap_or_default()
    }

    /// Returns the findings of a rule on a day with rows of its agent.
    pub fn per_day(&self, rule: &str, agent: &str) -> f64 {
        let days = self.with_rows.get(agent).copied().unwrap_or(0).max(1);
        self.of(rule).findings as f64 / days as f64
    }

    /// Returns how much a rule reports.
    pub fn activity(&self, rule: &str, agent: &str) -> Activity {
        let hits = self.of(rule);
        if hits.findings == 0 {
            let has_rows = self.with_rows.get(agent).is_some_and(|days| *days > 0);
            return if has_rows && hits.hidden == 0 {
                Activity::Silent
            } else if has_rows {
                Activity::Active
            } else {
                Activity::NoData
            };
        }
        if self.per_day(rule, agent) >= NOISY { Activity::Noisy } else { Activity::Active }
    }
}
