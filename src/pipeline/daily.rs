//! The daily job: decides which days are due and in which order, and takes each from the bucket to the brief.
//! Missed days come first, oldest first. A day whose logs arrived late or were replaced is reported again.
//! Never reads a clock.

use crate::cancel::{Cancel, unless_cancelled};
use crate::config::schedule::Schedule;
use crate::delivery::Receipt;
use crate::delivery::channel::Channel;
use crate::ingest::Progress;
use crate::lake::catalog::{Run, RunState};
use crate::lake::commit;
use crate::pipeline::Workspace;
use crate::pipeline::outcome::{Delivered, Outcome, ReportReason};
use crate::pipeline::steps::Steps;
use crate::pipeline::upkeep::upkeep;
use crate::pipeline::workspace::back;
use crate::source::Source;
use chrono::NaiveDate;
use model::error::{Error, ErrorKind, Problem, Result};
use model::report::Report;
use model::time::{Ts, Window, parse_date};
use tokio::runtime::Handle;

/// The schedule if none is configured: a day is due as soon as it is over.
const MIDNIGHT: &str = "0 0 * * *";

/// Everything that the daily job works with. The caller holds the write lock of the lake.
pub struct Daily<'d> {
    /// The open lake with its rules and config.
    pub workspace: &'d mut Workspace,
    /// Source of the logs.
    pub source: &'d Source,
    /// Channels that get the briefs.
    pub channels: &'d [Channel],
    /// Runtime on which asynchronous work runs.
    pub runtime: &'d Handle,
    /// Cancels the job.
    pub cancel: &'d Cancel,
    /// The clock.
    pub now: &'d (dyn Fn() -> Ts + Sync),
    /// Is called with the name of each step as it starts.
    pub on_step: &'d (dyn Fn(&str) + Sync),
    /// Progress of reading objects.
    pub progress: &'d Progress,
}

impl<'d> Daily<'d> {
    /// Reports `date`, or each day that is due. Calls `on_day` with the outcome of each day.
    ///
    /// # Errors
    /// The first error of any day; a day that fails does not stop the later ones. Cancellation and usage
    /// errors end the job at once.
    pub fn run(&mut self, date: Option<NaiveDate>, on_day: &mut dyn FnMut(Outcome)) -> Result<()> {
        commit::sweep(&self.workspace.lake, &self.workspace.catalog, (self.now)())?;
        let recovered = self.workspace.catalog.recover_outbox()?;
        if recovered > 0 {
            tracing::warn!(
                messages = recovered,
                "a process died while sending; messages that may not have arrived are sent again"
            );
        }
        let today = (self.now)().date(self.workspace.config.zone()?);
        let mut missing = Vec::new();
        let days = match date {
            Some(date) if date > today => {
                return Err(Error::usage(format!("{date} is in the future"))
                    .hint("a day is reported once it is over"));
            }
            Some(date) => vec![date],
            None => self.due(&mut missing)?,
        };
        let mut receipts = self.deliver_pending()?;
        let last = days.last().copied();
        let mut first_error = None;
        for day in days {
            let reason = if Some(day) == last { ReportReason::Due } else { ReportReason::CaughtUp };
            let mut add = |mut outcome: Outcome| {
                outcome.add_receipts(std::mem::take(&mut receipts));
                on_day(outcome);
            };
            if let Err(error) = self.day(day, reason, std::mem::take(&mut missing), &mut add) {
                if self.cancel.is_cancelled() || error.kind == ErrorKind::Usage {
                    return Err(error);
                }
                tracing::error!(%day, %error, "the day has no report");
                first_error.get_or_insert(error);
            }
        }
        for problem in receipts.iter().filter_map(Receipt::problem) {
            tracing::error!(%problem, "no day reports this problem");
        }
        (self.on_step)("upkeep");
        if let Err(error) = upkeep(self.workspace, (self.now)(), self.cancel) {
            first_error.get_or_insert(error);
        }
        first_error.map_or(Ok(()), Err)
    }

    /// Returns the days without a report since the first run, oldest first. Days that are too old to be
    /// caught up are saved as skipped, and reported as a problem once.
    fn due(&mut self, problems: &mut Vec<Problem>) -> Result<Vec<NaiveDate>> {
        let config = &self.workspace.config;
        let zone = config.zone()?;
        let schedule = match config.schedule()? {
            Some(schedule) => schedule,
            None => Schedule::parse(MIDNIGHT, zone)?,
        };
        let (now, limit) = ((self.now)(), config.schedule.catch_up_days);
        let finished = self.workspace.catalog.finished_days("")?;
        let is_open = |day: &NaiveDate| !finished.contains(&day.to_string());
        // the first run was due for the day before it
        let first = self.workspace.catalog.first_start()?.map(|started| Ts(started).date(zone));
        let before = first.map(|first| back(first, 2));
        let all = schedule.due(before, now, u32::MAX);
        let (old, days) = all.split_at(all.len().saturating_sub(limit as usize));
        let skipped: Vec<NaiveDate> = old.iter().copied().filter(is_open).collect();
        let mut days: Vec<NaiveDate> = days.iter().copied().filter(is_open).collect();
        if days.is_empty() {
            days = schedule.due(None, now, 1); // late objects may have arrived
        }
        if let (Some(first), Some(last)) = (skipped.first(), skipped.last()) {
            problems.push(Problem {
                step: "collect".into(),
                what: format!("{} days from {first} to {last} have no report", skipped.len()),
                place: None,
                hint: Some(
                    "they are older than `[schedule] catch_up_days`; `headwater run --date D` reports one"
                        .into(),
                ),
            });
        }
        for day in skipped {
            let run = Run { state: RunState::Skipped, ended_ts: Some(now.0), ..new_run(day, now) };
            self.workspace.catalog.save_run(&run)?;
        }
        Ok(days)
    }

    /// Runs one day, and before it the earlier days that its objects reopen.
    fn day(
        &mut self,
        day: NaiveDate,
        reason: ReportReason,
        mut missing: Vec<Problem>,
        on_day: &mut dyn FnMut(Outcome),
    ) -> Result<()> {
        let steps = self.start_run(day)?;
        let span = tracing::info_span!("run", id = steps.run.id, date = steps.run.date);
        let _in_run = span.enter();
        let outcome = self.collect(&steps, day).and_then(|unread| {
            missing.extend(unread);
            self.report_reopened(day, &mut missing, on_day)?;
            self.report(&steps, day, reason, missing)
        });
        on_day(self.end_run(steps.run, outcome)?);
        Ok(())
    }

    /// Starts a run of a day, or resumes the last one if it was interrupted.
    fn start_run(&mut self, day: NaiveDate) -> Result<Steps<'d>> {
        let latest = self.workspace.catalog.runs(Some(&day.to_string()), 1)?.into_iter().next();
        let interrupted = latest.filter(|run| !run.state.is_final());
        let run = interrupted.map_or_else(
            || new_run(day, (self.now)()),
            |run| Run { state: RunState::Running, ended_ts: None, note: None, ..run },
        );
        self.workspace.catalog.save_run(&run)?;
        Ok(Steps { run, cancel: self.cancel, now: self.now, on_step: self.on_step })
    }

    /// Saves how a run ended.
    fn end_run(&mut self, mut run: Run, outcome: Result<Outcome>) -> Result<Outcome> {
        run.ended_ts = Some((self.now)().0);
        match &outcome {
            Ok(outcome) => {
                let problems = outcome.all_problems();
                run.state = if problems.is_empty() { RunState::Done } else { RunState::Partial };
                run.note = problems.first().map(|first| match problems.len() {
                    1 => first.to_string(),
                    count => format!("{first} (and {} more)", count - 1),
                });
                self.workspace.catalog.clear_step_outputs(&run.id)?;
            }
            Err(error) => {
                run.state = if self.cancel.is_cancelled() { RunState::Cancelled } else { RunState::Failed };
                run.note = Some(error.to_string());
            }
        }
        self.workspace.catalog.save_run(&run)?;
        outcome
    }

    /// Reports earlier days again whose rows have changed since their report, and resumes interrupted ones.
    /// If one fails, that becomes a problem of `day`.
    fn report_reopened(
        &mut self,
        day: NaiveDate,
        missing: &mut Vec<Problem>,
        on_day: &mut dyn FnMut(Outcome),
    ) -> Result<()> {
        let config = &self.workspace.config;
        let from = back(day, config.source.late_days.max(config.schedule.catch_up_days));
        for (date, fingerprint) in self.workspace.catalog.reported_days(&from.to_string())? {
            let catalog = &self.workspace.catalog;
            let has_changed = catalog.day_fingerprint(&date)?.is_some_and(|current| current != fingerprint);
            let latest = catalog.runs(Some(&date), 1)?;
            let is_interrupted = latest.first().is_some_and(|run| !run.state.is_final());
            if date >= day.to_string() || catalog.is_expired(&date)? || !(has_changed || is_interrupted) {
                continue;
            }
            let steps = self.start_run(parse_date(&date)?)?;
            let span = tracing::info_span!("reopened", id = steps.run.id, date);
            let _in_run = span.enter();
            let outcome = self.report(&steps, parse_date(&date)?, ReportReason::Reopened, missing.clone());
            match self.end_run(steps.run, outcome) {
                Ok(outcome) => on_day(outcome),
                Err(error) => {
                    self.cancel.check()?;
                    missing.push(Error { place: Some(date), ..error }.into_problem("report"));
                }
            }
        }
        Ok(())
    }

    /// Analyses, traces, reports and delivers a day, unless that was done with the same rows.
    fn report(
        &mut self,
        steps: &Steps<'d>,
        day: NaiveDate,
        reason: ReportReason,
        mut missing: Vec<Problem>,
    ) -> Result<Outcome> {
        let zone = self.workspace.config.zone()?;
        let window = Window::day(day, zone);
        let made = (self.now)().local(zone);
        let outcome = |reason, report: Report, mut problems: Vec<Problem>, delivered: Delivered| {
            problems.extend(delivered.problems);
            let (deliveries, briefs) = (Vec::new(), delivered.briefs);
            let mut outcome =
                Outcome { date: day, reason, made: made.clone(), report, problems, deliveries, briefs };
            outcome.add_receipts(delivered.receipts);
            outcome
        };
        let (runtime, run) = (self.runtime, steps.run.id.as_str());
        if let Some(report) = self.unchanged_report(day, run, &mut missing)? {
            let delivered = self.deliver(steps, &report, reason)?;
            return Ok(outcome(ReportReason::Unchanged, report, missing, delivered));
        }
        let input = self.input_hash(day)?;
        let found = steps.step(self.workspace, "analyse", Some(&input), |workspace, cancel| {
            let analysing = async {
                workspace.derive_changes(window).await?;
                workspace.run_agents(window).await
            };
            runtime.block_on(unless_cancelled(cancel, analysing))
        })?;
        let (analysis, failed) = steps.step(self.workspace, "trace", Some(&input), |workspace, cancel| {
            let mut analysis = found.clone();
            let tracing = workspace.trace_findings(window, &mut analysis);
            let failed = runtime.block_on(unless_cancelled(cancel, tracing))?;
            Ok((analysis, failed))
        })?;
        let mut problems = missing.clone();
        problems.extend(failed);
        let report = steps.step(self.workspace, "report", None, |workspace, cancel| {
            let building = workspace.build_report(window, run, analysis.clone(), problems.clone());
            let report = runtime.block_on(unless_cancelled(cancel, building))?;
            workspace.save_report(&report)?;
            Ok(report)
        })?;
        let delivered = self.deliver(steps, &report, reason)?;
        Ok(outcome(reason, report, problems, delivered))
    }

    /// Returns the saved report of a day if another run ended with it, its rows are still the same, and no
    /// new problem came up; or if its rows have expired.
    fn unchanged_report(
        &self,
        day: NaiveDate,
        run: &str,
        missing: &mut Vec<Problem>,
    ) -> Result<Option<Report>> {
        let catalog = &self.workspace.catalog;
        let date = day.to_string();
        let Some(fingerprint) = catalog.reported_fingerprint(&date)? else { return Ok(None) };
        let current = catalog.day_fingerprint(&date)?.unwrap_or_default();
        if catalog.is_expired(&date)? || current.is_empty() && !fingerprint.is_empty() {
            missing.push(Problem {
                step: "report".into(),
                what: format!("the rows of {date} have expired; showing the saved report"),
                place: None,
                hint: None,
            });
            return self.workspace.saved_report(day);
        }
        let was_finished = catalog
            .runs(Some(&date), usize::MAX)?
            .iter()
            .any(|other| other.id != run && other.state.is_final());
        if fingerprint != current || !was_finished {
            return Ok(None);
        }
        let report = self.workspace.saved_report(day)?;
        Ok(report.filter(|report| missing.iter().all(|problem| report.coverage.problems.contains(problem))))
    }

    /// Returns a hash of everything that the analysis of a day depends on: rows, rules and config.
    fn input_hash(&self, day: NaiveDate) -> Result<String> {
        let mut hash = blake3::Hasher::new();
        let lookback = self.workspace.config.rules.lookback_days();
        for back_days in 0..=lookback {
            let fingerprint = self.workspace.catalog.day_fingerprint(&back(day, back_days).to_string())?;
            hash.update(format!("{fingerprint:?}\n").as_bytes());
        }
        for rule in &self.workspace.rules.rules {
            hash.update(format!("{rule:?}").as_bytes());
        }
        hash.update(format!("{:?}", self.workspace.config).as_bytes());
        Ok(hash.finalize().to_hex().to_string())
    }
}

/// Returns a run of a day that starts now.
fn new_run(day: NaiveDate, now: Ts) -> Run {
    Run {
        id: format!("r{}-{}", day.format("%Y%m%d"), now.utc().format("%Y%m%d%H%M%S%6f")),
        date: day.to_string(),
        state: RunState::Running,
        started_ts: now.0,
        ended_ts: None,
        note: None,
    }
}
