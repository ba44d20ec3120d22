//! The route of a channel: which findings of a report it gets. Knows nothing of messages.

use crate::brief::belongs;
use crate::config::ChannelConfig;
use globset::GlobSet;
use model::entity::Entity;
use model::error::Result;
use model::report::{Finding, Gone, Report, Severity};

/// Selects the findings of a channel.
pub(super) struct Route<'c> {
    config: &'c ChannelConfig,
    namespaces: Option<GlobSet>,
}

impl<'c> Route<'c> {
    pub fn of(config: &'c ChannelConfig) -> Result<Self> {
        Ok(Self { config, namespaces: config.namespace_globs()? })
    }

    /// Returns true if the channel gets a finding.
    pub fn includes(&self, finding: &Finding) -> bool {
        self.matches(finding.severity, &finding.agent, &finding.entity)
    }

    fn matches(&self, severity: Severity, agent: &str, entity: &Entity) -> bool {
        let (config, namespace) = (self.config, entity.namespace.as_deref().unwrap_or_default());
        config.min_severity.is_none_or(|lowest| severity >= lowest)
            && (config.agents.is_empty() || config.agents.iter().any(|allowed| allowed == agent))
            && self.namespaces.as_ref().is_none_or(|globs| globs.is_match(namespace))
    }

    /// Returns the report with only these findings and their traces. An update has no findings that
    /// disappeared: the first brief of the day listed them.
    pub fn narrow(&self, report: &Report, shown: &[&Finding], is_update: bool) -> Report {
        let mut narrow = report.clone();
        narrow.findings = shown.iter().map(|finding| (*finding).clone()).collect();
        narrow.traces.retain(|trace| shown.iter().any(|finding| belongs(finding, trace)));
        for incident in &mut narrow.incidents {
            incident.findings.retain(|id| shown.iter().any(|finding| finding.id == *id));
        }
        narrow.incidents.retain(|incident| {
            let is_traced =
                || narrow.traces.iter().any(|trace| incident.cause_trace.as_ref() == Some(&trace.id));
            !incident.findings.is_empty() || is_traced()
        });
        let is_included = |gone: &Gone| {
            let agent = gone.rule.split('/').next().unwrap_or_default();
            self.matches(gone.severity, agent, &gone.entity)
        };
        narrow.gone.retain(|gone| !is_update && is_included(gone));
        narrow
    }
}
