//! Which step when: a window of the lake becomes a report. The steps know nothing of each other.

use crate::analyse;
use crate::catalog::Catalog;
use crate::config::Config;
use crate::engine::{Engine, Limits};
use crate::error::{Error, Result};
use crate::finding::{Report, RunInfo, Trace};
use crate::lake::Lake;
use crate::report;
use crate::rules::RuleSet;
use crate::table::Table;
use crate::trace::{self, Start};
use crate::window::{Ts, Window};

/// Days of history when the config tells none.
const LOOKBACK_DAYS: u32 = 7;

/// How long after a change is looked for what it broke.
const AFTER_S: i64 = 6 * 3600;

/// A lake opened for analysis.
pub struct Workplace {
    /// The lake.
    pub lake: Lake,
    /// Its catalog.
    pub catalog: Catalog,
    /// The config.
    pub config: Config,
    /// The rules in force.
    pub rules: RuleSet,
}

impl Workplace {
    /// Returns the engine's limits.
    pub fn limits(&self) -> Limits {
        limits(&self.config)
    }

    /// Opens a session over a window.
    pub async fn engine(&self, window: Option<Window>) -> Result<Engine> {
        let days = i64::from(self.config.rules.lookback_days.unwrap_or(LOOKBACK_DAYS));
        Engine::over(&self.lake, &self.catalog, window, days * 86_400, self.limits()).await
    }

    /// Traces starts with the mechanisms in force.
    pub async fn trace(&self, engine: &Engine, window: Window, starts: &[Start]) -> Result<Vec<Trace>> {
        let Some(path) = &self.config.trace.mechanisms else {
            return trace::trace(engine, window, starts, None).await;
        };
        let place = path.display().to_string();
        let own = std::fs::read_to_string(path).map_err(|error| {
            Error::usage("the mechanism table cannot be opened")
                .at(place.clone())
                .because(error)
                .hint("`[trace] mechanisms` names it")
        })?;
        trace::trace(engine, window, starts, Some((&own, &place))).await
    }

    /// Returns what a change broke: the traces of what was found after it that hold it for a cause.
    pub async fn broken_by(&mut self, audit_id: &str, begun: &dyn Fn(&str)) -> Result<Vec<Trace>> {
        let sql = format!(
            "select ts from audit where audit_id = '{}' order by ts limit 1",
            audit_id.replace('\'', "''")
        );
        let rows = analyse::rows_of(&self.engine(None).await?.query(&sql).await?)?;
        let at = rows.first().and_then(|row| row.get("ts")?.as_str()).ok_or_else(|| {
            Error::usage(format!("no audit event has the id `{audit_id}`"))
                .hint("`headwater sql \"select ts, audit_id, message from audit where operation is not null\"` shows some")
        })?;
        let zone = self.config.zone()?;
        let at = Ts::parse(at, zone)?;
        let window = Window { from: at.plus_s(-300), to: at.plus_s(AFTER_S), zone };
        let mut traces = self.analyse(window, "forwards", begun).await?.traces;
        let holds = |trace: &Trace| {
            trace.hypotheses.iter().any(|h| h.cause.as_ref().is_some_and(|cause| cause.audit_id == audit_id))
        };
        traces.retain(holds);
        Ok(traces)
    }

    /// Runs agents and traces over a window, keeps the report of a whole day, and returns it.
    /// `begun` hears each step as it begins.
    pub async fn analyse(&mut self, window: Window, run: &str, begun: &dyn Fn(&str)) -> Result<Report> {
        let step = |name: &str| {
            tracing::info!(run, step = name, "begun");
            begun(name);
        };
        step("rules");
        self.rules.check(&Engine::empty(self.limits())?, &self.config.rules).await;
        let mut problems = self.rules.problems();
        let engine = self.engine(Some(window)).await?;
        step("agents");
        let rules = &self.rules.rules;
        let invoke = |agent| analyse::invoke(agent, rules, &engine, window, &self.config);
        let [business, standard, event, audit] = Table::ALL.map(invoke);
        let (business, standard, event, audit) = tokio::join!(business, standard, event, audit);
        let mut agents = vec![business?, standard?, event?, audit?];
        let mut findings: Vec<_> =
            agents.iter_mut().flat_map(|agent| std::mem::take(&mut agent.findings)).collect();
        for agent in &agents {
            problems.extend(agent.summary.problems.iter().cloned());
        }
        step("trace");
        let starts = trace::starts_of(&mut findings);
        let traces = match self.trace(&engine, window, &starts).await {
            Ok(traces) => traces,
            Err(error) => {
                problems.push(error.into_problem("trace"));
                findings.iter_mut().for_each(|finding| finding.trace = None);
                Vec::new()
            }
        };
        step("report");
        let coverage = report::coverage(&engine, &self.catalog, window).await?;
        let info = RunInfo {
            id: run.to_owned(),
            date: window.date().to_string(),
            from: window.from,
            to: window.to,
            timezone: window.zone.name().to_owned(),
            cluster: self.config.cluster.clone(),
        };
        let before =
            window.date().pred_opt().and_then(|day| self.catalog.report(&day.to_string()).transpose());
        let before: Option<Report> = before.transpose()?.and_then(|text| serde_json::from_str(&text).ok());
        let report = report::assemble(info, coverage, agents, findings, traces, problems, before.as_ref());
        if window == Window::day(window.date(), window.zone) {
            let text = serde_json::to_string(&report)
                .map_err(|error| Error::bug("the report does not serialise").because(error))?;
            self.catalog.keep_report(&report.run.date, window.from.0, window.to.0, run, &text)?;
        }
        Ok(report)
    }
}

/// Returns the engine's limits as configured.
pub fn limits(config: &Config) -> Limits {
    Limits { memory_bytes: config.engine.memory_mib << 20, threads: config.threads() }
}
