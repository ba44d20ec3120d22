//! The operations of the API: the name of each in the audit log, and the role that it requires.

use crate::api::Role;

/// An operation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Agents,
    Analyze,
    AuditLog,
    BacktestRule,
    Brief,
    Changes,
    Days,
    DownloadLogs,
    ExplainRule,
    Finding,
    Findings,
    Histogram,
    Incident,
    Incidents,
    Lines,
    Neighbours,
    Patterns,
    Query,
    Report,
    Rules,
    RunAgent,
    RunDay,
    Runs,
    Tables,
    TestRules,
    Trace,
    Upload,
}

impl Operation {
    /// Returns the name used in the audit log.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Agents => "agents",
            Self::Analyze => "analyze",
            Self::AuditLog => "audit_log",
            Self::BacktestRule => "backtest_rule",
            Self::Brief => "brief",
            Self::Changes => "changes",
            Self::Days => "days",
            Self::DownloadLogs => "download_logs",
            Self::ExplainRule => "explain_rule",
            Self::Finding => "finding",
            Self::Findings => "findings",
            Self::Histogram => "histogram",
            Self::Incident => "incident",
            Self::Incidents => "incidents",
            Self::Lines => "lines",
            Self::Neighbours => "neighbours",
            Self::Patterns => "patterns",
            Self::Query => "query",
            Self::Report => "report",
            Self::Rules => "rules",
            Self::RunAgent => "run_agent",
            Self::RunDay => "run_day",
            Self::Runs => "runs",
            Self::Tables => "tables",
            Self::TestRules => "test_rules",
            Self::Trace => "trace",
            Self::Upload => "upload",
        }
    }

    /// Returns the least role that may call it.
    pub(super) const fn role(self) -> Role {
        match self {
            Self::AuditLog => Role::Admin,
            Self::DownloadLogs | Self::RunDay | Self::Upload => Role::Run,
            _ => Role::Read,
        }
    }
}
