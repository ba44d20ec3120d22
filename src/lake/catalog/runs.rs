//! Runs, their steps, and the reports by day.

use crate::lake::catalog::{Catalog, RunState, StepState, failed};
use model::error::Result;
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;

pub(super) const SCHEMA: &str = "
create table if not exists runs (
    id text primary key, date text not null, state text not null, started_ts integer not null,
    ended_ts integer, note text
);
create index if not exists runs_by_date on runs (date, started_ts);
create index if not exists runs_by_start on runs (started_ts);
create table if not exists steps (
    run text not null references runs (id) on delete cascade, step text not null, state text not null,
    attempts integer not null, started_ts integer not null, ended_ts integer, input text not null,
    output text, note text, primary key (run, step)
);
create table if not exists reports (
    date text primary key, from_ts integer not null, to_ts integer not null, run text not null,
    fingerprint text not null default '', report text not null
);
";

const SELECT: &str = "select id, date, state, started_ts, ended_ts, note from runs";

fn run_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        id: row.get(0)?,
        date: row.get(1)?,
        state: row.get(2)?,
        started_ts: row.get(3)?,
        ended_ts: row.get(4)?,
        note: row.get(5)?,
    })
}

/// One run of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Id; every log line of the run contains it.
    pub id: String,
    /// Local day.
    pub date: String,
    /// State of the run.
    pub state: RunState,
    /// Start, µs UTC.
    pub started_ts: i64,
    /// End, µs UTC; `None` while it runs.
    pub ended_ts: Option<i64>,
    /// What is missing, or why the run failed.
    pub note: Option<String>,
}

/// One step of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepEntry {
    /// Name of the step.
    pub step: String,
    /// State of the step.
    pub state: StepState,
    /// Number of attempts.
    pub attempts: u32,
    /// Start, µs UTC.
    pub started_ts: i64,
    /// End, µs UTC; `None` while it runs.
    pub ended_ts: Option<i64>,
    /// Hash of the input. A step runs again if its input has changed.
    pub input: String,
    /// The result as JSON text; `None` once the run has ended, and for steps that always run again.
    pub output: Option<String>,
    /// The last error.
    pub note: Option<String>,
}

impl Catalog {
    /// Saves the current state of a run.
    pub fn save_run(&mut self, run: &Run) -> Result<()> {
        self.connection
            .execute(
                "insert into runs (id, date, state, started_ts, ended_ts, note) values (?1, ?2, ?3, ?4, ?5, ?6)
                 on conflict (id) do update set state = excluded.state, ended_ts = excluded.ended_ts, note = excluded.note",
                params![run.id, run.date, run.state, run.started_ts, run.ended_ts, run.note],
            )
            .map(|_| ())
            .map_err(failed)
    }

    /// Returns the latest `limit` runs, of one day or of all, latest first.
    pub fn runs(&self, date: Option<&str>, limit: usize) -> Result<Vec<Run>> {
        let of_day = if date.is_some() { "date = ?1" } else { "?1 is null" };
        let sql = format!("{SELECT} where {of_day} order by started_ts desc, id limit ?2");
        self.select(&sql, params![date, i64::try_from(limit).unwrap_or(i64::MAX)], run_of)
    }

    /// Returns runs whose id begins with `prefix`, latest first, at most `limit`; the run with exactly that id is
    /// the first.
    pub fn runs_like(&self, prefix: &str, limit: u32) -> Result<Vec<Run>> {
        let sql = format!(
            "{SELECT} where id >= ?1 and id < ?1 || char(1114111)
             order by id = ?1 desc, started_ts desc, id limit ?2"
        );
        self.select(&sql, params![prefix, limit], run_of)
    }

    /// Returns the days from `from` on whose run is final.
    pub fn finished_days(&self, from: &str) -> Result<BTreeSet<String>> {
        let sql =
            "select distinct date from runs where date >= ?1 and state in ('done', 'partial', 'skipped')";
        Ok(self.select(sql, [from], |row| row.get(0))?.into_iter().collect())
    }

    /// Returns the start of the first run, µs UTC.
    pub fn first_start(&self) -> Result<Option<i64>> {
        self.connection.query_row("select min(started_ts) from runs", [], |row| row.get(0)).map_err(failed)
    }

    /// Returns the last day whose run ended with a report.
    pub fn last_good_day(&self) -> Result<Option<String>> {
        let sql = "select max(date) from runs where state in ('done', 'partial')";
        self.connection.query_row(sql, [], |row| row.get(0)).map_err(failed)
    }

    /// Saves the current state of a step of a run.
    pub fn save_step(&mut self, run: &str, step: &StepEntry) -> Result<()> {
        self.connection
            .execute(
                "insert or replace into steps (run, step, state, attempts, started_ts, ended_ts, input, output, note)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    run, step.step, step.state, step.attempts, step.started_ts, step.ended_ts, step.input,
                    step.output, step.note
                ],
            )
            .map(|_| ())
            .map_err(failed)
    }

    /// Returns the steps of a run in the order in which they started.
    pub fn steps(&self, run: &str) -> Result<Vec<StepEntry>> {
        let mut query = self
            .connection
            .prepare(
                "select step, state, attempts, started_ts, ended_ts, input, output, note from steps
                 where run = ?1 order by started_ts, rowid",
            )
            .map_err(failed)?;
        let rows = query
            .query_map([run], |row| {
                Ok(StepEntry {
                    step: row.get(0)?,
                    state: row.get(1)?,
                    attempts: row.get(2)?,
                    started_ts: row.get(3)?,
                    ended_ts: row.get(4)?,
                    input: row.get(5)?,
                    output: row.get(6)?,
                    note: row.get(7)?,
                })
            })
            .map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Returns the day and the start (µs UTC) of the last ingest step that read every listed object.
    pub fn last_complete_ingest(&self) -> Result<Option<(String, i64)>> {
        self.connection
            .query_row(
                "select r.date, s.started_ts from steps s join runs r on r.id = s.run
                 where s.step = 'ingest' and s.state = 'done' order by s.started_ts desc, r.date desc limit 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(failed)
    }

    /// Marks a step as done with something missing.
    pub fn mark_step_partial(&mut self, run: &str, step: &str) -> Result<()> {
        self.connection
            .execute("update steps set state = 'partial' where run = ?1 and step = ?2", [run, step])
            .map(|_| ())
            .map_err(failed)
    }

    /// Deletes the outputs of the steps of a run that has ended: nothing resumes it.
    pub fn clear_step_outputs(&mut self, run: &str) -> Result<()> {
        self.connection
            .execute("update steps set output = null where run = ?1", [run])
            .map(|_| ())
            .map_err(failed)
    }

    /// Returns a hash of the objects that a local day's rows come from; `None` if the day has no rows. It
    /// changes if an object arrives late or is replaced, but not through compaction.
    pub fn day_fingerprint(&self, date: &str) -> Result<Option<String>> {
        let mut query = self
            .connection
            .prepare(
                "select distinct o.id, o.etag from files f
                 join file_objects fo on fo.path = f.path join objects o on o.id = fo.object
                 where f.date = ?1 and f.tab not in ('topology', 'change') order by 1",
            )
            .map_err(failed)?;
        let mut hash = blake3::Hasher::new();
        let mut rows = query.query([date]).map_err(failed)?;
        let mut is_empty = true;
        while let Some(row) = rows.next().map_err(failed)? {
            let (id, etag): (String, String) =
                row.get(0).and_then(|id| Ok((id, row.get(1)?))).map_err(failed)?;
            hash.update(format!("{id} {etag}\n").as_bytes());
            is_empty = false;
        }
        Ok((!is_empty).then(|| hash.finalize().to_hex().to_string()))
    }

    /// Returns the fingerprint of the rows that the saved report of a day was made from; `None` without a report.
    pub fn reported_fingerprint(&self, date: &str) -> Result<Option<String>> {
        self.connection
            .query_row("select fingerprint from reports where date = ?1", [date], |row| row.get(0))
            .optional()
            .map_err(failed)
    }

    /// Returns the days from `from` on that have a saved report, each with the fingerprint of the rows
    /// that the report was made from.
    pub fn reported_days(&self, from: &str) -> Result<Vec<(String, String)>> {
        let mut query = self
            .connection
            .prepare("select date, fingerprint from reports where date >= ?1 order by date")
            .map_err(failed)?;
        let rows = query.query_map([from], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Saves the report of a day and replaces an earlier one, unless the day's rows have expired: the earlier one
    /// was made from more of them.
    pub fn save_report(&mut self, date: &str, from: i64, to: i64, run: &str, report: &str) -> Result<()> {
        // a report of an ad hoc analysis must not hide late objects from the daily job: its fingerprint stays
        let is_daily = self.runs(Some(date), usize::MAX)?.iter().any(|of_day| of_day.id == run);
        let saved = self.reported_fingerprint(date)?;
        if saved.is_some() && self.is_expired(date)? {
            return Ok(());
        }
        let fingerprint = match saved {
            Some(fingerprint) if !is_daily => fingerprint,
            _ => self.day_fingerprint(date)?.unwrap_or_default(),
        };
        self.connection
            .execute(
                "insert or replace into reports (date, from_ts, to_ts, run, fingerprint, report) values (?1, ?2, ?3, ?4, ?5, ?6)",
                params![date, from, to, run, fingerprint, report],
            )
            .map(|_| ())
            .map_err(failed)
    }

    /// Returns the saved report of a day as JSON text.
    pub fn report(&self, date: &str) -> Result<Option<String>> {
        self.connection
            .query_row("select report from reports where date = ?1", [date], |row| row.get(0))
            .optional()
            .map_err(failed)
    }

    /// Returns the saved reports of the latest `limit` days as JSON text, each with its day.
    pub fn latest_reports(&self, limit: usize) -> Result<Vec<(String, String)>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = "select date, report from reports order by date desc limit ?1";
        self.select(sql, params![limit], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Returns the days, latest first, whose saved report contains a text.
    pub fn report_dates_with(&self, text: &str) -> Result<Vec<String>> {
        let mut query = self
            .connection
            .prepare("select date from reports where instr(report, ?1) > 0 order by date desc")
            .map_err(failed)?;
        let rows = query.query_map([text], |row| row.get(0)).map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Returns the last day that has a saved report.
    pub fn last_report_date(&self) -> Result<Option<String>> {
        self.connection.query_row("select max(date) from reports", [], |row| row.get(0)).map_err(failed)
    }
}
