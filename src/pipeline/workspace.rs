//! An open lake with its rules and config, and the steps of an analysis over it: agents, trace, report,
//! brief. Must not know which days are due.

use crate::analysis::agent;
use crate::analysis::agent::AgentFindings;
use crate::analysis::change;
use crate::analysis::report;
use crate::analysis::report::uncited;
use crate::analysis::rules::RuleSet;
use crate::analysis::rules::header::Rule;
use crate::analysis::trace;
use crate::analysis::trace::{Bursts, Start, Subject};
use crate::brief::{Length, Writer, WrittenBrief};
use crate::config::Config;
use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use crate::query::engine::{Engine, Limits};
use crate::query::literal::quoted;
use crate::query::rows::rows;
use chrono::{Days, NaiveDate};
use model::error::{Error, Problem, Result};
use model::lang::Lang;
use model::report::{Finding, Report, RunInfo, Trace};
use model::table::Table;
use model::time::{Ts, Window, parse_date};
use serde::{Deserialize, Serialize};

/// How long after a change its effects are searched.
const EFFECTS_S: i64 = 6 * 3600;

/// How far before and after a moment its cause is searched.
const BEFORE_S: i64 = 8 * 3600;
const AFTER_S: i64 = 3600;

/// Result of the agents and of the trace over a window.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Analysis {
    /// Summary of each agent.
    pub agents: Vec<AgentFindings>,
    /// Findings of all agents.
    pub findings: Vec<Finding>,
    /// Rules that failed.
    pub problems: Vec<Problem>,
    /// Traces of the findings; empty before [`Workspace::trace_findings`].
    pub traces: Vec<Trace>,
}

/// An open lake with everything that an analysis needs.
pub struct Workspace {
    /// The lake.
    pub lake: Lake,
    /// Catalog of the lake.
    pub catalog: Catalog,
    /// The config.
    pub config: Config,
    /// The built-in and custom rules.
    pub rules: RuleSet,
}

impl Workspace {
    /// Returns the configured limits of the query engine.
    pub fn limits(&self) -> Limits {
        limits(&self.config)
    }

    /// Opens a query engine over a window; `None` is all time.
    pub async fn engine(&self, window: Option<Window>) -> Result<Engine> {
        let days = i64::from(self.config.rules.lookback_days());
        Engine::over(&self.lake, &self.catalog, window, days * 86_400, self.limits()).await
    }

    /// Traces starts with the custom mechanisms, if any, and the built-in ones.
    pub async fn trace(&self, engine: &Engine, window: Window, starts: &[Start]) -> Result<Vec<Trace>> {
        let Some(path) = &self.config.trace.mechanisms else {
            return trace::trace(engine, window, starts, None).await;
        };
        let place = path.display().to_string();
        let custom = std::fs::read_to_string(path).map_err(|error| {
            Error::usage("cannot open the mechanism table")
                .at(place.clone())
                .because(error)
                .hint("check `[trace] mechanisms` in the config")
        })?;
        trace::trace(engine, window, starts, Some((&custom, &place))).await
    }

    /// Traces a subject at a point in time back to its cause.
    pub async fn trace_subject(&self, subject: &Subject, at: Ts) -> Result<Trace> {
        let window = Window { from: at.plus_s(-BEFORE_S), to: at.plus_s(AFTER_S), zone: self.config.zone()? };
        let engine = self.engine(Some(window)).await?;
        trace::ensure_known(&engine, subject, window).await?;
        let start = trace::start_at(&engine, subject, at).await?;
        let without_symptom = start.evidence.is_empty();
        let traces = self.trace(&engine, window, &[start]).await?;
        let mut trace = traces.into_iter().next().ok_or_else(|| Error::bug("a start has no trace"))?;
        if without_symptom {
            trace.reasons.insert(0, trace::no_symptom(&engine, subject, at, window).await?);
        }
        Ok(trace)
    }

    /// Traces a request back to its cause, by the trace id in business logs.
    pub async fn trace_request(&self, trace_id: &str) -> Result<Trace> {
        let (subject, at) = trace::subject_of_trace(&self.engine(None).await?, trace_id).await?;
        self.trace_subject(&subject, at).await
    }

    /// Returns the whole audit id of a change, and its time. The first group of the id is enough, as a brief
    /// cites it, if no other change has it.
    async fn operation(&self, cited: &str) -> Result<(String, Ts)> {
        const GROUP: usize = 8; // hexadecimal digits before the first hyphen of a UUID
        let id = uncited(cited);
        let condition = match id.len() {
            GROUP => format!("audit_id like '{}-%'", quoted(id)),
            _ => format!("audit_id = '{}'", quoted(id)),
        };
        let sql = format!("select audit_id, min(ts) as ts from audit where {condition} group by 1 limit 2");
        let batches = self.engine(None).await?.query(&sql).await?;
        let mut found =
            rows(&batches).filter_map(|row| Some((row.text("audit_id")?.to_owned(), row.ts("ts")?)));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => Err(Error::usage(format!("several audit ids begin with `{id}`"))
                .hint("write the whole id")),
            _ => Err(Error::missing(format!("no audit event has the id `{id}`"))
                .hint("`headwater sql \"select ts, audit_id, message from audit where operation is not null\"` shows some")),
        }
    }

    /// Returns the report of the hours after a change, with only the traces that name the change as a
    /// possible cause.
    ///
    /// # Errors
    /// Missing: no audit event has that id.
    pub async fn effects_of_change(&mut self, audit_id: &str, on_step: &dyn Fn(&str)) -> Result<Report> {
        let (audit_id, at) = self.operation(audit_id).await?;
        let zone = self.config.zone()?;
        let window = Window { from: at.plus_s(-300), to: at.plus_s(EFFECTS_S), zone };
        let mut report = self.analyse(window, "forwards", on_step).await?;
        let names_change = |trace: &Trace| {
            trace.hypotheses.iter().any(|h| h.cause.as_ref().is_some_and(|cause| cause.audit_id == audit_id))
        };
        report.traces.retain(names_change);
        Ok(report)
    }

    /// Runs the agents and the trace over a window and returns the report; saves nothing. Calls `on_step`
    /// with the name of each step as it starts.
    pub async fn analyse(&mut self, window: Window, run: &str, on_step: &dyn Fn(&str)) -> Result<Report> {
        let step = |name: &str| {
            tracing::info!(run, step = name, "step started");
            on_step(name);
        };
        step("analyse");
        let mut analysis = self.run_agents(window).await?;
        step("trace");
        let problem = self.trace_findings(window, &mut analysis).await?;
        step("report");
        self.build_report(window, run, analysis, problem.into_iter().collect()).await
    }

    /// Derives the table `change` of a day, unless that is done.
    pub async fn derive_changes(&mut self, day: Window) -> Result<()> {
        change::derive(&self.lake, &mut self.catalog, day, limits(&self.config)).await
    }

    /// Runs the four agents concurrently.
    pub async fn run_agents(&mut self, window: Window) -> Result<Analysis> {
        self.rules.check_own(&Engine::empty(self.limits()).await?, &self.config.rules).await;
        let mut problems = self.rules.problems();
        let engine = self.engine(Some(window)).await?;
        let rules: Vec<&Rule> = self.rules.rules.iter().collect();
        let invoke = |agent| agent::invoke(agent, &rules, &engine, window, &self.config);
        let [business, standard, event, audit] = Table::LOGS.map(invoke);
        let (business, standard, event, audit) = tokio::join!(business, standard, event, audit);
        let mut agents = vec![business?, standard?, event?, audit?];
        let findings = agents.iter_mut().flat_map(|agent| std::mem::take(&mut agent.findings)).collect();
        for agent in &agents {
            problems.extend(agent.summary.problems.iter().cloned());
        }
        Ok(Analysis { agents, findings, problems, traces: Vec::new() })
    }

    /// Adds the traces of the findings. A failure is returned as a problem, and the findings stay without
    /// traces.
    pub async fn trace_findings(&self, window: Window, analysis: &mut Analysis) -> Result<Option<Problem>> {
        let engine = self.engine(Some(window)).await?;
        let starts = trace::starts_of(&mut analysis.findings);
        let traced = async {
            let bursts = Bursts::load(&engine).await?;
            let starts = trace::by_burst(&engine, &bursts, starts, window.zone).await?;
            let traces = self.trace(&engine, window, &starts).await?;
            Ok::<_, Error>((traces, bursts))
        };
        match traced.await {
            Ok((traces, bursts)) => {
                analysis.traces = traces;
                for finding in &mut analysis.findings {
                    finding.episodes = bursts.episodes(finding);
                }
            }
            Err(error) => {
                analysis.findings.iter_mut().for_each(|finding| finding.trace = None);
                return Ok(Some(error.into_problem("trace")));
            }
        }
        Ok(None)
    }

    /// Builds the report. `missing` are the problems of earlier steps.
    pub async fn build_report(
        &self,
        window: Window,
        run: &str,
        analysis: Analysis,
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
        let Analysis { agents, findings, mut problems, traces } = analysis;
        problems.extend(missing);
        let before = window.date().pred_opt().map(|day| self.saved_report(day)).transpose()?.flatten();
        let parts = report::Parts { agents, findings, traces, problems };
        Ok(report::assemble(info, coverage, parts, before.as_ref()))
    }

    /// Saves a report in place of an earlier one if it covers exactly one day.
    pub fn save_report(&mut self, report: &Report) -> Result<()> {
        let RunInfo { id, date, from, to, .. } = &report.run;
        let day = Window::day(parse_date(date)?, self.config.zone()?);
        if (*from, *to) == (day.from, day.to) {
            let text = serde_json::to_string(report)
                .map_err(|error| Error::bug("the report cannot be serialised").because(error))?;
            self.catalog.save_report(date, from.0, to.0, id, &text)?;
        }
        Ok(())
    }

    /// Returns the writer of briefs that `[llm]` configures; the API key is read from the environment.
    pub fn writer(&self) -> Writer {
        Writer::of(&self.config.llm, |name| std::env::var(name).ok())
    }

    /// Writes the brief of a report. A brief that a model wrote from the same input is reused.
    pub async fn write_brief(
        &mut self,
        writer: &Writer,
        report: &Report,
        lang: Lang,
        length: Length,
    ) -> Result<WrittenBrief> {
        writer.write_saved(&mut self.catalog, report, lang, length).await
    }

    /// Returns the saved report of a day; `None` if there is none or this version cannot read it.
    pub fn saved_report(&self, date: NaiveDate) -> Result<Option<Report>> {
        let text = self.catalog.report(&date.to_string())?;
        Ok(text.and_then(|text| report::parse(&text).ok()))
    }
}

/// Returns the limits of the query engine that a config sets.
pub fn limits(config: &Config) -> Limits {
    let zone = config.zone().unwrap_or(chrono_tz::Tz::UTC); // a config is checked when it is read
    Limits { memory_bytes: config.engine.memory_mib << 20, threads: config.threads(), zone }
}

/// Returns the day `days` days earlier.
pub(super) fn back(day: NaiveDate, days: u32) -> NaiveDate {
    day.checked_sub_days(Days::new(u64::from(days))).unwrap_or(day)
}
