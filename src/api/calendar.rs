//! Days at a glance, from their saved reports.

use crate::analysis::report;
use crate::api::operation::Operation;
use crate::api::response::DaySummary;
use crate::api::{Api, ApiResult, Caller};
use crate::brief;
use model::report::Report;
use std::collections::BTreeMap;

/// Most days of a response.
const MAX_DAYS: usize = 62;

impl Api {
    /// Returns the days with a report from a day on, YYYY-MM-DD, in order; the last 62 if there are more. A day without
    /// one is left out.
    pub async fn calendar(&self, caller: &Caller, from: String) -> ApiResult<Vec<DaySummary>> {
        let first = from.clone();
        let work = self.read(move |_, catalog| {
            let reported = catalog.reported_days(&first)?;
            let skipped = reported.len().saturating_sub(MAX_DAYS);
            let mut days = Vec::new();
            for (date, _) in reported.iter().skip(skipped) {
                match report::saved(catalog, Some(date)) {
                    Ok(report) => days.extend(report.as_ref().map(summary)),
                    Err(error) => tracing::warn!(date, reason = error.why(), "{}", error.what),
                }
            }
            Ok(days)
        });
        self.handle(caller, Operation::Days, &from, work).await
    }
}

fn summary(report: &Report) -> DaySummary {
    let mut by_rule: BTreeMap<String, u64> = BTreeMap::new();
    for finding in &report.findings {
        *by_rule.entry(finding.rule.clone()).or_default() += 1;
    }
    DaySummary {
        date: report.run.date.clone(),
        run: report.run.id.clone(),
        severity: report.incidents.iter().map(|incident| incident.severity).max(),
        incidents: report.incidents.len() as u64,
        has_rows: report.coverage.tables.iter().any(|table| table.rows > 0),
        is_complete: brief::is_complete(report),
        by_rule,
    }
}
