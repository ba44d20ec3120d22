//! Upkeep after the daily run: expires old days, puts small files together, prunes the catalog. Ends after a while;
//! the next run goes on, since each part of it is a transaction of its own. Must not know what the rows mean.

use crate::cancel::Cancel;
use crate::config::Config;
use crate::lake::catalog::Catalog;
use crate::lake::{Lake, commit, compact, relations};
use crate::pipeline::Workspace;
use crate::pipeline::workspace::back;
use chrono::NaiveDate;
use model::error::Result;
use model::time::{Ts, Window, parse_date};
use std::collections::BTreeSet;
use std::time::Duration;

/// Longest time of one upkeep.
const LIMIT: Duration = Duration::from_secs(600);
/// Days whose runs, messages and deliveries are kept.
const HISTORY_DAYS: u32 = 90;
/// Days after which a listing cannot have an object any more, beyond those of the config.
const LISTED_DAYS: u32 = 7;

/// Keeps a lake in order. The caller must hold the write lock.
///
/// # Errors
/// The first failure; the rest is done all the same. That the time is over, or a cancellation, is not an error.
pub fn upkeep(workspace: &mut Workspace, now: Ts, cancel: &Cancel) -> Result<()> {
    let cancel = cancel.with_timeout(LIMIT);
    let mut first_error = None;
    for part in [expire, compact_days, prune] {
        match part(workspace, now, &cancel) {
            Err(error) if cancel.check().is_ok() => {
                tracing::error!(%error, "upkeep failed");
                first_error.get_or_insert(error);
            }
            _ => {}
        }
    }
    if cancel.check().is_err() {
        tracing::info!("upkeep is not finished; the next run goes on");
    }
    first_error.map_or(Ok(()), Err)
}

/// Takes out the days that are older than `[lake] retention_days`, one after the other, and folds the topology.
fn expire(workspace: &mut Workspace, now: Ts, cancel: &Cancel) -> Result<()> {
    let zone = workspace.config.zone()?;
    let today = now.date(zone);
    let first_kept = workspace.config.lake.retention_days.map(|days| back(today, days));
    if let Some(first_kept) = first_kept {
        let days: BTreeSet<String> = workspace
            .catalog
            .days()?
            .into_iter()
            .filter(|day| day.table != "topology" && day.date < first_kept.to_string())
            .map(|day| day.date)
            .collect();
        for day in days {
            cancel.check()?;
            let next = parse_date(&day)?.succ_opt().unwrap_or(first_kept);
            workspace.catalog.expire(&next.to_string())?;
        }
    }
    fold_topology(&workspace.lake, &mut workspace.catalog, &workspace.config, now)
}

/// Folds the relations of the days to which no report of today looks back, and drops those that have expired. The
/// caller must hold the write lock.
pub fn fold_topology(lake: &Lake, catalog: &mut Catalog, config: &Config, now: Ts) -> Result<()> {
    let zone = config.zone()?;
    let today = now.date(zone);
    let lookback = config.rules.lookback_days();
    let expired = config.lake.retention_days.map(|days| Window::day(back(today, days), zone).from);
    relations::fold(lake, catalog, &back(today, lookback + 1).to_string(), now, expired)
}

/// Puts the files of each day together. One damaged day does not stop the others.
fn compact_days(workspace: &mut Workspace, _: Ts, cancel: &Cancel) -> Result<()> {
    let mut first_error = None;
    for (table, date) in compact::due(&workspace.catalog, None)? {
        cancel.check()?;
        let Workspace { lake, catalog, .. } = workspace;
        if let Err(error) = compact::compact(lake, catalog, &table, &date, cancel) {
            tracing::error!(%error, table, date, "cannot compact a day");
            first_error.get_or_insert(error);
        }
    }
    first_error.map_or(Ok(()), Err)
}

/// Deletes what no later run reads: old runs, messages and deliveries, and the objects whose rows have expired and
/// that no listing selects any more.
fn prune(workspace: &mut Workspace, now: Ts, cancel: &Cancel) -> Result<()> {
    let zone = workspace.config.zone()?;
    let today = now.date(zone);
    let oldest = back(today, HISTORY_DAYS);
    workspace.catalog.prune_history(&oldest.to_string(), Window::day(oldest, zone).from.0)?;
    if let Some(day) = oldest_listed(&workspace.config, today) {
        let before = Window::day(day, zone).from.0;
        while workspace.catalog.prune_objects(before)? {
            cancel.check()?;
        }
    }
    commit::sweep(&workspace.lake, &workspace.catalog, now).map(|_| ())
}

/// Returns the day before which no object can have rows, or be read again; `None` if all rows are kept.
fn oldest_listed(config: &Config, today: NaiveDate) -> Option<NaiveDate> {
    let listed = config.source.late_days + config.schedule.catch_up_days;
    config.lake.retention_days.map(|days| back(today, days.max(listed) + LISTED_DAYS))
}
