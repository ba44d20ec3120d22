//! How serious, how new and how certain something is, and the log lines that support it. Plain values.

use crate::lang::Lang;
use crate::time::Ts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
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
    /// All severities, from the least to the most serious.
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

    /// Returns the word for people.
    pub fn name_in(self, lang: Lang) -> &'static str {
        let zh = match self {
            Self::Info => "提示",
            Self::Low => "轻微",
            Self::Medium => "中等",
            Self::High => "高危",
            Self::Critical => "严重",
        };
        lang.pick(zh, self.name())
    }

    /// Returns the severity with that name.
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
    /// Seen the day before, at a similar count.
    Ongoing,
    /// At least twice the count of the day before, or more serious.
    Worse,
    /// At most half the count of the day before.
    Better,
    /// Seen the day before, and over; of incidents alone.
    Recovered,
}

/// A log line that supports a claim.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// `<object id>:<line>`, the key of the row in the lake.
    pub row_id: String,
    /// Event time of the line.
    pub ts: Ts,
    /// Key of the object that contains the line.
    pub source: String,
    /// Line in that object, from 1.
    pub line: i64,
    /// The line's message.
    pub text: String,
}

/// How certain a trace is. Decided by code, never by a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Identity, mechanism and order hold on every hop, and no other hypothesis scores nearly as high.
    Confirmed,
    /// One of these is missing.
    Likely,
    /// No cause found, several equally likely causes, or no data.
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
