//! What every subcommand works with: the config, the folders in use and the async runtime.

use crate::analysis::report;
use crate::api::runs::run_id;
use crate::cancel::Cancel;
use crate::cli::log::notice;
use crate::cli::terminal;
use crate::config::Config;
use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use crate::pipeline::{Installation, Workspace};
use model::error::{Error, Result};
use model::moment::Clock;
use model::report::Report;
use model::time::{Ts, Window, parse_date};
use std::path::PathBuf;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

/// Returns a runtime for async work.
pub fn runtime(threads: usize) -> Result<Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_stack_size(16 << 20) // deep plans of long expressions
        .enable_all()
        .build()?)
}

/// What every subcommand works with.
pub struct Context {
    /// `--lake`.
    pub(super) lake: Option<PathBuf>,
    /// `--rules`.
    pub(super) rules: Option<PathBuf>,
    /// The config, or the defaults.
    pub config: Config,
    /// Path of the config file; `None` if the defaults are used.
    pub config_path: Option<PathBuf>,
    /// Runs async work.
    pub runtime: Runtime,
}

impl Context {
    /// Returns the lake folder.
    pub fn lake_path(&self) -> PathBuf {
        self.lake.clone().unwrap_or_else(|| self.config.lake.path.clone())
    }

    /// Returns the folder of the user's own rules.
    pub fn rules_path(&self) -> Option<PathBuf> {
        self.rules.clone().or_else(|| self.config.rules.path.clone())
    }

    /// Opens the lake's catalog for reading.
    pub fn open_lake(&self) -> Result<(Lake, Catalog)> {
        let lake = Lake::open(&self.lake_path())?;
        let catalog = Catalog::open(&lake.catalog_path())?;
        Ok((lake, catalog))
    }

    /// Returns a token that SIGINT and SIGTERM cancel from now on; a second signal ends the process.
    pub fn cancel_on_signal(&self) -> Cancel {
        let cancel = Cancel::default();
        let token = cancel.clone();
        self.runtime.spawn(async move {
            let Ok(mut term) = signal(SignalKind::terminate()) else { return };
            let mut signals = 0;
            loop {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = term.recv() => {}
                }
                signals += 1;
                if signals > 1 {
                    std::process::exit(130); // 128 + SIGINT, as shells report it
                }
                notice("stopping at the next safe point; a second signal stops at once");
                token.cancel();
            }
        });
        cancel
    }

    /// Returns the lake, rules and config as the pipeline takes them.
    pub fn installation(&self) -> Installation {
        Installation::new(self.lake_path(), self.rules_path(), self.config.clone())
    }

    /// Opens an existing lake for reading and analysis.
    pub fn workspace(&self) -> Result<Workspace> {
        self.installation().open(Lake::open(&self.lake_path())?)
    }

    /// Runs agents and traces over a window with the current step on stderr; saves a whole day's report.
    pub fn analyze(&self, workspace: &mut Workspace, window: Window) -> Result<Report> {
        let spinner = terminal::spinner();
        let on_step = |step: &str| spinner.set_message(step.to_owned());
        let report = self.runtime.block_on(workspace.analyse(window, &run_id(Ts::now()), &on_step));
        spinner.finish_and_clear();
        let report = report?;
        workspace.save_report(&report)?;
        Ok(report)
    }

    /// Returns the saved report of a day, or of the last day with rows; analyzes a day without one.
    pub fn report(&self, workspace: &mut Workspace, date: Option<&str>) -> Result<Report> {
        let window = self.window(&workspace.catalog, date, None)?;
        let report = match report::saved(&workspace.catalog, Some(&window.date().to_string()))? {
            Some(report) => report,
            None => self.analyze(workspace, window)?,
        };
        if date.is_none()
            && let Some(newest) = workspace.catalog.last_report_date()?
            && newest > report.run.date
        {
            notice(&format!(
                "the lake has no rows of {newest}, which was reported too; this is {}",
                report.run.date
            ));
        }
        Ok(report)
    }

    /// Returns what relative times refer to.
    pub fn clock(&self) -> Result<Clock> {
        Ok(Clock { now: Ts::now(), zone: self.config.zone()? })
    }

    /// Returns the window of `--date`, or of `--from` and `--to`, or the last day with rows.
    pub fn window(
        &self,
        catalog: &Catalog,
        date: Option<&str>,
        range: Option<(&str, &str)>,
    ) -> Result<Window> {
        let clock = self.clock()?;
        if let Some((from, to)) = range {
            return clock.between(from, to, None);
        }
        let date = match date {
            Some(date) => clock.day(date)?,
            None => parse_date(&catalog.last_date()?.ok_or_else(|| {
                Error::failed("the lake is empty")
                    .at(self.lake_path().display().to_string())
                    .hint("run `headwater ingest PATH` first")
            })?)?,
        };
        Ok(Window::day(date, clock.zone))
    }
}
