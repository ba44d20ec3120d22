//! What authors of rules ask of a lake: one rule over its days, and the way of one row through a rule. Saves nothing.

use crate::analysis::agent;
use crate::analysis::rules::explain::{Explanation, explain};
use crate::analysis::rules::header::Rule;
use crate::analysis::rules::hits::Hits;
use crate::lake::is_derived;
use crate::pipeline::Workspace;
use crate::query::rows::json_rows;
use model::error::{Error, Problem, Result};
use model::table::Table;
use model::time::{Ts, Window};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Findings of a day that are shown as samples.
const SAMPLES: usize = 3;

/// One rule on one day.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BacktestDay {
    /// Local day.
    pub date: String,
    /// Rows of the rule's table; 0 means that nothing could be found.
    pub rows: u64,
    /// Findings that the report would show.
    pub findings: usize,
    /// Findings that exceptions hid.
    pub hidden: u64,
    /// Entities that the findings are about.
    pub entities: usize,
    /// The first findings, gravest first: severity and sentence.
    pub samples: Vec<String>,
    /// Why the rule failed, or was cut.
    pub problems: Vec<Problem>,
}

impl Workspace {
    /// Returns the days with rows of logs, in order.
    pub fn log_days(&self) -> Result<Vec<String>> {
        let days = self.catalog.days()?.into_iter().filter(|day| !is_derived(&day.table));
        Ok(days.map(|day| day.date).collect::<BTreeSet<_>>().into_iter().collect())
    }

    /// Returns the days with rows of logs from one day to another, inclusive; `None` is the first or last day.
    ///
    /// # Errors
    /// Missing: there are no rows of these days.
    pub fn days_between(&self, from: Option<&str>, to: Option<&str>) -> Result<Vec<String>> {
        let mut dates = self.log_days()?;
        dates.retain(|date| {
            from.is_none_or(|from| date.as_str() >= from) && to.is_none_or(|to| date.as_str() <= to)
        });
        if dates.is_empty() {
            return Err(Error::missing("the lake has no rows of these days")
                .hint("`headwater lake status` shows the days of each table"));
        }
        Ok(dates)
    }

    /// Counts what rules found on the days with a saved report.
    pub fn hits(&self) -> Result<Hits> {
        let mut hits = Hits::default();
        for (date, _) in self.catalog.reported_days("")? {
            // a report of a version that cannot be read any more is not counted
            let text = self.catalog.report(&date)?;
            if let Some(report) = text.and_then(|text| serde_json::from_str(&text).ok()) {
                hits.add(&report);
            }
        }
        Ok(hits)
    }

    /// Runs one rule over one day as the daily run would: with its parameters, exceptions and history.
    pub async fn backtest_day(&self, rule: &Rule, day: Window) -> Result<BacktestDay> {
        let engine = self.engine(Some(day)).await?;
        let report = agent::invoke(rule.agent, &[rule], &engine, day, &self.config).await?;
        let entities: BTreeSet<String> =
            report.findings.iter().map(|finding| finding.entity.label()).collect();
        let sample = |finding: &model::report::Finding| {
            format!("{} {}", finding.severity.name(), finding.summary.replace('\n', " "))
        };
        Ok(BacktestDay {
            date: day.date().to_string(),
            rows: report.summary.rows,
            findings: report.findings.len(),
            hidden: report.suppressed.iter().map(|hidden| hidden.count).sum(),
            entities: entities.len(),
            samples: report.findings.iter().take(SAMPLES).map(sample).collect(),
            problems: report.summary.problems,
        })
    }

    /// Follows a row through a rule; returns the row and its table too.
    ///
    /// # Errors
    /// Missing: no table has the row.
    pub async fn explain(
        &self,
        rule: &Rule,
        row_id: &str,
    ) -> Result<(Table, Map<String, Value>, Explanation)> {
        let missing = || {
            Error::missing(format!("no table has the row `{row_id}`"))
                .hint("row ids are in the evidence of findings and in the column `row_id` of every table")
        };
        let Some((from, to)) = self.catalog.row_span(row_id)? else { return Err(missing()) };
        let zone = self.config.zone()?;
        let around = Window { from: Ts(from), to: Ts(to.saturating_add(1)), zone };
        let engine = self.engine(Some(around)).await?;
        for table in Table::ALL {
            let sql = format!("select * from {} where row_id = '{row_id}' limit 1", table.name());
            let batches = engine.query(&sql).await?;
            let Some(ts) = crate::query::rows::rows(&batches).next().and_then(|row| row.ts("ts")) else {
                continue;
            };
            let row = json_rows(&batches)?.into_iter().next().unwrap_or_default();
            let day = Window::day(ts.date(zone), zone);
            let none = BTreeMap::new();
            let sql = rule.sql(self.config.rules.params.get(&rule.id).unwrap_or(&none))?;
            let explained = explain(&self.engine(Some(day)).await?, rule, &sql, row_id, day).await?;
            return Ok((table, row, explained));
        }
        Err(missing())
    }
}
