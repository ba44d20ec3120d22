//! Which step when: a window of the lake becomes a report; a day of the bucket becomes a brief. The
//! steps know nothing of each other.

mod batch; // the daily job with all that it needs
mod daily; // which days, in which order
mod gather; // which objects, and reading them
mod installation; // what a lake is worked on with
mod outcome; // what came of a day
mod steps; // the steps of one day, resumed where they broke

pub use crate::pipeline::batch::{Watch, batch, download, mute, send_owed};
pub use crate::pipeline::daily::Daily;
pub use crate::pipeline::installation::Site;
pub use crate::pipeline::outcome::{Outcome, Why};

use crate::analysis::agent;
use crate::analysis::agent::AgentReport;
use crate::analysis::report;
use crate::analysis::rules::RuleSet;
use crate::analysis::trace;
use crate::analysis::trace::{Start, Subject};
use crate::brief;
use crate::brief::{Length, Writer, Written};
use crate::config::Config;
use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use crate::query::engine::{Engine, Limits};
use chrono::NaiveDate;
use model::error::{Error, Problem, Result};
use model::lang::Lang;
use model::report::{Finding, Report, RunInfo, Trace};
use model::table::Table;
use model::time::{Ts, Window, parse_date};
use serde::{Deserialize, Serialize};

/// Days of history when the config tells none.
const LOOKBACK_DAYS: u32 = 7;

/// How long after a change is looked for what it broke.
const AFTER_S: i64 = 6 * 3600;

/// How long before and after a moment is looked at for what led to it.
const BEFORE_S: i64 = 8 * 3600;
const ON_S: i64 = 3600;

/// What the agents found, before it is traced.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Found {
    /// What each agent did.
    pub agents: Vec<AgentReport>,
    /// Findings.
    pub findings: Vec<Finding>,
    /// Rules that failed.
    pub problems: Vec<Problem>,
}

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

    /// Follows what a person asks about, at a time, back to its cause.
    pub async fn follow(&self, subject: &Subject, at: Ts) -> Result<Trace> {
        let window = Window { from: at.plus_s(-BEFORE_S), to: at.plus_s(ON_S), zone: self.config.zone()? };
        let engine = self.engine(Some(window)).await?;
        let start = trace::start_at(&engine, subject, at).await?;
        let traces = self.trace(&engine, window, &[start]).await?;
        traces.into_iter().next().ok_or_else(|| Error::bug("a start gave no trace"))
    }

    /// Follows a request, by the trace id that business logs carry, back to its cause.
    pub async fn follow_request(&self, trace_id: &str) -> Result<Trace> {
        let (subject, at) = trace::subject_of_trace(&self.engine(None).await?, trace_id).await?;
        self.follow(&subject, at).await
    }

    /// Returns the report of the hours after a change, with those traces alone that hold it for a cause:
    /// what it broke.
    pub async fn broken_by(&mut self, audit_id: &str, begun: &dyn Fn(&str)) -> Result<Report> {
        let sql = format!(
            "select ts from audit where audit_id = '{}' order by ts limit 1",
            audit_id.replace('\'', "''")
        );
        let rows = agent::rows_of(&self.engine(None).await?.query(&sql).await?)?;
        let at = rows.first().and_then(|row| row.get("ts")?.as_str()).ok_or_else(|| {
            Error::missing(format!("no audit event has the id `{audit_id}`"))
                .hint("`headwater sql \"select ts, audit_id, message from audit where operation is not null\"` shows some")
        })?;
        let zone = self.config.zone()?;
        let at = Ts::parse(at, zone)?;
        let window = Window { from: at.plus_s(-300), to: at.plus_s(AFTER_S), zone };
        let mut report = self.analyse(window, "forwards", begun).await?;
        let holds = |trace: &Trace| {
            trace.hypotheses.iter().any(|h| h.cause.as_ref().is_some_and(|cause| cause.audit_id == audit_id))
        };
        report.traces.retain(holds);
        Ok(report)
    }

    /// Runs agents and traces over a window and returns the report; nothing is kept.
    /// `begun` hears each step as it begins.
    pub async fn analyse(&mut self, window: Window, run: &str, begun: &dyn Fn(&str)) -> Result<Report> {
        let step = |name: &str| {
            tracing::info!(run, step = name, "begun");
            begun(name);
        };
        step("analyse");
        let mut found = self.found(window).await?;
        step("trace");
        let (traces, problem) = self.traced(window, &mut found).await?;
        step("report");
        self.reported(window, run, found, traces, problem.into_iter().collect()).await
    }

    /// Runs the four agents side by side.
    pub async fn found(&mut self, window: Window) -> Result<Found> {
        self.rules.check(&Engine::empty(self.limits())?, &self.config.rules).await;
        let mut problems = self.rules.problems();
        let engine = self.engine(Some(window)).await?;
        let rules = &self.rules.rules;
        let invoke = |agent| agent::invoke(agent, rules, &engine, window, &self.config);
        let [business, standard, event, audit] = Table::ALL.map(invoke);
        let (business, standard, event, audit) = tokio::join!(business, standard, event, audit);
        let mut agents = vec![business?, standard?, event?, audit?];
        let findings = agents.iter_mut().flat_map(|agent| std::mem::take(&mut agent.findings)).collect();
        for agent in &agents {
            problems.extend(agent.summary.problems.iter().cloned());
        }
        Ok(Found { agents, findings, problems })
    }

    /// Traces what was found. Traces that fail are a problem: the findings stand without them.
    pub async fn traced(&self, window: Window, found: &mut Found) -> Result<(Vec<Trace>, Option<Problem>)> {
        let engine = self.engine(Some(window)).await?;
        let starts = trace::starts_of(&mut found.findings);
        Ok(match self.trace(&engine, window, &starts).await {
            Ok(traces) => (traces, None),
            Err(error) => {
                found.findings.iter_mut().for_each(|finding| finding.trace = None);
                (Vec::new(), Some(error.into_problem("trace")))
            }
        })
    }

    /// Puts the report together. `missing` is what went wrong before.
    pub async fn reported(
        &self,
        window: Window,
        run: &str,
        found: Found,
        traces: Vec<Trace>,
        missing: Vec<Problem>,
    ) -> Result<Report> {
        let engine = self.engine(Some(window)).await?;
        let coverage = report::coverage(&engine, &self.catalog, window).await?;
        let info = RunInfo {
            id: run.to_owned(),
            date: window.date().to_string(),
            from: window.from,
            to: window.to,
            timezone: window.zone.name().to_owned(),
            cluster: self.config.cluster.clone(),
        };
        let mut problems = found.problems;
        problems.extend(missing);
        let before = window.date().pred_opt().map(|day| self.kept(day)).transpose()?.flatten();
        Ok(report::assemble(info, coverage, found.agents, found.findings, traces, problems, before.as_ref()))
    }

    /// Keeps the report of a whole day, in place of an earlier one; one of other hours is not kept.
    pub fn keep(&mut self, report: &Report) -> Result<()> {
        let RunInfo { id, date, from, to, .. } = &report.run;
        let day = Window::day(parse_date(date)?, self.config.zone()?);
        if (*from, *to) == (day.from, day.to) {
            let text = serde_json::to_string(report)
                .map_err(|error| Error::bug("the report does not serialise").because(error))?;
            self.catalog.keep_report(date, from.0, to.0, id, &text)?;
        }
        Ok(())
    }

    /// Returns whoever speaks: the model that `[llm]` describes, its key from the environment.
    pub fn speaker(&self) -> Writer {
        Writer::of(&self.config.llm, |name| std::env::var(name).ok())
    }

    /// Puts a report into words; a model is asked once for the same words.
    pub async fn spoken(
        &mut self,
        speaker: &Writer,
        report: &Report,
        lang: Lang,
        length: Length,
    ) -> Result<Written> {
        brief::spoken(speaker, &mut self.catalog, report, lang, length).await
    }

    /// Returns the report kept for a day, unless a later version of it cannot be read any more.
    pub fn kept(&self, date: NaiveDate) -> Result<Option<Report>> {
        let text = self.catalog.report(&date.to_string())?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }
}

/// Returns the engine's limits as configured.
pub fn limits(config: &Config) -> Limits {
    Limits { memory_bytes: config.engine.memory_mib << 20, threads: config.threads() }
}
