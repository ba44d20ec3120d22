//! What of a day a channel gets: a report narrowed to the findings of its route.

use crate::brief::belongs;
use crate::config::ChannelConfig;
use globset::GlobSet;
use model::entity::Entity;
use model::error::Result;
use model::report::{Finding, Gone, Report, Severity};

/// The route of a channel.
pub(super) struct Route<'c> {
    config: &'c ChannelConfig,
    namespaces: Option<GlobSet>,
}

impl<'c> Route<'c> {
    pub fn of(config: &'c ChannelConfig) -> Result<Self> {
        Ok(Self { config, namespaces: config.namespaces()? })
    }

    /// Tells whether a finding goes there.
    pub fn takes(&self, finding: &Finding) -> bool {
        self.fits(finding.severity, &finding.agent, &finding.entity)
    }

    fn fits(&self, severity: Severity, agent: &str, entity: &Entity) -> bool {
        let (config, namespace) = (self.config, entity.namespace.as_deref().unwrap_or_default());
        config.min_severity.is_none_or(|least| severity >= least)
            && (config.agents.is_empty() || config.agents.iter().any(|taken| taken == agent))
            && self.namespaces.as_ref().is_none_or(|globs| globs.is_match(namespace))
    }

    /// Returns the report with these findings alone, and what belongs to them. An update tells nothing
    /// of what is gone: the first brief did.
    pub fn narrowed(&self, report: &Report, shown: &[&Finding], is_update: bool) -> Report {
        let mut narrow = report.clone();
        narrow.findings = shown.iter().map(|finding| (*finding).clone()).collect();
        narrow.traces.retain(|trace| shown.iter().any(|finding| belongs(finding, trace)));
        let goes = |gone: &Gone| {
            let agent = gone.rule.split('/').next().unwrap_or_default();
            self.fits(gone.severity, agent, &gone.entity)
        };
        narrow.gone.retain(|gone| !is_update && goes(gone));
        narrow
    }
}
