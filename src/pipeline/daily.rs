//! The daily batch: which days are due, in which order, and each of them from the bucket to the
//! brief. Days that were missed come first, oldest first; a day whose logs came late, or were
//! replaced, is reported once more. Never reads a clock.

use crate::brief::{Length, Writer, Written, spoken};
use crate::cancel::{Cancel, unless_cancelled};
use crate::config::ChannelConfig;
use crate::config::schedule::Schedule;
use crate::delivery::channel::Channel;
use crate::delivery::{Outbox, Receipt};
use crate::ingest::Progress;
use crate::lake::catalog::{Catalog, OutboxEntry, Run};
use crate::lake::commit;
use crate::pipeline::Workplace;
use crate::pipeline::outcome::{Outcome, Why, text};
use crate::pipeline::steps::Steps;
use crate::source::Source;
use chrono::{Days, NaiveDate};
use model::error::{Error, Kind, Problem, Result};
use model::lang::Lang;
use model::report::Report;
use model::time::{Ts, Window, parse_date};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use tokio::runtime::Handle;

/// When a day is due where no schedule says so: as soon as it is over.
const MIDNIGHT: &str = "0 0 * * *";

/// What the daily batch works with. The caller holds the lake's write lock.
pub struct Daily<'d> {
    /// The lake, the rules, the config.
    pub place: &'d mut Workplace,
    /// Where the logs are.
    pub source: &'d Source,
    /// Where briefs go.
    pub channels: &'d [Channel],
    /// Where what waits runs.
    pub runtime: &'d Handle,
    /// When to stop.
    pub stop: &'d Cancel,
    /// The time.
    pub now: &'d (dyn Fn() -> Ts + Sync),
    /// Hears each step as it begins.
    pub begun: &'d (dyn Fn(&str) + Sync),
    /// How far the reading is.
    pub progress: &'d Progress,
}

impl<'d> Daily<'d> {
    /// Brings the report of `date`, or of each day that is due; `told` gets each as it is there. A day
    /// that fails does not keep the later ones from theirs; the first error is returned at the end.
    pub fn run(&mut self, date: Option<NaiveDate>, told: &mut dyn FnMut(Outcome)) -> Result<()> {
        commit::sweep(&self.place.lake, &self.place.catalog, (self.now)())?;
        let settled = self.place.catalog.settle_outbox()?;
        if settled > 0 {
            tracing::warn!(
                messages = settled,
                "a run died while sending; what may not have arrived is sent again"
            );
        }
        let today = (self.now)().date(self.place.config.zone()?);
        let mut missing = Vec::new();
        let days = match date {
            Some(date) if date > today => {
                return Err(
                    Error::usage(format!("{date} is yet to come")).hint("a day is reported once it is over")
                );
            }
            Some(date) => vec![date],
            None => self.due(&mut missing)?,
        };
        let mut owed = self.deliver_owed()?;
        let last = days.last().copied();
        let mut first_error = None;
        for day in days {
            let why = if Some(day) == last { Why::Due } else { Why::CaughtUp };
            let mut add = |mut outcome: Outcome| {
                outcome.delivered(std::mem::take(&mut owed));
                told(outcome);
            };
            if let Err(error) = self.day(day, why, std::mem::take(&mut missing), &mut add) {
                if self.stop.is_asked() || error.kind == Kind::Usage {
                    return Err(error);
                }
                tracing::error!(%day, %error, "the day has no report");
                first_error.get_or_insert(error);
            }
        }
        for problem in owed.iter().filter_map(Receipt::problem) {
            tracing::error!(%problem, "no day reports it");
        }
        first_error.map_or(Ok(()), Err)
    }

    /// Returns the days without a report, oldest first, since there is a daily job here. What is too
    /// old to be caught up is noted as skipped, and a problem, once.
    fn due(&mut self, problems: &mut Vec<Problem>) -> Result<Vec<NaiveDate>> {
        let config = &self.place.config;
        let zone = config.zone()?;
        let schedule = match config.schedule()? {
            Some(schedule) => schedule,
            None => Schedule::parse(MIDNIGHT, zone)?,
        };
        let (now, limit) = ((self.now)(), config.schedule.catch_up_days);
        let runs = self.place.catalog.runs(None)?;
        let ended: BTreeSet<&str> =
            runs.iter().filter(|run| run.is_ended()).map(|run| run.date.as_str()).collect();
        let is_open = |day: &NaiveDate| !ended.contains(day.to_string().as_str());
        // the first run owed the day before it
        let first = runs.iter().map(|run| run.started_ts).min().map(|begun| Ts(begun).date(zone));
        let before = first.map(|first| back(first, 2));
        let all = schedule.due(before, now, u32::MAX);
        let (old, days) = all.split_at(all.len().saturating_sub(limit as usize));
        let skipped: Vec<NaiveDate> = old.iter().copied().filter(is_open).collect();
        let mut days: Vec<NaiveDate> = days.iter().copied().filter(is_open).collect();
        if days.is_empty() {
            days = schedule.due(None, now, 1); // late objects may have come
        }
        if let (Some(first), Some(last)) = (skipped.first(), skipped.last()) {
            problems.push(Problem {
                step: "collect".into(),
                what: format!("{} days from {first} to {last} have no report", skipped.len()),
                place: None,
                hint: Some(
                    "they are longer ago than `[schedule] catch_up_days`; `headwater run --date D` makes one"
                        .into(),
                ),
            });
        }
        for day in skipped {
            let run = Run { state: "skipped".into(), ended_ts: Some(now.0), ..fresh(day, now) };
            self.place.catalog.note_run(&run)?;
        }
        Ok(days)
    }

    /// Brings one day, and before it the earlier days that its objects reopen.
    fn day(
        &mut self,
        day: NaiveDate,
        why: Why,
        mut missing: Vec<Problem>,
        told: &mut dyn FnMut(Outcome),
    ) -> Result<()> {
        let steps = self.begin(day)?;
        let span = tracing::info_span!("run", id = steps.run.id, date = steps.run.date);
        let _in_run = span.enter();
        let outcome = self.collect(&steps, day).and_then(|unread| {
            missing.extend(unread);
            self.reopened(day, &mut missing, told)?;
            self.report(&steps, day, why, missing)
        });
        told(self.end(steps.run, outcome)?);
        Ok(())
    }

    /// Begins a run of a day, or goes on with the one that broke.
    fn begin(&mut self, day: NaiveDate) -> Result<Steps<'d>> {
        let latest = self.place.catalog.runs(Some(&day.to_string()))?.into_iter().next();
        let broken = latest.filter(|run| !run.is_ended());
        let run = broken.map_or_else(
            || fresh(day, (self.now)()),
            |run| Run { state: "running".into(), ended_ts: None, note: None, ..run },
        );
        self.place.catalog.note_run(&run)?;
        Ok(Steps { run, stop: self.stop, now: self.now, begun: self.begun })
    }

    /// Notes how a run ended.
    fn end(&mut self, mut run: Run, outcome: Result<Outcome>) -> Result<Outcome> {
        run.ended_ts = Some((self.now)().0);
        match &outcome {
            Ok(outcome) => {
                let problems = outcome.all_problems();
                run.state = if problems.is_empty() { "done" } else { "partial" }.into();
                run.note = problems.first().map(|first| match problems.len() {
                    1 => first.to_string(),
                    count => format!("{first} (and {} more)", count - 1),
                });
                self.place.catalog.forget_outputs(&run.id)?;
            }
            Err(error) => {
                run.state = if self.stop.is_asked() { "stopped" } else { "failed" }.into();
                run.note = Some(error.to_string());
            }
        }
        self.place.catalog.note_run(&run)?;
        outcome
    }

    /// Reports the earlier days once more whose rows are not what their report was made of, and goes
    /// on with those where that broke. One that fails is a problem of the day at hand.
    fn reopened(
        &mut self,
        day: NaiveDate,
        missing: &mut Vec<Problem>,
        told: &mut dyn FnMut(Outcome),
    ) -> Result<()> {
        let config = &self.place.config;
        let from = back(day, config.source.late_days.max(config.schedule.catch_up_days));
        for (date, state) in self.place.catalog.reported_days(&from.to_string())? {
            let catalog = &self.place.catalog;
            let has_changed = catalog.day_state(&date)?.is_some_and(|now| now != state);
            let is_broken = catalog.runs(Some(&date))?.first().is_some_and(|run| !run.is_ended());
            if date >= day.to_string() || !(has_changed || is_broken) {
                continue;
            }
            let steps = self.begin(parse_date(&date)?)?;
            let span = tracing::info_span!("reopened", id = steps.run.id, date);
            let _in_run = span.enter();
            let outcome = self.report(&steps, parse_date(&date)?, Why::Reopened, missing.clone());
            match self.end(steps.run, outcome) {
                Ok(outcome) => told(outcome),
                Err(error) => {
                    self.stop.check()?;
                    missing.push(Error { place: Some(date), ..error }.into_problem("report"));
                }
            }
        }
        Ok(())
    }

    /// Analyses a day, traces, reports and broadcasts it, unless that was done on the same rows.
    fn report(
        &mut self,
        steps: &Steps<'d>,
        day: NaiveDate,
        why: Why,
        mut missing: Vec<Problem>,
    ) -> Result<Outcome> {
        let zone = self.place.config.zone()?;
        let window = Window::day(day, zone);
        let made = (self.now)().local(zone);
        let outcome = |why, report: Report, mut problems: Vec<Problem>, (receipts, said): Told| {
            problems.extend(said.problems);
            let (deliveries, briefs) = (Vec::new(), said.briefs);
            let mut outcome =
                Outcome { date: day, why, made: made.clone(), report, problems, deliveries, briefs };
            outcome.delivered(receipts);
            outcome
        };
        let (runtime, run) = (self.runtime, steps.run.id.as_str());
        if let Some(report) = self.unchanged(day, run, &mut missing)? {
            let told = self.broadcast(steps, &report, why)?;
            return Ok(outcome(Why::Unchanged, report, missing, told));
        }
        let input = self.input(day)?;
        let found = steps.step(self.place, "analyse", Some(&input), |place, stop| {
            runtime.block_on(unless_cancelled(stop, place.found(window)))
        })?;
        let (found, traces, failed) = steps.step(self.place, "trace", Some(&input), |place, stop| {
            let mut found = found.clone();
            let traced = runtime.block_on(unless_cancelled(stop, place.traced(window, &mut found)))?;
            Ok((found, traced.0, traced.1))
        })?;
        let mut problems = missing.clone();
        problems.extend(failed);
        let report = steps.step(self.place, "report", None, |place, stop| {
            let reported = place.reported(window, run, found.clone(), traces.clone(), problems.clone());
            let report = runtime.block_on(unless_cancelled(stop, reported))?;
            place.keep(&report)?;
            Ok(report)
        })?;
        let told = self.broadcast(steps, &report, why)?;
        Ok(outcome(why, report, problems, told))
    }

    /// Returns the day's report where a run ended with it, its rows are the same, and nothing else went
    /// wrong now; or where its rows were let go since.
    fn unchanged(&self, day: NaiveDate, run: &str, missing: &mut Vec<Problem>) -> Result<Option<Report>> {
        let catalog = &self.place.catalog;
        let date = day.to_string();
        let kept = catalog.reported_days(&date)?.into_iter().find(|(kept, _)| *kept == date);
        let Some((_, state)) = kept else { return Ok(None) };
        let now = catalog.day_state(&date)?.unwrap_or_default();
        if now.is_empty() && !state.is_empty() {
            missing.push(Problem {
                step: "report".into(),
                what: format!(
                    "the rows of {date} were let go; this is the report made while they were there"
                ),
                place: None,
                hint: None,
            });
            return self.place.kept(day);
        }
        let was_whole = catalog.runs(Some(&date))?.iter().any(|other| other.id != run && other.is_ended());
        let report = if state == now && was_whole { self.place.kept(day)? } else { None };
        Ok(report.filter(|report| missing.iter().all(|problem| report.coverage.problems.contains(problem))))
    }

    /// Hashes all that an analysis of the day rests on.
    fn input(&self, day: NaiveDate) -> Result<String> {
        let mut hash = blake3::Hasher::new();
        let lookback = self.place.config.rules.lookback_days.unwrap_or(crate::pipeline::LOOKBACK_DAYS);
        for back_days in 0..=lookback {
            let state = self.place.catalog.day_state(&back(day, back_days).to_string())?;
            hash.update(format!("{state:?}\n").as_bytes());
        }
        for rule in &self.place.rules.rules {
            hash.update(format!("{rule:?}").as_bytes());
        }
        hash.update(format!("{:?}", self.place.config).as_bytes());
        Ok(hash.finalize().to_hex().to_string())
    }

    /// Sends what has not gone out yet of a report.
    fn broadcast(&mut self, steps: &Steps<'d>, report: &Report, why: Why) -> Result<Told> {
        if self.channels.is_empty() {
            return Ok(Told::default());
        }
        let (runtime, channels, now, stop) = (self.runtime, self.channels, self.now, self.stop);
        let zone = self.place.config.zone()?;
        let made = now().local(zone);
        let speaker = self.place.speaker();
        let said = Mutex::new(Said::default());
        let say = |catalog: &mut Catalog, shown: &Report, config: &ChannelConfig| {
            let (lang, length) = (Lang::of(&config.lang), Length::from(config.length));
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            let is_all = length == Length::Chat
                && shown.findings.len() == report.findings.len()
                && shown.gone.len() == report.gone.len();
            let brief = match said.briefs.get(lang.name()) {
                Some(brief) if is_all => brief.clone(),
                _ => {
                    let speaker = said.down.as_ref().unwrap_or(&speaker);
                    let speaking = spoken(speaker, catalog, shown, lang, length);
                    runtime.block_on(unless_cancelled(stop, speaking))?
                }
            };
            if said.down.is_none() {
                said.down = brief.why.as_deref().map(Writer::down);
                said.problems.extend(brief.problem());
            }
            let text = text(report, why, &made, &brief, lang);
            if is_all {
                said.briefs.insert(lang.name().into(), brief);
            }
            Ok(text)
        };
        let receipts = steps.step(self.place, "broadcast", None, |place, stop| {
            let post = Outbox { channels, zone, now, stop };
            post.write(&mut place.catalog, report, &say)?;
            let is_new = |letter: &OutboxEntry| letter.state == "owed" && letter.date == report.run.date;
            runtime.block_on(post.send(&mut place.catalog, &is_new))
        })?;
        Ok((receipts, said.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Sends what earlier runs owe, and lets go of what is too old.
    fn deliver_owed(&mut self) -> Result<Vec<Receipt>> {
        let zone = self.place.config.zone()?;
        let post = Outbox { channels: self.channels, zone, now: self.now, stop: self.stop };
        let mut receipts = post.let_go(&mut self.place.catalog)?;
        receipts.extend(self.runtime.block_on(post.send(&mut self.place.catalog, &|_| true))?);
        Ok(receipts)
    }
}

/// What came of telling people: where it went, and how it was said.
type Told = (Vec<Receipt>, Said);

/// How a report was said.
#[derive(Default)]
struct Said {
    /// Whole, at the length of a chat, by language.
    briefs: BTreeMap<String, Written>,
    /// What was not said as it should be.
    problems: Vec<Problem>,
    /// Who speaks after the model failed: it is not asked again.
    down: Option<Writer>,
}

/// Returns a run of that day that begins now.
fn fresh(day: NaiveDate, now: Ts) -> Run {
    Run {
        id: format!("r{}-{}", day.format("%Y%m%d"), now.utc().format("%Y%m%d%H%M%S%6f")),
        date: day.to_string(),
        state: "running".into(),
        started_ts: now.0,
        ended_ts: None,
        note: None,
    }
}

/// Returns the day so many days earlier.
pub(super) fn back(day: NaiveDate, days: u32) -> NaiveDate {
    day.checked_sub_days(Days::new(u64::from(days))).unwrap_or(day)
}
