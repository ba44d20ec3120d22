//! The operations of the API: the name of each in the audit log, and the role that it requires.

use crate::api::Role;

/// An operation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Agents,
    Analyze,
    AuditLog,
    Brief,
    Days,
    DownloadLogs,
    Finding,
    Findings,
    Query,
    Report,
    Rules,
    RunAgent,
    RunDay,
    Runs,
    Tables,
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
            Self::Brief => "brief",
            Self::Days => "days",
            Self::DownloadLogs => "download_logs",
            Self::Finding => "finding",
            Self::Findings => "findings",
            Self::Query => "query",
            Self::Report => "report",
            Self::Rules => "rules",
            Self::RunAgent => "run_agent",
            Self::RunDay => "run_day",
            Self::Runs => "runs",
            Self::Tables => "tables",
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
