//! The first two steps of a day: lists the objects that can contain its records, and reads them.

use crate::cancel::Cancel;
use crate::config::Config;
use crate::ingest::{Batch, Options, ingest};
use crate::pipeline::Workspace;
use crate::pipeline::daily::Daily;
use crate::pipeline::steps::Steps;
use crate::pipeline::workspace::back;
use crate::source::{ListedObject, Scope, Source, Wanted};
use chrono::{Days, NaiveDate};
use format::origin_of;
use model::error::{Problem, Result};
use model::time::{Ts, Window, parse_date};

impl<'d> Daily<'d> {
    /// Lists and reads the objects that can contain records of the day. Returns those that could not be
    /// listed or read, as problems.
    pub(super) fn collect(&mut self, steps: &Steps<'d>, day: NaiveDate) -> Result<Vec<Problem>> {
        let scope = self.scope(day)?;
        let source = self.source;
        let mut objects = Vec::new();
        let listed = steps.step(self.workspace, "collect", None, |workspace, cancel| {
            let (listed, problems) = list(workspace, source, &scope, cancel)?;
            objects = listed;
            Ok(problems)
        });
        let mut missing = match listed {
            Ok(problems) => problems,
            Err(error) => {
                self.cancel.check()?;
                vec![error.into_problem("collect")]
            }
        };
        if objects.is_empty() && missing.is_empty() {
            missing.push(no_object_problem(&self.workspace.config, day));
        }
        let (progress, now) = (self.progress, (self.now)());
        let unread = steps.step(self.workspace, "ingest", None, |workspace, cancel| {
            let options = Options::of(&workspace.config, now, cancel)?;
            let done = ingest(
                &workspace.lake,
                &mut workspace.catalog,
                Batch { source, objects: &objects },
                &options,
                progress,
            )?;
            // what is wrong with a record is in the catalog; objects and layouts that were not read are not
            let is_missing = |problem: &Problem| matches!(problem.step.as_str(), "collect" | "formats");
            Ok(done.problems.into_iter().filter(is_missing).collect::<Vec<_>>())
        })?;
        missing.extend(unread);
        if !missing.is_empty() {
            // the next run must list as far back as this one should have
            self.workspace.catalog.mark_step_partial(&steps.run.id, "ingest")?;
        }
        Ok(missing)
    }

    /// Returns which objects can contain records of the day, and of the days before it since the last
    /// complete ingest.
    fn scope(&self, day: NaiveDate) -> Result<Scope> {
        let config = &self.workspace.config;
        let zone = config.zone()?;
        let oldest = back(day, config.schedule.catch_up_days);
        let mut first = day;
        if let Some((date, started)) = self.workspace.catalog.last_complete_ingest()? {
            let since = (parse_date(&date)? + Days::new(1)).min(Ts(started).date(zone));
            first = since.clamp(oldest, day);
        }
        scope(config, first, day)
    }
}

/// Returns which objects can contain records of the days `first` to `last`, both inclusive.
pub(super) fn scope(config: &Config, first: NaiveDate, last: NaiveDate) -> Result<Scope> {
    let margin_s = -3600 * i64::from(config.source.margin);
    Ok(Scope {
        from: back(first, config.source.late_days),
        to: last + Days::new(1),
        modified_from: Window::day(first, config.zone()?).from.plus_s(margin_s).0,
    })
}

/// Lists the objects of a scope, and those whose rows were lost and must be read again. Also returns what
/// could not be listed.
pub(super) fn list(
    workspace: &Workspace,
    source: &Source,
    scope: &Scope,
    cancel: &Cancel,
) -> Result<(Vec<ListedObject>, Vec<Problem>)> {
    let lost = workspace.catalog.lost_keys()?;
    let mut prefixes = workspace.config.source.prefixes(scope.from, scope.to);
    if !lost.is_empty() {
        prefixes.clear(); // they can be of any day
    }
    let keep = |object: &ListedObject| {
        scope.includes(origin_of(&object.key).day, object.modified) || lost.contains(&object.key)
    };
    source.list(&Wanted { prefixes, keep: Some(&keep), cancel: cancel.clone() })
}

/// Returns the problem of a day without any object in the source.
pub(super) fn no_object_problem(config: &Config, day: NaiveDate) -> Problem {
    Problem {
        step: "collect".into(),
        what: format!("the source has no object of {day} or of the days around it"),
        place: config.source.url.clone(),
        hint: Some("check that the log shippers work and that `[source] url` is where they write".into()),
    }
}
